"""`pii-sft demo`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from pii_sft.cli.options import path_option


@click.command()
@click.option("--quick", is_flag=True, help="Less data, less training, worse score.")
@path_option("--folder", default="runs/demo", show_default=True, help="Folder of data and run.")
def command(quick: bool, folder: Path) -> None:
    """Convert, train, predict and score on embedded data and an embedded model.

    Every step is a command that is printed before it runs. An earlier demo in the same folder is
    replaced.
    """
    import time

    from pii_sft.demo import FULL, QUICK, Step, demo
    from pii_sft.report.console import say

    began = time.monotonic()

    def announce(number: int, total: int, step: Step) -> None:
        say(f"\n[{number}/{total}] {step.title}\n$ pii-sft {shlex.join(step.words)}")

    run = demo(folder, QUICK if quick else FULL, announce)
    say(f"\nDone in {time.monotonic() - began:.0f} s. The run is in {run}.")
