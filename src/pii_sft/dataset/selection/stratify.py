"""Splits that keep each group together and every label in every split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.row_index import Digests, Numbers, Occurrences
from pii_sft.dataset.selection.seeded_hash import seeded_hash


class Groups(msgspec.Struct, frozen=True):
    """Groups of rows that have to stay in one split.

    Attributes:
        keys: a digest of the name of each group, which does not depend on the order of the input.
        of_row: number of the group of each row; negative for rows that are left out.
        rows: number of rows of each group.
    """

    keys: Digests
    of_row: NDArray[np.int32]
    rows: Numbers


Labels = Callable[[], Iterable[Occurrences]]
"""Gives the labels of all rows, in order and as often as wanted."""


def assign(
    groups: Groups, labels: Labels, kinds: int, ratios: Mapping[str, float], seed: int
) -> NDArray[np.int8]:
    """Choose a split for each group, so that every label is divided in the given ratios.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, 2011) over whole groups: groups
    with the rarest labels are assigned first, each to the split that lacks its rarest label most.
    Groups with the same labels are divided among the splits in one step.

    Args:
        groups: what to assign.
        labels: of the rows.
        kinds: number of labels.
        ratios: share of each split.
        seed: of the choice between equal groups.

    Returns:
        Index into `ratios`, for each group.
    """
    if not len(groups.keys):
        return np.zeros(0, np.int8)
    survey = _Survey(groups, labels, kinds)
    numbers = seeded_hash(groups.keys, seed)
    order, ends = _in_turn(survey, numbers)
    need = _Need(list(ratios.values()), survey.totals, int(groups.rows.sum()))
    chosen = np.empty(len(order), np.int8)
    for members in np.split(order, ends):
        stratum = survey.strata[int(survey.stratum[members[0]])]
        shares = need.deal(len(members), stratum)
        chosen[members] = np.repeat(np.arange(len(shares), dtype=np.int8), shares)
    return chosen


def _in_turn(survey: _Survey, numbers: Digests) -> tuple[Numbers, Numbers]:
    """The groups in the order of their assignment, and where each stratum ends.

    Rare labels come first, then large groups; pseudo-random numbers decide between
    strata, and within one.
    """
    first = np.full(len(survey.strata), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(first, survey.stratum, numbers)
    rows = np.array([-stratum.rows for stratum in survey.strata])
    rank = np.array([survey.rank[stratum.rarest] for stratum in survey.strata])
    turn = np.empty(len(first), np.int32)
    turn[np.lexsort((first, rows, rank))] = np.arange(len(first))
    turns = turn[survey.stratum]
    order = np.lexsort((numbers, turns))
    return order, np.flatnonzero(np.diff(turns[order])) + 1


MOST_STRATA = 100_000
"""With more different label sets than this, groups with the same rarest label count as equal."""


class _Stratum(msgspec.Struct, frozen=True):
    """A stratum: groups with the same labels in equal numbers of rows.

    Attributes:
        rows: of each group.
        rarest: the rarest label of each.
        labels: all labels of each.
        counts: in how many rows of a group each of them occurs.
    """

    rows: int
    rarest: int
    labels: Numbers
    counts: Numbers


class _Survey:
    """Tabulate the labels of the groups. One more than the last label stands for rows without any.

    Attributes:
        totals: number of rows with each label.
        rank: place of each label when they are sorted by rarity.
        stratum: number of the stratum of each group.
        strata: by number.
    """

    def __init__(self, groups: Groups, labels: Labels, kinds: int) -> None:
        self._groups = groups
        self._labels = labels
        self._kinds = kinds
        self.totals = np.zeros(kinds + 1, np.int64)
        for _, label in self._entries():
            self.totals += np.bincount(label, minlength=kinds + 1)
        by_rarity = np.lexsort((np.arange(kinds + 1), self.totals))
        self.rank = np.empty(kinds + 1, np.int32)
        self.rank[by_rarity] = np.arange(kinds + 1)
        rarest = np.full(len(groups.keys), kinds, np.int32)
        signatures = seeded_hash(groups.rows.astype(np.uint64), 1)
        marks = seeded_hash(np.arange(kinds + 1, dtype=np.uint64), 0)
        for group, label in self._entries():
            np.minimum.at(rarest, group, self.rank[label])
            np.add.at(signatures, group, marks[label])
        first, self.stratum = _numbered(signatures)
        if len(first) > MOST_STRATA:
            sizes = seeded_hash(groups.rows.astype(np.uint64), 1)
            first, self.stratum = _numbered(rarest.astype(np.uint64) ^ sizes)
            held = [(by_rarity[rarest[[each]]], groups.rows[[each]]) for each in first]
        else:
            held = self._held_by(first)
        self.strata = [
            _Stratum(int(groups.rows[each]), int(by_rarity[rarest[each]]), *pair)
            for each, pair in zip(first, held, strict=True)
        ]

    def _entries(self) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Group and label of each entry, including rows without labels."""
        group_of = self._groups.of_row
        labelled = np.zeros(len(group_of), bool)
        for part in self._labels():
            group = group_of[part.rows]
            labelled[part.rows] = True
            yield group[group >= 0], part.labels[group >= 0]
        bare = group_of[~labelled & (group_of >= 0)]
        yield bare, np.full(len(bare), self._kinds, np.int64)

    def _held_by(self, first: Numbers) -> list[tuple[Numbers, Numbers]]:
        """Labels of some groups, and in how many of their rows each of them occurs."""
        place = np.full(len(self._groups.keys), -1, np.int32)
        place[first] = np.arange(len(first))
        width = self._kinds + 1
        cells = []
        for group, label in self._entries():
            chosen = place[group] >= 0
            cells.append(place[group[chosen]].astype(np.int64) * width + label[chosen])
        found, counts = np.unique(np.concatenate(cells), return_counts=True)
        edges = np.searchsorted(found, np.arange(1, len(first)) * width)
        labels = np.split(found % width, edges)
        return list(zip(labels, np.split(counts, edges), strict=True))


def _numbered(signatures: Digests) -> tuple[Numbers, NDArray[np.int32]]:
    """First place of each different signature, and which of them each one is."""
    _, first, number = np.unique(signatures, return_index=True, return_inverse=True)
    return first, number.astype(np.int32)


class _Need:
    """Number of rows that each split still lacks, for each label and in all."""

    def __init__(self, ratios: Sequence[float], totals: Numbers, rows: int) -> None:
        self._ratios = ratios
        self._missing = np.outer(ratios, totals)
        self._room = [ratio * rows for ratio in ratios]

    def deal(self, groups: int, stratum: _Stratum) -> list[int]:
        """Divide the groups of a stratum; return the number for each split."""
        shares = [math.floor(ratio * groups) for ratio in self._ratios]
        for split, share in enumerate(shares):
            self._give(split, share, stratum)
        for _ in range(groups - sum(shares)):
            split = max(
                range(len(shares)),
                key=lambda each: (self._missing[each, stratum.rarest], self._room[each]),
            )
            shares[split] += 1
            self._give(split, 1, stratum)
        return shares

    def _give(self, split: int, groups: int, stratum: _Stratum) -> None:
        self._missing[split, stratum.labels] -= groups * stratum.counts
        self._room[split] -= groups * stratum.rows
