"""Operating points: chosen on one split, true on another."""

from __future__ import annotations

import math

import msgspec
import pytest

from pii_sft.errors import UsageError
from pii_sft.inference.operating_point import OperatingPoint
from pii_sft.inference.tuning import tune
from pii_sft.inference.tuning.cases import Case
from pii_sft.inference.tuning.fit_calibration import Judged
from pii_sft.inference.tuning.tune import Source, Tuned, Wanted, check_cases, tune_cases
from pii_sft.spans import Document, Span
from tests.inference.tuning.conftest import proposal, simulated

LABELS = ("CITY", "PERSON")
DEV, TEST = Source("dev.jsonl", "1" * 64), Source("test.jsonl", "2" * 64)


def tuned(cases: list[Case], **wanted: object) -> Tuned:
    return tune_cases(cases, LABELS, Wanted(**{"propagate": False, **wanted}), DEV)


def test_the_most_precise_point_with_enough_recall() -> None:
    done = tuned(simulated(150, 1), target_recall=0.9)
    rates = done.point.promise.measured
    assert rates.recall >= 0.9 > done.before.recall
    best = max(each.precision for each in done.curve if each.recall >= 0.9)
    assert rates.precision == pytest.approx(best, abs=1e-4)
    assert not done.findings


def test_the_promise_is_checked_on_other_documents() -> None:
    done = tuned(simulated(250, 1), target_recall=0.9)
    point, findings = check_cases(simulated(250, 2), done.point, LABELS, TEST)
    checked = point.promise.checked
    assert checked.data == "test.jsonl"
    assert checked.recall_ci[0] <= 0.9 <= checked.recall_ci[1]
    assert checked.calibration_error <= 0.05
    assert all(each.severity == "note" for each in findings)


def test_a_promise_that_is_not_kept_is_said() -> None:
    done = tuned(simulated(150, 1), target_recall=0.9)
    worse = [
        msgspec.structs.replace(case, proposals=case.proposals[1:]) for case in simulated(150, 2)
    ]
    point, (finding,) = check_cases(worse, done.point, LABELS, TEST)
    assert finding.severity == "warning"
    assert finding.figures["recall"] == point.promise.checked.recall < 0.9


def test_a_target_out_of_reach_names_what_holds_it_back() -> None:
    done = tuned(simulated(120, 1), target_recall=0.99)
    assert not done.point.promise.reached
    (finding,) = done.findings
    assert finding.id == "recall-out-of-reach"
    assert finding.figures["labels"]["PERSON"]["missed"] == 12
    assert "oversample" in finding.fix


def test_more_recall_costs_precision_along_the_curve() -> None:
    curve = tuned(simulated(120, 3), target_recall=0.5).curve
    assert len(curve) > 5
    assert [each.recall for each in curve] == sorted(each.recall for each in curve)
    assert [each.precision for each in curve] == sorted((e.precision for e in curve), reverse=True)


@pytest.mark.parametrize("goal", ["f1", "f2"])
def test_the_best_f_score(goal: str) -> None:
    done = tuned(simulated(120, 1), target_recall=None, maximise=goal)
    best = max(getattr(each, goal) for each in done.curve)
    assert getattr(done.point.promise.measured, goal) == pytest.approx(best, abs=1e-3)


def test_thresholds_by_label_are_no_worse_than_one() -> None:
    cases = simulated(150, 1)
    one = tuned(cases, target_recall=0.85).point.promise.measured
    each = tuned(cases, target_recall=0.85, per_label=True)
    assert each.point.promise.measured.recall >= 0.85
    assert each.point.promise.measured.precision >= one.precision


def test_covered_asks_for_hidden_mentions_whatever_their_label() -> None:
    text = "Ann Lee met Bo."
    case = Case(Document("d", text, (Span(0, 7, "PERSON"),)), (proposal(0, 8, "CITY", 0.8),))
    assert tuned([case], scheme="covered").point.promise.measured.recall == 1
    assert tuned([case], scheme="strict").point.promise.measured.recall == 0


