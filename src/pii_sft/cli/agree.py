"""`pii-sft agree`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import PATH, overwrite, path_option, quiet, sized, source_format


@click.command()
@click.argument("first", metavar="A", type=PATH)
@click.argument("second", metavar="B", type=PATH)
@source_format()
@click.option("--common", is_flag=True, help="Pass over documents that only one of them has.")
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    type=click.Choice(["strict", "exact", "partial", "type"]),
    help="May be repeated; labels are shown under the first.  [default: all]",
)
@click.option("--ci", default=0.95, show_default=True, help="Level of the intervals; 0 for none.")
@click.option("--resamples", default=1000, show_default=True, help="Resamples of the intervals.")
@click.option("--seed", default=42, show_default=True, help="Of the resamples.")
@click.option(
    "--documents", "worst", default=10, show_default=True, help="How many disputed ones to name."
)
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@sized
@overwrite
@quiet
def command(
    first: Path,
    second: Path,
    source: str,
    common: bool,
    schemes: tuple[str, ...],
    ci: float,
    resamples: int,
    seed: int,
    worst: int,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """Measure the agreement of two annotations of the same documents.

    A and B are files or folders in any format that convert reads.
    """
    from pii_sft.converters.detect import read_annotations
    from pii_sft.evaluators.annotator_agreement.agreement import agreement, joined
    from pii_sft.evaluators.schemes import SCHEMES
    from pii_sft.files import STANDARD_STREAM, check_output, write_json
    from pii_sft.report.agreement import show_agreement
    from pii_sft.report.console import messages

    if json_file is not None:
        check_output(json_file, overwrite, [first, second])
    with messages.status("Comparing"):
        annotations = (read_annotations([path], source) for path in (first, second))
        found = agreement(
            joined(*annotations, common=common),
            worst=worst,
            schemes=schemes or tuple(SCHEMES),
            ci=ci,
            resamples=resamples,
            seed=seed,
        )
    if json_file is not None:
        write_json(json_file, found.to_dict(), overwrite, [first, second])
    if json_file != STANDARD_STREAM:
        show_agreement(found, str(first), str(second))
