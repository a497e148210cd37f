"""`pii-sft formats`."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """List the formats that are read and written, including those of other packages."""
    from pii_sft.converters import READERS, WRITERS
    from pii_sft.report.formats import show_formats

    show_formats(READERS, WRITERS)
