"""`pii-sft runs`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import PATH, overwrite, path_option, quiet, sized


class _Runs(click.Group):
    """Lists runs where no other command is named, so that a folder may follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` before what is not the name of a command."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Runs)
def command() -> None:
    """List training runs, with scores and cost, or compare two.

    'pii-sft runs [FOLDER]' is short for 'pii-sft runs list [FOLDER]'.
    """


@command.command("list")
@click.argument("folder", default=Path("runs"), type=PATH)
@click.option("--fast", is_flag=True, help="Do not test which differences are more than chance.")
@path_option(
    "--csv", "csv_file", default=None, help="Write one line for each run; - is standard output."
)
@path_option("--json", "json_file", default=None, help="Write everything; - is standard output.")
@overwrite
@sized
@quiet
def list_runs(
    folder: Path, fast: bool, csv_file: Path | None, json_file: Path | None, overwrite: bool
) -> None:
    """List the runs in FOLDER (default: runs), the best strict F1 first.

    Each run is shown with its recipe, data digest, scores and intervals of its predictions, cost,
    and the p-value of its difference to the best run.
    """
    from pii_sft.diagnosis.runs import runs_below, summaries
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.report.console import messages
    from pii_sft.report.runs import runs_as_csv, show_runs

    with Staging(overwrite, [folder]) as staging:
        csv_to, json_to = staging.open_wanted(csv_file, json_file)
        with messages.status("Reading runs"):
            found = summaries(runs_below(folder), compared=not fast)
        if csv_to is not None:
            csv_to.write(runs_as_csv(found).encode())
        if json_to is not None:
            json_to.write(indented(found))
    if STANDARD_STREAM not in (csv_file, json_file):
        show_runs(found)


@command.command()
@click.argument("first", metavar="A", type=PATH)
@click.argument("second", metavar="B", type=PATH)
@path_option("--csv", "csv_file", default=None, help="Write one line for each difference.")
@path_option("--json", "json_file", default=None, help="Write everything; - is standard output.")
@overwrite
@sized
@quiet
def compare(
    first: Path, second: Path, csv_file: Path | None, json_file: Path | None, overwrite: bool
) -> None:
    """Show how the runs A and B differ in recipe, data, cost and scores."""
    from pii_sft.diagnosis.runs import compare_runs
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.report.console import messages
    from pii_sft.report.runs import differences_as_csv, show_differences

    with Staging(overwrite, [first, second]) as staging:
        csv_to, json_to = staging.open_wanted(csv_file, json_file)
        with messages.status("Comparing runs"):
            found = compare_runs(first, second)
        if csv_to is not None:
            csv_to.write(differences_as_csv(found).encode())
        if json_to is not None:
            json_to.write(indented(found))
    if STANDARD_STREAM not in (csv_file, json_file):
        show_differences(found, str(first), str(second))
