"""Columns that hold a structure as a string: JSON, Python literals, and printed numpy arrays.

Published data sets that went through pandas have all three. Nothing is ever evaluated.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from typing import Any

import msgspec

from pii_sft.converters.files.nesting import TOKEN, depth_of_literal
from pii_sft.errors import RecordError

MOST_CHARACTERS = 1 << 20
MOST_DEPTH = 20

_ARRAY = re.compile(r"\s*(?:array\()?\[(.*)\](?:,\s*dtype=object\))?\s*", re.DOTALL)


def decoded(value: Any, column: str) -> Any:
    """The value of a column; strings are decoded, anything else is as it came.

    Args:
        value: of the column.
        column: its name, for messages.

    Raises:
        RecordError: the string is neither JSON, nor a Python literal, nor a printed numpy array
            of dicts, or is too large or too deep for one.
    """
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    if len(value) > MOST_CHARACTERS or depth_of_literal(value) > MOST_DEPTH:
        raise RecordError("wrong shape", f"`{column}` is too large or nested too deeply")
    for decode in (_literal, _printed_dicts):
        try:
            return decode(value)
        except ValueError:
            continue
    reason = f"`{column}` is a string, but of neither JSON nor a Python literal"
    raise RecordError("wrong shape", reason)


def annotation(record: Mapping[str, Any], column: str) -> Any:
    """Give the value of a required column: a missing annotation is not the same as an empty one.

    Raises:
        RecordError: there is nothing, or a string that can't be decoded.
    """
    found = decoded(record.get(column), column)
    if found is None:
        raise RecordError("not annotated", f"the record has no `{column}`")
    return found


def list_in(value: Any) -> Any:
    """Decode a list that was written as a string by JSON, Python or numpy; return others unchanged.

    Python would join the strings of an array, which numpy prints without commas between them.
    """
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return value
    array = _PRINTED_ITEMS.fullmatch(value)
    try:
        if array is not None:
            return [_literal(match[0]) for match in _PRINTED_ITEM.finditer(value)]
        found = decoded(value, "cell")
    except (RecordError, ValueError):
        return value
    return found if isinstance(found, list) else value


_ITEM = r"""(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|-?\d++)"""
_PRINTED_ITEM = re.compile(_ITEM)
_PRINTED_ITEMS = re.compile(rf"\s*+\[\s*+{_ITEM}(?:\s++{_ITEM})++\s*+\]\s*+")


def _literal(source: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(source.strip())
    except (TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("not a Python literal") from error


def _printed_dicts(source: str) -> list[Any]:
    """The dicts of a printed numpy array, which stand without commas between them."""
    array = _ARRAY.fullmatch(source)
    if array is None:
        raise ValueError("not an array")
    found: list[Any] = []
    at = array.start(1)
    start: int | None = None
    for match in TOKEN.finditer(source, *array.span(1)):
        if match[0] == "{":
            if start is not None:
                raise ValueError("a dict in a dict")
            start = match.start()
        elif match[0] == "}":
            if start is None:
                raise ValueError("a dict that does not begin")
            _demand_separator(source[at:start])
            found.append(_literal(source[start : match.end()]))
            at, start = match.end(), None
    _demand_separator(source[at : array.end(1)])
    return found


def _demand_separator(between: str) -> None:
    if between.strip(" \r\n\t,"):
        raise ValueError("more than dicts in an array")
