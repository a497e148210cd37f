"""The best one-to-one assignment of pairs, in plain Python and whole numbers.

Between spans that are not nested, as nearly all are, overlaps form a chain, for which one pass is
enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

Pair = tuple[int, int]
"""Indices of a gold span and of a prediction."""


def in_a_row(pairs: Sequence[Pair]) -> bool:
    """True if pairs, sorted, go forward in gold and predictions alike.

    This holds if no span lies inside another one of its own list.
    """
    last = -1
    for _, column in pairs:
        if column < last:
            return False
        last = column
    return True


def best_in_a_row(pairs: Sequence[Pair], weights: Sequence[int]) -> list[Pair]:
    """Find the heaviest assignment of pairs that are `in_a_row`, in linear time.

    A pair excludes the pairs right before it that share its row or column, so this is weighted
    interval scheduling. Of equal assignments, the one with earlier pairs is taken.

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


def best_of_any(pairs: Sequence[Pair], weights: Sequence[int], rows: int) -> list[Pair]:
    """Find the heaviest assignment of any pairs; the time grows with how many spans compete.

    Shortest augmenting paths with prices (Kuhn 1955; Edmonds and Karp 1972). Rows are assigned one
    after another, each by the cheapest path of moving others that ends at a free column, or at a
    row that is better left without a column. Only paths that are cheaper than the best end so far
    are followed, so spans without competition cost nothing.

    Args:
        pairs: sorted.
        weights: of the pairs, more than 0.
        rows: how many gold spans there are.
    """
    edges, row_prices = _by_row(pairs, weights, rows)
    column_prices: dict[int, int] = {}
    row_of: dict[int, int] = {}
    column_of: dict[int, int] = {}
    for first in range(rows):
        row, cost = first, 0
        cheapest, end = row_prices[first], None  # what leaving it alone would cost
        left_alone = first
        costs: dict[int, int] = {}
        came_from: dict[int, int] = {}
        moved: list[tuple[int, int]] = []
        queue: list[tuple[int, int]] = []
        while True:
            moved.append((row, cost))
            price = cost + row_prices[row]
            if price < cheapest:
                cheapest, end, left_alone = price, None, row
            for column, weight in edges[row]:
                further = price + column_prices.get(column, 0) - weight
                if further < cheapest and further < costs.get(column, cheapest):
                    costs[column], came_from[column] = further, row
                    if column in row_of:
                        heappush(queue, (further, column))
                    else:
                        cheapest, end = further, column
            while queue and queue[0][0] != costs[queue[0][1]]:
                heappop(queue)  # a cheaper way was found since
            if not queue or queue[0][0] >= cheapest:
                break
            cost, column = heappop(queue)
            row = row_of[column]
        for row, cost in moved:
            row_prices[row] -= cheapest - cost
        for column, cost in costs.items():
            column_prices[column] = column_prices.get(column, 0) + max(0, cheapest - cost)
        if end is None:
            end = column_of.pop(left_alone, None)
        _move(end, came_from, row_of, column_of)
    return sorted((row, column) for column, row in row_of.items())


def _move(
    end: int | None, came_from: dict[int, int], row_of: dict[int, int], column_of: dict[int, int]
) -> None:
    """Give each column on a way, from its end on, to the row that it was reached from."""
    while end is not None:
        row = row_of[end] = came_from[end]
        column_of[row], end = end, column_of.get(row)


def _by_row(
    pairs: Sequence[Pair], weights: Sequence[int], rows: int
) -> tuple[list[list[tuple[int, int]]], list[int]]:
    """The columns and weights of each row, and the most that each can bring."""
    edges: list[list[tuple[int, int]]] = [[] for _ in range(rows)]
    most = [0] * rows
    for (row, column), weight in zip(pairs, weights, strict=True):
        edges[row].append((column, weight))
        most[row] = max(most[row], weight)
    return edges, most
