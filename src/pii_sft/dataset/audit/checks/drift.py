"""Check of drift: shares that differ between training and test, with the expected loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, SplitCounts, Subject, report
from pii_sft.dataset.audit.statistics import cost_of_shift, two_shares
from pii_sft.findings import Severity

SURELY = 0.001
"""p value, divided by the number of shares that are compared, from which on a difference counts."""
GOOD, POOR = 0.9, 0.72
"""Accuracies, on balanced classes, of the classifiers whose loss is given."""
WORTH_SAYING, SERIOUS = 0.01, 0.05
"""Macro F1 that a poor classifier loses."""
ANY = "any entity"


class Drift:
    """Compares the shares of documents that hold each label, as `Balance` counts them."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def see(self, block: Block) -> None:
        """Leave the counting to the check of balance."""

    def figures(self) -> Mapping[str, Any]:
        """Shares by label, in training and in each other split."""
        return {"drift": {split: rows for split, rows in self._compared().items() if rows}}

    def _compared(self) -> dict[str, dict[str, dict[str, float]]]:
        splits = self._subject.splits
        train = splits.get(TRAIN)
        if train is None or not train.documents:
            return {}
        return {
            name: {
                label: _row(_holding(train, label), train, _holding(other, label), other)
                for label in (ANY, *sorted({*train.spans, *other.spans}))
            }
            for name, other in splits.items()
            if name != TRAIN and other.documents
        }

    def found(self) -> Iterator[Found]:
        """Shares that surely differ, and enough to cost something."""
        for split, rows in self._compared().items():
            for label, row in rows.items():
                cost = row["expected_cost_if_poor"]
                if row["p"] * len(rows) > SURELY or cost < WORTH_SAYING:
                    continue
                severity: Severity = "warning" if cost >= SERIOUS else "note"
                yield report(
                    "share-drift",
                    severity,
                    (
                        "Shares that differ between training and test",
                        "{what} stands in {train:.1%} of the documents of train and in {other:.1%} "
                        "of {split} (p {p:.1g}): a classifier that is right in 90 % of balanced "
                        "cases is expected to lose {good:.1f} points of macro F1 over documents, "
                        "one that is right in 72 %, {poor:.1f}",
                        "split again, stratified; or if the test has the shares of the world, "
                        "bring the training there, and choose thresholds on data like the test",
                    ),
                    (),
                    count=1,
                    command=self._command(row, label),
                    what=label,
                    split=split,
                    train=row["train"],
                    other=row["other"],
                    p=row["p"],
                    good=100 * row["expected_cost_if_good"],
                    poor=100 * cost,
                )

    def _command(self, row: Mapping[str, float], label: str) -> str:
        if label == ANY and row["other"] > row["train"]:
            wanted = (1 - row["other"]) / row["other"] * row["train"]
            keep = round(wanted / max(1e-9, 1 - row["train"]), 2)
            return self._subject.converting(f"--negatives {keep}")
        return self._subject.converting("--split train=0.8,dev=0.1,test=0.1")


def _holding(split: SplitCounts, label: str) -> int:
    """Documents of a split that hold a label."""
    if label == ANY:
        return split.documents - split.bare
    return split.documents_by_label[label]


def _row(one: int, train: SplitCounts, other: int, test: SplitCounts) -> dict[str, float]:
    trained, tested = ((n + 0.5) / (s.documents + 1) for n, s in ((one, train), (other, test)))
    return {
        "train": round(one / train.documents, 4),
        "other": round(other / test.documents, 4),
        "p": two_shares(one, train.documents, other, test.documents),
        "expected_cost_if_good": round(cost_of_shift(trained, tested, GOOD), 4),
        "expected_cost_if_poor": round(cost_of_shift(trained, tested, POOR), 4),
    }
