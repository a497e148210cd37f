"""Scores as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pii_sft.evaluators import Report
from pii_sft.evaluators.aggregation.measures import chosen_measures
from pii_sft.evaluators.aggregation.results import Row, SchemeScores, Scores
from pii_sft.report.console import results
from pii_sft.report.number_table import number_table
from pii_sft.report.tables import FORMATS, rows_of_parts, top_confusions
from pii_sft.terminal import counted, printable

SHOWN_LABELS = 30
SHOWN_RATES = 6
SHOWN_CONFUSIONS = 5
SHOWN_DOCUMENTS = 5
LONGEST_ID = 40
SHORTEST = 7  # what the names of schemes need
WIDEST = 10_000
CLEAN = {"clean"}
"""Counts of answers that are not worth a line if there are no others."""


def print_scores(report: Report, title: str, shape: str) -> None:
    """Print scores to standard output.

    Args:
        report: the scores.
        title: what they are of.
        shape: `table` for people at a terminal, or one of `FORMATS`.
    """
    if shape in FORMATS:
        results.file.write(FORMATS[shape](report))
    else:
        show_scores(report, title)


def show_scores(report: Report, title: str) -> None:
    """Print the overall scores, those of each label, and what else matters."""
    scores = report.scores
    if scores.schemes:
        _show(_overall(scores.schemes, f"{title}: {counted(scores.documents, 'document')}"))
        first = next(iter(scores.schemes))
        _show(_by_label(scores.schemes[first], first))
    for name, parts in report.breakdowns.items():
        if name != "label":
            _show(_by_part(name, parts))
    errors = _errors(report)
    for line in (
        *_measures(report),
        errors,
        _kinds(scores, errors),
        _confusions(scores),
        _worst(report),
        _reliability(report),
        _parsing(report),
    ):
        if line:
            results.print(Text(line))


def _show(table: Table) -> None:
    """Print a table in which numbers never wrap, and only long names do."""
    names = table.columns[0]
    longest = max((len(str(each)) for each in names.cells), default=0)
    names.min_width = SHORTEST
    spare = results.width - _measured(table).minimum
    names.min_width = min(longest, SHORTEST + max(0, spare))
    # what is spare goes to names, so only a table that had too little room has to be measured again
    width = results.width if spare >= 0 else max(results.width, _measured(table).minimum)
    results.print(table, width=width, crop=False)


def _measured(table: Table) -> Measurement:
    unlimited = results.options.update(max_width=WIDEST)
    return Measurement.get(results, unlimited, table)


def _overall(schemes: Mapping[str, SchemeScores], title: str) -> Table:
    """Intervals stand beside the rates where the terminal is wide enough, else below them."""
    beside = _with_intervals(schemes, title, " ")
    if _measured(beside).maximum <= results.width:
        return beside
    return _with_intervals(schemes, title, "\n")


def _with_intervals(schemes: Mapping[str, SchemeScores], title: str, between: str) -> Table:
    every = list(next(iter(schemes.values())).micro.rates)
    rates = every[:SHOWN_RATES]
    table = number_table(title, "micro", rates)
    for name, scheme in schemes.items():
        table.add_row(name, *(_with_interval(scheme.micro, rate, between) for rate in rates))
    if len(every) > len(rates):
        table.caption = f"{', '.join(every[SHOWN_RATES:])}: in the --json output"
    return table


def _by_label(scheme: SchemeScores, name: str) -> Table:
    rates = list(scheme.micro.rates)[:SHOWN_RATES]
    table = number_table(f"{name}, by label", "label", ["gold", "found", *rates])
    frequent = sorted(scheme.labels.items(), key=lambda item: -item[1].counts["possible"])
    for label, row in frequent[:SHOWN_LABELS]:
        cells = (f"{row.rates[rate]:.3f}" for rate in rates)
        table.add_row(Text(printable(label)), *_gold_and_found(row), *cells)
    table.add_section()
    table.add_row("macro", "", "", *(f"{scheme.macro.rates[rate]:.3f}" for rate in rates))
    if len(frequent) > SHOWN_LABELS:
        table.caption = f"{len(frequent) - SHOWN_LABELS} rarer labels are in the --json output"
    return table


def _by_part(name: str, parts: Mapping[str, Any]) -> Table:
    scheme, rows = rows_of_parts(parts)
    rates = list(rows[0][2].rates)[:SHOWN_RATES] if rows else []
    table = number_table(f"{scheme}, by {name}", "", ["documents", *rates])
    for part, documents, row in rows:
        cells = (f"{row.rates[rate]:.3f}" for rate in rates)
        table.add_row(Text(printable(part)), str(documents), *cells)
    return table


def _gold_and_found(row: Row) -> tuple[str, str]:
    return str(row.counts["possible"]), str(row.counts["actual"])


def _with_interval(row: Row, rate: str, between: str) -> Text:
    text = Text(f"{row.rates[rate]:.3f}")
    if rate in row.ci:
        low, high = (f"{end:.2f}".removeprefix("0") for end in row.ci[rate])
        text.append(f"{between}{low}-{high}", style="dim")
    return text


def _measures(report: Report) -> list[str]:
    """Print the sentence of each measure, with those of one lead on one line."""
    lines: dict[str, list[str]] = {}
    for each in chosen_measures(report.options.measures):
        if said := each.sentence(report.scores.rows[each.name]):
            lines.setdefault(each.lead or each.title, []).append(said)
    return [f"{lead}: {', '.join(said)}" for lead, said in lines.items()]


def _errors(report: Report) -> str:
    errors = report.to_dict()["errors"]
    return "errors: " + (_those_there(errors) or "none")


def _kinds(scores: Scores, errors: str) -> str:
    """The errors once more by kind, unless that says the same."""
    kinds = _those_there(scores.error_kinds)
    return f"of these: {kinds}" if kinds and not errors.endswith(f": {kinds}") else ""


def _confusions(scores: Scores) -> str:
    found = [
        f"{printable(gold)} taken for {printable(taken)} {_times(count)}"
        for gold, taken, count in top_confusions(scores, SHOWN_CONFUSIONS)
    ]
    return "confused: " + ", ".join(found) if found else ""


def _worst(report: Report) -> str:
    found = [printable(each.id)[:LONGEST_ID] for each in report.worst[:SHOWN_DOCUMENTS]]
    return "most errors in: " + ", ".join(found) if found else ""


def _reliability(report: Report) -> str:
    found = report.reliability
    if found is None:
        return ""
    error = f"calibration error {found.error:.3f} over {found.predictions} predictions"
    return f"confidence: {error}, of which chance alone makes {found.by_chance:.3f}"


def _parsing(report: Report) -> str:
    parsing = report.to_dict()["parsing"]
    return (
        f"answers: {_those_there(parsing)}" if any(map(parsing.get, set(parsing) - CLEAN)) else ""
    )


def _those_there(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in counts.items() if count)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
