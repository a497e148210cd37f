"""`pii-sft audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pii_sft.cli.options import (
    PATH,
    in_language,
    overwrite,
    path_option,
    quiet,
    sized,
    source_format,
)

if TYPE_CHECKING:
    from pii_sft.report.language import Code

MISSED = 1


def _words(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Values that may be repeated, or stand in one with commas."""
    del ctx, param
    return tuple(word.strip() for each in given for word in each.split(",") if word.strip())


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=PATH)
@source_format()
@path_option("--tokenizer", default=None, help="Folder of a model, or its tokenizer.json.")
@click.option(
    "--cutoff-len",
    default=2048,
    show_default=True,
    help="Tokens of a row that the trainer keeps; needs --tokenizer.",
)
@click.option("--prompt", default="", help="Prompt of the rows, if the data is not converted yet.")
@click.option(
    "--near/--no-near",
    default=None,
    help="Look for near duplicates too.  [default: up to 50,000 documents]",
)
@click.option(
    "--group",
    default="group",
    show_default=True,
    help="Key of meta whose documents have to stay in one split.",
)
@click.option(
    "--predictions",
    multiple=True,
    type=PATH,
    help="Predictions of a model for these documents, to compare with the annotation; one file "
    "for each fold.",
)
@click.option(
    "--confidence",
    default=0.9,
    show_default=True,
    help="Lowest score with which a prediction counts.",
)
@click.option(
    "--out-of-fold",
    is_flag=True,
    help="The predictions are by models that were not trained on these documents.",
)
@click.option(
    "--fix",
    "fixes",
    multiple=True,
    callback=_words,
    help="Corrections to make in a copy, separated by commas: empty, dedupe, ids, relabel, trim, "
    "snap, bounds, overlaps, flatten, complete.",
)
@path_option("--out", default=None, help="Folder for the corrected copy and the log of changes.")
@click.option(
    "--examples", default=10, show_default=True, help="Number of places to name for each finding."
)
@click.option("--suspects", default=200, show_default=True, help="Number of likely errors to list.")
@click.option(
    "--show-text", is_flag=True, help="Show the text at each place; without it, only ids are shown."
)
@click.option("--strict", is_flag=True, help="Exit with code 1 if there is an error or a warning.")
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@path_option("--html", "html_file", default=None, help="Write an HTML page, in one file.")
@in_language
@overwrite
@sized
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    /,
    inputs: tuple[Path, ...],
    source: str,
    fixes: tuple[str, ...],
    out: Path | None,
    strict: bool,
    json_file: Path | None,
    html_file: Path | None,
    language: Code,
    overwrite: bool,
    **options: Any,
) -> None:
    """Find problems in annotated data that spoil training or scores, and say how to fix them.

    INPUTS are files or folders in any format that convert reads, or a folder that it wrote.
    """
    from pii_sft.dataset.audit import AuditOptions, audit
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.report.audit import looking, show_audit
    from pii_sft.report.audit_page import audit_page

    with Staging(overwrite, inputs) as staging:
        json_to, html_to = staging.open_wanted(json_file, html_file)
        with looking() as show:
            found = audit(
                inputs,
                AuditOptions(**options),
                source=source,
                fixes=fixes,
                out=out,
                overwrite=overwrite,
                on_progress=show,
            )
        if json_to is not None:
            json_to.write(indented(found.to_dict()))
        if html_to is not None:
            html_to.write(audit_page(found, language).encode())
    if json_file != STANDARD_STREAM:
        show_audit(found)
    if strict and not found.passes:
        ctx.exit(MISSED)
