"""The report of seqeval 1.2.2, by default (as `conlleval.pl`) and in strict mode.

seqeval compares sets of entities: one that is predicted twice counts once, labels that only
predictions have enter the macro average, and a rate with nothing to divide by is 0.

It reads token tags, and tags can't nest. Where spans overlap, the one that begins first takes part,
of those the longest, then the first label; how many do not take part is said. By default every
character is a token: that changes no number as long as spans keep to the tokens, whichever these
are. With `words` as tokens, a span that cuts a word covers it, as it does in tagged data.

Source: `seqeval/metrics/sequence_labeling.py`, `seqeval/metrics/v1.py` (MIT).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.compat.base import Table
from pii_sft.evaluators.inputs.conlleval import UNNAMED, read_leniently
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.inputs.schemes import detect_scheme, read_strictly, scheme_named
from pii_sft.spans import Document, Span, reading_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mode = Literal["default", "strict"]
Unit = Literal["characters", "words"]
Tags = Sequence[Sequence[str]]
Entities = Mapping[str, set[tuple[int, int, int]]]
"""Document, first and last token of each entity, by label."""

COLUMNS = ("precision", "recall", "f1-score", "support")


class Row(msgspec.Struct, frozen=True):
    """A line of the report; `support` counts gold entities."""

    precision: float
    recall: float
    f1: float
    support: int

    def to_dict(self) -> dict[str, float]:
        """By seqeval's names."""
        return dict(zip(COLUMNS, msgspec.structs.astuple(self), strict=True))


class Seqeval(msgspec.Struct, frozen=True):
    """The result of seqeval.

    Attributes:
        labels: rows of the labels that occur, sorted.
        micro: all entities together.
        macro: mean over the labels.
        weighted: mean over the labels, weighted by their support.
        notes: what could not be handed to it.
    """

    labels: dict[str, Row]
    micro: Row
    macro: Row
    weighted: Row
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, dict[str, float]]:
        """As `classification_report(output_dict=True)`."""
        return {name: row.to_dict() for name, row in self._rows().items()}

    def tables(self) -> list[Table]:
        """As `classification_report` prints it."""
        rows = {name: msgspec.structs.astuple(row) for name, row in self._rows().items()}
        return [Table("seqeval", COLUMNS, rows)]

    def _rows(self) -> dict[str, Row]:
        averages = {"micro": self.micro, "macro": self.macro, "weighted": self.weighted}
        return {**self.labels, **{f"{name} avg": row for name, row in averages.items()}}


def seqeval(
    gold: Tags,
    predicted: Tags,
    *,
    mode: Mode = "default",
    scheme: str | None = None,
    suffix: bool = False,
    beta: float = 1.0,
) -> Seqeval:
    """The report about token tags.

    Args:
        gold: tags of each document.
        predicted: likewise, as many for each document.
        mode: `default` reads tags as `conlleval.pl` does, `strict` by their scheme.
        scheme: for `strict`: `IOB1`, `IOB2`, `IOE1`, `IOE2`, `IOBES` or `BILOU`; None detects the
            scheme from the letters of the gold.
        suffix: whether the letter stands at the end of a tag.
        beta: weight of recall in `f1-score`.

    Raises:
        UsageError: documents differ in length, a tag is empty, or is not of the scheme.
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise UsageError("Every document needs as many predicted tags as gold tags.")
    if any(not tag for tag in chain(*gold, *predicted)):
        raise UsageError("A tag is empty. A token without an entity is tagged O.")
    if mode == "default":
        return _report(_lenient(gold, suffix), _lenient(predicted, suffix), beta)
    name = detect_scheme(gold, suffix=suffix) if scheme is None else scheme
    return _report(_strict(gold, name, suffix), _strict(predicted, name, suffix), beta)


def of_pairs(
    pairs: Iterable[tuple[Document, Prediction]], mode: Mode = "default", unit: Unit = "characters"
) -> Seqeval:
    """The report about spans, written as IOB2 tags.

    Args:
        pairs: each gold document with what was predicted for it.
        mode: tags written by us are well-formed, so the modes differ in one thing: `strict`
            removes hyphens from both ends of a label.
        unit: what a token is: every character, or every run of characters without white space.
    """
    gold: Entities = defaultdict(set)
    predicted: Entities = defaultdict(set)
    left_out = [0, 0]
    for number, (document, prediction) in enumerate(pairs):
        words = None if unit == "characters" else _Words(document.text)
        for side, spans in enumerate((document.spans, prediction.spans)):
            entities = predicted if side else gold
            tokens = spans if words is None else words.covered(spans)
            flat = list(_without_overlap(tokens))
            left_out[side] += len(set(spans)) - len(flat)
            for span in flat:
                label = span.label if mode == "default" else span.label.strip("-") or UNNAMED
                entities[label].add((number, span.start, span.end - 1))
    report = _report(gold, predicted, 1.0)
    if not any(left_out):
        return report
    note = f"{left_out[0]} gold and {left_out[1]} predicted spans do not fit into one row of tags"
    return msgspec.structs.replace(report, notes=(note,))


class _Words:
    """The runs of a text without white space."""

    def __init__(self, text: str) -> None:
        places = [word.span() for word in re.finditer(r"\S+", text)]
        self._starts = [start for start, _ in places]
        self._ends = [end for _, end in places]

    def covered(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Spans that count words, each of those it touches; without those that touch none."""
        for span in spans:
            first = bisect_right(self._ends, span.start)
            last = bisect_left(self._starts, span.end)
            if first < last:
                yield Span(first, last, span.label)


