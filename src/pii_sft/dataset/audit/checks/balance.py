"""Check of balance: documents with and without entities, and rare labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, SplitCounts, Subject, report
from pii_sft.dataset.audit.places import Place
from pii_sft.findings import Severity

FEW = 50
"""Spans of a label under which it counts as rare; the bound of `spacy debug data`."""
TOO_FEW = 10
"""Spans under which a label will hardly be learned."""
MOSTLY_EMPTY = 0.6
"""Share of documents without entities above which models learn to predict nothing."""
HARDLY_EMPTY = 0.02
ENOUGH_TO_JUDGE = 50
"""Documents under which a share says nothing."""


class Balance:
    """Counts documents, entities and labels, also for other checks."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._splits = subject.splits
        self._first: dict[str, Place] = {}

    def see(self, block: Block) -> None:
        """Count documents."""
        names = [seen.split for seen in block]
        pairs = dict.fromkeys((block.document * len(block.labels) + block.label).tolist())
        held, labels = np.divmod(np.array(list(pairs), np.intp), max(1, len(block.labels)))
        bare = np.bincount(block.document, minlength=len(names)) == 0
        by_number = list(block.labels)
        for name in dict.fromkeys(names):
            split = self._splits.setdefault(name, SplitCounts())
            here = np.array([each == name for each in names])
            split.documents += int(here.sum())
            split.bare += int((here & bare).sum())
            for counts, numbers in (
                (split.spans, block.label[here[block.document]]),
                (split.documents_by_label, labels[here[held]]),
            ):
                for number, count in Counter(numbers.tolist()).items():
                    counts[by_number[number]] += count
        for document, number in zip(held.tolist(), labels.tolist(), strict=True):
            if by_number[number] not in self._first:
                seen = block.seen[document]
                self._first[by_number[number]] = Place(seen.document.id, seen.split)

    def figures(self) -> Mapping[str, Any]:
        """Counts by split and by label."""
        return {
            "splits": {
                name: {
                    "documents": split.documents,
                    "without_entities": split.bare,
                    "spans": split.spans.total(),
                }
                for name, split in self._splits.items()
            },
            "labels": {
                label: {
                    "spans": count,
                    "by_split": {
                        name: {
                            "spans": split.spans[label],
                            "documents": split.documents_by_label[label],
                        }
                        for name, split in self._splits.items()
                    },
                }
                for label, count in self._all().most_common()
            },
        }

    def _all(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for split in self._splits.values():
            total.update(split.spans)
        return total

    def _training(self) -> SplitCounts:
        return self._splits.get(TRAIN) or self._splits.get("") or SplitCounts()

    def found(self) -> Iterator[Found]:
        """Shares and labels that harm training."""
        if not self._all():
            documents = sum(split.documents for split in self._splits.values())
            yield report(
                "no-entities",
                "error",
                (
                    "No entities",
                    "not one of {documents} documents has an entity",
                    "look at the input: it may lack its annotation, or be read as another format",
                ),
                (),
                count=documents,
                command=self._subject.converting("--to documents"),
                documents=documents,
            )
            return
        yield from self._negatives()
        yield from self._rare()
        yield from self._unlearned()
        yield from self._alike()

    def _negatives(self) -> Iterator[Found]:
        split = self._training()
        if split.documents < ENOUGH_TO_JUDGE:
            return
        share = split.bare / split.documents
        numbers = {"bare": split.bare, "documents": split.documents, "share": share}
        if share > MOSTLY_EMPTY:
            keep = round(min(1.0, (split.documents - split.bare) / split.bare), 2)
            yield report(
                "many-negatives",
                "warning",
                (
                    "Mostly documents without entities",
                    "{bare} of {documents} training documents ({share:.1%}) have no entity: a "
                    "model that mostly sees empty answers learns to stay silent, which costs "
                    "recall",
                    "keep about as many of them as there are documents with entities",
                ),
                (),
                count=split.bare,
                command=self._subject.converting(f"--negatives {keep}"),
                **numbers,
            )
        if share < HARDLY_EMPTY:
            yield report(
                "few-negatives",
                "note",
                (
                    "Hardly a document without entities",
                    "{bare} of {documents} training documents have no entity: a model that never "
                    "sees an empty answer tends to find something everywhere",
                    "add reviewed documents without entities, about a fifth; synthetic ones do",
                ),
                (),
                count=split.bare,
                command="pii-sft synth --negatives 1.0 --count "
                f"{max(10, split.documents // 5)} --out negatives.jsonl",
                **numbers,
            )

    def _rare(self) -> Iterator[Found]:
        spans = self._training().spans
        for id, severity, low, high in _RARENESS:
            labels = {label: count for label, count in sorted(spans.items()) if low <= count < high}
            if not labels:
                continue
            yield report(
                id,
                severity,
                (
                    "Rare labels",
                    "fewer than {bound} spans to learn from: {listed}",
                    "add documents that hold them, merge them with others in a label file "
                    "(--labels), or repeat their documents",
                ),
                [self._first[label] for label in labels],
                count=len(labels),
                command=self._subject.converting("--oversample auto"),
                bound=high,
                labels=labels,
                listed=", ".join(f"{label} ({count})" for label, count in labels.items()),
            )

    def _unlearned(self) -> Iterator[Found]:
        if TRAIN not in self._splits:
            return
        train = self._splits[TRAIN].spans
        total = self._all()
        missing = {label: n for label, n in sorted(total.items()) if label not in train}
        if missing:
            spans = sum(missing.values())
            measured = total.total() - train.total()
            yield report(
                "labels-not-in-training",
                "error",
                (
                    "Labels that training never shows",
                    "{count} labels with {spans} spans occur in dev or test, and not in train: "
                    "{listed}",
                    "split the data again: it is stratified by label",
                ),
                [self._first[label] for label in missing],
                count=len(missing),
                command=self._subject.converting("--split train=0.8,dev=0.1,test=0.1"),
                gain=round(spans / measured, 4) if measured else 0.0,
                spans=spans,
                labels=missing,
                listed=", ".join(missing),
            )

    def _alike(self) -> Iterator[Found]:
        """Labels that are probably two spellings of one label."""
        spellings: defaultdict[str, list[str]] = defaultdict(list)
        for label in sorted(self._all()):
            spellings[_plain(label)].append(label)
        twins = [labels for labels in spellings.values() if len(labels) > 1]
        if not twins:
            return
        yield report(
            "labels-spelled-alike",
            "warning",
            (
                "One label in several spellings",
                "labels that come in several spellings: {listed}",
                "choose one spelling of each with aliases in a label file (convert --labels FILE)",
            ),
            [self._first[label] for labels in twins for label in labels],
            count=len(twins),
            listed="; ".join(" = ".join(labels) for labels in twins),
        )


_RARENESS: tuple[tuple[str, Severity, int, int], ...] = (
    ("labels-too-rare", "warning", 0, TOO_FEW),
    ("rare-labels", "note", TOO_FEW, FEW),
)
_TAG_PREFIXES = ("b-", "i-", "e-", "s-", "l-", "u-")


def _plain(label: str) -> str:
    """A label without case, separators and the prefix of a tag."""
    lowered = label.strip().casefold()
    if lowered.startswith(_TAG_PREFIXES):
        lowered = lowered[2:]
    return "".join(filter(str.isalnum, lowered)) or lowered
