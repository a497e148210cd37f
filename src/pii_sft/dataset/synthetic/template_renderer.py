"""Templates filled with invented people and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from pii_sft.dataset.synthetic.slots import LANGUAGES
from pii_sft.dataset.synthetic.slots.patterns import fill
from pii_sft.dataset.synthetic.slots.people import Fakers, Person
from pii_sft.dataset.synthetic.template import Slot, Template
from pii_sft.spans import Span


class TemplateRenderer:
    """Fills templates of one document, and keeps its people and values.

    Args:
        language: of the values.
        fillers: patterns for each kind of filler.
        faker: source of names.
        rng: source of every other choice.
    """

    def __init__(
        self, language: str, fillers: Mapping[str, Sequence[str]], faker: Fakers, rng: Random
    ) -> None:
        self._language = LANGUAGES[language]
        self._fillers = fillers
        self._faker = faker
        self._rng = rng
        self._people: dict[str, Person] = {}
        self._values: dict[Slot, str] = {}

    def render(self, template: Template) -> tuple[str, tuple[Span, ...]]:
        """Return the filled text and its spans, in text order.

        Offsets are counted while the text grows, never searched for.
        """
        pieces: list[str] = []
        spans: list[Span] = []
        length = 0
        for part in template.parts():
            piece = self._value(part) if isinstance(part, Slot) else part
            if isinstance(part, Slot) and part.label:
                spans.append(Span(length, length + len(piece), part.label))
            pieces.append(piece)
            length += len(piece)
        return "".join(pieces), tuple(spans)

    def _value(self, slot: Slot) -> str:
        if not slot.key:
            return self._make(slot)
        if slot not in self._values:
            self._values[slot] = self._make(slot)
        return self._values[slot]

    def _make(self, slot: Slot) -> str:
        if not slot.label:
            return fill(self._rng.choice(self._fillers[slot.name[1:]]), self._rng)
        personal = self._language.personal.get(slot.name)
        if personal is not None:
            return personal(self._person(slot.key), self._rng)
        return self._language.values[slot.name](self._rng)

    def _person(self, key: str) -> Person:
        person = self._people.get(key) or self._language.person(self._faker, self._rng)
        if key:
            self._people[key] = person
        return person
