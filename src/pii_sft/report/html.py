"""Scores as one HTML file that opens from disk, needs no network, and can be printed.

Everything is inside: style, script and, unless they are left out, the texts of the documents with
the most errors. A content security policy forbids the page to load or send anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import resources
from math import sqrt
from typing import Any

import msgspec

from pii_sft import __version__
from pii_sft.evaluators import Report
from pii_sft.evaluators.aggregation.results import Confusion, SchemeScores
from pii_sft.evaluators.cases import case
from pii_sft.evaluators.errors import ERROR_KINDS
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import shown, shown_case
from pii_sft.evaluators.matching import match
from pii_sft.report.plots import reliability_plot
from pii_sft.report.worst import MostErrors
from pii_sft.spans import Document, Span

SHOWN_DOCUMENTS = 300
"""How many documents the error browser holds, those with the most errors."""
MISSED, SPURIOUS = "(missed)", "(spurious)"

_SCRIPT_ENDS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Entry(msgspec.Struct, frozen=True):
    """A document of the error browser.

    Attributes:
        id: of the document.
        text: its text; None where texts are left out.
        gold: start, end and label of the gold spans.
        predicted: the same of the predictions.
        errors: kind, and start, end and label of gold span and prediction.
        issues: what was wrong with the answer.
    """

    id: str
    text: str | None
    gold: list[tuple[int, int, str]]
    predicted: list[tuple[int, int, str]]
    errors: list[dict[str, Any]]
    issues: list[str]

    def __repr__(self) -> str:
        return f"Entry(id={self.id!r}, errors={len(self.errors)})"


def entries(
    pairs: Iterable[tuple[Document, Prediction]],
    *,
    texts: bool = True,
    labels: LabelMap | None = None,
    known: frozenset[str] | None = None,
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
) -> list[Entry]:
    """The documents with the most errors, worst first; memory holds no more than are shown.

    Args:
        pairs: each gold document with what was predicted for it.
        texts: whether their texts are kept.
        labels: which labels are the same, as in `evaluate`.
        known: labels that are shown by name, as in `Report.known`.
        min_overlap: as in `evaluate`.
        min_iou: as in `evaluate`.
    """
    worst: MostErrors[Entry] = MostErrors(SHOWN_DOCUMENTS)
    for given, answer in pairs:
        document = given if labels is None else labels.gold(given)
        prediction = answer if labels is None else labels.predicted(answer)
        matching = match(document.spans, prediction.spans, min_overlap, min_iou)
        found = shown_case(case(document, prediction, matching), known)
        if found.errors and worst.admits(len(found.errors)):
            entry = Entry(
                document.id,
                document.text if texts else None,
                _places(document.spans, known),
                _places(prediction.spans, known),
                [msgspec.to_builtins(error) for error in found.errors],
                list(found.issues),
            )
            worst.add(len(found.errors), entry)
    return worst.result()


def _places(spans: Sequence[Span], known: frozenset[str] | None) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, shown(span.label, known)) for span in spans]


def page(report: Report, browsed: Sequence[Entry], title: str) -> str:
    """The whole page.

    Args:
        report: the scores.
        browsed: what the error browser holds.
        title: what was scored.
    """
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("pii_sft.report") / "page"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["rate"] = lambda value: f"{value:.3f}"
    environment.filters["percent"] = lambda value: f"{100 * value:.1f}"
    scores = report.scores
    first = next(iter(scores.schemes))
    data = json.dumps(
        {"documents": msgspec.to_builtins(list(browsed)), "kinds": dict(ERROR_KINDS)},
        ensure_ascii=False,
        separators=(",", ":"),
    ).translate(_SCRIPT_ENDS)
    return environment.from_string((folder / "report.html.jinja").read_text("utf-8")).render(
        title=title,
        version=__version__,
        style=(folder / "report.css").read_text("utf-8"),
        script=(folder / "report.js").read_text("utf-8"),
        data=data,
        scores=scores,
        first=first,
        labels=_by_support(scores.schemes[first]),
        rates=list(scores.schemes[first].micro.rates),
        confusion=grid(scores.confusion),
        parsing=msgspec.structs.asdict(report.parsing),
        errors=[(kind, scores.error_kinds[kind], what) for kind, what in ERROR_KINDS.items()],
        browsed=len(browsed),
        with_texts=any(entry.text is not None for entry in browsed),
        breakdowns=report.breakdowns,
        reliability=report.reliability,
        reliability_plot=report.reliability and reliability_plot(report.reliability),
        points=_points(scores.schemes[first]),
    )


def _by_support(scheme: SchemeScores) -> list[tuple[str, Any]]:
    return sorted(scheme.labels.items(), key=lambda item: -item[1].counts["possible"])


class Cell(msgspec.Struct, frozen=True):
    """A cell of the confusion table: its count, and its share of the row, from 0 to 1."""

    count: int
    share: float
    right: bool


class Grid(msgspec.Struct, frozen=True):
    """The confusion table.

    Attributes:
        columns: predicted labels, and what was missed.
        rows: gold labels, and what was spurious, each with its cells.
    """

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


def grid(confusion: Confusion) -> Grid:
    """Gold labels against predicted ones, with missed and spurious spans at the edges."""
    predicted = {label for row in confusion.pairs.values() for label in row}
    columns = sorted(predicted | confusion.spurious.keys() | confusion.pairs.keys())
    golds = sorted(confusion.pairs.keys() | confusion.missed.keys())
    rows = []
    for gold in golds:
        row = confusion.pairs.get(gold, {})
        counts = [row.get(label, 0) for label in columns] + [confusion.missed.get(gold, 0)]
        rows.append((gold, _cells(counts, [label == gold for label in columns] + [False])))
    spurious = [confusion.spurious.get(label, 0) for label in columns]
    rows.append((SPURIOUS, _cells([*spurious, 0], [False] * (len(columns) + 1))))
    return Grid([*columns, MISSED], rows)


def _cells(counts: Sequence[int], right: Sequence[bool]) -> list[Cell]:
    total = max(1, sum(counts))
    return [
        Cell(count, count / total, is_right) for count, is_right in zip(counts, right, strict=True)
    ]


class Point(msgspec.Struct, frozen=True):
    """A label in the plane of recall and precision; radius by the square root of its support."""

    label: str
    recall: float
    precision: float
    radius: float
    support: int


def _points(scheme: SchemeScores) -> list[Point]:
    most = max((row.counts["possible"] for row in scheme.labels.values()), default=1) or 1
    return [
        Point(
            label,
            row.rates["recall"],
            row.rates["precision"],
            3 + 9 * sqrt(row.counts["possible"] / most),
            row.counts["possible"],
        )
        for label, row in _by_support(scheme)
    ]
