"""Scores as plain tables, and tables as text for papers, pull requests and spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pii_sft.evaluators import Report
from pii_sft.evaluators.aggregation.measures import Measure, chosen_measures
from pii_sft.evaluators.aggregation.results import Row, Scores
from pii_sft.terminal import counted, printable

FALSE_ALARMS = "documents_without_pii"
"""The measure that is shown in the title of the table of mentions, since it is one number."""

COLUMNS_OF_CSV = ("table", "row", "metric", "value", "low", "high")


class Table(msgspec.Struct, frozen=True):
    """A table of numbers.

    Attributes:
        title: what it shows.
        columns: names of the columns; the first names the rows.
        rows: cells; the first is a name.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report) -> list[Table]:
    """Tables for a paper or a pull request, with intervals."""
    scores = report.scores
    found = [_schemes(scores)] if scores.schemes else []
    found += [_labels(scores, name) for name in list(scores.schemes)[:1]]
    found += [*_of_measures(report), _mentions(scores), _errors(scores)]
    found += [_confusions(scores)] if top_confusions(scores) else []
    found += [_parts(name, parts) for name, parts in report.breakdowns.items() if name != "label"]
    return found


def _schemes(scores: Scores) -> Table:
    rows = [
        (f"{name} {average}", getattr(scheme, average))
        for name, scheme in scores.schemes.items()
        for average in ("micro", "macro", "weighted")
    ]
    return _of_rows(counted(scores.documents, "document"), "scheme", rows)


def _labels(scores: Scores, scheme: str) -> Table:
    labels = scores.schemes[scheme].labels
    rates = tuple(scores.schemes[scheme].micro.rates)
    return Table(
        f"{scheme}, by label",
        ("label", "gold", "found", *rates),
        tuple(
            (label, *_gold_and_found(row), *(with_interval(row, rate) for rate in rates))
            for label, row in labels.items()
        ),
    )


def _gold_and_found(row: Row) -> tuple[str, str]:
    return str(row.counts["possible"]), str(row.counts["actual"])


def _of_measures(report: Report) -> list[Table]:
    """One table for each set of measures that share their columns, in the order of the list."""
    found: dict[str, list[Measure]] = {}
    for each in chosen_measures(report.options.measures):
        if each.by_label is None and each.name != FALSE_ALARMS:
            found.setdefault(each.table or each.title, []).append(each)
    rows = report.scores.rows
    return [
        _of_rows(title, "of", [(each.title, rows[each.name]) for each in measures], measures[0])
        for title, measures in found.items()
    ]


def _mentions(scores: Scores) -> Table:
    mentions = scores.mentions
    rates = tuple(mentions.overall.rates)
    clean = scores.rows[FALSE_ALARMS]
    named = [("all", mentions.overall), *mentions.labels.items()]
    rows = [
        (name, str(row.counts["mentions"]), *(with_interval(row, rate) for rate in rates))
        for name, row in named
    ]
    alarms = with_interval(clean, "false_alarm_rate")
    return Table(
        f"coverage; false alarms in {alarms} of {clean.counts['count']} documents without entities",
        ("label", "mentions", *(rate.replace("_", " ") for rate in rates)),
        tuple(rows),
    )


def _errors(scores: Scores) -> Table:
    return Table(
        "errors",
        ("kind", "number"),
        tuple((name.replace("_", " "), str(count)) for name, count in scores.error_kinds.items()),
    )


def top_confusions(scores: Scores, most: int | None = None) -> list[tuple[str, str, int]]:
    """Gold label, other label it was taken for, and how often; the most frequent first."""
    found = [
        (gold, predicted, count)
        for gold, row in scores.confusion.pairs.items()
        for predicted, count in row.items()
        if gold != predicted
    ]
    return sorted(found, key=lambda each: (-each[2], each[:2]))[:most]


def _confusions(scores: Scores) -> Table:
    return Table(
        "confusions",
        ("gold", "taken for", "number"),
        tuple((gold, taken, str(count)) for gold, taken, count in top_confusions(scores)),
    )


def _parts(name: str, parts: Mapping[str, Any]) -> Table:
    scheme, rows = rows_of_parts(parts)
    rates = tuple(rows[0][2].rates) if rows else ()
    return Table(
        f"{scheme}, by {name}",
        (name, "documents", *rates),
        tuple(
            (part, str(documents), *(with_interval(row, rate) for rate in rates))
            for part, documents, row in rows
        ),
    )


