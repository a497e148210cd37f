"""Numbers of occurrences, for mentions in a list that would be found elsewhere without them."""

from __future__ import annotations

from collections.abc import Sequence

from pii_sft.align import Wanted, align, occurrence_number
from pii_sft.spans import Document, Span
from pii_sft.targets.place import stands_next
from pii_sft.targets.placeholders import is_placeholder


def occurrences_of(document: Document) -> list[int]:
    """Give the number of each span's occurrence; 0 if the order of the list leads there anyway."""
    text, spans = document.text, document.spans
    if _stand_in_order(text, spans):
        return [0] * len(spans)
    wanted = [Wanted(document.surface(span)) for span in spans]
    for index, span in enumerate(spans):
        if is_placeholder(wanted[index].surface):
            wanted[index] = _numbered(text, span)
    while astray := _astray(text, spans, wanted):
        for index in astray:
            wanted[index] = _numbered(text, spans[index])
    return [each.occurrence for each in wanted]


def _numbered(text: str, span: Span) -> Wanted:
    number = occurrence_number(text, span.start, span.end)
    return Wanted(text[span.start : span.end], number)


def _stand_in_order(text: str, spans: Sequence[Span]) -> bool:
    """True if each string's next occurrence is the one that is meant, and is taken for a string."""
    cursor = 0
    for span in spans:
        surface = text[span.start : span.end]
        if stands_next(text, surface, cursor) != span.start or is_placeholder(surface):
            return False
        cursor = span.end
    return True


def _astray(text: str, spans: Sequence[Span], wanted: Sequence[Wanted]) -> list[int]:
    """Indices of the strings without a number that the list puts elsewhere."""
    return [
        index
        for index, (span, where) in enumerate(zip(spans, align(text, wanted), strict=True))
        if not wanted[index].occurrence
        and (where is None or (where.start, where.end) != (span.start, span.end))
    ]
