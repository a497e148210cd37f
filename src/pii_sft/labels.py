"""Label sets: which labels a data set uses, what they mean, and which spellings become which."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.errors import RecordError, UsageError
from pii_sft.spans import Document, Span, checked


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
    """

    labels: dict[str, _Entry]
    others: Literal["error", "drop", "keep"] = "error"

    @cached_property
    def _names(self) -> dict[str, str]:
        names = {alias: name for name, entry in self.labels.items() for alias in entry.aliases}
        return names | {name: name for name in self.labels}

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
        """The labels that occur, in the order of the file, then the others by name."""
        known = [Label(name, entry.description) for name, entry in self.labels.items()]
        others = [Label(name) for name in sorted(names - self.labels.keys())]
        return known + others


def read_labels(path: Path) -> LabelSet:
    """Read a label file (YAML).

    Raises:
        UsageError: it is missing or does not have the shape of a `LabelSet`.
    """
    import yaml

    try:
        return msgspec.convert(yaml.safe_load(path.read_text("utf-8")), LabelSet)
    except FileNotFoundError:
        raise UsageError(f"There is no label file {path}.") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark is not None else ""
        raise UsageError(f"{path} is not valid YAML{place}.") from None