def test_a_free_answer_has_thresholds_and_no_dial() -> None:
    cases = [
        msgspec.structs.replace(
            case,
            proposals=tuple(
                msgspec.structs.replace(
                    each, open=math.inf, taken=True, label_logprob=math.log(each.score)
                )
                for each in case.proposals
            ),
        )
        for case in simulated(120, 1)
    ]
    done = tuned(cases, target_recall=0.8)
    assert done.point.decode == "free"
    assert done.point.recall_bias == 0
    assert done.point.promise.measured.precision > done.before.precision


def test_rules_add_what_the_model_missed_and_are_measured() -> None:
    cases = []
    for number in range(40):
        text = f"Ann writes from ann{number}@x.org on ext. {number}."
        gold = Span(16, text.index(" on "), "EMAIL")
        cases.append(Case(Document(f"d{number}", text, (gold,)), (proposal(0, 3, "EMAIL", 0.4),)))
    done = tune_cases(cases, ["EMAIL"], Wanted(rules="network", target_recall=0.9), DEV)
    (use,) = done.uses
    assert (use.kind, use.right, use.added) == ("EMAIL", 40, 40)
    assert done.before.recall == 0
    assert done.point.promise.measured.precision == done.point.promise.measured.recall == 1
    assert done.point.rules.uses["EMAIL"].certain > 0.99


def test_a_rule_that_the_annotation_does_not_follow_is_not_used() -> None:
    """Here addresses are annotated with the word in front."""
    cases = []
    for number in range(40):
        text = f"Write to mail:ann{number}@x.org now."
        gold = Span(9, text.index(" now"), "EMAIL")
        cases.append(
            Case(
                Document(f"d{number}", text, (gold,)),
                (proposal(gold.start, gold.end, "EMAIL", 0.8),),
            )
        )
    done = tune_cases(cases, ["EMAIL"], Wanted(rules="network", target_recall=0.9), DEV)
    assert done.point.promise.measured.precision == done.point.promise.measured.recall == 1


def test_a_kind_takes_the_label_that_the_annotation_gives_it() -> None:
    cases = [
        Case(Document(f"d{n}", f"to ann{n}@x.org", (Span(3, len(f"to ann{n}@x.org"), "ADRESSE"),)))
        for n in range(10)
    ]
    done = tune_cases(cases, ["ADRESSE"], Wanted(rules="network"), DEV)
    assert done.point.rules.uses["EMAIL"].label == "ADRESSE"
    assert done.point.promise.measured.recall == 1


def test_names_are_sought_where_that_is_mostly_right() -> None:
    cases = []
    for number in range(30):
        text = "Ann Lee called. Later Ann Lee wrote."
        spans = (Span(0, 7, "PERSON"), Span(22, 29, "PERSON"))
        cases.append(Case(Document(f"d{number}", text, spans), (proposal(0, 7, "PERSON", 0.9),)))
    done = tune_cases(cases, ["PERSON"], Wanted(target_recall=0.9), DEV)
    assert done.point.propagation.labels == ("PERSON",)
    assert done.propagated == {"PERSON": (30, 30)}
    assert done.point.promise.measured.recall == 1


def test_wrong_wishes_are_refused() -> None:
    with pytest.raises(UsageError, match="share"):
        tuned(simulated(3, 1), target_recall=90)
    with pytest.raises(UsageError, match="finds nothing"):
        tuned(simulated(3, 1), target_recall=None)
    with pytest.raises(UsageError, match="no entity"):
        tuned([Case(Document("d", "nothing"))])
    with pytest.raises(UsageError, match="promises nothing"):
        check_cases([], OperatingPoint(), LABELS, TEST)


def test_a_point_survives_its_file() -> None:
    point = tuned(simulated(100, 1)).point
    assert msgspec.json.decode(msgspec.json.encode(point), type=OperatingPoint) == point


def test_documents_of_one_group_or_template_are_in_one_fold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Judged] = []
    fit = tune.fit_calibration
    monkeypatch.setattr(tune, "fit_calibration", lambda judged: fit(seen.extend(judged) or judged))
    cases = simulated(60, 1)
    tuned(
        [
            msgspec.structs.replace(
                each, document=each.document.replaced(meta={"group": f"g{at % 7}"})
            )
            for at, each in enumerate(cases)
        ],
        maximise="f1",
    )
    assert {each.group for each in seen} == set(range(7))
    seen.clear()
    tuned(cases, maximise="f1")
    templates = {each.document.template for each in cases}
    assert len({each.group for each in seen}) == len(templates) < len(cases)
