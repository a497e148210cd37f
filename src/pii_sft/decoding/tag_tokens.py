"""Token ids of a text with tags, as the trainer's tokenizer writes them; where tags change them.

A tag changes the tokens around it: ` (` and `<` are one token in ` (<PERSON>Ann`, and so are `>`
and `,` in `</PERSON>, who`. So a tag is recognised by the first token in which the text with it
differs from the text without it, whatever characters that token has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, takewhile
from typing import Any

import msgspec

from pii_sft.align.boundaries import goes_on, splits_character
from pii_sft.errors import UsageError
from pii_sft.prompt import guarded, guards
from pii_sft.spans import Span
from pii_sft.targets.tags.markup import closing_tag, escapes, half_marked, opening_tag

_LONGEST_RUN = 32
"""Most punctuation marks before a tag that are checked for tokens that join with the tag."""

_RIGHT = 16
"""Most characters after a tag that are checked for tokens that join with its end."""


class Branch(msgspec.Struct, frozen=True):
    """A tag that could stand at a place, and the token by which it is recognised.

    Attributes:
        at: the place in the text, in code points.
        index: the first token of the answer that is a different one with the tag.
        tokens: the tokens that could stand there instead; several if they depend on the label.
    """

    at: int
    index: int
    tokens: tuple[int, ...]


class Draft:
    """A text with the tags that are known so far, to its end.

    Args:
        text: the document.
        spans: entities that are known, in reading order.
        opened: entities that begin before the rest of the text and have no end yet.
        writer: of the tokenizer.
    """

    def __init__(
        self, text: str, spans: Sequence[Span], opened: Sequence[Span], writer: TagWriter
    ) -> None:
        begun, rest = half_marked(text, spans, opened)
        self.done = max(
            (*(span.end for span in spans), *(span.start for span in opened)), default=0
        )
        self._text = text
        self._begun = len(begun)
        self._escapes = escapes(text[self.done :])
        self._guards = guards(begun + rest)
        self.string = guarded(begun + rest)
        self.ids, self._starts, self._whole = writer.encode(self.string)
        self.end = writer.end
        self._writer = writer

    def offset(self, at: int) -> int:
        """Index in the string of a place of the text, behind all tags."""
        inside = at - self.done
        plain = self._begun + inside + bisect_left(self._escapes, inside)
        return plain + bisect_left(self._guards, plain)

    def opening(self, at: int) -> Branch | None:
        """The change by an opening tag at a place; None if nothing can be told."""
        first, left = self._before(self.offset(at))
        indices, tokens = set[int](), []
        for ids in self._writer.openings(left):
            common = common_length(ids, self.ids[first : first + len(ids)])
            if common == len(ids):
                return None
            indices.add(first + common)
            tokens.append(ids[common])
        if len(indices) > 1:  # one label's tag joins the signs before it, another's does not
            common = min(indices) - first
            tokens = [ids[common] for ids in self._writer.openings(left)]
            tokens = [each for each in tokens if each != self.ids[first + common]]
        return Branch(at, min(indices), tuple(dict.fromkeys(tokens)))

    def closing(self, at: int, label: str) -> Branch | None:
        """The change by the closing tag of a label at a place."""
        first, left = self._before(self.offset(at))
        ids = self._writer.closing(left, label)
        common = common_length(ids, self.ids[first : first + len(ids)])
        return None if common == len(ids) else Branch(at, first + common, (ids[common],))

    def labelled(self, at: int) -> tuple[int, dict[str, list[int]]]:
        """Tokens of the opening tags of all labels at a place, from a token of the answer on."""
        place = self.offset(at)
        first, left = self._before(place)
        return first, self._writer.labelled(left, self.string[place : place + _RIGHT])

    def _before(self, place: int) -> tuple[int, str]:
        """The token from which a tag can change the tokens, and the string from there to the tag.

        Args:
            place: where the tag would stand in the string.
        """
        string = self.string
        index = bisect_right(self._starts, place) - 1
        if not (place and string[place - 1].isalnum() and self._begins(index, place)):
            index = bisect_right(self._starts, self._apart(place)) - 1
            while not self._whole[index]:
                index -= 1
        left = string[self._starts[index] : place]
        return index, left + "\\" * (len(left) - len(left.rstrip("\\")))

    def _begins(self, index: int, place: int) -> bool:
        """True if a token begins at a place; then merges before it don't depend on what follows."""
        return self._starts[index] == place and self._whole[index]

    def _apart(self, place: int) -> int:
        """Start of what can join with a place that it stands before.

        Signs join what follows them, and letters inside a token those before it; the signs in
        front of these join with them.
        """
        least = max(0, place - _LONGEST_RUN)
        while place > least and self.string[place - 1].isalnum():
            place -= 1
        while place > least and not self.string[place - 1].isalnum():
            place -= 1
        return place


