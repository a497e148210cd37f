"""Healthy documents, and what is needed to plant faults in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pii_sft.dataset.audit import Audit, AuditOptions, Found, audit
from pii_sft.files import write_documents
from pii_sft.spans import Document
from tests.conftest import annotated

FIRST = (
    "Ann", "Bob", "Cem", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea", "Milo",
    "Nia", "Otto", "Pia", "Quin", "Rosa", "Sven", "Tess",
)  # fmt: skip
LAST = (
    "Abel", "Brandt", "Castro", "Diaz", "Evans", "Fischer", "Gupta", "Horvat", "Ito", "Jensen",
    "Kovac", "Lopez", "Meyer", "Novak",
)  # fmt: skip
TOWNS = (
    "Rome", "Oslo", "Kyoto", "Lima", "Quito", "Perth", "Malmo", "Turin", "Porto", "Basel", "Izmir",
    "Leeds", "Bergen", "Cusco",
)  # fmt: skip


def person(number: int) -> str:
    """A name that no other number below 280 has."""
    return f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"


def healthy(count: int = 240) -> list[Document]:
    """Documents without a fault; a third of them without entities."""
    documents = []
    for number in range(count):
        name, town = person(number), TOWNS[number * 5 % len(TOWNS)]
        mail = f"{name.split()[0].lower()}.{number}@example.org"
        match number % 3:
            case 0:
                text = f"Please tell {name} that the parcel for {town} left with truck {number}."
                document = annotated(f"d{number}", text, (name, "PERSON"), (town, "CITY"))
            case 1:
                text = f"The reply number {number} came from {mail} and was signed by {name}."
                document = annotated(f"d{number}", text, (mail, "EMAIL"), (name, "PERSON"))
            case _:
                text = f"Order number {number} waits in hall {number * 7 % 11} for its lid."
                document = annotated(f"d{number}", text)
        documents.append(document)
    return documents


def run(
    folder: Path, documents: Iterable[Document], options: AuditOptions | None = None, **more: Any
) -> Audit:
    """Audit documents, one file a split."""
    by_split: dict[str, list[Document]] = {}
    for document in documents:
        by_split.setdefault(document.meta.get("split", "data"), []).append(document)
    paths = []
    for split, members in by_split.items():
        paths.append(folder / f"{split}.jsonl")
        write_documents(paths[-1], members, overwrite=True)
    return audit(paths, options or AuditOptions(near=False), **more)


def in_splits(documents: Sequence[Document], every: int = 4) -> list[Document]:
    """Every fourth document in test, the others in train."""
    return [
        each.replaced(meta={**each.meta, "split": "test" if at % every == 0 else "train"})
        for at, each in enumerate(documents)
    ]


def one(found: Audit, id: str) -> Found:
    """The only finding of a rule."""
    (only,) = [each for each in found.found if each.finding.id == id]
    return only


def ids(found: Audit) -> set[str]:
    """Rules that found something."""
    return {each.finding.id for each in found.found}
