"""Words of a document that no span cuts, and its spans as one layer, for formats of tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

import regex

from pii_sft.spans import Document, Span, reading_order

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"\s+|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+|\X", regex.V1)

_ASCII_WORD = re.compile(r"[ \t\n\r\f\v]+|[A-Za-z0-9]+|.", re.DOTALL)
"""The same of a text without other characters, many times as fast."""


def words_of(document: Document) -> list[tuple[int, int]]:
    """Runs of letters and digits, runs of white space, and single other characters.

    Scripts that are written without spaces give a word for each character.

    Returns:
        First code point of each word and the one after the last; together they are the whole text.
    """
    edges = sorted({edge for span in document.spans for edge in (span.start, span.end)})
    words: list[str] = []
    at = 0
    for edge in (*edges, len(document.text)):
        find = (_ASCII_WORD if document.text[at:edge].isascii() else _WORD).findall
        words += find(document.text, at, edge)
        at = edge
    return list(pairwise(accumulate(map(len, words), initial=0)))


def outermost(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans of which none overlaps another: the outer of nested ones, the earlier of crossed."""
    end = 0
    for span in sorted(spans, key=reading_order):
        if span.start >= end:
            end = span.end
            yield span
