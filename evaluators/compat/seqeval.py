"""The report of seqeval, by the package itself, on spans written as IOB2 tags.

seqeval compares sets of entities: one that is predicted twice counts once, labels that only
predictions have enter the macro average, and a rate with nothing to divide by is 0.

Tags can't nest. Where spans overlap, the one that begins first takes part, of those the longest,
then the first label; how many do not take part is said. By default every character is a token: that
changes no number as long as spans keep to the tokens, whichever these are. With `words` as tokens,
a span that cuts a word covers it, as it does in tagged data.
"""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from pii_sft.errors import MissingExtraError
from pii_sft.evaluators.compat.base import Numbers, Table
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.spans import Document, Span, reading_order

Mode = Literal["default", "strict"]
Unit = Literal["characters", "words"]

COLUMNS = ("precision", "recall", "f1-score", "support")
AVERAGES = ("micro avg", "macro avg", "weighted avg")


def of_pairs(
    pairs: Iterable[tuple[Document, Prediction]], mode: Mode = "default", unit: Unit = "characters"
) -> Numbers:
    """Report on spans.

    Args:
        pairs: each gold document with what was predicted for it.
        mode: tags written by us are well-formed, so the modes differ in one thing: `strict`
            removes hyphens from both ends of a label.
        unit: what a token is: every character, or every run of characters without white space.

    Raises:
        MissingExtraError: seqeval is not installed.
    """
    tags: tuple[list[list[str]], list[list[str]]] = ([], [])
    left_out = [0, 0]
    for document, prediction in pairs:
        words = None if unit == "characters" else _Words(document.text)
        length = len(document.text) if words is None else len(words)
        for which, spans in enumerate((document.spans, prediction.spans)):
            flat = list(_without_overlap(spans if words is None else words.covered(spans)))
            left_out[which] += len(set(spans)) - len(flat)
            tags[which].append(_tags(flat, length))
    values = _report(*tags, mode)
    rows = {name: tuple(row[column] for column in COLUMNS) for name, row in values.items()}
    notes = (
        (f"{left_out[0]} gold and {left_out[1]} predicted spans do not fit into one row of tags",)
        if any(left_out)
        else ()
    )
    return Numbers(values, (Table("seqeval", COLUMNS, rows),), notes)


def _report(gold: list[list[str]], predicted: list[list[str]], mode: Mode) -> dict[str, Any]:
    try:
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2
    except ImportError:
        raise MissingExtraError("seqeval", "compat") from None
    if all(tag == "O" for documents in (gold, predicted) for tags in documents for tag in tags):
        # seqeval averages nothing, which gives NaN, or can't tell the scheme.
        return {name: dict.fromkeys(COLUMNS[:-1], 0.0) | {"support": 0} for name in AVERAGES}
    options = {"mode": mode, "scheme": IOB2} if mode == "strict" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rates with nothing to divide by
        report = classification_report(
            gold, predicted, output_dict=True, zero_division=0, **options
        )
    return {
        name: {
            column: int(row[column]) if column == "support" else float(row[column])
            for column in COLUMNS
        }
        for name, row in report.items()
    }


def _tags(spans: Iterable[Span], length: int) -> list[str]:
    tags = ["O"] * length
    for span in spans:
        tags[span.start : span.end] = [
            f"B-{span.label}",
            *[f"I-{span.label}"] * (span.end - span.start - 1),
        ]
    return tags


class _Words:
    """The runs of a text without white space."""

    def __init__(self, text: str) -> None:
        places = [word.span() for word in re.finditer(r"\S+", text)]
        self._starts = [start for start, _ in places]
        self._ends = [end for _, end in places]

    def __len__(self) -> int:
        return len(self._starts)

    def covered(self, spans: Iterable[Span]) -> Sequence[Span]:
        """Spans that count words, each of those it touches; without those that touch none."""
        found = []
        for span in spans:
            first = bisect_right(self._ends, span.start)
            last = bisect_left(self._starts, span.end)
            if first < last:
                found.append(Span(first, last, span.label))
        return found


def _without_overlap(spans: Iterable[Span]) -> Iterator[Span]:
    reached = 0
    for span in sorted(spans, key=reading_order):
        if span.start >= reached:
            yield span
            reached = span.end
