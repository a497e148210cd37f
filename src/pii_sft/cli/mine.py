"""`pii-sft mine`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import PATH, overwrite, path_option, quiet, sized


@click.command()
@click.argument("run", type=PATH)
@path_option(
    "--data",
    default="data/pii/gold/train.jsonl",
    show_default=True,
    help="Annotated documents.",
)
@path_option("--out", required=True, help="File for the candidates.")
@click.option("--batch-size", default=32, show_default=True, help="Documents answered together.")
@overwrite
@sized
@quiet
def command(run: Path, data: Path, out: Path, batch_size: int, overwrite: bool) -> None:
    """Write the candidates that the model of RUN would open, as hard negatives for a verifier.

    Rows hold offsets and labels, no text. Next: pii-sft convert --task verify --mined OUT.
    """
    from pii_sft.inference.mine import mine
    from pii_sft.inference.tuning.tune_run import Progress
    from pii_sft.report.console import progress, say

    with progress("Mining") as bar:
        told = Progress(bar.expect, bar.advance)
        found, wrong = mine(
            run, data, out, batch_size=batch_size, overwrite=overwrite, progress=told
        )
    say(f"{out}: {found} candidates, {wrong} of them not in the annotation")
