"""The outcome of a redaction in the terminal, with warnings to check before texts are passed on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import click

from pii_sft.errors import LONGEST_ID
from pii_sft.redaction.redact import UNKNOWN
from pii_sft.redaction.redact_files import Redaction
from pii_sft.report.console import say
from pii_sft.terminal import counted, printable


def show_redaction(done: Redaction, out: Path, parts: Collection[str] = ()) -> None:
    """Print counts, warnings, and the documents whose answer failed; those even if quiet.

    Args:
        done: what was done.
        out: where the documents are.
        parts: labels of names whose words were to be sought.
    """
    say(f"{out}: {counted(done.documents, 'document')}, {counted(done.replaced, 'replacement')}")
    for label, count in sorted(done.labels.items()):
        say(f"  {printable(label)} {count}")
    for warning in _warnings(done, parts):
        say(f"Warning: {warning}")
    if done.failed:
        for line in _failed(done):
            click.echo(line, err=True)


def _warnings(done: Redaction, parts: Collection[str]) -> Iterator[str]:
    if done.standing:
        yield (
            "a replaced string still stands elsewhere in its document, in "
            f"{done.standing} of {done.documents}. --everywhere replaces it there too."
        )
    if done.renamed:
        yield (
            f"{done.renamed} documents got a number as id, since theirs holds something of what "
            "was replaced, or an address. --mapping writes which is which."
        )
    if done.meta_dropped:
        yield f"{done.meta_dropped} values of meta were dropped, since they may tell."
    if UNKNOWN in done.labels:
        yield (f"{UNKNOWN} stands for labels that the data set does not have. --labels names more.")
    missing = sorted(set(parts) - done.labels.keys())
    if missing and done.documents:
        named = ", ".join(map(printable, missing))
        yield f"nothing is labelled {named}, whose parts were to be replaced."


def _failed(done: Redaction) -> Iterator[str]:
    kinds = ", ".join(f"{count} {printable(kind)}" for kind, count in sorted(done.failed.items()))
    number = sum(done.failed.values())
    did = "were withheld" if done.withheld else "were written"
    yield f"{number} documents {did} whose answer may miss entities: {kinds}"
    ids = ", ".join(printable(id, LONGEST_ID) for id in done.failed_ids)
    yield f"  {ids}{', ...' if number > len(done.failed_ids) else ''}"
    if done.withheld:
        yield "Predict them again, or decide with --on-failed keep or mask-all."
