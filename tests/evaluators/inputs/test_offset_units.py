"""Offsets of predictions are verified by the strings beside them."""

from __future__ import annotations

import msgspec
import pytest

from pii_sft.errors import RecordError
from pii_sft.evaluators.inputs.offset_units import code_points
from pii_sft.evaluators.inputs.prediction_files import _SpansRow

TEXT = "😀 Zoë met Ann"
ANN = TEXT.index("Ann")


@pytest.mark.parametrize(
    ("start", "end", "issue"),
    [
        (ANN, ANN + 3, None),
        (ANN + 1, ANN + 4, "utf_16_offsets"),
        (ANN + 4, ANN + 7, "byte_offsets"),
        (ANN, ANN + 2, "inclusive_ends"),
    ],
)
def test_what_offsets_count(start: int, end: int, issue: str | None) -> None:
    assert code_points([(start, end, "Ann")], TEXT, "d") == ([(ANN, ANN + 3)], issue)


def test_spans_without_a_string_count_as_the_others_do() -> None:
    zoe = TEXT.index("Zoë")
    spans = [(zoe + 1, zoe + 4, None), (ANN + 1, ANN + 4, "Ann")]
    assert code_points(spans, TEXT, "d")[0] == [(zoe, zoe + 3), (ANN, ANN + 3)]


def test_offsets_from_one() -> None:
    assert code_points([(1, 4, "Ann")], "Ann left", "d") == ([(0, 3)], "offsets_from_one")


@pytest.mark.parametrize("key", ["text", "surface", "value", "word"])
def test_strings_under_any_of_their_keys(key: str) -> None:
    row = {"id": "d", "spans": [{"start": 1, "end": 4, "label": "P", key: "Ann"}]}
    (span,) = msgspec.convert(row, _SpansRow).spans
    assert span.string == "Ann"


def test_strings_that_stand_elsewhere_stop_the_score() -> None:
    with pytest.raises(RecordError, match="1 of 2 spans"):
        code_points([(0, 3, "Ann"), (4, 7, "Ann")], "Ann met Bob", "d")
