"""The counts of nervaluate, by the package itself.

What is peculiar to it, so that nobody takes a difference for a mistake:

- Each prediction, in the order given, takes the first free gold span that it overlaps (`ent_type`:
  the one of its label whose bounds are nearest). The counts depend on the order of the spans.
- Ends are inclusive. Half-open offsets handed to it unchanged, as most callers do, make spans that
  only touch overlap, and every span one longer.
- At least 1 % of a gold span has to be covered, so that one character of a long one is nothing.
- Each label is scored on the spans of that label alone. A wrong label is then missed under one and
  spurious under the other, and the labels do not add up to the overall row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pii_sft.errors import MissingExtraError
from pii_sft.evaluators.compat.base import Numbers, Table
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.spans import Document, Span

Ends = Literal["unchanged", "inclusive"]

STRATEGIES = ("strict", "partial", "ent_type", "exact")
COLUMNS = ("correct", "incorrect", "partial", "missed", "spurious", "precision", "recall", "f1")
HEADS = ("cor", "inc", "par", "mis", "spu", "precision", "recall", "f1")
"""The columns, short enough for a terminal."""


def of_pairs(pairs: Iterable[tuple[Document, Prediction]], ends: Ends = "unchanged") -> Numbers:
    """Count documents and predictions.

    Args:
        pairs: each gold document with what was predicted for it. Gold spans keep the order of the
            document, predictions the order in which they came.
        ends: `unchanged` hands over half-open ends, which nervaluate takes as inclusive, as it
            does with the offsets of spaCy, Prodigy or Label Studio; `inclusive` converts them.

    Raises:
        MissingExtraError: nervaluate is not installed.
    """
    try:
        from nervaluate import Evaluator
    except ImportError:
        raise MissingExtraError("nervaluate", "compat") from None
    shift = 1 if ends == "inclusive" else 0
    gold, predicted = [], []
    for document, prediction in pairs:
        gold.append(_dicts(document.spans, shift))
        predicted.append(_dicts(prediction.spans, shift))
    labels = sorted(
        {span["label"] for documents in (gold, predicted) for each in documents for span in each}
    )
    found = Evaluator(gold, predicted, tags=labels, loader="dict").evaluate()
    # Without documents nervaluate names no strategy.
    overall = {name: _counts(found["overall"].get(name)) for name in STRATEGIES}
    entities = {
        label: {name: _counts(found["entities"][label][name]) for name in STRATEGIES}
        for label in labels
    }
    tables = [Table("nervaluate, overall", HEADS, _rows(dict(sorted(overall.items()))))]
    for name in STRATEGIES:
        rows = _rows({label: each[name] for label, each in entities.items()})
        tables.append(Table(f"nervaluate, {name} by label", HEADS, rows))
    return Numbers({"overall": overall, "entities": entities}, tuple(tables))


def _dicts(spans: Iterable[Span], shift: int) -> list[dict[str, Any]]:
    return [{"label": s.label, "start": s.start, "end": s.end - shift} for s in spans]


def _counts(result: Any) -> dict[str, float]:
    return {name: getattr(result, name, 0) for name in (*COLUMNS, "actual", "possible")}


def _rows(counts: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(each[column] for column in COLUMNS) for name, each in counts.items()}
