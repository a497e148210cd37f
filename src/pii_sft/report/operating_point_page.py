"""An operating point as a page: the curve, the promise, the use of rules."""

from __future__ import annotations

from collections.abc import Iterator

from pii_sft.inference.operating_point import Promise, Rates
from pii_sft.inference.tuning.tune import Tuned
from pii_sft.report.language import Language
from pii_sft.report.operating_point import USES, counted_uses, describe
from pii_sft.report.pages import render
from pii_sft.report.plots import curve_plot
from pii_sft.report.tables import Table
from pii_sft.terminal import counted

_RATES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "f2": "F2",
    "covered": "mentions that are covered",
    "characters_precision": "characters, precision",
    "characters_recall": "characters, recall",
    "false_alarms": "false alarms",
    "calibration_error": "calibration error",
    "calibration_error_by_chance": "of which by chance",
}
"""Fields of `Rates`, and the names of their rows."""


def operating_point_page(tuned: Tuned, title: str) -> str:
    """One HTML file that needs no network; empty if nothing is promised.

    Args:
        tuned: the point, and what was measured on the way.
        title: what was tuned.
    """
    promise = tuned.point.promise
    if promise is None:
        return ""
    measured = [("promised", promise.measured)]
    measured += [("checked", promise.checked)] if promise.checked is not None else []
    marks = [(tuned.before.recall, tuned.before.precision, "model alone")]
    marks += [(rates.recall, rates.precision, name) for name, rates in measured]
    tables = list(_tables(tuned))
    sections = [("promise", "Promise"), ("next", "What to do next")]
    sections += [(name, table.title) for name, table in tables]
    return render(
        "operating_point.html.jinja",
        Language(),
        title=title,
        sections=[*sections, ("origin", "Where this comes from")],
        facts=[(name, rates.data) for name, rates in measured],
        lead=f"Operating point · {counted(promise.measured.documents, 'document')}",
        caption=_caption(promise),
        heading=f"Precision against recall: {promise.scheme}",
        measured=[name for name, _ in measured],
        rates=[
            (name, [_rate(rates, field) for _, rates in measured]) for field, name in _RATES.items()
        ],
        plot=curve_plot([[(each.recall, each.precision) for each in tuned.curve]], marks),
        described=describe(tuned.point),
        findings=tuned.findings,
        tables=tables,
    )


def _caption(promise: Promise) -> str:
    if promise.target_recall is None:
        return f"Best {promise.maximise}"
    reached = "reached" if promise.reached else "not reached"
    return f"Target recall {promise.target_recall:.3f}: {reached} on the development split"


def _rate(rates: Rates, field: str) -> tuple[str, tuple[float, float] | None]:
    """A rate, and its interval if it has one."""
    value = getattr(rates, field)
    return "–" if value is None else f"{value:.3f}", getattr(rates, f"{field}_ci", None)


def _tables(tuned: Tuned) -> Iterator[tuple[str, Table]]:
    losses = [each for each in tuned.losses if each.lost]
    if losses:
        yield (
            "losses",
            Table(
                "What is not found at this point",
                ("label", "gold", "other bounds", "another label", "missed"),
                tuple(
                    _cells(each.label, each.gold, each.bounds, each.other, each.missed)
                    for each in losses
                ),
            ),
        )
    if tuned.uses:
        fields = counted_uses(tuned)
        yield (
            "rules",
            Table(
                "Candidates of rules, and what they change",
                ("kind", "label", "gold", *(USES[field] for field in fields)),
                tuple(
                    _cells(each.kind, each.label, each.gold, *(getattr(each, f) for f in fields))
                    for each in tuned.uses
                ),
            ),
        )
    yield (
        "curve",
        Table(
            "The curve",
            ("recall", "precision", "F1", "F2", "bias", "confidence at least"),
            tuple(
                _cells(
                    *(f"{rate:.3f}" for rate in (each.recall, each.precision, each.f1, each.f2)),
                    f"{each.recall_bias:+.1f}",
                    f"{each.threshold:.3f}",
                )
                for each in tuned.curve
            ),
        ),
    )


def _cells(*values: object) -> tuple[str, ...]:
    return tuple(map(str, values))
