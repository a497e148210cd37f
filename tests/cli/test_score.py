"""`pii-sft score`: options, exit codes and outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.files import write_json
from pii_sft.labels import Label
from pii_sft.prompt import Prompt
from pii_sft.records.dataset_folder import Manifest
from pii_sft.report.console import messages

CANARY = "Xanthippe Quillfeather"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(messages, "quiet", False)
    text = f"{CANARY} lives in Oslo."
    rows: list[dict[str, Any]] = [
        {
            "id": f"d{at}",
            "text": text,
            "spans": [
                {"start": 0, "end": 22, "label": "NAME"},
                {"start": 32, "end": 36, "label": "CITY"},
            ],
            "meta": {"domain": "mail" if at % 2 else "chat"},
        }
        for at in range(6)
    ]
    (tmp_path / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answers = [
        {"id": f"d{at}", "output": json.dumps([["PERSON", CANARY[: 9 + 13 * (at > 1)]]])}
        for at in range(6)
    ]
    (tmp_path / "pred.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    return tmp_path


def score(*words: str) -> Result:
    given = ["score", "--pred", "pred.jsonl", "--gold", "gold.jsonl", "--quiet"]
    return CliRunner().invoke(cli, [*given, *words])


def scored(*words: str) -> dict[str, Any]:
    done = score("--json", "-", *words)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_labels_are_mapped_by_pairs(files: Path) -> None:
    assert scored()["schemes"]["strict"]["micro"]["correct"] == 0
    assert list(scored()["schemes"]["strict"]["labels"]) == ["(unknown)", "CITY", "NAME"]
    found = scored("--map", "NAME=PERSON")["schemes"]["strict"]
    assert found["micro"]["correct"] == 4
    assert list(found["labels"]) == ["CITY", "PERSON"]


def test_labels_are_mapped_by_a_file(files: Path) -> None:
    (files / "labels.yaml").write_text("labels: {PERSON: {aliases: [NAME]}, CITY: {}}")
    assert scored("--labels", "labels.yaml")["schemes"]["strict"]["micro"]["correct"] == 4
    (files / "labels.yaml").write_text("labels: {PERSON: {aliases: [NAME]}}")
    done = score("--labels", "labels.yaml")
    assert done.exit_code == 2
    assert "lacks 'CITY'" in done.output
    assert "Xanthippe" not in done.output


def test_labels_of_the_data_set_are_shown(files: Path) -> None:
    folder = files / "pii" / "gold"
    folder.mkdir(parents=True)
    (files / "gold.jsonl").rename(folder / "test.jsonl")
    prompt = Prompt("short-1", "", "", "")
    manifest = Manifest("1", "json", prompt, [Label("PERSON")], 1, {}, [], {}, {})
    write_json(files / "pii" / "manifest.json", manifest)
    found = scored("--gold", "pii/gold/test.jsonl")["schemes"]["strict"]
    assert list(found["labels"]) == ["CITY", "NAME", "PERSON"]


@pytest.mark.parametrize(
    ("option", "value", "correct"),
    [
        ("--min-overlap", "0.4", 6),
        ("--min-overlap", "0.41", 4),
        ("--min-iou", "0.4", 6),
        ("--min-iou", "0.41", 4),
        ("--min-iou", "0", 6),
    ],
)
def test_thresholds(files: Path, option: str, value: str, correct: int) -> None:
    found = scored("--map", "NAME=PERSON", option, value)
    assert found["schemes"]["type"]["micro"]["correct"] == correct


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--min-overlap", "2"], "share from 0 to 1"),
        (["--min-iou", "-1"], "share from 0 to 1"),
        (["--resamples", "0"], "at least one resample"),
        (["--seed", "-3"], "seed"),
        (["--by", "colour"], "meta.domain"),
        (["--map", "A"], "GIVENNAME=PERSON"),
        (["--labels", "nowhere.yaml"], "no label file"),
        (["--format", "html"], "markdown"),
        (["--beta", "x"], "--beta takes numbers"),
        (["--fail-over", "recall"], "Can't read the threshold"),
        (["--schemes", "strikt"], "Known: strict"),
        (["--align-by", "last"], "first"),
        (["--align-by", "all", "--target", "tags"], "Leave out --align-by"),
        (["--align-by", "first", "--pred", "gold.jsonl"], "Predict again with --align-by"),
    ],
)
def test_wrong_use(files: Path, words: list[str], part: str) -> None:
    done = score(*words)
    assert done.exit_code == 2
    assert part in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("target", ["json", "lines"])
def test_answers_are_aligned_by_a_policy(files: Path, target: str) -> None:
    spans = [{"start": at, "end": at + 3, "label": "P"} for at in (0, 8, 16)]
    row = {"id": "a", "text": "Ann and Ann and Ann.", "spans": spans}
    (files / "gold.jsonl").write_text(json.dumps(row))
    answers = {"json": '[["P","Ann",2],["P","Ann"]]', "lines": "P#2: Ann\nP: Ann\n-"}
    (files / "pred.jsonl").write_text(json.dumps({"id": "a", "output": answers[target]}))

    def correct(*words: str) -> int:
        found = scored("--target", target, *words)["schemes"]["strict"]["micro"]
        assert found["spurious"] == 0
        return int(found["correct"])

    assert correct() == correct("--align-by", "next") == correct("--align-by", "first") == 2
    assert correct("--align-by", "all") == 3


def test_the_usual_policy_is_for_rows_with_spans_too(files: Path) -> None:
    found = scored("--pred", "gold.jsonl", "--align-by", "next")
    assert found["schemes"]["strict"]["micro"]["f1"] == 1.0


def test_the_page_has_everything_whatever_the_policy(files: Path) -> None:
    row = {"id": "a", "text": "Ann, Ann", "spans": [{"start": 0, "end": 3, "label": "P"}]}
    (files / "gold.jsonl").write_text(json.dumps(row))
    (files / "pred.jsonl").write_text(json.dumps({"id": "a", "output": '[["P","Ann"]]'}))
    for policy, wrong in (("next", 0), ("all", 1)):
        done = score("--align-by", policy, "--html", "p.html", "--overwrite", "--json", "-")
        assert json.loads(done.stdout)["errors"]["spurious"] == wrong
        assert ('"kind":"spurious"' in (files / "p.html").read_text()) == bool(wrong)


def test_breakdowns(files: Path) -> None:
    names = ["size", "meta.domain", "label", "language", "entity_length", "length"]
    found = scored("--by", ",".join(names))["breakdowns"]
    assert list(found) == names
    assert found["meta.domain"]["mail"]["documents"] == 3
    assert list(found["size"]) == ["2-4"]


def test_resamples_and_seed(files: Path) -> None:
    def ends(*words: str) -> Any:
        return scored("--map", "NAME=PERSON", *words)["schemes"]["strict"]["micro"]["ci"]

    assert ends("--resamples", "40") == ends("--resamples", "40", "--seed", "42")
    assert ends("--resamples", "7") != ends("--resamples", "7", "--seed", "1")


@pytest.mark.parametrize("shape", ["markdown", "latex", "csv", "table"])
def test_formats_go_to_standard_output(files: Path, shape: str) -> None:
    done = score("--format", shape, "--map", "NAME=PERSON")
    assert done.exit_code == 0
    assert "PERSON" in done.stdout
    assert "Xanthippe" not in done.output


def test_gates(files: Path) -> None:
    done = CliRunner().invoke(
        cli,
        ["score", "--pred", "pred.jsonl", "--gold", "gold.jsonl", "--fail-under", "recall=0.9"],
    )
    assert done.exit_code == 1
    assert "missed: recall is 0.0000, below 0.9" in done.output
    kept = ["--map", "NAME=PERSON", "--fail-under", "mentions.CITY.mention_recall=0"]
    assert score(*kept).exit_code == 0
    assert score(*kept, "--fail-under", "characters.recall=0.99").exit_code == 1
    assert score(*kept, "--fail-over", "characters.leaked=1").exit_code == 1
    assert score(*kept, "--fail-over", "documents_without_pii.false_alarm_rate=0.1").exit_code == 0


def test_a_missed_gate_is_told_even_when_quiet(files: Path) -> None:
    done = score("--quiet", "--fail-under", "recall=1")
    assert (done.exit_code, "missed: recall" in done.stderr) == (1, True)


def test_an_existing_file_is_refused_before_anything_is_scored(files: Path) -> None:
    (files / "scores.json").write_text("{}")
    (files / "pred.jsonl").write_text("broken")
    done = score("--json", "scores.json")
    assert done.exit_code == 2
    assert "--overwrite" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "NAMME=PERSON"], "neither gold nor predictions have the label NAMME"),
        (["--by", "meta.domian"], "no document has meta.domian"),
    ],
)
def test_what_stands_nowhere_is_named(files: Path, words: list[str], said: str) -> None:
    given = ["score", "--pred", "pred.jsonl", "--gold", "gold.jsonl"]
    done = CliRunner().invoke(cli, [*given, *words])
    assert done.exit_code == 0
    assert said in done.stderr
    right = CliRunner().invoke(cli, [*given, "--map", "NAME=PERSON", "--by", "meta.domain"])
    assert right.exit_code == 0
    assert said not in right.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fail-under", "recall=90"], "write recall=0.9."),
        (["--fail-over", "documents_without_pii.false_alarm_rate=2"], "false_alarm_rate=0.02."),
        (["--compat", "seqeval", "--compat", "nervaluate"], "one at a time"),
    ],
)
def test_what_can_not_be_meant_is_refused(files: Path, words: list[str], said: str) -> None:
    done = score(*words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_file_without_predictions_is_named_as_empty(files: Path) -> None:
    (files / "pred.jsonl").write_text("")
    done = score()
    assert done.exit_code == 2
    assert "empty file" in done.stderr
