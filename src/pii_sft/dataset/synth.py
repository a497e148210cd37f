"""Synthetic documents: hand-written templates, filled with invented values.

A template is text with slots. `{PERSON}` is a new person each time; `{PERSON:a}` is the same
person wherever the key `a` stands, and `{PERSON.first:a}`, `{EMAIL:a}` belong to that person.
`{~price}` is filler: material that looks like personal data and gets no span. Every other brace
is plain text. Offsets are counted while the text grows, never searched for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span

if TYPE_CHECKING:
    from faker import Faker

    from pii_sft.dataset.slots import Person

SLOT = re.compile(r"\{(~[a-z_]+|[A-Z_]+(?:\.[a-z]+)?)(?::([a-z]))?\}")
"""What a slot looks like: a name, a variant after a dot, a key after a colon."""

_TEMPLATES = files("pii_sft.dataset") / "templates"


class Slot(msgspec.Struct, frozen=True):
    """A place in a template that takes a value.

    Attributes:
        name: `LABEL`, `LABEL.variant` or `~filler`.
        key: slots of one key tell of one person and repeat one value; empty: nothing is shared.
    """

    name: str
    key: str = ""

    @property
    def label(self) -> str:
        """The label of the span; empty for filler."""
        return "" if self.name.startswith("~") else self.name.partition(".")[0]


class Template(msgspec.Struct, frozen=True):
    """One hand-written text with slots.

    Attributes:
        id: stable name, which becomes the `group` of the documents made from it.
        register: kind of text, such as `chat` or `invoice`.
        text: the text with its slots in braces.
    """

    id: str
    register: str
    text: str

    def parts(self) -> Iterator[str | Slot]:
        """The text cut into literal stretches and slots, in order."""
        position = 0
        for match in SLOT.finditer(self.text):
            yield self.text[position : match.start()]
            yield Slot(match[1], match[2] or "")
            position = match.end()
        yield self.text[position:]

    def labels(self) -> frozenset[str]:
        """The labels a document made from this template carries."""
        slots = (part for part in self.parts() if isinstance(part, Slot))
        return frozenset(slot.label for slot in slots) - {""}


class TemplateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The templates of one language.

    Attributes:
        fillers: patterns for each kind of filler, see `pii_sft.dataset.slots.fill`.
        positives: templates with personal data.
        negatives: templates without personal data that look as if they had some.
    """

    fillers: dict[str, list[str]]
    positives: list[Template]
    negatives: list[Template]


def available_languages() -> list[str]:
    """Return the languages that have a template file, sorted."""
    names = (entry.name for entry in _TEMPLATES.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def load_templates(language: str) -> TemplateFile:
    """Read the templates of a language.

    Raises:
        UsageError: there is no template file for the language.
    """
    import yaml

    known = available_languages()
    if language not in known:
        raise UsageError(f"no templates for language {language!r}; choose from {', '.join(known)}")
    text = (_TEMPLATES / f"{language}.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), TemplateFile)


def synthesise(
    languages: Sequence[str],
    count: int,
    seed: int = 42,
    negatives: float = 0.3,
    labels: Collection[str] | None = None,
) -> Iterator[Document]:
    """Make synthetic documents; the same arguments always give the same documents.

    Languages take turns. Within a language, all templates of a kind are used once, in random
    order, before one is used again. `meta["group"]` is the template's id: split by it, or the
    test split holds the sentences of the training split.

    Args:
        languages: codes of languages that have templates, such as `("en", "zh")`.
        count: number of documents over all languages.
        seed: start of the random generator.
        negatives: probability of a document without personal data, 0 to 1.
        labels: use only templates all of whose labels are among these; None means all.

    Raises:
        UsageError: an unknown language, none at all, a number out of range, or labels that leave
            no template of a language.
    """
    if not languages:
        raise UsageError(f"name at least one language of {', '.join(available_languages())}")
    if count < 0 or not 0 <= negatives <= 1:
        raise UsageError("count must not be negative, and negatives must lie between 0 and 1")
    sources = {language: _restricted(language, labels) for language in languages}
    return _stream(sources, count, seed, negatives)


def _restricted(language: str, labels: Collection[str] | None) -> TemplateFile:
    source = load_templates(language)
    if labels is None:
        return source
    positives = [template for template in source.positives if template.labels() <= set(labels)]
    if not positives:
        known = sorted(frozenset[str]().union(*(item.labels() for item in source.positives)))
        raise UsageError(
            f"no template of language {language!r} has only the labels asked for; "
            f"labels in its templates: {', '.join(known)}"
        )
    return msgspec.structs.replace(source, positives=positives)


def _stream(
    sources: Mapping[str, TemplateFile], count: int, seed: int, negatives: float
) -> Iterator[Document]:
    from faker import Faker

    from pii_sft.dataset.slots import LOCALES

    rng = random.Random(seed)  # noqa: S311 - documents must repeat, nothing is secret
    faker = Faker(list(LOCALES))
    faker.seed_instance(seed)
    positive = {language: _cycle(source.positives, rng) for language, source in sources.items()}
    negative = {language: _cycle(source.negatives, rng) for language, source in sources.items()}
    order = list(sources)
    for number in range(count):
        language = order[number % len(order)]
        template = next((negative if rng.random() < negatives else positive)[language])
        scene = _Scene(language, sources[language].fillers, faker, rng)
        text, spans = scene.render(template)
        meta = {
            "language": language,
            "group": template.id,
            "source": "synth",
            "register": template.register,
        }
        yield Document(f"{language}-{number:05}", text, spans, meta)


def _cycle(templates: Sequence[Template], rng: random.Random) -> Iterator[Template]:
    """Yield templates for ever, each once in random order before any comes again."""
    while True:
        yield from rng.sample(templates, len(templates))


class _Scene:
    """The people and values of one document."""

    def __init__(
        self,
        language: str,
        fillers: Mapping[str, Sequence[str]],
        faker: Faker,
        rng: random.Random,
    ) -> None:
        self._language = language
        self._fillers = fillers
        self._faker = faker
        self._rng = rng
        self._people: dict[str, Person] = {}
        self._values: dict[Slot, str] = {}

    def render(self, template: Template) -> tuple[str, tuple[Span, ...]]:
        """Return the filled text and its spans, in text order."""
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
        from pii_sft.dataset import slots

        if not slot.label:
            return slots.fill(self._rng.choice(self._fillers[slot.name[1:]]), self._rng)
        if slot.name in slots.PERSONAL[self._language]:
            return slots.PERSONAL[self._language][slot.name](self._person(slot.key), self._rng)
        return slots.VALUES[self._language][slot.name](self._rng)

    def _person(self, key: str) -> Person:
        from pii_sft.dataset import slots

        if key and key in self._people:
            return self._people[key]
        person = slots.PEOPLE[self._language](self._faker, self._rng)
        if key:
            self._people[key] = person
        return person
