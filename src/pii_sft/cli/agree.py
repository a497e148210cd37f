"""`pii-sft agree`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import PATH, overwrite, path_option, quiet, sized, source_format

if TYPE_CHECKING:
    from pii_sft.dataset.adjudication import Keep


@click.command()
@click.argument("first", metavar="A", type=PATH)
@click.argument("second", metavar="B", type=PATH)
@source_format()
@click.option("--common", is_flag=True, help="Skip documents that only one of them has.")
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    type=click.Choice(["strict", "exact", "partial", "type"]),
    help="Scheme of the figures; may be given several times. Labels are shown for the first one.  "
    "[default: all]",
)
@click.option("--ci", default=0.95, show_default=True, help="Level of the intervals; 0 for none.")
@click.option(
    "--resamples", default=1000, show_default=True, help="Number of resamples for the intervals."
)
@click.option("--seed", default=42, show_default=True, help="Seed of the resamples.")
@click.option(
    "--documents",
    "worst",
    default=10,
    show_default=True,
    help="Number of disputed documents to name.",
)
@path_option(
    "--adjudicate",
    "list_folder",
    default=None,
    help="Folder for the documents on which A and B differ, for a third person to decide.",
)
@click.option(
    "--to",
    type=click.Choice(["doccano", "documents", "label_studio", "label_studio_predictions"]),
    default="label_studio",
    show_default=True,
    help="Format of the documents in that folder.",
)
@click.option(
    "--keep",
    type=click.Choice(["both", "a", "b", "agreed"]),
    default="both",
    show_default=True,
    help="Which of the disputed spans these documents contain.",
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
    list_folder: Path | None,
    to: str,
    keep: Keep,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """Measure the agreement of two annotations of the same documents.

    A and B are files or folders in any format that convert reads.
    """
    from pii_sft.converters.detect import read_annotations
    from pii_sft.dataset.adjudication import adjudication
    from pii_sft.evaluators.annotator_agreement.agreement import agreement, joined
    from pii_sft.evaluators.schemes import SCHEMES
    from pii_sft.files import STANDARD_STREAM, check_output, write_json
    from pii_sft.report.agreement import show_agreement
    from pii_sft.report.console import messages, say

    if json_file is not None:
        check_output(json_file, overwrite, [first, second])
    with messages.status("Comparing"):
        annotations = (read_annotations([path], source) for path in (first, second))
        pairs = list(joined(*annotations, common=common))
        found = agreement(
            pairs,
            worst=worst,
            schemes=schemes or tuple(SCHEMES),
            ci=ci,
            resamples=resamples,
            seed=seed,
        )
    listed = None
    if list_folder is not None:
        listed = adjudication(
            pairs,
            list_folder,
            inputs=[first, second],
            to=to,
            keep=keep,
            overwrite=overwrite,
        )
    if json_file is not None:
        write_json(json_file, found.to_dict(), overwrite, [first, second])
    if json_file != STANDARD_STREAM:
        show_agreement(found, str(first), str(second))
    if listed is not None:
        say(
            f"{listed.disputed} documents with {listed.decisions} questions in {list_folder}, "
            f"{listed.agreed} agreed"
        )
