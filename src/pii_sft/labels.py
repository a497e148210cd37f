"""Label sets: which labels a data set uses, what they mean, and which spellings become which."""

from __future__ import annotations

from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.errors import RecordError, UsageError, unknown_name
from pii_sft.files import read_yaml
from pii_sft.registry import shipped
from pii_sft.spans import Document, Span, checked, encodable
from pii_sft.terminal import ShownPath, printable


class Label(msgspec.Struct, frozen=True):
    """An entity type.

    Attributes:
        name: as it stands in the data.
        description: one line for prompts; empty where there is none.
    """

    name: str
    description: str = ""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    description: str = ""
    aliases: tuple[str, ...] = ()


class LabelSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The content of a label file.

    Attributes:
        labels: by name, with description and aliases; order is the order in prompts.
        others: what happens to a label that is not named here: `error`, `drop` or `keep`.
        listed: which labels a data set lists, and prompts name: `all` of the file, or those
            `present` in the data.
    """

    labels: dict[str, _Entry]
    others: Literal["error", "drop", "keep"] = "error"
    listed: Literal["all", "present"] = "all"

    @property
    def closed(self) -> bool:
        """True if the labels of a data set are known before its documents are."""
        return self.listed == "all" and self.others != "keep"

    @cached_property
    def _names(self) -> dict[str, str]:
        names = {alias: name for name, entry in self.labels.items() for alias in entry.aliases}
        return names | {name: name for name in self.labels}

    @property
    def spellings(self) -> frozenset[str]:
        """Every label and alias."""
        return frozenset(self._names)

    def __contains__(self, spelling: str) -> bool:
        """True if a label, or an alias of one, is named here."""
        return spelling in self._names

    def refuse_ambiguity(self) -> None:
        """Make sure that every spelling stands for one label, and can be written.

        Raises:
            UsageError: an alias belongs to two labels, or is itself a label; or a spelling or a
                description holds half of a surrogate pair, which no file encoding can store.
        """
        for name, entry in self.labels.items():
            if not all(map(encodable, (name, entry.description, *entry.aliases))):
                raise UsageError(
                    f"In the label file, {printable(name)} holds half of a surrogate pair: write "
                    "the character itself, or both halves."
                )
        owners: dict[str, str] = {name: name for name in self.labels}
        for name, entry in self.labels.items():
            for alias in entry.aliases:
                if owners.setdefault(alias, name) != name:
                    raise UsageError(
                        f"In the label file, {alias} stands for both {owners[alias]} and {name}."
                    )

    def applied(self, document: Document) -> Document:
        """The document with its labels mapped.

        Raises:
            RecordError: a label is not named in the file, and `others` is `error`.
        """
        spans = []
        for span in document.spans:
            name = self._names.get(span.label)
            if name is None and self.others == "error":
                raise RecordError(
                    "unknown label", f"the label file lacks {span.label!r}", document.id
                )
            if name is None and self.others == "drop":
                continue
            spans.append(Span(span.start, span.end, name or span.label))
        return checked(document.id, document.text, spans, document.meta)

    def described(self, names: set[str]) -> list[Label]:
        """The labels of a data set, in the order of the file, then the others by name."""
        known = [
            Label(name, entry.description)
            for name, entry in self.labels.items()
            if self.listed == "all" or name in names
        ]
        others = [Label(name) for name in sorted(names - self.labels.keys())]
        return known + others


def shipped_labels() -> dict[str, Traversable]:
    """The label files that come with the package, by name."""
    return shipped(resources.files("pii_sft.recipes") / "labels")


def usual_labels() -> frozenset[str]:
    """The labels of all label files that come with the package."""
    return frozenset(name for file in shipped_labels() for name in read_labels(file).labels)


def read_labels(path: Path | str) -> LabelSet:
    """Read a label file (YAML).

    Args:
        path: a file, or the name of a shipped one.

    Raises:
        UsageError: there is none, or it does not have the shape of a `LabelSet`, or a spelling
            stands for two labels.
    """
    labels = read_yaml(_source(path), LabelSet, "label file")
    labels.refuse_ambiguity()
    return labels


def _source(path: Path | str) -> Path | Traversable:
    if Path(path).exists():
        return ShownPath(path)
    known = shipped_labels()
    if str(path) not in known:
        raise unknown_name("label file", printable(str(path)), known, ", or a file of your own")
    return known[str(path)]
