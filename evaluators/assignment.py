"""The best one-to-one assignment, in plain Python and whole numbers.

Two cases make up nearly all that documents hold, and neither is worth the time that importing
scipy takes: overlaps in a row, as between spans that are not nested, and a few nested spans.
"""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[int, int]
"""Indices of a gold span and of a prediction."""


def in_a_row(pairs: Sequence[Pair]) -> bool:
    """True if pairs, sorted, go forward on both sides.

    They do wherever no span lies around another of its own side.
    """
    last = -1
    for _, column in pairs:
        if column < last:
            return False
        last = column
    return True


def best_in_a_row(pairs: Sequence[Pair], weights: Sequence[int]) -> list[Pair]:
    """The heaviest assignment of pairs that are `in_a_row`, in time that grows with their number.

    A pair excludes those before it that share its row or column, and these are the ones right
    before it: the pairs are intervals, to be scheduled by weight. Of equal assignments, the one
    that takes earlier pairs.

    Args:
        pairs: sorted.
        weights: of the pairs.
    """
    best, before = [0], []
    last_row = last_column = -1
    first_of_row = first_of_column = 0
    for index, (row, column) in enumerate(pairs):
        if row != last_row:
            last_row, first_of_row = row, index
        if column != last_column:
            last_column, first_of_column = column, index
        free = min(first_of_row, first_of_column)
        before.append(free)
        best.append(max(best[-1], weights[index] + best[free]))
    chosen = []
    at = len(pairs)
    while at:
        if best[at] == best[at - 1]:
            at -= 1
        else:
            chosen.append(pairs[at - 1])
            at = before[at - 1]
    return chosen[::-1]


def best_of_few(
    pairs: Sequence[Pair], weights: Sequence[int], rows: int, columns: int
) -> list[Pair]:
    """The heaviest assignment of any pairs, in time that grows with the cube of the spans.

    The Hungarian algorithm by shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987).

    Args:
        pairs: sorted.
        weights: of the pairs, more than 0.
        rows: how many gold spans there are.
        columns: how many predictions.
    """
    if rows > columns:
        turned = best_of_few([(column, row) for row, column in pairs], weights, columns, rows)
        return sorted((row, column) for column, row in turned)
    costs = [[0] * columns for _ in range(rows)]
    for (row, column), weight in zip(pairs, weights, strict=True):
        costs[row][column] = -weight
    row_prices, column_prices = [0] * rows, [0] * (columns + 1)
    # The last column stands for none: a row that is to be placed waits there.
    row_of = [-1] * (columns + 1)
    for first in range(rows):
        row_of[columns] = first
        column, came_from = columns, [columns] * columns
        distance: list[int | None] = [None] * columns
        reached = [columns]
        left = set(range(columns))
        while row_of[column] >= 0:
            row = row_of[column]
            nearest, step = -1, 0
            for each in left:
                cost = costs[row][each] - row_prices[row] - column_prices[each]
                known = distance[each]
                if known is None or cost < known:
                    distance[each], came_from[each], known = cost, column, cost
                if nearest < 0 or known < step:
                    nearest, step = each, known
            for each in reached:
                row_prices[row_of[each]] += step
                column_prices[each] -= step
            distance = [known if known is None else known - step for known in distance]
            left.remove(nearest)
            reached.append(nearest)
            column = nearest
        while column != columns:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    return sorted(
        (row, column)
        for column, row in enumerate(row_of[:columns])
        if row >= 0 and costs[row][column]
    )
