"""Cohen's kappa on characters: how far two annotations agree beyond what chance would do.

Every character of every document is put into one category by each annotation: the set of labels of
the spans that cover it, which is empty for most. With `n(a, b)` characters put into `a` by one and
`b` by the other, and `N` in all,

    observed = sum over c of n(c, c) / N
    expected = sum over c of n(c, *) n(*, c) / N^2
    kappa    = (observed - expected) / (1 - expected)

The kappa of one label has two categories: covered by a span of that label, or not.

Where both annotations put every character into the same one category, as they do when neither found
anything, `expected` is 1 and kappa has no value: agreement that could not have been otherwise says
nothing about the annotators.

Source: Cohen, "A Coefficient of Agreement for Nominal Scales", 1960. On characters outside of all
spans, which make kappa look good: Deleger et al., "Building Gold Standard Corpora for Medical
Natural Language Processing Tasks", 2012; read it beside the F1 of spans.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.spans import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

Category = frozenset[str]
"""The labels that cover a character."""

OUTSIDE: Category = frozenset()


class Kappa(msgspec.Struct, frozen=True):
    """Agreement of two annotations on characters.

    Attributes:
        observed: share of the characters on which they agree; None without characters.
        expected: share on which chance would agree, None likewise.
        kappa: None where there is nothing to agree on.
        ci: ends of its interval; None without intervals, or where kappa has no value.
    """

    observed: float | None
    expected: float | None
    kappa: float | None
    ci: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """By name; null where there is no value."""
        return {**msgspec.structs.asdict(self), "ci": self.ci and list(self.ci)}


class _Numbering(dict[tuple[Category, Category], int]):
    """Numbers pairs of categories in the order in which they first occur."""

    def __missing__(self, pair: tuple[Category, Category]) -> int:
        number = self[pair] = len(self)
        return number


class CharacterCounts:
    """Counts how both annotations categorise characters, document by document."""

    def __init__(self) -> None:
        self._numbers = _Numbering()
        self._pairs = array("I")
        self._characters = array("Q")
        self._ends = array("Q")

    def add(self, length: int, one: Iterable[Span], other: Iterable[Span]) -> None:
        """Count the characters of one more document.

        Args:
            length: of its text, in code points.
            one: spans of the first annotation, in any order.
            other: spans of the second.
        """
        counts: Counter[int] = Counter()
        for pair, characters in _categorised(length, one, other):
            counts[self._numbers[pair]] += characters
        self._pairs.extend(counts.keys())
        self._characters.extend(counts.values())
        self._ends.append(len(self._pairs))

    def overall(self, level: float, resamples: int, seed: int) -> Kappa:
        """Agreement on the categories.

        Args:
            level: of the interval; 0 for none.
            resamples: how many for the interval; documents are drawn.
            seed: of the resamples.
        """
        import numpy as np

        pairs = list(self._numbers)
        categories = sorted({each for pair in pairs for each in pair}, key=sorted)
        column = {each: at for at, each in enumerate(categories)}
        one_hot = np.zeros((2, len(pairs), len(categories)))
        for row, pair in enumerate(pairs):
            for annotator, category in enumerate(pair):
                one_hot[annotator, row, column[category]] = 1.0
        return _kappa(self._totals(level, resamples, seed), one_hot[0], one_hot[1], level)

    def labels(self, level: float, resamples: int, seed: int) -> dict[str, Kappa]:
        """Agreement on each label, sorted by name."""
        import numpy as np

        totals = self._totals(level, resamples, seed)
        found = {}
        for label in sorted({label for pair in self._numbers for each in pair for label in each}):
            inside = np.array([[label in each for each in pair] for pair in self._numbers])
            one, other = (
                np.stack([has_label, ~has_label], axis=1).astype(float) for has_label in inside.T
            )
            found[label] = _kappa(totals, one, other, level)
        return found

    def _totals(self, level: float, resamples: int, seed: int) -> Floats:
        """Characters by pair (columns), in all documents and then in each resample (rows)."""
        import numpy as np

        from pii_sft.evaluators.statistics.bootstrap import resampled_totals
        from pii_sft.evaluators.statistics.count_tables import SparseTable

        pairs = np.array(self._pairs, np.int64)
        characters = np.array(self._characters, np.int64)
        ends = np.array(self._ends, np.intp)
        documents = SparseTable(pairs, ends, len(self._numbers), characters)
        (drawn,) = resampled_totals([documents], resamples if level else 0, seed)
        return np.vstack([documents.totals(), drawn])


def _kappa(totals: Floats, one: Floats, other: Floats, level: float) -> Kappa:
    """Kappa, and its interval from the rows after the first.

    Args:
        totals: characters by pair of categories (columns).
        one: which category (columns) the first annotation has in each pair (rows).
        other: likewise, of the second.
        level: of the interval; 0 for none.
    """
    import numpy as np

    from pii_sft.evaluators.statistics.bootstrap import intervals

    whole = totals.sum(axis=1)
    observed = _divided(totals @ (one * other).sum(axis=1), whole)
    expected = _divided(((totals @ one) * (totals @ other)).sum(axis=1), whole**2)
    kappas = _divided(observed - expected, np.where(_settled(one, other, totals), 0, 1 - expected))
    ends = None
    if level and not np.isnan(kappas[0]):
        low, high = intervals(kappas[:, None], level)[0].tolist()
        ends = (low, high)
    return Kappa(_value(observed[0]), _value(expected[0]), _value(kappas[0]), ends)


def _settled(one: Floats, other: Floats, totals: Floats) -> Floats:
    """True if both annotations have only one category, and the same: counted, not compared."""
    occurs = ((totals @ one) > 0) | ((totals @ other) > 0)
    settled: Floats = occurs.sum(axis=1) <= 1
    return settled


def _divided(part: Floats, whole: Floats) -> Floats:
    """Element by element; NaN where there is nothing to divide by."""
    import numpy as np

    out: Floats = np.full_like(part, np.nan, dtype=float)
    np.divide(part, whole, out=out, where=whole != 0)
    return out


def _value(number: float) -> float | None:
    return None if isnan(number) else float(number)


def _categorised(
    length: int, one: Iterable[Span], other: Iterable[Span]
) -> Iterator[tuple[tuple[Category, Category], int]]:
    """Runs of characters that both annotations categorise alike, in one sweep over their bounds."""
    changes: dict[int, list[tuple[int, str, int]]] = {0: [], length: []}
    for annotator, spans in enumerate((one, other)):
        for span in spans:
            changes.setdefault(span.start, []).append((annotator, span.label, 1))
            changes.setdefault(span.end, []).append((annotator, span.label, -1))
    open_spans: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    reached, pair = 0, (OUTSIDE, OUTSIDE)
    for at in sorted(changes):
        if at > reached:
            yield pair, at - reached
        for annotator, label, change in changes[at]:
            open_spans[annotator][label] += change
        pair = (_open(open_spans[0]), _open(open_spans[1]))
        reached = at


def _open(spans: Counter[str]) -> Category:
    return frozenset(label for label, number in spans.items() if number)
