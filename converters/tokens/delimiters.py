"""Delimiters between the columns of a file, and lines split by them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

_SPACES = re.compile(r"[ \t]+")

Fields = list[str]


def _tabs(line: str, _: int) -> Fields:
    return line.split("\t")


def _spaces(line: str, _: int) -> Fields:
    fields = _SPACES.split(line.rstrip(" \t"))
    if fields[0] == "" and len(fields) > 1:
        fields[0] = line[: len(line) - len(line.lstrip(" \t")) - 1]
    return fields


def _commas(line: str, _: int) -> Fields:
    return _cells(line, ",")


def _semicolons(line: str, _: int) -> Fields:
    return _cells(line, ";")


def _bars(line: str, _: int) -> Fields:
    # With white space, it is the sentence a line of spaCy: When|WRB|O Ann|NNP|B-PER.
    return [line] if _SPACES.search(line.strip()) else line.split("|")


def _cells(line: str, delimiter: str) -> Fields:
    try:
        return next(csv.reader([line], delimiter=delimiter), [""])
    except csv.Error:
        return [line]


def _bare_commas(line: str, width: int) -> Fields:
    return line.rsplit(",", max(width - 1, 1))


BARE_COMMAS = "commas without quotes"
DELIMITERS: dict[str, Callable[[str, int], Fields]] = {
    "tabs": _tabs,
    "spaces": _spaces,
    "commas": _commas,
    "semicolons": _semicolons,
    BARE_COMMAS: _bare_commas,
    "bars": _bars,
}
"""Split of a line, given the number of columns that most lines have."""
