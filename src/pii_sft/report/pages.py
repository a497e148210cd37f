"""The common design of all pages, each of which is one file that needs no network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from pii_sft import __version__
from pii_sft.diagnosis.checklist import Question
from pii_sft.evaluators.aggregation.results import Row
from pii_sft.findings import Finding
from pii_sft.report.curves import Plot
from pii_sft.report.language import Language
from pii_sft.report.tables import Table
from pii_sft.report.undefined_rates import measured

Facts = Sequence[tuple[str, str]]
"""Where a page comes from: names and values."""


def today() -> str:
    """Give the date of a page: today, or that of `SOURCE_DATE_EPOCH` for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    when = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return when.strftime("%Y-%m-%d %H:%M UTC")


def asset(name: str) -> str:
    """The text of a file of the design."""
    return (resources.files("pii_sft.report") / "page" / name).read_text("utf-8")


def render(
    template: str,
    language: Language,
    *,
    title: str,
    sections: Sequence[tuple[str, str]],
    facts: Facts,
    **values: Any,
) -> str:
    """A page.

    Args:
        template: name of its template.
        language: it is written in.
        title: what it is about.
        sections: id and name of what the navigation leads to.
        facts: where it comes from.
        values: what the template shows.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(asset),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "rate": lambda value: f"{value:.3f}",
        "percent": lambda value: f"{100 * value:.1f}",
        "measured": measured,
        "shown": _shown,
    }
    environment.globals["_"] = language
    return environment.get_template(template).render(
        {"with_texts": False, **values},
        title=title,
        language=language,
        sections=sections,
        facts=[*facts, ("date", today())],
        version=__version__,
        style=asset("report.css"),
        script=asset("page.js"),
    )


def _shown(row: Row, name: str) -> str:
    value = measured(row, name)
    return "–" if value is None else f"{value:.3f}"


def findings_page(
    title: str,
    found: Sequence[Finding],
    *,
    language: Language,
    lead: str = "",
    facts: Facts = (),
    plots: Sequence[Plot] = (),
    tables: Sequence[Table] = (),
    questions: Sequence[Question] = (),
) -> str:
    """A page of findings, with what shows them.

    Args:
        title: what was looked at.
        found: worst first.
        language: of the page.
        lead: a line under the title.
        facts: where it comes from.
        plots: curves.
        tables: figures.
        questions: checklist.
    """
    sections = [("next", "What to do next")]
    sections += [("plots", "What happened")] if plots else []
    sections += [(f"table-{number}", table.title) for number, table in enumerate(tables, 1)]
    sections += [("checklist", "Checklist")] if questions else []
    return render(
        "findings.html.jinja",
        language,
        title=title,
        sections=[*sections, ("origin", "Where this comes from")],
        facts=facts,
        lead=lead,
        found=[language.finding(each) for each in found],
        plots=plots,
        tables=tables,
        questions=questions,
    )


def origin_of(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Facts that are known, in order."""
    return [(name, value) for name, value in names.items() if value]
