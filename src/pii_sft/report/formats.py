"""Formats in a list, with what each is."""

from __future__ import annotations

import sys
from typing import Any

from rich.table import Table
from rich.text import Text

from pii_sft.errors import MissingExtraError
from pii_sft.registry import Registry
from pii_sft.report.console import results


def show_formats(readers: Registry[Any], writers: Registry[Any]) -> None:
    """Print what can be read and what can be written, each with the first line of its module."""
    for title, registry in (("read (--from)", readers), ("written (--to)", writers)):
        table = Table(title=title, title_justify="left", box=None, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column()
        for name in registry.names():
            table.add_row(Text(name, style="bold"), Text(_summary(registry, name)))
        results.print(table)
    results.print(Text("What each looks like, and its traps: docs/formats.md"))


def _summary(registry: Registry[Any], name: str) -> str:
    try:
        entry = registry.get(name)
    except MissingExtraError as error:
        return str(error)
    text = sys.modules[type(entry).__module__].__doc__ or ""
    return " ".join(text.split("\n\n")[0].split())
