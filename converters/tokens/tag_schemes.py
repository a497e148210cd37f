"""Tags of tokens: from a sequence of tags to spans, and detection of a file's tagging scheme.

All schemes are read by one rule, that of conlleval: an entity begins where a tag says so, where
the type changes, after the end of another, and after a token outside. So the scheme need not be
known to read a file. It is found out from all of its entities, and what does not fit is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from pii_sft.converters.tokens.tag_spellings import (
    OUTSIDE,
    PREFIXED,
    Spelling,
    nested_parts,
    usual,
)
from pii_sft.errors import RecordError

Scheme = Literal[
    "auto", "plain", "IO", "IOB1", "IOB2", "IOE1", "IOE2", "BIOES", "BILUO", "BMES", "BMEWO"
]
Form = Literal["prefixed", "plain", "bare", "mixed"]
OddTags = Literal["error", "outside"]

UNNAMED = "ENTITY"

_PARTS = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}


def looks_tagged(tag: str) -> bool:
    """True if a string is a tag beyond doubt: `O`, `B-PER`, a bare `B`, or several of them."""
    if tag == OUTSIDE or tag in _PARTS or PREFIXED.fullmatch(tag) is not None:
        return True
    return len(nested_parts(tag)) > 1


def is_partly_tagged(tags: Mapping[str, int]) -> bool:
    """True if some cells begin an entity, and few different ones are no tags."""
    odd = [tag for tag in tags if not looks_tagged(tag)]
    return len(odd) <= _MOST_ODD and any(tag.startswith(_BEGINNINGS) for tag in tags)


_MOST_ODD = 3
_BEGINNINGS = ("B-", "S-", "U-")


def form_of(tags: Mapping[str, int]) -> Form:
    """Form in which the tags of a file name their types.

    Args:
        tags: how often each occurs.

    Returns:
        `prefixed` for `B-PER`, `plain` for `PER`, `bare` for a `B` without type; `mixed` if most
        are plain, and others begin or continue an entity.
    """
    entities = {tag: number for tag, number in tags.items() if tag != OUTSIDE}
    half = sum(entities.values()) / 2
    prefixed = {tag: number for tag, number in entities.items() if PREFIXED.fullmatch(tag)}
    if sum(prefixed.values()) >= half:
        return "prefixed"
    bare = sum(number for tag, number in entities.items() if tag in _PARTS)
    if bare >= half:
        return "bare"
    return "mixed" if any(tag[0] in "BI" for tag in prefixed) else "plain"


def mixed_reason(tags: Mapping[str, int]) -> str:
    """Reason why tags of two kinds can't be read, naming those that are no prefixed ones."""
    odd = [tag for tag in tags if tag != OUTSIDE and not PREFIXED.fullmatch(tag)]
    number = sum(tags[tag] for tag in odd)
    names = _shown(odd)
    return (
        f"has tags of two kinds: some begin with B- or I-, {number} of those looked at name no part"
        f"{names}; odd_tags=outside reads these as O, scheme=plain reads every tag as a label"
    )


def _shown(tags: Iterable[str]) -> str:
    """Tags in brackets, for messages; none that may be a word of the text."""
    shown = [tag for tag in tags if _SHOWABLE.fullmatch(tag)]
    return f" ({', '.join(shown[:_MOST_SHOWN])})" if shown else ""


_SHOWABLE = re.compile(
    r"[A-Z][A-Z_-]{0,18}|[\W\d_]{1,4}|\[[A-Z]{1,4}\]|<[a-z]{1,4}>|o|None|none|null|nan"
)
_MOST_SHOWN = 3


class _Tag(msgspec.Struct, frozen=True):
    """A tag: the part of an entity that its token is, as spelled and in the letters B I E S."""

    part: str
    label: str
    letter: str = ""


_OUTSIDE = _Tag(OUTSIDE, "")


class _Shape(msgspec.Struct, frozen=True):
    """The context that decides about an entity: its outer tags, and neighbours of its type."""

    first: str
    last: str
    after_same: bool
    before_same: bool


_NESTED_SHAPE = _Shape("B", "E", after_same=False, before_same=False)


