"""`pii-sft export`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import path_option, quiet, trusted


@click.command()
@path_option("--run", required=True, help="Folder of a training run, or one of its checkpoints.")
@path_option("--out", required=True, help="Folder of the model to write.")
@path_option("--scores", default=None, help="What `score --json` wrote, for the model card.")
@click.option("--name", default=None, help="Name of the model.  [default: name of the folder]")
@trusted
@quiet
def command(
    run: Path, out: Path, scores: Path | None, name: str | None, trust_remote_code: bool
) -> None:
    """Merge the adapter of RUN into its base model, and write a model card.

    The card says what the model was trained on, what it scores, with which prompt it has to be
    asked, and how to serve it.
    """
    from typing import Any

    from pii_sft.errors import UsageError
    from pii_sft.files import read_json
    from pii_sft.records.run import RUN_NAME, read_run
    from pii_sft.report.card import model_card
    from pii_sft.report.console import say
    from pii_sft.training.models.merge_adapter import merge

    record = read_run(run) or read_run(run.parent)
    if record is None:
        raise UsageError(
            f"There is no {RUN_NAME} in {run}: only runs of 'pii-sft train' can be exported. "
            "For others, use 'llamafactory-cli export'."
        )
    figures = None if scores is None else read_json(scores, dict[str, Any])
    card = model_card(name or out.name, record, figures, out)
    merge(run, record, out, card, trust_remote_code=trust_remote_code)
    say(f"{out} holds the merged model and its card, README.md")
