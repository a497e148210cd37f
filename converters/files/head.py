"""The beginning of an input, by which its format is recognised."""

from __future__ import annotations

import json
import re
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from pii_sft.converters.files.arrow_tables import is_table, table_rows
from pii_sft.files import STANDARD_STREAM, open_binary


class Head:
    """The beginning of an input, for guessing its format.

    Args:
        path: where it is; a folder is guessed by what it holds.
        data: the first bytes of a file, enough for the first record; empty for a folder.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        self.text = data.decode("utf-8-sig", errors="replace")

    @property
    def looks_like_json(self) -> bool:
        """True if it begins as a JSON array or object does."""
        return _FIRST_VALUE.match(self.text) is not None

    @cached_property
    def values(self) -> list[Any]:
        """The first values: items of a JSON array, JSON one after another, or rows of a table."""
        if is_table(self.data):
            return list(islice(table_rows(self.path), _MOST_VALUES))
        match = _FIRST_VALUE.match(self.text)
        found: list[Any] = []
        while match is not None and len(found) < _MOST_VALUES:
            try:
                value, end = _decoder.raw_decode(self.text, match.end())
            except (ValueError, RecursionError):
                break
            found.append(value)
            match = _SEPARATOR.match(self.text, end)
        return found

    def without(self, values: int) -> Head:
        """The same without its first values, to see what the others are if these are broken."""
        rest = Head(self.path, self.data)
        rest.values = self.values[values:]
        return rest

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The first objects of a JSON array or of JSON lines."""
        return [value for value in self.values if isinstance(value, dict)]

    @cached_property
    def record(self) -> dict[str, Any]:
        """The first value of a JSON array or of JSON lines, if it is an object; else empty."""
        return self.values[0] if self.values and isinstance(self.values[0], dict) else {}


def read_head(path: Path) -> Head:
    """As much of a file as its first JSON value takes, but at least `HEAD_BYTES`.

    Standard input can be read only once, so its head is empty, like that of a folder.

    Raises:
        InputError: the file can't be opened.
    """
    if path == STANDARD_STREAM or path.is_dir():
        return Head(path, b"")
    size = HEAD_BYTES
    with open_binary(path) as stream:
        data = stream.read(size)
        head = Head(path, data)
        while head.looks_like_json and not head.values and size < MOST_HEAD_BYTES:
            more = stream.read(size)
            if not more:
                break
            data, size = data + more, size * 2
            head = Head(path, data)
    return head


HEAD_BYTES = 1 << 18


MOST_HEAD_BYTES = 1 << 26


_decoder = json.JSONDecoder()


_MOST_VALUES = 50


_SEPARATOR = re.compile(r"[\s,]*+(?=[\[{])")


_FIRST_VALUE = re.compile(r"\s*+(?:\[\s*+)?(?=[\[{])")
