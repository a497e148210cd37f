"""Breakdowns of scores as tables of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pii_sft.evaluators import Report
from pii_sft.evaluators.aggregation.results import Row
from pii_sft.report.tables import rows_of_parts
from pii_sft.report.undefined_rates import measured


class Breakdown(msgspec.Struct, frozen=True):
    """A breakdown as a table.

    Attributes:
        name: of the key that divides the documents or spans.
        columns: names.
        rows: parts with their cells.
    """

    name: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]


FATES = ("support", "predicted", "found", "boundary", "missed", "spurious")


def breakdown_tables(report: Report) -> list[Breakdown]:
    """Breakdowns as they are shown; a dash where there is nothing to measure."""
    return [
        _of_labels(parts) if name == "label" else _of_parts(name, parts)
        for name, parts in report.breakdowns.items()
    ]


def _of_labels(parts: Mapping[str, Any]) -> Breakdown:
    """Tabulate the outcomes of the spans of each label."""
    rows = []
    for label, fate in parts.items():
        taken = ", ".join(f"{other} ({count})" for other, count in fate["taken_for"].items())
        rows.append((label, [*(str(fate[name]) for name in FATES), taken or "–"]))
    return Breakdown("label", [*FATES, "taken for"], rows)


def _of_parts(name: str, parts: Mapping[str, Any]) -> Breakdown:
    _, found = rows_of_parts(parts)
    rates = list(found[0][2].rates) if found else []
    rows = []
    for (part, documents, row), scores in zip(found, parts.values(), strict=True):
        clean = scores.get("documents_without_pii", {})
        alarms = f"{clean['false_alarm_rate']:.3f}" if clean.get("count") else "–"
        cells = [_with_reach(row, rate) for rate in rates]
        rows.append((part, [str(documents), *cells, *([alarms] if clean else [])]))
    columns = ["documents", *rates]
    alarmed = any("documents_without_pii" in scores for scores in parts.values())
    return Breakdown(name, [*columns, *(["false alarms"] if alarmed else [])], rows)


def _with_reach(row: Row, rate: str) -> str:
    value = measured(row, rate)
    if value is None:
        return "–"
    if rate not in row.ci:
        return f"{value:.3f}"
    low, high = row.ci[rate]
    return f"{value:.3f} ({low:.3f}–{high:.3f})"
