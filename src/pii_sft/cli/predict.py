"""`pii-sft predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_sft.cli.options import aligned, overwrite, path_option, quiet


@click.command()
@path_option("--run", default=None, help="Folder of a training run, or one of its checkpoints.")
@click.option("--model", default=None, help="Model folder or hub name, instead of --run.")
@click.option("--adapter", default="", help="LoRA adapter to put on --model.")
@click.option("--template", default=None, help="Chat template of --model.")
@path_option("--recipe", default=None, help="Recipe that --run was trained by, if not recorded.")
@path_option(
    "--data", default="data/pii/gold/test.jsonl", show_default=True, help="Documents to predict."
)
@path_option("--out", default=None, help="Where the rows go.  [default: RUN/predictions.jsonl]")
@click.option("--backend", default="transformers", show_default=True, help="What generates.")
@click.option("--batch-size", default=32, show_default=True, help="Documents answered together.")
@click.option("--max-new-tokens", default=1024, show_default=True, help="Longest answer in tokens.")
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="Number format of the weights; auto is what the hardware computes fast in.",
)
@aligned
@click.option("--resume", is_flag=True, help="Go on with an interrupted call.")
@click.option("--trust-remote-code", is_flag=True, help="Let code of the model's repository run.")
@overwrite
@quiet
def command(
    run: Path | None,
    model: str | None,
    adapter: str,
    template: str | None,
    recipe: Path | None,
    data: Path,
    out: Path | None,
    **options: Any,
) -> None:
    """Find the entities of documents: greedy, with the prompt and template of training."""
    from pii_sft.inference.predict import predict
    from pii_sft.inference.serving import serving_of_model, serving_of_run
    from pii_sft.report.console import progress, say

    if (run is None) == (model is None):
        raise click.UsageError("Name either --run or --model.")
    if run is not None:
        serving = serving_of_run(run, data, recipe)
        out = out or run / "predictions.jsonl"
    else:
        if out is None:
            raise click.UsageError("With --model, name where the rows go: --out.")
        serving = serving_of_model(str(model), adapter, template, data)
    for assumption in serving.assumptions:
        say(f"assumed {assumption}")
    with progress("Predicting") as bar:
        done = predict(serving, data, out, on_start=bar.expect, on_document=bar.advance, **options)
    rate = done.tokens / done.seconds if done.seconds else 0.0
    say(
        f"{out}: {done.documents} documents in {done.seconds:.0f} s, "
        f"{done.tokens} tokens, {rate:.0f} tokens/s"
    )
