"""The whole road, from two files to the JSON of the contract."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError, UsageError
from pii_sft.evaluators import METRICS, Prediction, evaluate, score_files
from pii_sft.evaluators.breakdowns import length_class
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

RATES = {"precision", "recall", "f1", "f2", "ci"}
COUNTS = {"correct", "incorrect", "partial", "missed", "spurious", "possible", "actual"}
PARSING = {"clean", "repaired", "failed", "truncated", "looped", "unaligned_entities", "duplicates"}


def document(id: str, *spans: tuple[int, int, str], language: str = "en") -> Document:
    found = tuple(Span(*each) for each in spans)
    return Document(id, "x" * 40, found, {"language": language} if language else {})


PAIRS = [
    (document("a", (0, 4, "A"), (6, 9, "B")), Prediction((Span(0, 4, "A"), Span(6, 10, "B")))),
    (document("b", (0, 4, "A")), Prediction((Span(0, 4, "B"),), issues=("repaired",))),
    (document("c", language="zh"), Prediction((Span(1, 3, "C"),), issues=("not_in_text",))),
    (document("d", (2, 6, "B"), language=""), Prediction()),
]


def test_json_has_the_keys_of_the_contract() -> None:
    found = evaluate(PAIRS, resamples=20).to_dict()
    assert found.keys() == {
        "documents",
        "schemes",
        "characters",
        "documents_without_pii",
        "parsing",
        "breakdowns",
        "errors",
    }
    assert list(found["schemes"]) == ["strict", "exact", "partial", "type"]
    for scheme in found["schemes"].values():
        assert scheme.keys() == {"micro", "macro", "weighted", "labels"}
        assert scheme["micro"].keys() == RATES | COUNTS
        assert scheme["macro"].keys() == scheme["weighted"].keys() == RATES
        assert list(scheme["labels"]) == ["A", "B", "C"]
        for row in scheme["labels"].values():
            assert row.keys() == RATES | COUNTS | {"support"}
    assert found["characters"].keys() == RATES | {"correct", "leaked", "over_redacted"}
    assert found["documents_without_pii"].keys() == {"count", "false_alarm_rate", "ci"}
    assert found["parsing"].keys() == PARSING | {"malformed_entities"}
    assert found["errors"] == {
        "boundary": 1,
        "label": 1,
        "missed": 1,
        "spurious": 1,
        "split": 0,
        "merge": 0,
    }
    assert found["breakdowns"] == {}
    assert json.loads(json.dumps(found)) == found


def test_values() -> None:
    found = evaluate(PAIRS, resamples=20).to_dict()
    strict = found["schemes"]["strict"]["micro"]
    assert (strict["correct"], strict["possible"], strict["actual"]) == (1, 4, 4)
    assert strict["precision"] == strict["recall"] == 0.25
    low, high = strict["ci"]["recall"]
    assert 0 <= low < 0.25 < high <= 1
    assert found["documents"] == 4
    assert found["documents_without_pii"]["count"] == 1
    assert found["documents_without_pii"]["false_alarm_rate"] == 1.0
    assert found["parsing"]["clean"] == 3
    assert found["parsing"]["repaired"] == 1
    assert found["parsing"]["unaligned_entities"] == 1
    assert found["characters"]["leaked"] == 4
    assert found["characters"]["over_redacted"] == 3


def test_f_scores_are_named_by_beta() -> None:
    found = evaluate(PAIRS, beta=(0.5, 1.0, 10), ci=0.0).to_dict()
    row = found["schemes"]["strict"]["micro"]
    assert [name for name in row if name.startswith("f")] == ["f0.5", "f1", "f10"]


def test_without_intervals() -> None:
    assert evaluate(PAIRS, ci=0.0).to_dict()["schemes"]["type"]["macro"]["ci"] == {}


def test_breakdowns_are_scores_of_parts() -> None:
    found = evaluate(PAIRS, by=("language", "length"), ci=0.0).to_dict()["breakdowns"]
    assert list(found["language"]) == ["en", "unknown", "zh"]
    english = evaluate(PAIRS[:2], ci=0.0).to_dict()
    assert english["documents"] == 2
    for name, value in found["language"]["en"].items():
        assert value == english[name], name
    assert list(found["length"]) == ["0-199"]
    assert found["length"]["0-199"]["documents"] == 4


def test_breakdown_by_label_says_what_became_of_each() -> None:
    found = evaluate(PAIRS, by=("label",), ci=0.0).to_dict()["breakdowns"]["label"]
    assert found == {
        "A": _fate(support=2, predicted=1, found=1, taken_for={"B": 1}),
        "B": _fate(support=2, predicted=2, boundary=1, missed=1),
        "C": _fate(predicted=1, spurious=1),
    }


def _fate(**counts: Any) -> dict[str, Any]:
    names = ("support", "predicted", "found", "boundary", "missed", "spurious")
    return {**dict.fromkeys(names, 0), "taken_for": {}, **counts}


@pytest.mark.parametrize(
    ("length", "name"),
    [
        (0, "0-199"),
        (199, "0-199"),
        (200, "200-999"),
        (1000, "1000-4999"),
        (4999, "1000-4999"),
        (5000, "5000 and more"),
    ],
)
def test_length_classes(length: int, name: str) -> None:
    assert length_class(Document("d", "x" * length)) == name


@pytest.mark.parametrize("options", [{"by": ("size",)}, {"schemes": ("x",)}, {"min_overlap": 2.0}])
def test_wrong_options_are_refused_before_anything_is_read(options: dict[str, Any]) -> None:
    def unread() -> Any:
        raise AssertionError("read")
        yield

    with pytest.raises(UsageError):
        evaluate(unread(), **options)


def test_min_overlap_reaches_the_matching() -> None:
    gold, found = document("a", (0, 10, "A")), Prediction((Span(0, 3, "A"),))
    for share, correct in ((0.0, 1), (0.3, 1), (0.5, 0)):
        row = evaluate([(gold, found)], min_overlap=share, ci=0.0).scores.schemes["type"].micro
        assert row.counts["correct"] == correct


def test_score_files(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text(
        '{"id":"a","text":"Ann in Rome","spans":[{"start":0,"end":3,"label":"PERSON"},'
        '{"start":7,"end":11,"label":"CITY"}]}\n'
    )
    pred.write_text('{"id":"a","output":"[[\\"PERSON\\",\\"Ann\\"],[\\"CITY\\",\\"Ro"}\n')
    report = score_files(pred, gold, TARGETS.get("json"), by=("label",), resamples=10)
    assert report.scores.schemes["strict"].micro.rates["recall"] == 0.5
    assert report.parsing.truncated == 1
    assert report.breakdowns["label"]["CITY"]["missed"] == 1


def test_a_gold_without_predictions_is_not_scored(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"x","spans":[]}\n{"id":"b","text":"x","spans":[]}\n')
    pred.write_text('{"id":"a","spans":[]}\n')
    with pytest.raises(InputError, match="no prediction"):
        score_files(pred, gold, TARGETS.get("json"))


@pytest.mark.parametrize("name", METRICS.names())
def test_metrics_agree_with_the_report(name: str) -> None:
    metric = METRICS.get(name)
    scores = evaluate(PAIRS, ci=0.0).scores
    row = scores.characters if name == "characters" else scores.schemes[name].micro
    found = metric.score(iter(PAIRS))
    assert metric.name == name
    assert (found.precision, found.recall, found.f1) == (
        row.rates["precision"],
        row.rates["recall"],
        row.rates["f1"],
    )


def test_metrics_of_different_schemes_differ() -> None:
    found = {name: METRICS.get(name).score(PAIRS).f1 for name in METRICS.names()}
    assert found["strict"] < found["exact"] < found["partial"]
    assert found["strict"] < found["type"]


def test_importing_the_room_imports_nothing_heavy() -> None:
    code = (
        "import sys, pii_sft.evaluators;"
        "print([name for name in ('numpy', 'scipy', 'torch', 'yaml') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
