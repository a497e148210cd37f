"""`pii-sft redact`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import overwrite, path_option, quiet, recorded_target, sized, source_format

if TYPE_CHECKING:
    from pii_sft.redaction.redact_files import OnFailed

WITHHELD = 1


@click.command()
@path_option(
    "--pred",
    default=None,
    help="Predictions whose spans are redacted; without them, the spans of --data.",
)
@path_option("--data", default=None, help="Documents.  [default: as recorded by --pred]")
@source_format("Format of --data without --pred.")
@path_option("--out", required=True, help="Documents JSONL to write; - is standard output.")
@recorded_target
@click.option(
    "--style",
    type=click.Choice(["label", "mask", "pseudonym", "hash"]),
    default="label",
    show_default=True,
    help="What replaces a span: [PERSON], blocks of the same length, PERSON_1, or a keyed hash.",
)
@click.option(
    "--invent",
    "locale",
    metavar="LOCALE",
    help="Pseudonyms that look real, in a locale such as en_US or zh_CN.",
)
@path_option(
    "--key-file",
    default=None,
    help="Secret for hashes (random by default) and for pseudonyms that stay the same.",
)
@click.option(
    "--everywhere", is_flag=True, help="Replace the same strings elsewhere in a text too."
)
@click.option(
    "--parts-of",
    default="",
    metavar="LABEL,...",
    help="With --everywhere: labels of names whose single words are replaced too.",
)
@click.option(
    "--on-failed",
    type=click.Choice(["withhold", "keep", "mask-all"]),
    default="withhold",
    show_default=True,
    help="What to do with documents whose answer failed: leave them out and exit with code 1, "
    "redact what was found, or mask their whole text.",
)
@path_option("--labels", "label_file", default=None, help="Label file: labels of --pred to write.")
@click.option(
    "--keep-meta", default="language,split", show_default=True, help="Keys of meta that stay."
)
@path_option(
    "--mapping",
    default=None,
    help="Write which string was replaced by which; keep this file secret.",
)
@sized
@overwrite
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    pred: Path | None,
    data: Path | None,
    source: str,
    out: Path,
    target: str | None,
    style: str,
    locale: str | None,
    key_file: Path | None,
    everywhere: bool,
    parts_of: str,
    on_failed: OnFailed,
    label_file: Path | None,
    keep_meta: str,
    mapping: Path | None,
    overwrite: bool,
) -> None:
    """Replace the predicted or annotated spans of texts.

    The key of the hashes may also be given in the environment variable PII_SFT_REDACT_KEY.
    Labels that neither the data set nor a label file has are written as UNKNOWN.
    """
    from pii_sft.labels import read_labels
    from pii_sft.records.prediction_file import source_of
    from pii_sft.redaction.named_styles import style_named
    from pii_sft.redaction.redact_files import annotated, known_labels, predicted, redact_files
    from pii_sft.report.console import messages
    from pii_sft.report.redaction import show_redaction

    parts = _words(parts_of)
    if parts and not everywhere:
        raise click.UsageError("--parts-of needs --everywhere.")
    named = frozenset[str]() if label_file is None else read_labels(label_file).spellings
    known = None
    inputs = [path for path in (pred, data, key_file, label_file) if path is not None]
    if pred is not None:
        made_from = source_of(pred, data, target)
        documents, known = predicted(pred, made_from), known_labels(made_from, named)
        inputs.append(made_from.gold)
    elif data is not None:
        documents = annotated(data, source)
    else:
        raise click.UsageError("Name predictions with --pred, or annotated documents with --data.")
    chosen = style_named(style, key_file, locale)
    with messages.status("Redacting"):
        done = redact_files(
            documents,
            out,
            chosen,
            mapping=mapping,
            on_failed=on_failed,
            everywhere=everywhere,
            parts=parts,
            known=known,
            keep_meta=_words(keep_meta),
            overwrite=overwrite,
            inputs=inputs,
        )
    show_redaction(done, out, parts)
    if done.withheld:
        ctx.exit(WITHHELD)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
