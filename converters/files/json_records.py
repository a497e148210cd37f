"""Streams the records of a file: JSON arrays, JSON lines, objects one after another, tables."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import msgspec

from pii_sft.converters.files.arrow_tables import is_table, table_rows
from pii_sft.converters.files.nesting import nests_too_deeply
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.read_results import Rejected, rejected
from pii_sft.errors import RecordError
from pii_sft.files import encode, lines_within, most_of_record, open_binary
from pii_sft.spans import Document, HoldsText

BLOCK = 1 << 20
_BOM = b"\xef\xbb\xbf"
_SEPARATOR = re.compile(r"[\s,]*")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

TOO_LARGE = "is larger than --max-record-size allows"

Convert = Callable[[dict[str, Any], str], Document | Iterable[Document]]
Annotate = Callable[[dict[str, Any], str], Iterable[RawDocument | Document]]

_decode_line = msgspec.json.Decoder().decode
_decode_at = json.JSONDecoder(parse_constant=lambda _: None).raw_decode
"""Python writes NaN and Infinity, which are not JSON; they are read as missing values."""

_PYTHON_NUMBER = re.compile(rb"\b(?:NaN|Infinity)\b")


class Record(HoldsText, msgspec.Struct, frozen=True):
    """A JSON value of a file, or a row of a table.

    Attributes:
        line: line on which it starts, counted from 1; 0 for a row of a table.
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
            made = convert(object_of(record), f"{path.stem}-{number}")
            if isinstance(made, Document):
                yield made
            else:
                yield from made
        except RecordError as error:
            yield rejected(error, path, record.line, record.raw)


def read_annotated(
    path: Path, convert: Annotate, records: Iterable[Record] | None = None
) -> Iterator[RawDocument | Document | Rejected]:
    """Like `read_objects`, for records whose offsets have still to be settled.

    The line and the bytes of each such record are filled in.

    Args:
        path: the file.
        convert: makes something of an object and of a name to use when the object has none.
        records: of the file; None reads them as JSON.
    """
    for number, record in enumerate(read_records(path) if records is None else records, 1):
        try:
            for made in convert(object_of(record), f"{path.stem}-{number}"):
                if isinstance(made, Document):
                    yield made
                else:
                    yield msgspec.structs.replace(made, line=record.line, raw=record.raw)
        except RecordError as error:
            yield rejected(error, path, record.line, record.raw)


def object_of(record: Record) -> dict[str, Any]:
    """The JSON object that a record is.

    Raises:
        RecordError: it could not be decoded, or is no object.
    """
    if record.error:
        raise RecordError("broken line", record.error)
    if not isinstance(record.value, dict):
        raise RecordError("wrong shape", "the record is not a JSON object")
    return record.value


def read_records(path: Path) -> Iterator[Record]:
    """Stream the JSON values of a file, whatever their layout, in flat memory.

    Lines are decoded one by one, so a broken line affects no other line. In an array, and among
    values that span several lines, everything after a broken value is one broken record. Bytes that
    are not UTF-8 break only the value they are in. Rows of Parquet and Arrow files are objects with
    a value for each column.
    """
    with open_binary(path) as stream:
        opening = stream.read(BLOCK).removeprefix(_BOM)
        if is_table(opening):
            yield from map(_row, table_rows(path))
            return
        if opening.lstrip().startswith(b"["):
            yield from _values(opening, stream)
            return
        whole = io.BytesIO(opening).readlines()
        begun = whole.pop() if whole and not whole[-1].endswith(b"\n") else b""
        rest = lines_within(stream, most_of_record(), begun)
        lines = [*whole, *_until_two_hold(rest, sum(1 for line in whole if line.strip()))]
        if _one_value_a_line(lines):
            yield from _lines(chain(lines, rest))
        elif None in lines:
            yield Record(lines.index(None) + 1, None, b"", TOO_LARGE)
        else:
            yield from _values(b"".join(filter(None, lines)), stream)


def _row(row: dict[str, Any]) -> Record:
    raw = encode(row)
    return Record(0, None, b"", TOO_LARGE) if len(raw) > most_of_record() else Record(0, row, raw)


def _until_two_hold(rest: Iterator[bytes | None], held: int) -> Iterator[bytes | None]:
    """Take lines until two of them are not blank."""
    for line in rest:
        yield line
        held += line is None or bool(line.strip())
        if held > 1:
            return


