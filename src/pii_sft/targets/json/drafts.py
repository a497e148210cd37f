"""Fast path for writing and proving the lists of many documents at once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from pii_sft.span_columns import Mask, SpanColumns
from pii_sft.targets.placeholders import is_placeholder
from pii_sft.targets.tagged_words import may_tag
from pii_sft.targets.word_edges import WordEdges

_encode_lines = msgspec.json.Encoder().encode_lines
_decode_lines = msgspec.json.Decoder(list[tuple[str, str]]).decode_lines


def proved_drafts(columns: SpanColumns) -> list[str | None]:
    """The list of each document, proved; None for those that take the long way.

    A list is proved if it decodes to labels and strings, and each string is found at its span when
    searched for from the end of the one before, as `parse` does.
    """
    text, starts, ends = columns.text, columns.starts.tolist(), columns.ends.tolist()
    surfaces = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    lists = columns.of_each(list(zip(columns.labels, surfaces, strict=True)))
    encoded = _encode_lines(lists)
    if _decode_lines(encoded) != lists:
        return [None] * len(lists)
    drafts: list[str | None] = [line.decode() for line in encoded.split(b"\n")[: len(lists)]]
    astray = columns.owning(_astray(columns, surfaces))
    if _is_special(encoded.decode()):
        astray |= np.array([_is_special(draft or "") for draft in drafts])
    for index in astray.nonzero()[0].tolist():
        drafts[index] = None
    return drafts


def _is_special(draft: str) -> bool:
    """True for what could be read otherwise, or is not to stand in an answer."""
    return "<" in draft or "{{" in draft or may_tag(draft)


def _astray(columns: SpanColumns, surfaces: Sequence[str]) -> Mask:
    """Spans that reading the list does not surely lead to."""
    behind = columns.begins[columns.owners]
    behind[1:] = np.where(columns.follows, columns.ends[:-1], behind[1:])
    found = list(map(columns.text.find, surfaces, behind.tolist(), columns.ends.tolist()))
    edges = WordEdges(columns)
    astray = (np.array(found, np.int64) != columns.starts) | edges.cut_words()
    for label in set(columns.labels):
        if not label or label != label.strip():
            astray |= np.array([each == label for each in columns.labels])
    asked = edges.may_stand_for_nothing()
    for index in asked.nonzero()[0].tolist():
        asked[index] = is_placeholder(surfaces[index])
    return np.asarray(astray | asked)
