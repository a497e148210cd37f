"""Streams the records of JSON files: arrays, JSON lines, and objects one after another."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import msgspec

from pii_sft.converters.base import Rejected, rejected
from pii_sft.errors import RecordError
from pii_sft.files import open_binary
from pii_sft.spans import Document

BLOCK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile(r"[\s,]*")

Convert = Callable[[dict[str, Any], str], Document | Iterable[Document]]

_decode_line = msgspec.json.Decoder().decode
_decode_at = json.JSONDecoder().raw_decode


class Record(msgspec.Struct, frozen=True):
    """A JSON value of a file.

    Attributes:
        line: line on which it starts, counted from 1.
        value: the decoded value; None with `error` set where it can't be decoded.
        raw: its bytes.
        error: why it can't be decoded, without its content.
    """

    line: int
    value: Any
    raw: bytes
    error: str = ""


def read_objects(path: Path, convert: Convert) -> Iterator[Document | Rejected]:
    """Turn every JSON object of a file into documents.

    Args:
        path: an array, JSON lines, or objects one after another; UTF-8, with or without BOM.
        convert: makes a document (or several) of an object and of a name to use when the object
            has none; raises RecordError for one that can't be used.
    """
    for number, record in enumerate(read_records(path), 1):
        try:
            if record.error:
                raise RecordError("broken line", record.error)
            if not isinstance(record.value, dict):
                raise RecordError("wrong shape", "the record is not a JSON object")
            made = convert(record.value, f"{path.stem}-{number}")
            if isinstance(made, Document):
                yield made
            else:
                yield from made
        except RecordError as error:
            yield rejected(error, path, record.line, record.raw)


def read_records(path: Path) -> Iterator[Record]:
    """Stream the JSON values of a file, whatever their layout, in flat memory.

    Lines are decoded one by one, so a broken line spoils only itself. In an array, and among
    values that span several lines, whatever follows a broken value is one broken record.
    """
    with open_binary(path) as stream:
        lines = enumerate(chain([stream.readline().removeprefix(_BOM)], stream), 1)
        opening = list(islice((line for line in lines if line[1].strip()), 2))
        if _one_value_a_line([line for _, line in opening]):
            yield from _lines(chain(opening, lines))
        elif opening:
            start = opening[0][0]
            yield from _values(start, b"".join(line for _, line in opening), stream)


def _one_value_a_line(opening: list[bytes]) -> bool:
    """Whether the first two lines that hold anything look like JSON lines."""
    if not opening or opening[0].lstrip().startswith(b"["):
        return False
    return opening[0].rstrip().endswith(b"}") or opening[-1].lstrip().startswith(b"{")


def _lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[Record]:
    for number, line in lines:
        raw = line.rstrip(b"\r\n")
        if not raw.strip():
            continue
        try:
            yield Record(number, _decode_line(raw), raw)
        except msgspec.DecodeError as error:
            yield Record(number, None, raw, str(error))
        except UnicodeDecodeError:
            yield Record(number, None, raw, "is not UTF-8")


def _values(line: int, opening: bytes, stream: IO[bytes]) -> Iterator[Record]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    buffer = decoder.decode(opening).lstrip()
    depth = int(buffer.startswith("["))
    at, block, ended = depth, BLOCK, False
    while True:
        separator = _SEPARATOR.match(buffer, at)
        skipped = at if separator is None else separator.end()
        line += buffer.count("\n", at, skipped)
        at = skipped
        try:
            value, end = _decode_at(buffer, at)
            line_after = line + buffer.count("\n", at, end)
            yield Record(line, value, buffer[at:end].encode())
            at, line, block = end, line_after, BLOCK
            continue
        except ValueError as error:
            if ended:
                rest = buffer[at:].strip()
                if rest != "]" * depth:
                    reason = f"not a JSON value: {_reason(error)}" if rest else "no closing bracket"
                    yield Record(line, None, rest.encode(), reason)
                return
        more = stream.read(block)
        ended, block = not more, block * 2
        try:
            buffer, at = buffer[at:] + decoder.decode(more, final=ended), 0
        except UnicodeDecodeError:
            yield Record(line, None, more, "is not UTF-8")
            return


def _reason(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "unreadable"
