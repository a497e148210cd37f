"""`pii-sft sweep`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import PATH, decoded, overwrite, path_option, quiet, sized


@click.command()
@click.argument("run", type=PATH)
@path_option(
    "--data", default="data/pii/gold/dev.jsonl", show_default=True, help="Documents to answer."
)
@click.option(
    "--by",
    type=click.Choice(["f1", "f2", "recall", "precision"]),
    default="f1",
    show_default=True,
    help="Figure that decides which checkpoint is best.",
)
@click.option("--batch-size", default=32, show_default=True, help="Documents answered together.")
@click.option("--max-new-tokens", default=1024, show_default=True, help="Longest answer in tokens.")
@decoded
@overwrite
@sized
@quiet
def command(
    run: Path,
    data: Path,
    by: str,
    batch_size: int,
    max_new_tokens: int,
    decode: str,
    recall_bias: float | None,
    overwrite: bool,
) -> None:
    """Generate answers with every checkpoint of RUN, score them, and name the best checkpoint.

    The answers are kept in RUN/sweep, so that a second call only answers for new checkpoints.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from pii_sft.inference.detector import Dial
    from pii_sft.inference.finder import finder_settings
    from pii_sft.report.console import results, say
    from pii_sft.sweep import sweep

    done = sweep(
        run,
        data,
        by=by,
        finder=finder_settings(
            decode, recall_bias or 0.0, batch_size=batch_size, max_new_tokens=max_new_tokens
        ),
        dial=Dial(recall_bias or 0.0),
        overwrite=overwrite,
        on_checkpoint=lambda each: say(f"step {each.step}: {by} {each.rates[by]:.3f}"),
    )
    table = Table(title=f"{run}: strict, micro", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("step", no_wrap=True)
    names = list(done.scores[0].rates)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for each in done.scores:
        cells = [
            Text.assemble(f"{each.rates[name]:.3f} ", (f"{low:.2f}-{high:.2f}", "dim"))
            for name in names
            for low, high in [each.ci[name]]
        ]
        mark = " *" if each.checkpoint == done.best else ""
        table.add_row(f"{each.step}{mark}", *cells)
    results.print(table)
    if not any(each.rates[by] for each in done.scores):
        say(f"No checkpoint has any {by}: train longer, or look at the answers in {run}/sweep.")
        return
    say(f"The best by {by} is {done.best}. Next: pii-sft predict --run {done.best}")
