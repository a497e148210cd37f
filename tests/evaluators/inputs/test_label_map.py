"""Label maps: two schemes made one, in gold and predictions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pii_sft.errors import InputError, RecordError, UsageError
from pii_sft.evaluators import Prediction, evaluate_pairs, score_files
from pii_sft.evaluators.inputs.label_map import LabelMap, label_map
from pii_sft.evaluators.known_labels import shown
from pii_sft.labels import LabelSet
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS


def labels(others: str = "error") -> LabelSet:
    return msgspec.convert(
        {
            "labels": {
                "PERSON": {"aliases": ["GIVENNAME", "SURNAME"]},
                "EMAIL": {"aliases": ["EMAIL_ADDRESS"]},
            },
            "others": others,
        },
        LabelSet,
    )


def mapped(found: LabelMap | None, *names: str) -> tuple[list[str], list[str]]:
    assert found is not None
    spans = tuple(Span(at, at + 1, name) for at, name in enumerate(names))
    gold = found.gold(Document("d", "x" * 20, spans))
    predicted = found.predicted(Prediction(spans))
    return [span.label for span in gold.spans], [span.label for span in predicted.spans]


def test_aliases_are_mapped_on_both_sides() -> None:
    expected = ["PERSON", "PERSON", "EMAIL", "PERSON"]
    names = ("GIVENNAME", "SURNAME", "EMAIL_ADDRESS", "PERSON")
    assert mapped(label_map(labels()), *names) == (expected, expected)


def test_what_happens_to_other_labels() -> None:
    names = ("PERSON", "CITY")
    assert mapped(label_map(labels("keep")), *names) == (["PERSON", "CITY"], ["PERSON", "CITY"])
    assert mapped(label_map(labels("drop")), *names) == (["PERSON"], ["PERSON"])
    with pytest.raises(RecordError, match="lacks 'CITY'"):
        mapped(label_map(labels()), *names)


def test_a_prediction_keeps_a_label_that_nobody_knows() -> None:
    found = label_map(labels())
    assert found is not None
    prediction = Prediction(
        (Span(0, 1, "PRESON"), Span(1, 2, "SURNAME")), unplaced=("X", "SURNAME")
    )
    assert found.predicted(prediction) == Prediction(
        (Span(0, 1, "PRESON"), Span(1, 2, "PERSON")), unplaced=("X", "PERSON")
    )


def test_dropped_labels_take_their_scores_and_strings_along() -> None:
    found = label_map(labels("drop"))
    assert found is not None
    prediction = Prediction(
        (Span(0, 1, "CITY"), Span(1, 2, "SURNAME")), (0.1, 0.9), unplaced=("CITY", "EMAIL")
    )
    assert found.predicted(prediction) == Prediction(
        (Span(1, 2, "PERSON"),), (0.9,), unplaced=("EMAIL",)
    )


def test_spans_that_become_the_same_count_once_but_repetitions_stay() -> None:
    found = label_map(labels())
    assert found is not None
    spans = (Span(0, 4, "SURNAME"), Span(0, 4, "GIVENNAME"), Span(0, 4, "SURNAME"))
    assert found.gold(Document("d", "xxxx", spans)).spans == (Span(0, 4, "PERSON"),)
    assert found.predicted(Prediction(spans)).spans == (Span(0, 4, "PERSON"),) * 2


def test_pairs() -> None:
    names = ("NAME", "PERSON", "CITY")
    expected = ["PERSON", "PERSON", "CITY"]
    assert mapped(label_map(None, ["NAME=PERSON"]), *names) == (expected, expected)


def test_pairs_can_swap_two_labels() -> None:
    assert mapped(label_map(None, ["A=B", "B=A"]), "A", "B")[0] == ["B", "A"]


def test_pairs_come_before_the_file() -> None:
    found = label_map(labels(), ["CITY=GIVENNAME", "SURNAME=EMAIL", "TOWN=PLACE"])
    assert mapped(found, "CITY", "SURNAME", "TOWN", "PLACE")[0] == [
        "PERSON",
        "EMAIL",
        "PLACE",
        "PLACE",
    ]


def test_without_file_and_pairs_there_is_no_map() -> None:
    assert label_map(None) is None


@pytest.mark.parametrize("pair", ["A", "A=", "=B", " = ", ""])
def test_pairs_that_can_not_be_read_are_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="GIVENNAME=PERSON"):
        label_map(None, [pair])


def test_a_label_can_not_become_two() -> None:
    with pytest.raises(UsageError, match="mapped to two"):
        label_map(None, ["A=B", "A=C"])
    assert label_map(None, ["A=B", "A=B"]) is not None


def test_schemes_of_different_labels_compare() -> None:
    gold = Document("d", "x" * 20, (Span(0, 3, "GIVENNAME"), Span(5, 9, "EMAIL_ADDRESS")))
    found = Prediction((Span(0, 3, "PERSON"), Span(5, 9, "EMAIL")))
    for chosen, correct in ((None, 0), (label_map(labels()), 2)):
        row = evaluate_pairs([(gold, found)], labels=chosen, ci=0.0).scores.schemes["strict"].micro
        assert row.counts["correct"] == correct


def test_files(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text(
        '{"id":"a","text":"Ann","spans":[{"start":0,"end":3,"label":"NAME"}]}\n'
        '{"id":"b","text":"Rome","spans":[{"start":0,"end":4,"label":"CITY"}]}\n'
    )
    pred.write_text(
        '{"id":"a","spans":[{"start":0,"end":3,"label":"PERSON"}]}\n'
        '{"id":"b","spans":[{"start":0,"end":4,"label":"Quillfeather"}]}\n'
    )
    target = TARGETS.get("json")
    found = score_files(pred, gold, target, labels=label_map(None, ["NAME=PERSON"]), ci=0.0)
    strict = found.scores.schemes["strict"].labels
    assert list(strict) == ["(unknown)", "CITY", "PERSON"]
    assert strict["PERSON"].rates["f1"] == 1.0
    with pytest.raises(InputError, match=r"gold\.jsonl \[a\] the label file lacks 'NAME'"):
        score_files(pred, gold, target, labels=label_map(labels()))


def test_shown() -> None:
    assert shown("A", None) == shown("A", {"A"}) == "A"
    assert shown("A", {"B"}) == shown("A", ()) == "(unknown)"