def _one_value_a_line(lines: Iterable[bytes | None]) -> bool:
    """True if the first two lines that hold anything look like JSON lines."""
    holding = (line.strip() for line in lines if line is not None and line.strip())
    first, second = [*islice(holding, 2), b"", b""][:2]
    if first.startswith(b"["):
        return False
    return first.endswith(b"}") or (second or first).startswith(b"{")


def _lines(lines: Iterable[bytes | None]) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        raw = None if line is None else line.rstrip(b"\r\n")
        if raw is None or len(raw) > most_of_record():
            yield Record(number, None, b"", TOO_LARGE)
            continue
        if not raw.strip():
            continue
        record = decoded_line(number, raw)
        yield from _several(record) if record.error else (record,)


def _several(record: Record) -> Iterator[Record]:
    """The values of a line that holds several, one after another; or the line as it is."""
    try:
        text = record.raw.decode()
    except UnicodeDecodeError:
        yield record
        return
    found = []
    at = 0
    while (at := _after_separator(text, at)) < len(text):
        try:
            value, end = _decode_at(text, at)
        except (ValueError, RecursionError):
            yield record
            return
        found.append(_record(record.line, value, text[at:end]))
        at = end
    yield from found


def _after_separator(text: str, at: int) -> int:
    match = _SEPARATOR.match(text, at)
    return at if match is None else match.end()


def decoded_line(line: int, raw: bytes) -> Record:
    """The JSON value that a line holds."""
    if nests_too_deeply(raw):
        return Record(line, None, raw, "is nested too deeply")
    try:
        return Record(line, _decode_line(raw), raw)
    except msgspec.DecodeError as error:
        if _PYTHON_NUMBER.search(raw):
            return _with_python_numbers(line, raw, str(error))
        return Record(line, None, raw, str(error))
    except UnicodeDecodeError:
        return Record(line, None, raw, "is not UTF-8")
    except RecursionError:
        return Record(line, None, raw, "is nested too deeply")


def _with_python_numbers(line: int, raw: bytes, reason: str) -> Record:
    """A line as Python decodes it, where `NaN` stands for nothing."""
    try:
        text = raw.decode()
        value, end = _decode_at(text, _after_separator(text, 0))
    except (ValueError, RecursionError):
        return Record(line, None, raw, reason)
    if text[end:].strip():
        return Record(line, None, raw, reason)
    return _record(line, value, text)


def _values(opening: bytes, stream: IO[bytes]) -> Iterator[Record]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    buffer = decoder.decode(opening)
    depth = int(buffer.lstrip().startswith("["))
    at, line, block, ended = 0, 1, BLOCK, False
    if depth:
        at = buffer.index("[") + 1
        line += buffer.count("\n", 0, at)
    while True:
        separator = _SEPARATOR.match(buffer, at)
        skipped = at if separator is None else separator.end()
        line += buffer.count("\n", at, skipped)
        at = skipped
        try:
            value, end = _decode_at(buffer, at)
            line_after = line + buffer.count("\n", at, end)
            yield _record(line, value, buffer[at:end])
            at, line, block = end, line_after, BLOCK
            continue
        except (ValueError, RecursionError) as error:
            if ended:
                rest = buffer[at:].strip()
                if rest != "]" * depth:
                    reason = f"not a JSON value: {_reason(error)}" if rest else "no closing bracket"
                    yield Record(line, None, _bytes(rest), reason)
                return
        if len(buffer) - at > most_of_record():
            yield Record(line, None, b"", TOO_LARGE)
            return
        more = stream.read(block)
        ended, block = not more, block * 2
        buffer, at = buffer[at:] + decoder.decode(more, final=ended), 0


def _record(line: int, value: Any, source: str) -> Record:
    try:
        raw = source.encode()
    except UnicodeEncodeError:
        return Record(line, None, _bytes(source), "is not UTF-8")
    if len(raw) > most_of_record():
        return Record(line, None, b"", TOO_LARGE)
    if _ESCAPED_SURROGATE.search(raw) or nests_too_deeply(raw):
        return decoded_line(line, raw)
    return Record(line, value, raw)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return error.msg if isinstance(error, json.JSONDecodeError) else "unreadable"
