"""The whole road, from two files to the JSON of the contract."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError, UsageError
from pii_sft.evaluators import Prediction, evaluate_pairs, score_files
from pii_sft.evaluators.aggregation.breakdowns import MOST_CLASSES, OTHERS, length_class, size_class
from pii_sft.evaluators.errors import ERROR_KINDS
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

RATES = {"precision", "recall", "f1", "f2", "ci"}
COUNTS = {"correct", "incorrect", "partial", "missed", "spurious", "possible", "actual"}
MENTIONS = {
    "mention_recall",
    "mention_precision",
    "entity_recall",
    "weighted_entity_recall",
    "mentions",
    "covered_mentions",
    "predictions",
    "stray_predictions",
    "entities",
    "covered_entities",
}
PARSING = {"clean", "repaired", "failed", "truncated", "looped", "unaligned_entities", "duplicates"}
PARSING |= {"empty", "refused", "unknown_labels"}


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
    found = evaluate_pairs(PAIRS, resamples=20).to_dict()
    assert found.keys() == {
        "documents",
        "schemes",
        "characters",
        "documents_without_pii",
        "parsing",
        "breakdowns",
        "errors",
        "error_kinds",
        "label_blind",
        "mentions",
        "confusion",
        "worst_documents",
        "reliability",
        "options",
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
    assert found["parsing"].keys() >= PARSING | {"malformed_entities"}
    assert found["errors"] == {
        "boundary": 1,
        "label": 1,
        "missed": 1,
        "spurious": 1,
        "split": 0,
        "merge": 0,
    }
    assert list(found["error_kinds"]) == list(ERROR_KINDS)
    for row in found["label_blind"].values():
        assert row.keys() == RATES | {"correct", "missed", "spurious", "possible", "actual"}
    assert found["label_blind"].keys() == {"exact", "overlap", "documents"}
    assert found["mentions"].keys() == MENTIONS | {"ci", "labels", "identifiers"}
    assert list(found["mentions"]["labels"]) == ["A", "B", "C"]
    assert found["mentions"]["labels"]["A"].keys() == MENTIONS | {"ci"}
    assert found["confusion"] == {
        "pairs": {"A": {"A": 1, "B": 1}, "B": {"B": 1}},
        "missed": {"B": 1},
        "spurious": {"C": 1},
    }
    assert found["breakdowns"] == {}
    assert json.loads(json.dumps(found)) == found


def test_values() -> None:
    found = evaluate_pairs(PAIRS, resamples=20).to_dict()
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
    found = evaluate_pairs(PAIRS, beta=(0.5, 1.0, 10), ci=0.0).to_dict()
    row = found["schemes"]["strict"]["micro"]
    assert [name for name in row if name.startswith("f")] == ["f0.5", "f1", "f10"]


def test_without_intervals() -> None:
    assert evaluate_pairs(PAIRS, ci=0.0).to_dict()["schemes"]["type"]["macro"]["ci"] == {}


def test_breakdowns_are_scores_of_parts() -> None:
    found = evaluate_pairs(PAIRS, by=("language", "length"), ci=0.0).to_dict()["breakdowns"]
    assert list(found["language"]) == ["en", "unknown", "zh"]
    english = evaluate_pairs(PAIRS[:2], ci=0.0).to_dict()
    assert english["documents"] == 2
    for name, value in found["language"]["en"].items():
        assert value == english[name], name
    assert list(found["length"]) == ["0-199"]
    assert found["length"]["0-199"]["documents"] == 4


def test_breakdown_by_label_says_what_became_of_each() -> None:
    found = evaluate_pairs(PAIRS, by=("label",), ci=0.0).to_dict()["breakdowns"]["label"]
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


@pytest.mark.parametrize(
    ("spans", "name"),
    [
        (0, "0"),
        (1, "1"),
        (2, "2-4"),
        (4, "2-4"),
        (5, "5-9"),
        (9, "5-9"),
        (10, "10-19"),
        (19, "10-19"),
        (20, "20 and more"),
    ],
)
def test_size_classes(spans: int, name: str) -> None:
    assert size_class(document("d", *((at, at + 1, "A") for at in range(spans)))) == name


def test_breakdown_by_size_is_in_the_order_of_sizes() -> None:
    many = document("e", *((at, at + 1, "A") for at in range(12)))
    found = evaluate_pairs([*PAIRS, (many, Prediction())], by=("size",), ci=0.0).to_dict()
    sizes = found["breakdowns"]["size"]
    assert list(sizes) == ["0", "1", "2-4", "10-19"]
    assert [each["documents"] for each in sizes.values()] == [1, 2, 1, 1]
    assert sum(each["schemes"]["strict"]["micro"]["possible"] for each in sizes.values()) == 16


def test_breakdown_by_any_key_of_meta() -> None:
    def about(id: str, **meta: Any) -> tuple[Document, Prediction]:
        return Document(id, "x", (), meta), Prediction()

    pairs = [
        about("a", domain="mail"),
        about("b", domain="chat"),
        about("c", domain={"mail": 1}),
        about("d", domain=None),
        about("e", source={"year": 2024}),
        about("f", source={"year": 0}),
    ]
    found = evaluate_pairs(pairs, by=("meta.domain", "meta.source.year"), ci=0.0).breakdowns
    assert {part: each["documents"] for part, each in found["meta.domain"].items()} == {
        "chat": 1,
        "mail": 1,
        "unknown": 4,
    }
    assert list(found["meta.source.year"]) == ["0", "2024", "unknown"]


def test_rare_values_of_meta_are_one_class() -> None:
    pairs = [
        (Document(f"{at}", "x", (), {"group": str(at // 2)}), Prediction())
        for at in range(2 * MOST_CLASSES + 7)
    ]
    found = evaluate_pairs(pairs, by=("meta.group",), ci=0.0).breakdowns["meta.group"]
    assert len(found) == MOST_CLASSES + 1
    assert found[OTHERS]["documents"] == 7
    assert sum(each["documents"] for each in found.values()) == len(pairs)


def test_breakdowns_have_intervals_of_their_own() -> None:
    found = evaluate_pairs(PAIRS * 10, by=("language",), resamples=50).breakdowns["language"]
    alone = evaluate_pairs([PAIRS[3]] * 10, resamples=50).to_dict()
    for name in ("schemes", "characters", "mentions"):
        assert found["unknown"][name] == alone[name]


@pytest.mark.parametrize(
    "options",
    [
        {"by": ("colour",)},
        {"by": ("meta",)},
        {"by": ("meta.",)},
        {"by": ("meta.a..b",)},
        {"schemes": ("x",)},
        {"min_overlap": 2.0},
        {"min_iou": -0.5},
        {"min_iou": float("nan")},
        {"seed": -1},
    ],
)
def test_wrong_options_are_refused_before_anything_is_read(options: dict[str, Any]) -> None:
    def unread() -> Any:
        raise AssertionError("read")
        yield

    with pytest.raises(UsageError):
        evaluate_pairs(unread(), **options)


def test_min_overlap_reaches_the_matching() -> None:
    gold, found = document("a", (0, 10, "A")), Prediction((Span(0, 3, "A"),))
    for share, correct in ((0.0, 1), (0.3, 1), (0.5, 0)):
        row = (
            evaluate_pairs([(gold, found)], min_overlap=share, ci=0.0).scores.schemes["type"].micro
        )
        assert row.counts["correct"] == correct


def test_min_iou_reaches_the_matching() -> None:
    gold, found = document("a", (0, 10, "A")), Prediction((Span(0, 3, "A"),))
    for share, correct in ((0.0, 1), (0.3, 1), (0.31, 0)):
        row = evaluate_pairs([(gold, found)], min_iou=share, ci=0.0).scores.schemes["type"].micro
        assert row.counts["correct"] == correct


def test_worst_documents_hold_ids_offsets_and_labels() -> None:
    worst = evaluate_pairs(PAIRS, ci=0.0).to_dict()["worst_documents"]
    assert [each["id"] for each in worst] == ["a", "b", "c", "d"]
    assert worst[0] == {
        "id": "a",
        "issues": [],
        "errors": [
            {
                "kind": "too_long",
                "gold": {"start": 6, "end": 9, "label": "B"},
                "predicted": {"start": 6, "end": 10, "label": "B"},
            }
        ],
    }
    assert worst[2]["issues"] == ["not_in_text"]


def test_labels_that_only_the_model_knows_are_not_shown() -> None:
    invented = "Xanthippe Quillfeather"
    gold = document("a", (0, 4, "A"), (6, 9, "B"))
    found = Prediction(
        (Span(0, 4, "A"), Span(6, 9, invented), Span(10, 12, "C"), Span(14, 15, "other")),
        unplaced=(invented,),
    )
    report = evaluate_pairs([(gold, found)], by=("label",), known={"C"}, resamples=10)
    assert "Xanthippe" not in json.dumps(report.to_dict())
    assert list(report.scores.schemes["strict"].labels) == ["(unknown)", "A", "B", "C"]
    assert report.scores.schemes["strict"].labels["(unknown)"].counts["spurious"] == 2
    assert report.scores.confusion.pairs["B"] == {"(unknown)": 1}
    assert report.breakdowns["label"]["B"]["taken_for"] == {"(unknown)": 1}
    assert report.known == {"A", "B", "C"}
    assert report.scores.error_kinds["hallucinated"] == 1
    named = evaluate_pairs([(gold, found)], ci=0.0)
    assert invented in named.scores.schemes["strict"].labels
    assert named.known is None
    for name, scheme in report.scores.schemes.items():
        assert scheme.micro.counts == named.scores.schemes[name].micro.counts


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


def test_importing_the_room_imports_nothing_heavy() -> None:
    code = (
        "import sys, pii_sft.evaluators;"
        "print([name for name in ('numpy', 'torch', 'yaml') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
