"""The page of scores: one HTML file that opens from disk, needs no network, and can be printed.

Everything is inside: style, script and, unless they are left out, the texts of the documents with
the most errors. A content security policy forbids the page to load or send anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
import numpy as np

from pii_sft.diagnosis.slices import Curve, Slices
from pii_sft.diagnosis.training_log import Series
from pii_sft.evaluators import Report
from pii_sft.evaluators.aggregation.measures import chosen_measures
from pii_sft.evaluators.aggregation.results import SchemeScores
from pii_sft.evaluators.document_errors import DocumentErrors, errors_in
from pii_sft.evaluators.errors import ERROR_KINDS
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import shown, with_known_labels
from pii_sft.evaluators.matching import checked_thresholds
from pii_sft.findings import Finding
from pii_sft.report.breakdowns import breakdown_tables
from pii_sft.report.confusion import grid
from pii_sft.report.curves import Plot, plot
from pii_sft.report.label_points import by_support, label_points
from pii_sft.report.language import Code, Language
from pii_sft.report.pages import Facts, asset, render
from pii_sft.report.plots import reliability_plot
from pii_sft.spans import Document, HoldsText, Span
from pii_sft.top import Top

SHOWN_DOCUMENTS = 300
"""Documents in the error browser at most, those with the most errors."""

_SCRIPT_ENDS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Entry(HoldsText, msgspec.Struct, frozen=True):
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


def _places(spans: Sequence[Span], known: frozenset[str] | None) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, shown(span.label, known)) for span in spans]


class Browsed(msgspec.Struct, frozen=True):
    """The single documents of a page.

    Attributes:
        entries: those with the most errors, worst first.
        wrong: how many have any error.
        curve: precision and recall over the threshold; empty without confidences.
        slices: recall by place, and confidences.
    """

    entries: Sequence[Entry]
    wrong: int
    curve: Sequence[tuple[float, float]] = ()
    slices: Slices | None = None


class Browser:
    """Collects from a stream the documents with the most errors; no others are held in memory.

    Args:
        texts: keep their texts.
        labels: which labels are the same, as in `evaluate`.
        min_overlap: as in `evaluate`.
        min_iou: as in `evaluate`.
    """

    def __init__(
        self,
        *,
        texts: bool = True,
        labels: LabelMap | None = None,
        min_overlap: float = 0.0,
        min_iou: float = 0.0,
    ) -> None:
        self._texts = texts
        self._labels = labels
        self._thresholds = checked_thresholds(min_overlap, min_iou)
        self._worst: Top[tuple[Document, Prediction, DocumentErrors]] = Top(SHOWN_DOCUMENTS)
        self._slices, self._curve = Slices.empty(), Curve()

    def look(self, document: Document, prediction: Prediction) -> None:
        """Take one more gold document with its prediction."""
        self._slices.add(document, prediction)
        self._curve.add(document, prediction)
        if self._labels is not None:
            document = self._labels.gold(document)
            prediction = self._labels.predicted(prediction)
        found = errors_in(document, prediction, self._thresholds)
        if found.errors and self._worst.admits(len(found.errors)):
            self._worst.add(len(found.errors), (document, prediction, found))
        elif found.errors:
            self._worst.pass_over()

    def result(self, known: frozenset[str] | None = None) -> Browsed:
        """Give the documents that a page shows.

        Args:
            known: labels that are shown by name, as in `Report.known`; None shows all.
        """
        entries = [
            Entry(
                document.id,
                document.text if self._texts else None,
                _places(document.spans, known),
                _places(prediction.spans, known),
                [msgspec.to_builtins(error) for error in with_known_labels(found, known).errors],
                list(found.issues),
            )
            for document, prediction, found in self._worst.result()
        ]
        return Browsed(entries, self._worst.seen, self._curve.points(), self._slices)


def page(
    report: Report,
    browsed: Browsed,
    title: str,
    *,
    level: float = 0.95,
    found: Sequence[Finding] = (),
    facts: Facts = (),
    language: Code = "en",
) -> str:
    """The whole page.

    Args:
        report: the scores.
        browsed: what the error browser holds.
        title: what was scored.
        level: of the intervals; 0 for none.
        found: what to do next, worst first.
        facts: where the scores come from.
        language: of the page.
    """
    said = Language(language)
    scores = report.scores
    first = next(iter(scores.schemes))
    data = {
        "documents": msgspec.to_builtins(list(browsed.entries)),
        "kinds": dict(ERROR_KINDS),
        "words": dict(said.words),
    }
    curve = _curve(browsed.curve, scores.schemes[first])
    return render(
        "score.html.jinja",
        said,
        title=title,
        sections=[
            ("summary", "Summary"),
            ("next", "What to do next"),
            ("labels", "Labels"),
            *([("curve", "Precision and recall")] if curve else []),
            ("confusion", "Confusion"),
            ("kinds", "Kinds of error"),
            ("answers", "Answers"),
            *([("reliability", "Confidence")] if report.reliability else []),
            *([("breakdowns", "Breakdowns")] if report.breakdowns else []),
            ("errors", "Errors"),
        ],
        facts=facts,
        level=level,
        data=_embedded(data),
        browser_script=asset("errors.js"),
        errors_of=_errors_of,
        found=[said.finding(each) for each in found],
        scores=scores,
        first=first,
        cards=[
            (scores.rows[each.name], card)
            for each in chosen_measures(report.options.measures)
            for card in each.shown(scores.rows[each.name])
        ],
        labels=by_support(scores.schemes[first]),
        rates=list(scores.schemes[first].micro.rates),
        confusion=grid(scores.confusion),
        parsing=msgspec.structs.asdict(report.parsing),
        errors=[(kind, scores.error_kinds[kind], what) for kind, what in ERROR_KINDS.items()],
        browsed=len(browsed.entries),
        wrong=browsed.wrong,
        with_texts=any(entry.text is not None for entry in browsed.entries),
        breakdowns=breakdown_tables(report),
        reliability=report.reliability,
        reliability_plot=report.reliability and reliability_plot(report.reliability),
        points=label_points(scores.schemes[first]),
        curve=curve,
    )


def _embedded(data: Any) -> str:
    """JSON that can stand in a script element."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return written.translate(_SCRIPT_ENDS)


def _errors_of(**filters: str) -> str:
    """The address of the errors that a filter shows."""
    return f"#errors?{urlencode(filters)}"


def _curve(points: Sequence[tuple[float, float]], scheme: SchemeScores) -> Plot | None:
    if len(points) < 3:
        return None
    recall, precision = np.array(points).T
    now = Series(
        np.array([100 * scheme.micro.rates["recall"]]),
        np.array([100 * scheme.micro.rates["precision"]]),
    )
    curves = [
        ("by threshold", Series(100 * recall, 100 * precision), False),
        ("operating point", now, True),
    ]
    return plot("Precision against recall, %", "recall, %", curves, bounds=(0, 100, 0, 100))
