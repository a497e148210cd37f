"""What the numbers of another tool look like here."""

from __future__ import annotations

from typing import Any, Protocol

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


class Numbers(Protocol):
    """The result of another tool."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be handed to the tool as it is."""

    def to_dict(self) -> dict[str, Any]:
        """In the layout of the tool."""

    def tables(self) -> list[Table]:
        """In the layout in which the tool prints them."""
