"""Documents that come twice, and what the test split shares with the training split."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.places import Place, Seen
from pii_sft.dataset.selection.deduplicate import repeats
from pii_sft.files import encode
from pii_sft.findings import Severity

Numbers = NDArray[np.int64]

NO_GROUP = 0


class Duplicates:
    """Compares texts, ids and groups by their hashes: 33 bytes a document.

    Hashes of 64 bits: of a million documents, two different ones meet with a chance of three in
    a hundred million.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._group = subject.options.group
        self._most = subject.options.examples
        self._splits: dict[str, int] = {}
        self._split = array("b")
        self._texts = array("q")
        self._ids = array("q")
        self._annotations = array("l")
        self._groups = array("q")
        self._wanted: dict[int, Place] = {}
        self._pairs: dict[str, list[tuple[int, int]]] = {}
        self._counts: dict[str, int] = {}

    def see(self, block: Block) -> None:
        """Take the hashes of documents."""
        for seen in block:
            self._hash(seen)

    def _hash(self, seen: Seen) -> None:
        document = seen.document
        self._split.append(self._splits.setdefault(seen.split, len(self._splits)))
        self._texts.append(hash(document.text))
        self._ids.append(hash(document.id))
        self._annotations.append(hash(document.spans))
        group = document.meta.get(self._group) if document.meta else None
        self._groups.append(NO_GROUP if group is None else hash(_name(group)))

    def figures(self) -> Mapping[str, Any]:
        """How many of each kind there are."""
        return {"duplicates": self._counts} if self._counts else {}

    def settle(self) -> None:
        """Find what repeats, once the first look is done."""
        texts, ids = _columns(self._texts), _columns(self._ids)
        groups = _columns(self._groups)
        split = np.frombuffer(self._split, np.int8) if self._split else np.zeros(0, np.int8)
        annotations = _columns(self._annotations)
        later, first = repeats(texts.view(np.uint64))
        other = annotations[later] != annotations[first]
        train = self._splits.get(TRAIN, -1)
        leaked = _leaks(texts, split, train)
        self._keep("conflicting-duplicates", list(zip(first[other], later[other], strict=True)))
        leaking = (split[later] == train) != (split[first] == train)
        self._keep("exact-duplicates", list(zip(first[~leaking], later[~leaking], strict=True)))
        self._keep("leaked-documents", leaked)
        self._keep("repeated-ids", list(zip(*_swapped(repeats(ids.view(np.uint64))), strict=True)))
        held = np.where(groups == NO_GROUP, np.arange(len(groups)) + 1, groups)
        self._keep("leaked-groups", _leaks(held, split, train))

    def _keep(self, kind: str, pairs: list[tuple[Any, Any]]) -> None:
        pairs = sorted((int(one), int(other)) for one, other in pairs)
        self._counts[kind] = len(pairs)
        self._pairs[kind] = pairs[: self._most]
        for pair in self._pairs[kind]:
            for number in pair:
                self._wanted.setdefault(number, Place(""))

    def see_again(self, block: Block) -> None:
        """Learn the ids of those that are shown."""
        first = block.seen[0].number
        for number in self._wanted.keys() & range(first, first + len(block.seen)):
            seen = block.seen[number - first]
            self._wanted[number] = Place(seen.document.id, seen.split)

    def superfluous(self) -> frozenset[int]:
        """Numbers of documents to drop so that each text is left once, rather held out."""
        texts = np.array(self._texts, np.int64)
        split = np.array(self._split, np.int8)
        train = self._splits.get(TRAIN, -1)
        trained = split == train
        leaked = (
            trained & np.isin(texts, texts[~trained]) if train >= 0 else np.zeros(len(texts), bool)
        )
        left = np.flatnonzero(~leaked)
        later = left[repeats(texts[left].view(np.uint64))[0]]
        return frozenset(np.flatnonzero(leaked).tolist()) | frozenset(later.tolist())

    def renamed(self) -> frozenset[int]:
        """Numbers of the documents whose id an earlier one has."""
        return frozenset(repeats(np.array(self._ids, np.int64).view(np.uint64))[0].tolist())

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
        documents = len(self._texts)
        for kind, severity, sentences, command in _RULES:
            if self._counts[kind]:
                yield report(
                    kind,
                    severity,
                    sentences,
                    self._places(kind),
                    count=self._counts[kind],
                    command=command(self._subject),
                    documents=documents,
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
            "Groups on both sides of the split",
            "{count} documents of dev or test are of a group (meta.{group}), such as a template "
            "or a source, that train holds too: scores on them are too high",
            "split again by that key",
        ),
        lambda subject: subject.converting(f"--split-by {subject.options.group}"),
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


def _columns(numbers: array[int]) -> Numbers:
    return np.array(numbers, np.int64)


def _swapped(pair: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    return pair[1], pair[0]


def _leaks(keys: Numbers, split: NDArray[np.int8], train: int) -> list[tuple[int, int]]:
    """Documents outside the training split whose key stands in it, each after one of train."""
    if train < 0:
        return []
    trained = np.flatnonzero(split == train)
    held_out = np.flatnonzero(split != train)
    values, where = np.unique(keys[trained], return_index=True)
    if not len(values) or not len(held_out):
        return []
    at = np.minimum(np.searchsorted(values, keys[held_out]), len(values) - 1)
    hit = values[at] == keys[held_out]
    return list(zip(trained[where[at[hit]]].tolist(), held_out[hit].tolist(), strict=True))