class TagDecoder:
    """Reads the tags of one file, sentence by sentence, and learns its scheme on the way.

    Args:
        form: how the tags name their types.
        scheme: the scheme the file is said to have, or `auto`.
        odd: whether a tag that names no type is an error, or stands for a token outside.
        spelling: how the tags are spelled.
    """

    def __init__(
        self,
        form: Form = "prefixed",
        scheme: Scheme = "auto",
        odd: OddTags = "error",
        spelling: Spelling = "usual",
    ) -> None:
        self.form: Form = "plain" if scheme == "plain" else form
        self._spelling: Spelling = spelling
        self._single: set[str] = set()
        self._nested = 0
        self._scheme = scheme
        self._odd: OddTags = odd
        self._known: dict[str, _Tag | None] = {}
        self._shapes: Counter[_Shape] = Counter()
        self._letters: set[str] = set()
        self._odd_seen = 0

    def spans(self, tags: Sequence[str]) -> list[tuple[int, int, str]]:
        """Entities of a sentence: first token, the one after the last, and label.

        Raises:
            RecordError: a tag is none, and such tags are errors.
        """
        if tags.count(OUTSIDE) == len(tags):
            return []
        if not self._single.issuperset(tags) and self._have_several(tags):
            return self._layered(tags)
        read = [self._read(tag, at) for at, tag in enumerate(tags)]
        found: list[tuple[int, int, str]] = []
        start, previous = 0, _OUTSIDE
        for at, tag in enumerate((*read, _OUTSIDE)):
            if not _breaks(previous, tag):
                previous = tag
                continue
            if previous is not _OUTSIDE:
                found.append((start, at, previous.label))
            start, previous = at, tag
        self._learn(read, found)
        return found

    def _have_several(self, tags: Sequence[str]) -> bool:
        """True if a token has several tags; tags that are one are remembered."""
        if self.form != "prefixed":
            self._single.update(tags)
            return False
        self._single.update(tag for tag in tags if len(nested_parts(tag, self._spelling)) == 1)
        return not self._single.issuperset(tags)

    def _layered(self, tags: Sequence[str]) -> list[tuple[int, int, str]]:
        """Entities of a sentence in which tokens have several tags.

        A tag that continues an entity belongs to the open one of its label, at whichever place
        among the tags of its token, since tags move up when an outer entity ends.
        """
        found: list[tuple[int, int, str]] = []
        opened: list[tuple[int, str]] = []
        for at, written in enumerate(tags):
            parts = nested_parts(written, self._spelling)
            self._nested += len(parts) > 1
            still: list[tuple[int, str]] = []
            for tag in (self._read(part, at) for part in parts):
                if tag is _OUTSIDE:
                    continue
                self._letters.add(tag.letter)
                going = tag.part in ("I", "E")
                before = next((each for each in opened if going and each[1] == tag.label), None)
                if before is not None:
                    opened.remove(before)
                start = at if before is None else before[0]
                if tag.part in ("E", "S"):
                    found.append((start, at + 1, tag.label))
                else:
                    still.append((start, tag.label))
            found += [(start, at, label) for start, label in opened]
            opened = still
        found += [(start, len(tags), label) for start, label in opened]
        self._shapes[_NESTED_SHAPE] += len(found)
        return found

    def _read(self, written: str, at: int) -> _Tag:
        if written not in self._known:
            spelled = usual(written, self._spelling)
            self._known[written] = None if spelled is None else _parsed(spelled, self.form)
        tag = self._known[written]
        if tag is not None:
            return tag
        if self._odd == "error":
            raise RecordError(
                "tag",
                f"token {at + 1} has a tag that names no type{_shown([written])}; "
                "odd_tags=outside reads such as O",
            )
        self._odd_seen += 1
        return _OUTSIDE

    def _learn(self, tags: Sequence[_Tag], found: Sequence[tuple[int, int, str]]) -> None:
        edges = (-1, -1, "")
        for before, entity, after in zip((edges, *found), found, (*found[1:], edges), strict=False):
            start, end, label = entity
            shape = _Shape(
                tags[start].part,
                tags[end - 1].part,
                after_same=before[1:] == (start, label),
                before_same=after[0] == end and after[2] == label,
            )
            self._shapes[shape] += 1
            self._letters.update(tag.letter for tag in tags[start:end])

    @property
    def scheme(self) -> Scheme:
        """The scheme that fits most of the entities read so far; a rare one has to fit far more."""
        if self.form == "plain":
            return "plain"
        if self._scheme != "auto":
            return self._scheme
        parts = {_PARTS[letter] for letter in self._letters}
        fitting = [name for name, (used, _) in _SCHEMES.items() if parts <= used]
        best = min(fitting, key=lambda name: self._misfits(_SCHEMES[name][1]) * _RARITY[name])
        return best if best != "BIOES" else _spelling(self._letters)

    def report(self) -> str:
        """The findings, for a note about the file."""
        entities = sum(self._shapes.values())
        if not entities:
            parts = ["no tag but O"]
        elif self.form == "plain":
            parts = [f"tags are labels without a prefix ({entities} entities)"]
        else:
            scheme = self.scheme
            parts = [f"tags are {scheme} ({entities} entities)"]
            misfits = self._misfits(_SCHEMES[_SPELLED.get(scheme, scheme)][1])
            if misfits:
                parts.append(f"{misfits} break the scheme and were read by the rule of conlleval")
        if entities and self.scheme in ("plain", "IO"):
            parts.append("neighbours of one type can't be told apart")
        if entities and self.form == "bare":
            parts.append(f"they name no type; it was called {UNNAMED}")
        if self._spelling != "usual":
            parts.append(f"they are spelled in another way than B-LABEL ({self._spelling})")
        if self._nested:
            parts.append(f"{self._nested} tokens have several tags, of nested entities")
        if self._odd_seen:
            parts.append(f"{self._odd_seen} odd tags were read as O")
        return "; ".join(parts)

    def _misfits(self, fits: Callable[[_Shape], bool]) -> int:
        return sum(number for shape, number in self._shapes.items() if not fits(shape))