def _without_overlap(spans: Iterable[Span]) -> Iterator[Span]:
    reached = 0
    for span in sorted(spans, key=reading_order):
        if span.start >= reached:
            yield span
            reached = span.end


def _lenient(documents: Tags, suffix: bool) -> Entities:
    stream = chain.from_iterable((*tags, "O") for tags in documents)
    entities: Entities = defaultdict(set)
    for label, first, last in read_leniently(stream, suffix=suffix):
        entities[label].add((0, first, last))
    return entities


def _strict(documents: Tags, scheme: str, suffix: bool) -> Entities:
    entities: Entities = defaultdict(set)
    for number, tags in enumerate(documents):
        for label, first, last in read_strictly(tags, scheme_named(scheme), suffix=suffix):
            entities[label].add((number, first, last))
    return entities


def _report(gold: Entities, predicted: Entities, beta: float) -> Seqeval:
    import numpy as np

    labels = sorted(gold.keys() | predicted.keys())
    ours = [gold.get(label, set()) for label in labels]
    theirs = [predicted.get(label, set()) for label in labels]
    counts = np.array(
        [
            [len(one & other) for one, other in zip(ours, theirs, strict=True)],
            [len(each) for each in theirs],
            [len(each) for each in ours],
        ],
        np.float64,
    )
    rates = _rates(counts, beta)
    supports = counts[2].astype(int).tolist()
    support = sum(supports)
    return Seqeval(
        {
            label: _row(rates[:, at].tolist(), each)
            for at, (label, each) in enumerate(zip(labels, supports, strict=True))
        },
        _row(_rates(counts.sum(axis=1, keepdims=True), beta)[:, 0].tolist(), support),
        _row(_averages(rates, None), support),
        _row(_averages(rates, counts[2]), support),
    )


def _row(rates: Sequence[float], support: int) -> Row:
    precision, recall, f1 = rates
    return Row(precision, recall, f1, support)


def _rates(counts: NDArray[Any], beta: float) -> NDArray[Any]:
    """Precision, recall and F, one below the other, in seqeval's order of operations.

    Args:
        counts: entities found, predicted and annotated, one below the other; labels in columns.
        beta: weight of recall.
    """
    import numpy as np

    found, actual, possible = counts
    precision = found / np.where(actual == 0, 1, actual)
    recall = found / np.where(possible == 0, 1, possible)
    if np.isposinf(beta):
        return np.stack([precision, recall, recall])
    whole = beta**2 * precision + recall
    f = (1 + beta**2) * precision * recall / np.where(whole == 0, 1, whole)
    return np.stack([precision, recall, f])


def _averages(rates: NDArray[Any], weights: NDArray[Any] | None) -> list[float]:
    """0 where seqeval has nothing to average, which it says as NaN."""
    import numpy as np

    if not rates.shape[1] or (weights is not None and not weights.sum()):
        return [0.0, 0.0, 0.0]
    return [float(np.average(each, weights=weights)) for each in rates]
