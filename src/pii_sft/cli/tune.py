"""`pii-sft tune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import overwrite, path_option, quiet, sized
from pii_sft.terminal import ShownPath

if TYPE_CHECKING:
    from pii_sft.inference.operating_point import Goal, Scheme

MISSED = 1


@click.command()
@path_option("--run", default=None, help="Folder of a training run.")
@path_option("--pred", default=None, help="Stored predictions with scores, instead of --run.")
@path_option(
    "--data",
    default="data/pii/gold/dev.jsonl",
    show_default=True,
    help="Annotated documents of the development split.",
)
@click.option(
    "--target-recall",
    type=float,
    default=None,
    help="Recall to reach.  [default: 0.9; none with --maximise f1 or f2]",
)
@click.option(
    "--scheme",
    type=click.Choice(["strict", "exact", "partial", "type", "covered"]),
    default="strict",
    show_default=True,
    help="What counts as found; covered means that no part of a mention stays readable, as "
    "redaction needs it.",
)
@click.option("--per-label", is_flag=True, help="Choose separate thresholds for frequent labels.")
@click.option(
    "--maximise",
    type=click.Choice(["precision", "f1", "f2"]),
    default="precision",
    show_default=True,
    help="What to maximise among the points with enough recall.",
)
@click.option(
    "--rules",
    metavar="NAME|FILE|off",
    default="builtin",
    show_default=True,
    help="Rule sets and files, see pii-sft rules.",
)
@click.option(
    "--propagate/--no-propagate",
    default=True,
    show_default=True,
    help="Mark other occurrences of the strings found in the document too, for labels where this "
    "helps.",
)
@click.option(
    "--check",
    metavar="FILE|auto|off",
    default="auto",
    show_default=True,
    help="Documents on which the promised recall is checked; auto takes the test split beside "
    "--data.",
)
@click.option(
    "--check-only", is_flag=True, help="Only check the existing operating point on --check FILE."
)
@click.option("--batch-size", default=32, show_default=True, help="Documents answered together.")
@path_option(
    "--out", default=None, help="File for the operating point.  [default: RUN/operating_point.json]"
)
@path_option("--html", "html_file", default=None, help="Write the curve and all tables as a page.")
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@overwrite
@sized
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    run: Path | None,
    pred: Path | None,
    data: Path,
    target_recall: float | None,
    scheme: Scheme,
    per_label: bool,
    maximise: Goal,
    rules: str,
    propagate: bool,
    check: str,
    check_only: bool,
    batch_size: int,
    out: Path | None,
    html_file: Path | None,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """Choose dial, thresholds and rules for a recall that is asked for.

    The model is asked only once: its proposals are kept in RUN/tune and used again for other
    targets. From then on, predict, detect and serve use the operating point. Exits with code 1 if
    the target can't be reached.
    """
    if (run is None) == (pred is None):
        raise click.UsageError("Name either --run or --pred.")
    if check_only:
        _check(run, check, out, batch_size)
        return
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.inference.tuning.tune import Wanted
    from pii_sft.inference.tuning.tune_run import (
        AUTO,
        Progress,
        Storing,
        tune_predictions,
        tune_run,
    )
    from pii_sft.report.console import progress, say
    from pii_sft.report.operating_point import show_tuned
    from pii_sft.report.operating_point_page import operating_point_page
    from pii_sft.rules import OFF

    if pred is not None and check not in (AUTO, OFF):
        raise click.UsageError(
            "--check FILE needs --run: stored predictions say nothing of other documents."
        )
    wanted = Wanted(
        target_recall=_target(target_recall, maximise),
        scheme=scheme,
        maximise=maximise,
        per_label=per_label,
        rules=rules,
        propagate=propagate,
    )
    with Staging(overwrite, [data, *([pred] if pred else [])]) as staging:
        json_to, html_to = staging.open_wanted(json_file, html_file)
        storing = Storing(out, overwrite, staging)
        with progress("Tuning") as bar:
            told = Progress(bar.expect, bar.advance)
            if run is not None:
                tuned = tune_run(run, data, wanted, storing, check, batch_size, told)
            else:
                tuned = tune_predictions(ShownPath(str(pred)), data, wanted, storing, told)
        if json_to is not None:
            json_to.write(indented(tuned))
        if html_to is not None:
            html_to.write(operating_point_page(tuned, str(run or pred)).encode())
    if json_file != STANDARD_STREAM:
        show_tuned(tuned, str(run or pred))
    say(f"The operating point is in {out or run}. Next: pii-sft predict")
    if tuned.point.promise is not None and not tuned.point.promise.reached:
        ctx.exit(MISSED)


def _check(run: Path | None, check: str, out: Path | None, batch_size: int) -> None:
    """Check the operating point that is there."""
    from pii_sft.inference.tuning.tune_run import AUTO, Progress, check_run
    from pii_sft.report.console import progress
    from pii_sft.report.findings import show_findings
    from pii_sft.report.operating_point import show_checked
    from pii_sft.rules import OFF

    if run is None or check in (AUTO, OFF):
        raise click.UsageError("--check-only needs --run, and --check FILE.")
    with progress("Checking") as bar:
        told = Progress(bar.expect, bar.advance)
        point, findings = check_run(run, ShownPath(check), out, batch_size, told)
    show_checked(point)
    if findings:
        show_findings(str(out or run), findings)


def _target(target_recall: float | None, maximise: str) -> float | None:
    """Give the target recall; without one, only the goal `precision` needs the default."""
    return 0.9 if target_recall is None and maximise == "precision" else target_recall
