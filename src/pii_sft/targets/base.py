"""What every target promises, and the proof that a row keeps the promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from pii_sft.align import Tier, Wanted, align
from pii_sft.spans import Document, Span, reading_order

Issue = Literal[
    "repaired", "truncated", "looped", "failed", "malformed_entity", "not_in_text", "duplicate"
]

ISSUES: dict[Issue, str] = {
    "repaired": "the answer broke the format and was read by repair",
    "truncated": "the answer ends inside the list; the cut entity was dropped",
    "looped": "the answer repeated itself and was stopped",
    "failed": "no entity list was found in the answer",
    "malformed_entity": "an item of the list does not name one label and one string",
    "not_in_text": "the text does not hold the string of an entity; it counts as spurious",
    "duplicate": "an entity was repeated, more often than the text holds it; it was left out",
}


class Found(msgspec.Struct, frozen=True):
    """An entity of an answer, placed in the text.

    Attributes:
        span: where it stands in the text.
        tier: how freely its string had to be compared with the text.
        output: start and end of the item in the answer, in code points, half-open.
    """

    span: Span
    tier: Tier
    output: tuple[int, int]


class Parsed(msgspec.Struct, frozen=True):
    """What an answer says.

    Attributes:
        found: entities that stand in the text, sorted by `(start, -end, label)`.
        issues: one entry for each thing that was wrong, from `ISSUES`.
        unplaced: labels of the entities that do not stand in the text, in order.
    """

    found: tuple[Found, ...]
    issues: tuple[Issue, ...] = ()
    unplaced: tuple[str, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans alone."""
        return tuple(found.span for found in self.found)


class Item(msgspec.Struct, frozen=True):
    """An entity as an answer writes it, before it is placed in the text."""

    label: str
    wanted: Wanted
    output: tuple[int, int]

    @property
    def string(self) -> tuple[str, str]:
        """What makes two items name the same thing."""
        return self.label, self.wanted.surface

    def __repr__(self) -> str:
        return f"Item({self.label!r}, output={self.output!r})"


class Target(Protocol):
    """A way to write the entities of a text as a string."""

    name: str
    instruction: str

    def render(self, document: Document) -> str:
        """The answer the model has to learn for `document`."""

    def parse(self, text: str, output: str) -> Parsed:
        """Read an answer about `text`; never fails, whatever the answer holds."""


class Proof(msgspec.Struct, frozen=True):
    """Whether an answer decodes to the annotation it was made from.

    Attributes:
        lost: spans of the document that the answer does not give back.
        added: spans that the answer gives and the document does not have.
    """

    lost: tuple[Span, ...]
    added: tuple[Span, ...]

    def __bool__(self) -> bool:
        return not self.lost and not self.added


def prove(target: Target, document: Document, output: str) -> Proof:
    """Compare what `output` decodes to with the spans of `document`."""
    decoded = target.parse(document.text, output).spans
    if decoded == document.spans:
        return Proof((), ())
    return Proof(
        tuple(span for span in document.spans if span not in decoded),
        tuple(span for span in decoded if span not in document.spans),
    )


def place(text: str, items: Sequence[Item], issues: Sequence[Issue] = ()) -> Parsed:
    """Turn the items of an answer into spans of the text, counting what can't be placed."""
    places = align(text, [item.wanted for item in items])
    pairs = list(zip(items, places, strict=True))
    seen = {item.string for item, where in pairs if where is not None}
    counted = list(issues)
    unplaced: list[str] = []
    found: dict[Span, Found] = {}
    for item, where in pairs:
        if where is None and item.string not in seen:
            seen.add(item.string)
            unplaced.append(item.label)
            counted.append("not_in_text")
            continue
        if where is None:
            counted.append("duplicate")
            continue
        span = Span(where.start, where.end, item.label)
        if span in found:
            counted.append("duplicate")
        else:
            found[span] = Found(span, where.tier, item.output)
    ordered = sorted(found.values(), key=lambda each: reading_order(each.span))
    return Parsed(tuple(ordered), tuple(counted), tuple(unplaced))