def _parsed(written: str, form: Form) -> _Tag | None:
    if written == OUTSIDE:
        return _OUTSIDE
    if form == "plain":
        return _Tag("I", written, "I") if written.strip() else None
    if form == "bare":
        return _Tag(_PARTS[written], UNNAMED, written) if written in _PARTS else None
    match = PREFIXED.fullmatch(written)
    return None if match is None else _Tag(_PARTS[match[1]], match[2], match[1])


def _breaks(before: _Tag, tag: _Tag) -> bool:
    """True if an entity ends or begins between two tokens."""
    return before.label != tag.label or tag.part in ("B", "S") or before.part in ("E", "S")


_SCHEMES: dict[Scheme, tuple[set[str], Callable[[_Shape], bool]]] = {
    "IO": ({"I"}, lambda _: True),
    "IOB2": ({"B", "I"}, lambda shape: shape.first == "B"),
    "IOB1": ({"B", "I"}, lambda shape: (shape.first == "B") == shape.after_same),
    "IOE2": ({"I", "E"}, lambda shape: shape.last == "E"),
    "IOE1": ({"I", "E"}, lambda shape: (shape.last == "E") == shape.before_same),
    "BIOES": (
        {"B", "I", "E", "S"},
        lambda shape: shape.first in ("B", "S") and shape.last in ("E", "S"),
    ),
}

_RARITY = {"IO": 1, "IOB2": 1, "IOB1": 10, "IOE2": 1, "IOE1": 10, "BIOES": 1}
_LETTERS: dict[Scheme, str] = {"BIOES": "BIES", "BILUO": "BILU", "BMES": "BMES", "BMEWO": "BMEW"}
_SPELLED: dict[Scheme, Scheme] = dict.fromkeys(_LETTERS, "BIOES")


def _spelling(letters: Iterable[str]) -> Scheme:
    """Spelling of BIOES that uses these letters; several at once count as BIOES."""
    seen = set(letters)
    return next((name for name, used in _LETTERS.items() if seen <= set(used)), "BIOES")
