"""Templates of synthetic documents: hand-written texts with slots.

`{PERSON}` is a new person each time; `{PERSON:a}` is the same person wherever the key `a` stands,
and `{PERSON.first:a}`, `{EMAIL:a}` belong to that person. `{~price}` is filler: material that
looks like personal data and gets no span. Every other brace is plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import msgspec

from pii_sft.registry import shipped, shipped_text

SLOT = re.compile(r"\{(~[a-z_]+|[A-Z_]+(?:\.[a-z]+)?)(?::([a-z]))?\}")
"""The form of a slot: a name, a variant after a dot, a key after a colon."""

_TEMPLATES = files("pii_sft.dataset.synthetic") / "templates"


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
        fillers: patterns for each kind of filler, see `slots.patterns.fill`.
        positives: templates with personal data.
        negatives: templates without personal data that look as if they had some.
    """

    fillers: dict[str, list[str]]
    positives: list[Template]
    negatives: list[Template]


def available_languages() -> list[str]:
    """Return the languages that have a template file, sorted."""
    return list(shipped(_TEMPLATES))


def load_templates(language: str) -> TemplateFile:
    """Read the templates of a language.

    Raises:
        UsageError: there is no template file for the language.
    """
    import yaml

    text = shipped_text("language with templates", language, shipped(_TEMPLATES))
    return msgspec.convert(yaml.safe_load(text), TemplateFile)
