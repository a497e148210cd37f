"""`pii-sft diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import PATH, in_language, overwrite, path_option, quiet, sized

if TYPE_CHECKING:
    from pii_sft.report.language import Code

MISSED = 1


@click.command()
@click.argument("paths", metavar="RUN|LOG|SCORES...", nargs=-1, required=True, type=PATH)
@path_option("--recipe", default=None, help="Settings of the trainer.  [default: as recorded]")
@path_option("--data", default=None, help="Folder of the data set.  [default: as recorded]")
@path_option("--gold", default=None, help="Gold of the run's predictions.  [default: as recorded]")
@click.option(
    "--goal",
    "goals",
    multiple=True,
    metavar="RATE=VALUE",
    help="Strict precision or recall to reach, such as recall=0.9.",
)
@path_option("--json", "json_file", default=None, help="Write the findings; - is standard output.")
@path_option("--html", "html_file", default=None, help="Write an HTML page, in one file.")
@in_language
@click.option("--strict", is_flag=True, help="Exit with code 1 if there are errors or warnings.")
@overwrite
@sized
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[Path, ...],
    recipe: Path | None,
    data: Path | None,
    gold: Path | None,
    goals: tuple[str, ...],
    json_file: Path | None,
    html_file: Path | None,
    language: Code,
    strict: bool,
    overwrite: bool,
) -> None:
    """Find what went wrong in a training run; show the evidence and the commands to type next.

    Reads the folder of a run with its recipe, data set, predictions and scores, or a training log
    alone: trainer_log.jsonl, trainer_state.json, metrics.jsonl, CSV, or what a trainer printed.
    Scores may be the JSON of score, or a table with precision and recall.
    """
    from pii_sft.diagnosis import Given, diagnose, gather, read_goals
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.report.console import say
    from pii_sft.report.diagnosis_page import diagnosis_page
    from pii_sft.report.findings import show_findings

    inputs = [path for path in (*paths, recipe, gold) if path is not None]
    title = " + ".join(map(str, paths))
    with Staging(overwrite, inputs) as staging:
        json_to, html_to = staging.open_wanted(json_file, html_file)
        evidence = gather(Given(paths, recipe, data, gold, read_goals(goals)), say)
        found = diagnose(evidence)
        if json_to is not None:
            json_to.write(indented({"of": title, "findings": found}))
        if html_to is not None:
            html_to.write(diagnosis_page(title, evidence, found, language).encode())
    if json_file != STANDARD_STREAM:
        show_findings(title, found)
    if strict and any(each.severity != "note" for each in found):
        ctx.exit(MISSED)
