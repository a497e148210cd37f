"""Situations that practitioners reported: what diagnosis must find in them, and must not claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.diagnosis import Given, diagnose, gather
from pii_sft.findings import Finding

LOW_RECALL = """run,epochs,learning rate,LoRA rank,precision,recall,F1
baseline,3,2e-4,8,.9537,.7431,.8353
aggressive,1,1.5e-4,12,.9416,.7178,.8146
"""

ENCODER_SCORES = """| metric | label level | entity level |
|---|---|---|
| precision | .7929 | .8438 |
| recall | .9587 | .9375 |
| F1 | .8629 (reported) | .8882 |
"""

ENCODER_SPEEDS = [
    "2.31",
    "2.29",
    "1.94",
    "2.40",
    "2.35",
    "2.10",
    "2.52",
    "2.66",
    "1.10",
    "2.37",
    "2.89",
    "2.89",
    "2.41",
    ".69",
    ".88",
    "2.30",
    "2.2",
    "2.96",
    "2.4",
    "1.9",
]

ENCODER_RECIPE = (
    "num_train_epochs: 15\nlearning_rate: 1.0e-5\nweight_decay: 0.1\nwarmup_ratio: 0.1\n"
)

TRAINED = ".0213 .0219 .0223 .0226 .0229 .0231 .0233 .0234 .0236 .0237 .0238 .0239 .0240 .0241"
HELD_OUT = ".0084 .0081 .0078 .0076 .0074 .0073 .0073 .0074 .0073 .0073 .0074 .0073 .0073 .0073"
RATES = "3e-5 2e-4 1.99e-4 1.96e-4 1.91e-4 1.85e-4 1.78e-4 1.7e-4 1.62e-4 1.54e-4 1.46e-4 1.38e-4"
LONG_RUN = list(
    zip(
        range(1, 15),
        TRAINED.split(),
        HELD_OUT.split(),
        f"{RATES} 1.29e-4 1.2e-4".split(),
        strict=True,
    )
)

LONG_RECIPE = (
    "num_train_epochs: 30\nlearning_rate: 2.0e-4\npct_start: 0.03\nmax_grad_norm: 2.0\n"
    "weight_decay: 0.1\nper_device_train_batch_size: 50\n"
)


def found_in(*paths: Path, **given: object) -> dict[str, Finding]:
    findings = diagnose(gather(Given(paths, **given)))  # type: ignore[arg-type]
    return {each.id: each for each in reversed(findings)}


def advice(found: dict[str, Finding]) -> str:
    return " ".join(f"{each.evidence} {each.fix} {each.changes}" for each in found.values())


class TestLowRecall:
    """Small-model extraction stuck at low recall, two runs, goals of .90 and .95."""

    @pytest.fixture
    def findings(self, tmp_path: Path) -> list[Finding]:
        path = tmp_path / "runs.csv"
        path.write_text(LOW_RECALL)
        return diagnose(gather(Given((path,), goals={"recall": 0.9, "precision": 0.95})))

    def test_both_runs_are_conservative_with_their_gaps(self, findings: list[Finding]) -> None:
        assert [each.id for each in findings] == ["low-recall", "low-recall"]
        gaps = [each.figures["gap"] for each in findings]
        assert gaps == pytest.approx([0.2106, 0.2238])
        assert "21.1 points" in findings[0].evidence
        assert "22.4 points" in findings[1].evidence

    def test_more_of_the_same_is_unlikely_to_help(self, findings: list[Finding]) -> None:
        assert all("more of the same training is unlikely" in each.evidence for each in findings)

    def test_precision_has_room_in_the_first_run_alone(self, findings: list[Finding]) -> None:
        assert "0.4 points above its goal of 0.95" in findings[0].evidence
        assert "0.8 points below its goal of 0.95" in findings[1].evidence
        first, second = (each.fix.split("; ") for each in findings)
        assert first[0].startswith("in the order of effect: the operating point")
        assert "operating point" not in second[0]
        assert "only trade one for the other" in second[-1]

    def test_the_levers_come_in_order(self, findings: list[Finding]) -> None:
        levers = ("operating point", "share of empty answers", "entity-weight", "rules", "larger")
        places = [findings[0].fix.index(lever) for lever in levers]
        assert places == sorted(places)

    def test_nothing_is_claimed_that_does_not_help_or_exist(self, findings: list[Finding]) -> None:
        said = advice({each.evidence: each for each in findings}).lower()
        for claim in (
            "lower learning rate",
            "more epochs",
            "focal",
            "metric_for_best_model",
            "'f1'",
        ):
            assert claim not in said


class TestEncoder:
    """Encoder run with falling speed, scores at two levels, loss near zero."""

    @pytest.fixture
    def found(self, tmp_path: Path) -> dict[str, Finding]:
        scores, log, recipe = (tmp_path / name for name in ("scores.md", "train.log", "r.yaml"))
        scores.write_text(ENCODER_SCORES)
        losses = {35: ".0083", 36: ".0025", 38: ".0033"}
        lines = []
        for step, speed in enumerate(ENCODER_SPEEDS, 25):
            rate = f"{speed}it/s" if float(speed) >= 1 else f"{1 / float(speed):.2f}s/it"
            loss = f", loss={losses[step]}" if step in losses else ""
            lines.append(f"Epoch 14: {step}%|##  | {step}/100 [00:12<00:30, {rate}{loss}]")
        lines += [f"epoch: {epoch}, loss: .002{epoch % 10}" for epoch in (14,)]
        log.write_text("\n".join(lines))
        recipe.write_text(ENCODER_RECIPE)
        return found_in(scores, log, recipe=recipe)

    def test_false_positives_come_first(self, found: dict[str, Finding]) -> None:
        finding = found["low-precision"]
        assert finding.figures["gap"] == pytest.approx(0.1658)
        assert "over-generates" in finding.evidence
        assert finding.fix.startswith("false positives first")

    def test_the_cliff_is_found_with_candidates_not_a_cause(
        self, found: dict[str, Finding]
    ) -> None:
        cliff = found["throughput-cliff"]
        assert (cliff.figures["begin"], cliff.figures["end"]) == (38, 39)
        assert cliff.figures["times"] == pytest.approx(3.5, abs=0.8)
        assert "the log does not say why" in cliff.evidence
        for cause in ("data loading", "memory pressure", "evaluation", "busy machine"):
            assert cause in cliff.fix

    def test_the_f1_that_does_not_follow_is_named(self, found: dict[str, Finding]) -> None:
        finding = found["f1-inconsistent"]
        assert finding.figures["name"] == "label level"
        assert finding.figures["harmonic"] == pytest.approx(0.8679, abs=1e-4)
        assert "0.8629" in finding.evidence

    def test_small_losses_are_no_instability(self, found: dict[str, Finding]) -> None:
        assert not found.keys() & {"loss-spike", "loss-oscillates", "loss-diverges"}

    def test_a_loss_near_zero_points_to_memorisation(self, found: dict[str, Finding]) -> None:
        assert "points to memorisation" in found["low-precision"].evidence


class TestLongRun:
    """Thirty epochs on a CPU, without early stopping, with a negative loss."""

    @pytest.fixture
    def found(self, tmp_path: Path) -> dict[str, Finding]:
        log, recipe = tmp_path / "history.csv", tmp_path / "r.yaml"
        rows = [
            f"{epoch},-{train},{held_out},{rate},{370 + (epoch * 7) % 25}"
            for epoch, train, held_out, rate in LONG_RUN
        ]
        log.write_text("epoch,train_loss,val_loss,lr,epoch_time\n" + "\n".join(rows))
        recipe.write_text(LONG_RECIPE)
        return found_in(log, recipe=recipe)

    def test_the_plateau_begins_at_epoch_6(self, found: dict[str, Finding]) -> None:
        finding = found["development-plateau"]
        assert finding.figures["at"] == 6
        assert finding.figures["evaluations"] >= 7

    def test_the_best_checkpoint_came_early(self, found: dict[str, Finding]) -> None:
        assert found["best-checkpoint-early"].figures["at"] == 6

    def test_early_stopping_would_have_ended_it_at_about_11(
        self, found: dict[str, Finding]
    ) -> None:
        finding = found["no-early-stopping"]
        assert finding.figures["at"] == pytest.approx(11, abs=1)
        assert finding.figures["saved"] == pytest.approx(0.63, abs=0.04)

    def test_the_warm_up_is_under_an_epoch(self, found: dict[str, Finding]) -> None:
        assert found["short-warmup"].severity == "note"
        assert "0.9 epochs" in found["short-warmup"].evidence

    def test_flat_losses_are_neither_overfitting_nor_divergence(
        self, found: dict[str, Finding]
    ) -> None:
        assert not found.keys() & {
            "overfitting", "loss-diverges", "memorisation", "underfit", "throughput-cliff",
            "throughput-declines", "loss-spike", "wide-gap",
        }  # fmt: skip


class TestStalledClassifier:
    """A gap above .2 between training and development, by the rule of practice."""

    def test_the_rule_is_named(self, tmp_path: Path) -> None:
        log = tmp_path / "log.csv"
        rows = [f"{e},{0.9 / e:.3f},{0.7 + 0.1 / e:.3f}" for e in range(1, 7)]
        log.write_text("epoch,train_loss,val_loss\n" + "\n".join(rows))
        gap = found_in(log)["wide-gap"]
        assert "should stay under 0.2" in gap.evidence
        assert gap.figures["limit"] == 0.2


class TestLoopReview:
    """No clipping, no warm-up, gradients never logged or ten times their median."""

    RECIPE = (
        "do_train: true\nmodel_name_or_path: m\nlearning_rate: 2.0e-4\nwarmup_steps: 0\n"
        "max_grad_norm: 0.0\n"
    )

    @staticmethod
    def rows(norm: bool, burst: bool) -> str:
        lines = []
        for step in range(1, 41):
            size = 40.0 if burst and step == 25 else 1.0 + 0.1 * (step % 3)
            extra = f', "grad_norm": {size}' if norm else ""
            lines.append(
                f'{{"step": {step}, "loss": {1.5 / step**0.5:.4f}, '
                f'"learning_rate": {2e-4 * (1 - (step - 1) / 40):.3g}{extra}}}'
            )
        return "\n".join(lines)

    def diagnosed(self, folder: Path, *, norm: bool, burst: bool) -> dict[str, Finding]:
        log, recipe = folder / "metrics.jsonl", folder / "r.yaml"
        log.write_text(self.rows(norm, burst))
        recipe.write_text(self.RECIPE)
        return found_in(log, recipe=recipe)

    def test_gradients_that_nobody_logged(self, tmp_path: Path) -> None:
        found = self.diagnosed(tmp_path, norm=False, burst=False)
        assert {"gradients-unwatched", "no-warmup"} <= found.keys()
        assert found["no-warmup"].severity == "warning"

    def test_gradients_of_ten_times_their_median(self, tmp_path: Path) -> None:
        found = self.diagnosed(tmp_path, norm=True, burst=True)
        assert "they are not clipped" in found["gradient-explosion"].evidence
        assert found["gradient-explosion"].figures["at"] == 25

    def test_steady_gradients_are_no_explosion(self, tmp_path: Path) -> None:
        found = self.diagnosed(tmp_path, norm=True, burst=False)
        assert not found.keys() & {"gradient-explosion", "gradients-unwatched"}

    def test_faults_that_the_trainer_can_not_have_are_not_named(self, tmp_path: Path) -> None:
        said = advice(self.diagnosed(tmp_path, norm=False, burst=False))
        for claim in ("no_grad", "no-grad", "exception", "verbose"):
            assert claim not in said
