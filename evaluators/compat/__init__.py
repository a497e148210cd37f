"""Numbers of other tools, by the tools themselves, so that ours can be checked against them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from pii_sft.errors import unknown_name
from pii_sft.evaluators.compat import nervaluate, seqeval
from pii_sft.evaluators.compat.base import Numbers, Table
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.pair_with_gold import read_pairs
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import UNKNOWN
from pii_sft.files import read_documents
from pii_sft.spans import Document, Span
from pii_sft.targets import Target

Pairs = Iterable[tuple[Document, Prediction]]

COMPAT: Mapping[str, Callable[[Pairs], Numbers]] = {
    "nervaluate": nervaluate.of_pairs,
    "nervaluate-inclusive": partial(nervaluate.of_pairs, ends="inclusive"),
    "seqeval": seqeval.of_pairs,
    "seqeval-strict": partial(seqeval.of_pairs, mode="strict"),
    "seqeval-words": partial(seqeval.of_pairs, unit="words"),
}
"""The tools, and ways to call them, by name."""


def compat(name: str, pairs: Pairs) -> Numbers:
    """The numbers that another tool gives for the same documents and predictions.

    Args:
        name: key of `COMPAT`.
        pairs: each gold document with what was predicted for it.

    Raises:
        UsageError: there is no such tool.
    """
    if name not in COMPAT:
        raise unknown_name("tool", name, COMPAT)
    return COMPAT[name](pairs)


def compat_files(
    name: str,
    pred: Path,
    gold: Path,
    target: Target,
    *,
    labels: LabelMap | None = None,
    known: Collection[str] = (),
) -> Numbers:
    """The numbers that another tool gives for a file of predictions.

    Args:
        name: key of `COMPAT`.
        pred: predictions in one of the shapes of `pii_sft.evaluators.inputs.prediction_files`.
        gold: Documents JSONL.
        target: how answers that are still text are to be read.
        labels: which labels are the same; None changes none.
        known: labels to show by name, beside those of the gold and of `labels`. Others get a
            number, which changes no count: what a model made up may be text.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
        UsageError: there is no such tool.
    """
    names = set(known)
    if labels is not None:
        names |= {*labels.labels, *labels.names.values()}
    names |= {span.label for document in read_documents(gold) for span in document.spans}
    pairs: Pairs = read_pairs(pred, gold, target)
    if labels is not None:
        mapped = labels
        pairs = ((mapped.gold(one), mapped.predicted(other)) for one, other in pairs)
    return compat(name, _with_numbered_labels(pairs, names))


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


__all__ = ["COMPAT", "Numbers", "Table", "compat", "compat_files"]
