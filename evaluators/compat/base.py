"""The result of another tool."""

from __future__ import annotations

from typing import Any

import msgspec


class Table(msgspec.Struct, frozen=True):
    """A table as a tool prints it.

    Attributes:
        title: what it is about.
        columns: names of the columns after the first.
        rows: values of the columns by name of the row; counts are whole numbers.
    """

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]


class Numbers(msgspec.Struct, frozen=True):
    """The numbers of another tool.

    Attributes:
        values: in the layout of the tool.
        tables: as the tool prints them.
        notes: what could not be handed to the tool as it is.
    """

    values: dict[str, Any]
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
