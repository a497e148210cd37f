"""Azure Language PII: `results.documents[].entities[]` with `offset` and `length`, without text.

What offsets count depends on the request and is not in the answer (REST: graphemes; Python:
code points; .NET, Java, JavaScript: UTF-16 units), so the strings of the entities decide. The
entities were found by a service and not reviewed by a person; the texts are in other files
(`converters/entities/companion_texts.py`).

Documented shape: https://learn.microsoft.com/azure/ai-services/language-service/personally-identifiable-information/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pii_sft.converters.entities.companion_texts import Result, ResultsReader, TextOptions
from pii_sft.converters.entities.json_fields import name_of, whole_number
from pii_sft.converters.offsets.conventions import GRAPHEMES
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.errors import RecordError


class AzureOptions(TextOptions, frozen=True):
    """Policies for answers of Azure.

    Attributes:
        texts: where the texts are; see `TextOptions`.
        label: what the label of an entity is: its category, or its subcategory if it has one.
    """

    label: Literal["category", "subcategory"] = "category"


@dataclass(frozen=True)
class AzurePiiReader(ResultsReader):
    """Reads answers of the REST service, and lists of what its clients return."""

    options: AzureOptions = field(default_factory=AzureOptions)

    name = "azure_pii"
    documented = GRAPHEMES

    def looks(self, value: Any) -> bool:
        """True for redacted documents with entities."""
        match value:
            case {"kind": str(kind), "results": {"documents": list()}}:
                return kind.startswith("PiiEntityRecognition")
            case {"documents": [{"redactedText": _, "entities": _}, *_]}:
                return True
            case {"redacted_text": _, "entities": list()} | {"redactedText": _, "entities": list()}:
                return True
            case {"tasks": {"items": [{"kind": str(kind)}, *_]}}:
                return kind.startswith("PiiEntityRecognition")
        return False

    def parse(self, value: Any) -> Iterator[Result]:
        """Read one answer, or a list of those of a client."""
        return _parsed(value, self.options.label)


def _parsed(value: Any, label: str) -> Iterator[Result]:
    match value:
        case {"tasks": {"items": list(tasks)}}:
            for task in tasks:
                yield from _parsed(task, label)
        case {"results": dict(results)}:
            yield from _parsed(results, label)
        case {"documents": list(documents)}:
            for document in documents:
                yield from _parsed(document, label)
            if value.get("errors"):
                raise RecordError("not annotated", "the service failed on some documents")
        case {"entities": list(entities)}:
            marks = tuple(_mark(entity, label, at) for at, entity in enumerate(entities, 1))
            yield Result(marks, name_of(value, ("id",), ""))
        case {"error": _}:
            name = name_of(value, ("id",), "") or None
            raise RecordError("not annotated", "the service failed on this document", name)
        case _:
            raise RecordError("wrong shape", "has no documents with `entities`")


def _mark(entity: Any, label_from: str, at: int) -> RawSpan:
    given = entity if isinstance(entity, dict) else {}
    label = (given.get("subcategory") if label_from == "subcategory" else None) or given.get(
        "category"
    )
    if not isinstance(label, str) or not label:
        raise RecordError("no label", f"entity {at} has no category")
    start = whole_number(given.get("offset"), f"the offset of entity {at}")
    end = start + whole_number(given.get("length"), f"the length of entity {at}")
    surface = given.get("text")
    return RawSpan(start, end, label, surface if isinstance(surface, str) else None)


READER = AzurePiiReader()
