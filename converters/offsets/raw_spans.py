"""Documents as annotation files give them, before it is known how their offsets count."""

from __future__ import annotations

from typing import Any

import msgspec

from pii_sft.spans import HoldsText


class RawSpan(HoldsText, msgspec.Struct, frozen=True):
    """An entity in the convention of its file.

    Attributes:
        start: offset of its beginning.
        end: offset of its end.
        label: its type.
        surface: its string, where the file gives one.
    """

    start: int
    end: int
    label: str
    surface: str | None = None


class RawDocument(HoldsText, msgspec.Struct, frozen=True):
    """A document whose offsets still count as its file does.

    Attributes:
        id: name of the document.
        text: its text.
        marks: its entities.
        meta: free extra fields.
        line: line on which the record starts, counted from 1; 0 where lines mean nothing.
        raw: the bytes of the record, kept in case it has to be refused.
    """

    id: str
    text: str
    marks: tuple[RawSpan, ...]
    meta: dict[str, Any] = {}
    line: int = 0
    raw: bytes = b""
