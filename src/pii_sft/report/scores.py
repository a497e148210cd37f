"""Scores as tables that fit a terminal of 80 columns."""

from __future__ import annotations

from rich import box
from rich.table import Table

from pii_sft.evaluators import Report
from pii_sft.evaluators.rows import Row, SchemeScores
from pii_sft.report.console import results

SHOWN_LABELS = 30


def show_scores(report: Report, title: str) -> None:
    """Print the overall scores, those of each label, and what else matters."""
    scores = report.scores
    results.print(_overall(scores.schemes, f"{title}: {scores.documents} documents"))
    first = next(iter(scores.schemes))
    results.print(_by_label(scores.schemes[first], first))
    results.print(_privacy(report))
    results.print(_errors(report))
    results.print(_parsing(report))


def _overall(schemes: dict[str, SchemeScores], title: str) -> Table:
    rates = list(next(iter(schemes.values())).micro.rates)
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("micro", no_wrap=True)
    for rate in rates:
        table.add_column(rate, justify="right", no_wrap=True)
    for name, scheme in schemes.items():
        table.add_row(name, *(_with_interval(scheme.micro, rate) for rate in rates))
    return table


def _by_label(scheme: SchemeScores, name: str) -> Table:
    rates = list(scheme.micro.rates)
    table = Table(title=f"{name}, by label", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("label", overflow="fold")
    for column in ("gold", "found", *rates):
        table.add_column(column, justify="right", no_wrap=True)
    frequent = sorted(scheme.labels.items(), key=lambda item: -item[1].counts["possible"])
    for label, row in frequent[:SHOWN_LABELS]:
        table.add_row(label, *_gold_and_found(row), *(f"{row.rates[rate]:.3f}" for rate in rates))
    table.add_section()
    table.add_row("macro", "", "", *(f"{scheme.macro.rates[rate]:.3f}" for rate in rates))
    if len(frequent) > SHOWN_LABELS:
        table.caption = f"{len(frequent) - SHOWN_LABELS} rarer labels are in the --json output"
    return table


def _gold_and_found(row: Row) -> tuple[str, str]:
    return str(row.counts["possible"]), str(row.counts["actual"])


def _with_interval(row: Row, rate: str) -> str:
    value = f"{row.rates[rate]:.3f}"
    if rate not in row.ci:
        return value
    low, high = (f"{end:.2f}".removeprefix("0") for end in row.ci[rate])
    return f"{value} [dim]{low}-{high}[/dim]"


def _privacy(report: Report) -> str:
    characters, clean = report.scores.characters, report.scores.documents_without_pii
    return (
        f"characters: {characters.counts['leaked']} leaked (recall "
        f"{characters.rates['recall']:.3f}), {characters.counts['over_redacted']} over-redacted\n"
        f"documents without entities: {clean.counts['count']}, "
        f"false alarms in {clean.rates['false_alarm_rate']:.1%}"
    )


def _errors(report: Report) -> str:
    errors = report.to_dict()["errors"]
    return "errors: " + ", ".join(f"{count} {kind}" for kind, count in errors.items())


def _parsing(report: Report) -> str:
    parsing = report.to_dict()["parsing"]
    return "answers: " + ", ".join(
        f"{count} {kind.replace('_', ' ')}" for kind, count in parsing.items()
    )
