"""Splits that keep groups on one side and every label in every split."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping

import msgspec

from pii_sft.errors import UsageError

DEFAULT_SPLIT = "train=0.8,dev=0.1,test=0.1"
SPLIT_NAMES = ("train", "dev", "test")
NO_LABEL = ""


class Group(msgspec.Struct):
    """Documents that have to stay on one side.

    Attributes:
        documents: how many there are.
        labels: in how many of them each label occurs; `NO_LABEL` counts those without entities.
    """

    documents: int = 0
    labels: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, labels: set[str]) -> None:
        """Count one more document, with the labels that occur in it."""
        self.documents += 1
        self.labels.update(labels or {NO_LABEL})


class Together:
    """Which groups have to go to the same split, because they share a text (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def representative(self, group: str) -> str:
        """One group that stands for all those joined with `group`."""
        while (parent := self._parent.get(group, group)) != group:
            group = parent
        return group

    def join(self, one: str, other: str) -> None:
        """Keep two groups together."""
        roots = sorted((self.representative(one), self.representative(other)))
        if roots[0] != roots[1]:
            self._parent[roots[1]] = roots[0]


def parse_ratios(text: str) -> dict[str, float]:
    """Read `train=0.8,dev=0.1,test=0.1`.

    Raises:
        UsageError: it is not of that form, names a split twice or an unknown one, or the shares
            do not add up to 1.
    """
    ratios: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if name not in SPLIT_NAMES or name in ratios or not 0 < value <= 1:
            raise UsageError(
                f"Can't read the split {text!r}: write something like {DEFAULT_SPLIT}."
            )
        ratios[name] = value
    if not math.isclose(sum(ratios.values()), 1.0, abs_tol=1e-6):
        raise UsageError(f"The shares of the split {text!r} do not add up to 1.")
    return {name: ratios[name] for name in SPLIT_NAMES if name in ratios}


def assign(groups: Mapping[str, Group], ratios: Mapping[str, float], seed: int) -> dict[str, str]:
    """Choose a split for each group, so that labels spread as the ratios ask.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, 2011) over whole groups: those
    with the rarest labels choose first, and go where their rarest label is missed most.

    Args:
        groups: by name.
        ratios: share of each split.
        seed: decides between equals.

    Returns:
        The name of the split for each key.
    """
    totals: Counter[str] = Counter()
    for group in groups.values():
        totals.update(group.labels)
    documents = sum(group.documents for group in groups.values())
    missing = {
        name: {label: share * count for label, count in totals.items()}
        for name, share in ratios.items()
    }
    room = {name: share * documents for name, share in ratios.items()}

    def rarest(group: Group) -> str:
        return min(group.labels, key=lambda label: (totals[label], label))

    def turn(item: tuple[str, Group]) -> tuple[int, int, bytes]:
        key, group = item
        return (totals[rarest(group)], -group.documents, _lot(key, seed))

    chosen: dict[str, str] = {}
    for key, group in sorted(groups.items(), key=turn):
        label = rarest(group)
        split = max(ratios, key=lambda name: (missing[name][label], room[name]))
        chosen[key] = split
        room[split] -= group.documents
        for each, count in group.labels.items():
            missing[split][each] -= count
    return chosen


def _lot(key: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
