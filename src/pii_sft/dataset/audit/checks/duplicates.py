"""Check of duplicates, and of what the test split shares with the training split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.hash_table import Hashes, HashTable, Numbers
from pii_sft.dataset.audit.places import Place
from pii_sft.dataset.selection.deduplicate import repeats
from pii_sft.files import encode
from pii_sft.findings import Severity
from pii_sft.spans import Document

NO_GROUP = 0
_HASHES = ("text", "id", "spans", "group", "template")
_ROW = np.dtype([(name, np.uint64) for name in _HASHES] + [("train", "?")])
_KINDS = (
    "conflicting-duplicates",
    "exact-duplicates",
    "leaked-documents",
    "repeated-ids",
    "leaked-groups",
    "leaked-templates",
)
_FEW_TEMPLATES = 0.1
"""Share of held-out documents that may share a template with training without a finding: texts that
were written one by one have common formulas too."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


class Duplicates:
    """Compares texts, ids and groups by their hashes, which are stored on disk.

    The hashes have 64 bits: among a million documents, two different ones collide with a
    probability of three in a hundred million.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._group = subject.options.group
        self._most = subject.options.examples
        self._hashes = HashTable(_ROW)
        self._wanted: dict[int, Place] = {}
        self._pairs: dict[str, list[tuple[int, int]]] = {}
        self._counts: dict[str, int] = {}
        self._split = False

    def see(self, block: Block) -> None:
        """Take the hashes of documents."""
        rows = np.zeros(len(block.seen), _ROW)
        documents = [seen.document for seen in block]
        rows["text"] = _unsigned(hash(each.text) for each in documents)
        rows["id"] = _unsigned(hash(each.id) for each in documents)
        rows["spans"] = _hashes_of_spans(block)
        rows["group"] = _unsigned(self._hash_of_group(each.meta) for each in documents)
        self._split = self._split or any(seen.split for seen in block)
        if self._split:
            rows["template"] = _unsigned(map(_hash_of_template, documents))
        rows["train"] = [seen.split == TRAIN for seen in block]
        self._hashes.add(rows)

    def _hash_of_group(self, meta: Mapping[str, Any]) -> int:
        group = meta.get(self._group) if meta else None
        return NO_GROUP if group is None else hash(_name(group))

    def figures(self) -> Mapping[str, Any]:
        """Number of findings of each kind."""
        return {"duplicates": self._counts} if self._counts else {}

    def settle(self) -> None:
        """Find repetitions, after the first pass."""
        for kind in _KINDS:
            self._counts[kind], self._pairs[kind] = 0, []
        for rows, numbers in self._hashes.alike("text"):
            later, first = repeats(rows["text"])
            other = rows["spans"][later] != rows["spans"][first]
            self._keep("conflicting-duplicates", numbers, first[other], later[other])
            same_side = rows["train"][later] == rows["train"][first]
            self._keep("exact-duplicates", numbers, first[same_side], later[same_side])
            self._keep("leaked-documents", numbers, *_leaks(rows["text"], rows["train"]))
        for rows, numbers in self._hashes.alike("id"):
            later, first = repeats(rows["id"])
            self._keep("repeated-ids", numbers, first, later)
        for rows, numbers in self._hashes.alike("group", but=NO_GROUP):
            self._keep("leaked-groups", numbers, *_leaks(rows["group"], rows["train"]))
        for rows, numbers in self._hashes.alike("template", but=NO_GROUP) if self._split else ():
            both = rows["text"] ^ rows["template"]  # leaked documents are reported as such
            new = rows["train"] | ~np.isin(both, both[rows["train"]])
            leaks = _leaks(rows["template"][new], rows["train"][new])
            self._keep("leaked-templates", numbers[new], *leaks)
        for pairs in self._pairs.values():
            self._wanted.update(dict.fromkeys(chain.from_iterable(pairs), Place("")))

    def _keep(self, kind: str, numbers: Numbers, first: Numbers, later: Numbers) -> None:
        """Count pairs, and keep the first ones."""
        self._counts[kind] += len(first)
        first, later = numbers[first], numbers[later]
        chosen = np.lexsort((later, first))[: self._most]
        pairs = zip(first[chosen].tolist(), later[chosen].tolist(), strict=True)
        self._pairs[kind] = sorted([*self._pairs[kind], *pairs])[: self._most]

    def see_again(self, block: Block) -> None:
        """Look up the ids of the documents that are shown."""
        first = block.first
        for number in self._wanted.keys() & range(first, first + len(block.seen)):
            seen = block.seen[number - first]
            self._wanted[number] = Place(seen.document.id, seen.split)

    def superfluous(self) -> frozenset[int]:
        """List the documents to drop so that each text occurs once, if possible held out."""
        dropped: set[int] = set()
        for rows, numbers in self._hashes.alike("text"):
            texts, trained = rows["text"], rows["train"]
            leaked = trained & np.isin(texts, texts[~trained])
            left = np.flatnonzero(~leaked)
            later = left[repeats(texts[left])[0]]
            dropped.update(numbers[leaked].tolist(), numbers[later].tolist())
        return frozenset(dropped)

    def renamed(self) -> frozenset[int]:
        """List the documents whose id an earlier one has."""
        return frozenset(
            number
            for rows, numbers in self._hashes.alike("id")
            for number in numbers[repeats(rows["id"])[0]].tolist()
        )

    def _places(self, kind: str) -> list[Place]:
        places = []
        for one, other in self._pairs[kind]:
            first, second = self._wanted[one], self._wanted[other]
            note = f"the same as {first.id}" + (f" in {first.split}" if first.split else "")
            places.append(Place(second.id, second.split, None, note))
        return places

    def found(self) -> Iterator[Found]:
        """Duplicates, leaks and ids that are not unique."""
        if not self._counts:
            return
        documents = len(self._hashes)
        held_out = sum(
            each.documents for split, each in self._subject.splits.items() if split != TRAIN
        )
        for kind, severity, sentences, command in _RULES:
            least = _FEW_TEMPLATES * held_out if kind == "leaked-templates" else 0
            if self._counts[kind] > least:
                yield report(
                    kind,
                    severity,
                    sentences,
                    self._places(kind),
                    count=self._counts[kind],
                    command=command(self._subject),
                    documents=documents,
                    held_out=held_out,
                    group=self._group,
                )


_RULES: tuple[tuple[str, Severity, tuple[str, str, str], Callable[[Subject], str]], ...] = (
    (
        "leaked-documents",
        "error",
        (
            "Test texts that were trained on",
            "{count} documents of dev or test stand in train too, word for word: scores on them "
            "measure memory",
            "take them out of train, or split again without duplicates",
        ),
        lambda subject: subject.mending("dedupe"),
    ),
    (
        "leaked-groups",
        "error",
        (
            "Groups in several splits",
            "{count} documents of dev or test are of a group (meta.{group}), such as a template "
            "or a source, that train holds too: scores on them are too high",
            "split again by that key",
        ),
        lambda subject: subject.converting(f"--split-by {subject.options.group}"),
    ),
    (
        "leaked-templates",
        "warning",
        (
            "Templates in several splits",
            "{count} of {held_out} documents of dev or test differ from one in train in nothing "
            "but their entities: scores say little about texts unlike those of train",
            "split again so that each template is in one split",
        ),
        lambda subject: subject.converting("--split-by template"),
    ),
    (
        "conflicting-duplicates",
        "warning",
        (
            "The same text annotated in two ways",
            "{count} documents repeat the text of another with other spans: at most one of the "
            "two can be right",
            "have them reviewed again, side by side",
        ),
        lambda _: "",
    ),
    (
        "exact-duplicates",
        "warning",
        (
            "Duplicates",
            "{count} of {documents} documents repeat the text of an earlier one: they weigh double",
            "drop the later ones",
        ),
        lambda subject: subject.mending("dedupe"),
    ),
    (
        "repeated-ids",
        "warning",
        (
            "Ids that name two documents",
            "{count} documents have the id of an earlier one: predictions and annotations can't "
            "be joined by id",
            "give each its own",
        ),
        lambda subject: subject.mending("ids"),
    ),
)


def _name(group: object) -> str:
    return group if isinstance(group, str) else encode(group).decode()


def _hash_of_template(document: Document) -> int:
    template = document.template
    return NO_GROUP if template is None else hash(template)


def _unsigned(hashes: Iterable[int]) -> Hashes:
    return np.fromiter(hashes, np.int64).view(np.uint64)


def _hashes_of_spans(block: Block) -> Hashes:
    """A hash of the spans of each document."""
    shift = block.begins[block.document]
    bounds = (block.start - shift << 32 | block.end - shift).view(np.uint64)
    mixed = bounds * _ODD + block.label.astype(np.uint64)
    for _ in range(2):
        mixed = (mixed ^ mixed >> np.uint64(29)) * _ODD
    sums = np.zeros(len(mixed) + 1, np.uint64)
    np.cumsum(mixed, out=sums[1:])
    hashes: Hashes = sums[block.firsts[1:]] - sums[block.firsts[:-1]]
    return hashes


def _leaks(keys: Hashes, train: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """The first training document with each key, and those outside train with the same key."""
    trained, held_out = np.flatnonzero(train), np.flatnonzero(~train)
    values, where = np.unique(keys[trained], return_index=True)
    if not len(values):
        return trained, trained
    at = np.minimum(np.searchsorted(values, keys[held_out]), len(values) - 1)
    hit = values[at] == keys[held_out]
    return trained[where[at[hit]]], held_out[hit]
