"""What is wrong in one document."""

from __future__ import annotations

from pii_sft.evaluators import Prediction
from pii_sft.evaluators.document_errors import DocumentErrors, errors_in
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.overlaps import NO_THRESHOLDS, Thresholds
from pii_sft.spans import Document, Span

CANARY = "Xanthippe Quillfeather was here"
GOLD = Document("d1", CANARY, (Span(0, 9, "A"), Span(10, 22, "A"), Span(27, 31, "B")))
FOUND = Prediction(
    (Span(0, 22, "A"), Span(23, 26, "C"), Span(27, 31, "A")),
    issues=("repaired", "not_in_text"),
    unplaced=("D",),
)


def of(document: Document, prediction: Prediction) -> DocumentErrors:
    return errors_in(document, prediction)


def test_every_error_has_one_entry() -> None:
    assert of(GOLD, FOUND) == DocumentErrors(
        "d1",
        (
            SpanError("merge", Span(10, 22, "A"), Span(0, 22, "A")),
            SpanError("label", Span(27, 31, "B"), Span(27, 31, "A")),
            SpanError("merge", Span(0, 9, "A")),
            SpanError("spurious", None, Span(23, 26, "C")),
            SpanError("hallucinated", named="D"),
        ),
        ("repaired", "not_in_text"),
    )


def test_labels_of_an_error() -> None:
    labels = [
        (each.gold_label, each.predicted.label if each.predicted else each.named)
        for each in of(GOLD, FOUND).errors
    ]
    assert labels == [("A", "A"), ("B", "A"), ("A", None), (None, "C"), (None, "D")]


def test_a_duplicate_of_what_is_right_is_found() -> None:
    found = of(GOLD, Prediction((*GOLD.spans, GOLD.spans[0])))
    assert found.errors == (SpanError("duplicate", None, Span(0, 9, "A")),)


def test_no_text_leaves() -> None:
    found = of(GOLD, FOUND)
    assert "Xanthippe" not in repr(found) + str(found.to_dict())


def test_json_leaves_out_what_is_not_there() -> None:
    assert of(GOLD, FOUND).to_dict()["errors"][3:] == [
        {"kind": "spurious", "predicted": {"start": 23, "end": 26, "label": "C"}},
        {"kind": "hallucinated", "named": "D"},
    ]


def test_thresholds_reach_the_matching() -> None:
    document = Document("d", "x" * 10, (Span(0, 10, "A"),))
    kinds = [
        [error.kind for error in errors_in(document, Prediction((Span(0, 3, "A"),)), bounds).errors]
        for bounds in (NO_THRESHOLDS, Thresholds(min_overlap=0.5), Thresholds(min_iou=0.5))
    ]
    assert kinds == [["too_short"], ["missed", "spurious"], ["missed", "spurious"]]
