"""What kind of error: the six numbers that say where a model goes wrong.

Every strict error is one of four kinds. A pair of spans is a `boundary` error if the label is
right and the bounds are not, and a `label` error if the label is wrong, whether or not the bounds
are right (mending the bounds alone would not make it right). A gold span without a partner is
`missed`, a prediction without one `spurious`.

`split` and `merge` say why many of these happen and are counted beside them, not in addition: a
gold span that two or more predictions overlap, and a prediction that overlaps two or more gold
spans. Spans with the very bounds of a span on the other side take no part in either, so that
nested entities that are found as annotated are no error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from pii_sft.evaluators.matching import overlaps
from pii_sft.spans import Span


class ErrorCounts(msgspec.Struct, frozen=True):
    """How often each kind of error occurs.

    Attributes:
        boundary: pairs with the right label and other bounds.
        label: pairs with another label.
        missed: gold spans without a partner.
        spurious: predictions without a partner.
        split: gold spans cut into several predictions.
        merge: predictions that join several gold spans.
    """

    boundary: int = 0
    label: int = 0
    missed: int = 0
    spurious: int = 0
    split: int = 0
    merge: int = 0


def split_and_merged(gold: Collection[Span], predicted: Collection[Span]) -> tuple[int, int]:
    """How many gold spans are split, and how many predictions merge, in one document.

    Labels play no part; spans with the same bounds on one side count once.
    """
    ours = {(span.start, span.end) for span in gold}
    theirs = {(span.start, span.end) for span in predicted}
    lonely = [Span(*bounds, "") for bounds in sorted(ours - theirs)]
    strange = [Span(*bounds, "") for bounds in sorted(theirs - ours)]
    edges = overlaps(lonely, strange)
    return _several(row for row, _ in edges), _several(column for _, column in edges)


def _several(indices: Iterable[int]) -> int:
    return sum(number > 1 for number in Counter(indices).values())
