"""What is found in damaged lists, whole and cut, is what stands in them complete."""

from __future__ import annotations

from itertools import product

import pytest

from pii_sft.spans import Document
from pii_sft.targets.json import TARGET
from tests.damaged.documents import ALL, ALONE, AWKWARD, PLAIN, SHORT
from tests.damaged.writing import (
    DRESSINGS,
    ESCAPED,
    NOTATIONS,
    NOTHING,
    SHAPES,
    STRICT,
    Dressing,
    Notation,
    Shape,
    Written,
)

pytestmark = pytest.mark.grid


def dressings(notation: Notation) -> list[Dressing]:
    return [each for each in DRESSINGS if notation.quote_open == '"' or each is not ESCAPED]


def name(part: Shape | Notation) -> str:
    return getattr(part, "name", None) or part.__name__


def documents(notation: Notation) -> list[Document]:
    return PLAIN if notation.bare else ALL


@pytest.mark.parametrize("notation", NOTATIONS, ids=name)
@pytest.mark.parametrize("shape", SHAPES, ids=name)
def test_whole_answers(shape: Shape, notation: Notation) -> None:
    for document, dressing in product(documents(notation), dressings(notation)):
        written = dressing.wear(shape(document, notation))
        parsed = TARGET.parse(document.text, written.text)
        assert list(parsed.spans) == list(document.spans), written.text
        assert parsed.issues == (() if written.clean else ("repaired",)), written.text
        assert parsed.status == ("clean" if written.clean else "repaired")


@pytest.mark.parametrize("notation", NOTATIONS, ids=name)
@pytest.mark.parametrize("shape", SHAPES, ids=name)
def test_cut_anywhere(shape: Shape, notation: Notation) -> None:
    dressed = DRESSINGS if notation is STRICT else [NOTHING]
    for document, dressing in product(
        (SHORT, ALONE) if notation.bare else (SHORT, AWKWARD), dressed
    ):
        written = dressing.wear(shape(document, notation))
        for cut in range(written.begins, len(written.text)):
            check_cut(document, written, cut)


def check_cut(document: Document, written: Written, cut: int) -> None:
    answer = written.text[:cut]
    parsed = TARGET.parse(document.text, answer)
    assert list(parsed.spans) == written.spans(cut), answer
    assert parsed.unplaced == (), answer
    assert set(parsed.issues) <= {"truncated", "repaired", "failed", "empty"}, answer
    if written.ends is not None and written.begins < cut < written.ends:
        assert parsed.status == "truncated", answer
        assert ("repaired" in parsed.issues) <= (not written.clean), answer
