"""White space at the edges of spans, which no annotator meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pii_sft.spans import Document, Span, with_checked_spans

BLANK, RAGGED = "blank", "ragged"


def tidied(document: Document, trim: bool, counts: Counter[str]) -> Document:
    """Remove spans that are only white space, and white space at the edges of the other spans.

    Args:
        document: a document.
        trim: whether edges are trimmed; otherwise only spans of white space alone are left out.
        counts: the numbers of spans left out and of spans trimmed are added to it.
    """
    text = document.text
    for span in document.spans:
        if text[span.start].isspace() or text[span.end - 1].isspace():
            break
    else:
        return document
    left = _tidied(document, trim, counts)
    return with_checked_spans(document.id, text, left, document.meta)


def _tidied(document: Document, trim: bool, counts: Counter[str]) -> Iterator[Span]:
    for span in document.spans:
        surface = document.surface(span)
        bare = surface.strip()
        if not bare:
            counts[BLANK] += 1
        elif trim and len(bare) < len(surface):
            counts[RAGGED] += 1
            start = span.start + len(surface) - len(surface.lstrip())
            yield Span(start, start + len(bare), span.label)
        else:
            yield span


def notes_of(counts: Mapping[str, int]) -> Iterator[str]:
    """Notes on spans that were left out or trimmed."""
    if counts.get(BLANK):
        yield f"{counts[BLANK]} spans of white space alone were left out"
    if counts.get(RAGGED):
        yield f"{counts[RAGGED]} spans had white space at their edges, trimmed (--edges keep)"