def rows_of_parts(parts: Mapping[str, Any]) -> tuple[str, list[tuple[str, int, Row]]]:
    """Tabulate a breakdown of the documents.

    Args:
        parts: scores of each part, as JSON.

    Returns:
        The name of the first scheme, and of each part its name, its number of documents and its
        micro average under that scheme.
    """
    scheme = next((name for scores in parts.values() for name in scores["schemes"]), "")
    rows = []
    for part, scores in parts.items():
        micro = scores["schemes"][scheme]["micro"] if scheme else {"ci": {}}
        rates = {rate: value for rate, value in micro.items() if isinstance(value, float)}
        counts = {name: value for name, value in micro.items() if isinstance(value, int)}
        rows.append((part, scores["documents"], Row(rates, counts, micro["ci"])))
    return scheme, rows


def _of_rows(
    title: str, first: str, rows: Sequence[tuple[str, Row]], measure: Measure | None = None
) -> Table:
    rates = tuple(rows[0][1].rates) if rows else ()
    return Table(
        title,
        (first, *(rates if measure is None else map(measure.heading, rates))),
        tuple((name, *(with_interval(row, rate) for rate in rates)) for name, row in rows),
    )


def with_interval(row: Row, rate: str) -> str:
    """A rate with three digits, and its interval in brackets where there is one."""
    value = f"{row.rates[rate]:.3f}"
    if rate not in row.ci:
        return value
    low, high = row.ci[rate]
    return f"{value} [{low:.3f}, {high:.3f}]"


def markdown(tables: Iterable[Table]) -> str:
    """GitHub-flavoured Markdown."""
    return "\n".join(map(_markdown, tables))


def _markdown(table: Table) -> str:
    heads = " | ".join(map(_for_markdown, table.columns))
    rule = " | ".join(["---", *["---:"] * (len(table.columns) - 1)])
    body = "".join(f"| {' | '.join(map(_for_markdown, row))} |\n" for row in table.rows)
    return f"**{_for_markdown(table.title)}**\n\n| {heads} |\n| {rule} |\n{body}"


_MARKDOWN = {ord(mark): f"\\{mark}" for mark in "\\`*_{}[]<>#|~$"} | {ord("&"): "&amp;"}
_LATEX = {
    **{ord(mark): f"\\{mark}" for mark in "&%$#_{}"},
    ord("\\"): r"\textbackslash{}",
    ord("~"): r"\textasciitilde{}",
    ord("^"): r"\textasciicircum{}",
    ord("<"): r"\textless{}",
    ord(">"): r"\textgreater{}",
    ord("|"): r"\textbar{}",
    ord('"'): r"\textquotedbl{}",
}


def _for_markdown(text: str) -> str:
    return printable(text).translate(_MARKDOWN)


def _for_latex(text: str) -> str:
    return printable(text).translate(_LATEX)


def latex(tables: Iterable[Table]) -> str:
    """LaTeX tables; they need `booktabs`, and a Unicode engine where labels do."""
    return "% \\usepackage{booktabs}\n" + "\n".join(map(_latex, tables))


def _latex(table: Table) -> str:
    lines = [
        r"\begin{table}",
        rf"\caption{{{_for_latex(table.title)}}}",
        rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
        r"\toprule",
        f"{' & '.join(map(_for_latex, table.columns))} \\\\",
        r"\midrule",
        *(f"{' & '.join(map(_for_latex, row))} \\\\" for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def comma_separated(report: Report) -> str:
    """CSV, one number a line with the ends of its interval; all numbers in full."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS_OF_CSV)
    scores = {name: each for name, each in report.to_dict().items() if name != "options"}
    for name, row in _named_rows(scores):
        table, _, place = name.partition("/")
        ends = row.get("ci", {})
        for metric, value in row.items():
            if isinstance(value, (int, float)):
                low, high = ends.get(metric, ("", ""))
                writer.writerow(
                    (printable(table), printable(place), printable(metric), value, low, high)
                )
    return stream.getvalue()


def _named_rows(value: Mapping[str, Any], name: str = "all") -> Iterator[tuple[str, Any]]:
    """Every object of the JSON that holds numbers, by the way to it; lists are left out."""
    if any(isinstance(each, (int, float)) for each in value.values()):
        yield name, value
    for key, below in value.items():
        if isinstance(below, dict) and key != "ci":
            yield from _named_rows(below, key if name == "all" else f"{name}/{key}")


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "markdown": lambda report: markdown(tables(report)),
    "latex": lambda report: latex(tables(report)),
    "csv": comma_separated,
}
"""Ways to write a report as text, by name."""
