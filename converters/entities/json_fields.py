"""Fields that many JSON formats share, read the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pii_sft.errors import RecordError

META_KEYS = ("language", "group", "source", "split")
_MOST_DIGITS = 15


def whole_number(value: Any, what: str) -> int:
    """A number that may be written as a string or with a decimal point.

    Args:
        value: as decoded from JSON.
        what: its name, for the message.

    Raises:
        RecordError: it is no whole number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and value.strip().isdecimal():
        return int(value)
    raise RecordError("offsets", f"{what} is missing or no whole number")


def name_of(record: Mapping[str, Any], keys: tuple[str, ...], fallback: str) -> str:
    """The first usable identifier under one of `keys`: a string that is not empty, or a number."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return fallback


def known_meta(record: Mapping[str, Any], also: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that have a meaning to other stages, where they are strings or numbers.

    Args:
        record: as decoded from JSON.
        also: further fields to keep.
    """
    given = {key: record.get(key) for key in (*META_KEYS, *also)}
    return {
        key: str(value)
        for key, value in given.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def text_of(record: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first string that is not empty under one of `keys`.

    Raises:
        RecordError: there is none.
    """
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value:
            return value
    raise RecordError("no text", f"holds no text under {' or '.join(f'`{key}`' for key in keys)}")


@contextmanager
def naming(id: str) -> Iterator[None]:
    """Makes errors about a record say which document it is."""
    try:
        yield
    except RecordError as error:
        error.id = id
        raise
