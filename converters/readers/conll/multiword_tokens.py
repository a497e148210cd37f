"""Words and what is written: in CoNLL-U a written token may stand for several words.

The row `3-4  don't` is what the text holds, the rows `3 do` and `4 n't` are its words, and a row
`5.1` is a word that is not written at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pii_sft.converters.tokens.column_layout import Layout
from pii_sft.converters.tokens.delimiters import Fields
from pii_sft.converters.tokens.detokenize import Place
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText


class Words(HoldsText, msgspec.Struct, frozen=True):
    """The tokens of a sentence.

    Attributes:
        rows: one for each word, with its tags.
        written: one for each stretch of the text.
        surfaces: the strings of `written`.
        owner: for each word, the index of the stretch that holds it.
        forms: the strings of `rows`.
    """

    rows: Sequence[Fields]
    written: Sequence[Fields]
    surfaces: Sequence[str]
    owner: Sequence[int]
    forms: Sequence[str]

    def places(self, written: Sequence[Place]) -> Sequence[Place]:
        """Place of each word; the whole stretch, where its words are not simply its parts."""
        if self.rows is self.written:
            return written
        members: dict[int, list[int]] = {}
        for word, owner in enumerate(self.owner):
            members.setdefault(owner, []).append(word)
        places: list[Place] = []
        for owner, words in members.items():
            places += self._inside(written[owner], self.surfaces[owner], words)
        return places

    def _inside(self, place: Place, surface: str, words: Sequence[int]) -> list[Place]:
        if "".join(self.forms[word] for word in words) != surface:
            return [place] * len(words)
        parts = []
        at = place[0]
        for word in words:
            parts.append((at, at + len(self.forms[word])))
            at = parts[-1][1]
        return parts


def read_words(rows: Sequence[Fields], layout: Layout) -> Words:
    """Tell the words of a sentence from what is written.

    Raises:
        RecordError: a range of words is not one.
    """
    forms = [layout.token_of(row) for row in rows]
    if not layout.numbered or all(row[0].isdecimal() for row in rows):
        return Words(rows, rows, forms, range(len(rows)), forms)
    words: list[Fields] = []
    written: list[Fields] = []
    owner: list[int] = []
    last = 0
    for row in rows:
        first, dash, end = row[0].partition("-")
        if dash:
            last = _number(end)
            written.append(row)
        elif "." not in first:
            if _number(first) > last:
                written.append(row)
            words.append(row)
            owner.append(len(written) - 1)
    return Words(
        words,
        written,
        [layout.token_of(row) for row in written],
        owner,
        [layout.token_of(row) for row in words],
    )


def _number(index: str) -> int:
    if index.isdecimal() and len(index) < 10:
        return int(index)
    raise RecordError("broken line", "a token has no number in the first column")
