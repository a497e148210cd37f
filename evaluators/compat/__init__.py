"""Numbers of other tools, by the tools themselves, so that ours can be checked against them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

import msgspec

from pii_sft.errors import unknown_name
from pii_sft.evaluators.compat import nervaluate, seqeval
from pii_sft.evaluators.compat.base import Numbers, Table
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import UNKNOWN
from pii_sft.spans import Document, Span

Pairs = Iterable[tuple[Document, Prediction]]

COMPAT: Mapping[str, Callable[[Pairs], Numbers]] = {
    "nervaluate": nervaluate.of_pairs,
    "nervaluate-inclusive": partial(nervaluate.of_pairs, ends="inclusive"),
    "seqeval": seqeval.of_pairs,
    "seqeval-strict": partial(seqeval.of_pairs, mode="strict"),
    "seqeval-words": partial(seqeval.of_pairs, unit="words"),
}
"""The tools, and ways to call them, by name."""


def compat(
    name: str,
    pairs: Pairs,
    *,
    labels: LabelMap | None = None,
    known: Collection[str] | None = None,
) -> Numbers:
    """The numbers that another tool gives for the same documents and predictions.

    Args:
        name: key of `COMPAT`.
        pairs: each gold document with what was predicted for it.
        labels: which labels are the same; None changes none.
        known: labels to show by name, as in `Report.known`; None shows all. Others get a number,
            which changes no count: what a model made up may be text.

    Raises:
        UsageError: there is no such tool.
    """
    if name not in COMPAT:
        raise unknown_name("tool", name, COMPAT)
    if labels is not None:
        pairs = [(labels.gold(one), labels.predicted(other)) for one, other in pairs]
    if known is not None:
        names = known if labels is None else {*known, *labels.labels, *labels.names.values()}
        pairs = _with_numbered_labels(pairs, names)
    return COMPAT[name](pairs)


def _with_numbered_labels(pairs: Pairs, known: Collection[str]) -> Pairs:
    numbered: dict[str, str] = {}
    for document, prediction in pairs:
        strange = {span.label for span in prediction.spans}.difference(known)
        for label in sorted(strange):
            numbered.setdefault(label, f"{UNKNOWN} {len(numbered) + 1}")
        spans = tuple(
            Span(span.start, span.end, numbered.get(span.label, span.label))
            for span in prediction.spans
        )
        yield document, msgspec.structs.replace(prediction, spans=spans)


__all__ = ["COMPAT", "Numbers", "Table", "compat"]
