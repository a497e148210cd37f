"""Swapped or not, spans keep their number, their labels and their order."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pii_sft.dataset.selection.augment import KINDS, SurfacePool, alterations
from pii_sft.spans import Document, Span, checked

PIECES = ["Ann", "ANN", "王芳", " ", "\n", "😀", "e\u0301", "İ", "ß", "42", "0O", "ﬁ", ", ", "שלום"]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=20)))
    place = st.integers(0, len(text))
    drawn = draw(st.lists(st.tuples(place, place, st.sampled_from("PQ")), max_size=7))
    spans = {Span(min(a, b), max(a, b), label) for a, b, label in drawn if a != b}
    return checked("d", text, spans)


def apart(document: Document, span: Span) -> bool:
    return not any(
        other is not span and other.start < span.end and span.start < other.end
        for other in document.spans
    )


@given(documents(), documents(), st.integers(0, 9))
def test_swaps_change_surfaces_and_nothing_else(
    document: Document, other: Document, seed: int
) -> None:
    pool = SurfacePool()
    pool.add(document)
    pool.add(other)
    for kind, alter in alterations(KINDS, pool).items():
        made = alter(document, Random(seed))
        if made is None:
            continue
        assert checked("d", made.text, made.spans) == made
        assert [each.label for each in made.spans] == [each.label for each in document.spans]
        if kind != "swap":
            assert made.spans == document.spans
            continue
        before = _between(document)
        assert _between(made) == before
        for old, new in zip(document.spans, made.spans, strict=True):
            if not apart(document, old):
                assert made.surface(new) == document.surface(old)


def _between(document: Document) -> list[str]:
    """What no span that stands apart covers."""
    pieces, at = [], 0
    for span in document.spans:
        if apart(document, span):
            pieces.append(document.text[at : span.start])
            at = span.end
    return [*pieces, document.text[at:]]
