"""`pii-sft detect`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import path_option, quiet, sized, source_format, verified
from pii_sft.errors import LONGEST_ID
from pii_sft.terminal import printable

if TYPE_CHECKING:
    from pii_sft.inference.detector import Detection


@click.command()
@path_option("--run", required=True, help="Folder of a training run, or one of its checkpoints.")
@click.argument("inputs", nargs=-1, metavar="[TEXT|FILE|FOLDER|-]...")
@source_format("Format of files.")
@click.option(
    "--redact",
    "style",
    type=click.Choice(["label", "mask", "pseudonym", "hash"]),
    default=None,
    help="Print the text with its entities replaced.",
)
@path_option(
    "--key-file", default=None, help="Secret with which hashes and pseudonyms stay the same."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each document.")
@click.option(
    "--documents",
    "as_documents",
    is_flag=True,
    help="Print documents whose spans are the entities found, in a format that convert reads.",
)
@click.option("--model", default=None, help="Base model, where it is not to be looked for.")
@click.option(
    "--operating-point",
    metavar="FILE|off",
    default=None,
    help="Dial, thresholds, calibration and rules.  [default: what pii-sft tune wrote]",
)
@click.option(
    "--rules",
    metavar="NAME|FILE|off",
    default=None,
    help="Rule sets and files, see pii-sft rules.  [default: those of the operating point]",
)
@click.option(
    "--recall-bias",
    type=float,
    default=None,
    help="Number added to the log-odds of opening an entity.  [default: the operating point's, or "
    "0]",
)
@verified
@click.option("--trust-remote-code", is_flag=True, help="Let code of the model's repository run.")
@sized
@quiet
def command(
    run: Path,
    inputs: tuple[str, ...],
    source: str,
    style: str | None,
    key_file: Path | None,
    as_json: bool,
    as_documents: bool,
    model: str | None,
    operating_point: str | None,
    rules: str | None,
    recall_bias: float | None,
    verify: bool,
    trust_remote_code: bool,
) -> None:
    """Find the entities of texts that are given as arguments, in files, in folders, or in a pipe.

    An argument that is not a file is a text. `-` is standard input, which is also read if there is
    no argument. Its lines are answered as they come, so the command works in a pipe:

    `pii-sft detect --run RUN --redact label - < app.log`
    """
    from pii_sft.inference.detect_inputs import detect_inputs
    from pii_sft.inference.detector import Detector
    from pii_sft.report.console import say

    if sum((as_json, as_documents, style is not None)) > 1:
        raise click.UsageError("Choose --json, --documents or --redact.")
    if key_file is not None and style is None:
        raise click.UsageError("--key-file belongs to --redact.")
    detector = Detector.load(
        run,
        model=model,
        operating_point=operating_point,
        rules=rules,
        recall_bias=recall_bias,
        verify=verify,
        floor=1.0,  # no other dial is tried on what is found
        trust_remote_code=trust_remote_code,
    )
    shape = "json" if as_json else "documents" if as_documents else style
    show = _shown(shape, key_file, several=len(inputs) > 1)
    for id, detection in detect_inputs(detector, inputs or ("-",), source, sys.stdin.fileno):
        if detection.failure:
            say(
                f"Warning: {printable(id, LONGEST_ID)}: the model's answer failed "
                f"({detection.failure}); entities may be missing."
            )
        show(id, detection)
        sys.stdout.flush()


def _shown(
    shape: str | None, key_file: Path | None, several: bool
) -> Callable[[str, Detection], None]:
    """A function that prints what was found in a document.

    Args:
        shape: `json`, `documents`, a style of redaction, or None to mark what was found.
        key_file: of the style.
        several: whether documents are named.
    """
    from pii_sft.files import encode
    from pii_sft.redaction.named_styles import style_named
    from pii_sft.report.console import results
    from pii_sft.report.marked_text import entity_row, marked_text

    if shape == "json":
        return lambda name, found: click.echo(encode(entity_row(name, found.text, found.entities)))
    if shape == "documents":
        return lambda name, found: click.echo(encode(found.document(name)))
    if shape is not None:
        written = style_named(shape, key_file)

        def redacted(id: str, found: Detection) -> None:
            del id
            text = found.redacted(written)
            click.echo(text, nl=not text.endswith("\n"))

        return redacted
    colour = results.is_terminal and not results.no_color

    def marked(id: str, found: Detection) -> None:
        if several:
            results.print(f"{printable(id, LONGEST_ID)}:")
        text = found.text.removesuffix("\n")
        results.print(marked_text(text, found.entities, colour=colour), soft_wrap=True)

    return marked