class TagWriter:
    """Encodes texts with tags.

    Attributes:
        labels: the labels that an entity can have.
        end: the token that ends an answer.

    Args:
        tokenizer: of transformers, as the trainer prepares it.
        labels: the labels that an entity can have.

    Raises:
        UsageError: the tokenizer is a slow one, which does not say where its tokens stand.
    """

    def __init__(self, tokenizer: Any, labels: Sequence[str]) -> None:
        if not tokenizer.is_fast:
            raise UsageError(
                "This tokenizer does not say where its tokens stand in the text. Use --decode free."
            )
        self.labels = tuple(labels)
        self.end: int = tokenizer.eos_token_id
        self._tokenizer = tokenizer
        self._opening = {label: guarded(opening_tag(label)) for label in labels}
        self._closing = {label: guarded(closing_tag(label)) for label in labels}
        self._lengths: dict[int, int] = {}
        self._openings: dict[str, tuple[tuple[int, ...], ...]] = {}
        self._closings: dict[tuple[str, str], tuple[int, ...]] = {}

    def encode(self, string: str) -> tuple[list[int], list[int], list[bool]]:
        """Tokens of a string.

        Returns:
            Ids; the code point in which each begins, and behind them the length of the string; and
            whether it begins there, or in the middle of its bytes.
        """
        encoded = self._encoded(string)
        ids: list[int] = encoded.ids
        lengths = [self._length(each) for each in ids]
        bytes_before = [0, *accumulate(lengths)]
        if string.isascii() and bytes_before[-1] == len(string):
            return ids, bytes_before, [True] * len(bytes_before)
        borders = [0, *accumulate(len(each.encode()) for each in string)]
        if bytes_before[-1] == borders[-1]:
            starts = [bisect_right(borders, each) - 1 for each in bytes_before]
            whole = [borders[at] == each for at, each in zip(starts, bytes_before, strict=True)]
            return ids, starts, whole
        # A tokenizer that normalizes, or has no tokens of bytes.
        starts = [*(start for start, _ in encoded.offsets), len(string)]
        whole = [at == 0 or starts[at - 1] < start for at, start in enumerate(starts)]
        return ids, starts, whole

    def openings(self, left: str) -> tuple[tuple[int, ...], ...]:
        """Tokens of a string and an opening tag, once for each label."""
        if left not in self._openings:
            self._openings[left] = tuple(
                tuple(self._encoded(left + tag).ids) for tag in self._opening.values()
            )
        return self._openings[left]

    def closing(self, left: str, label: str) -> tuple[int, ...]:
        """Tokens of a string and the closing tag of a label."""
        key = (left, label)
        if key not in self._closings:
            self._closings[key] = tuple(self._encoded(left + self._closing[label]).ids)
        return self._closings[key]

    def labelled(self, left: str, right: str) -> dict[str, list[int]]:
        """Tokens of a string, the opening tag of each label, and what stands behind it."""
        return {
            label: self._encoded(left + tag + right).ids for label, tag in self._opening.items()
        }

    def _encoded(self, string: str) -> Any:
        return self._tokenizer.backend_tokenizer.encode(string, add_special_tokens=False)

    def _length(self, token: int) -> int:
        """Bytes of a token, as byte-level vocabularies write them: a character each."""
        length = self._lengths.get(token)
        if length is None:
            length = len(self._tokenizer.convert_ids_to_tokens(token))
            self._lengths[token] = length
        return length


class Places:
    """Places where entities of a text can start and end: not inside words, not beside white space.

    Inside words of scripts that have capitals, a place is where letters end and digits begin, or
    the other way round, or where a capital follows a small letter. Other scripts put clitics and
    endings to their words, so there every character is a place.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def starts(self) -> list[int]:
        """Places at which entities can begin, in order."""
        text = self._text
        return [
            at
            for at, each in enumerate(text)
            if not each.isspace() and (at == 0 or not self._joined(at))
        ]

    @cached_property
    def ends(self) -> list[int]:
        """Places at which entities can end, in order."""
        text = self._text
        return [
            at
            for at in range(1, len(text) + 1)
            if not text[at - 1].isspace() and (at == len(text) or not self._joined(at))
        ]

    def last_end(self, limit: int) -> int:
        """Last end of an entity that may not go beyond a place."""
        return len(self._text[:limit].rstrip())

    def _joined(self, at: int) -> bool:
        text = self._text
        if not goes_on(text, at):
            return False
        if splits_character(text, at):
            return True
        before, here = text[at - 1], text[at]
        if before.isalpha() != here.isalpha() or (before.islower() and here.isupper()):
            return False
        return here.isdecimal() or here.lower() != here.upper()


def common_length(some: Sequence[int], others: Sequence[int]) -> int:
    """Number of tokens that two sequences have in common at their beginning."""
    pairs = zip(some, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
