"""`pii-sft redact`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import overwrite, path_option, quiet, recorded_target, source_format


@click.command()
@path_option("--pred", default=None, help="Predictions to redact by; without, the spans of --data.")
@path_option("--data", default=None, help="Documents.  [default: as recorded by --pred]")
@source_format("Format of --data without --pred.")
@path_option("--out", required=True, help="Documents JSONL to write; - is standard output.")
@recorded_target
@click.option(
    "--style",
    type=click.Choice(["label", "mask", "pseudonym", "hash"]),
    default="label",
    show_default=True,
    help="[PERSON], blocks of the same length, PERSON_1, or a keyed hash.",
)
@click.option(
    "--invent", "locale", metavar="LOCALE", help="Pseudonyms like real ones: en_US, zh_CN."
)
@path_option("--key-file", default=None, help="Secret of the hashes.  [default: random, not kept]")
@click.option(
    "--everywhere", is_flag=True, help="Replace the same strings elsewhere in a text too."
)
@click.option(
    "--keep-meta", default="language,split", show_default=True, help="Keys of meta that stay."
)
@path_option("--mapping", default=None, help="Write what was replaced by what; keep it secret.")
@overwrite
@quiet
def command(
    pred: Path | None,
    data: Path | None,
    source: str,
    out: Path,
    target: str | None,
    style: str,
    locale: str | None,
    key_file: Path | None,
    everywhere: bool,
    keep_meta: str,
    mapping: Path | None,
    overwrite: bool,
) -> None:
    """Replace the predicted or annotated spans of texts.

    The key of the hashes may also be given in the environment variable PII_SFT_REDACT_KEY.
    """
    from pii_sft.records.prediction_file import source_of
    from pii_sft.redaction.redact import annotated, predicted, redact_files, style_named
    from pii_sft.report.console import messages, say
    from pii_sft.terminal import printable

    known = None
    inputs = [path for path in (pred, data, key_file) if path is not None]
    if pred is not None:
        made_from = source_of(pred, data, target)
        documents, known = predicted(pred, made_from), made_from.labels
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
            everywhere=everywhere,
            known=known,
            keep_meta=keep_meta.split(","),
            overwrite=overwrite,
            inputs=inputs,
        )
    say(f"{out}: {done.documents} documents, {done.replaced} replacements")
    for label, count in sorted(done.labels.items()):
        say(f"  {printable(label)} {count}")
    if done.standing:
        say(
            "Warning: a replaced string still stands elsewhere in its document, in "
            f"{done.standing} of {done.documents}. --everywhere replaces it there too."
        )
