"""Prodigy, `db-out`: `{"text", "tokens", "spans", "answer", "_input_hash", ...}` a line.

Only accepted annotations are gold. Ignored and rejected ones, and rows that nobody has answered,
are left out and counted: a rejected suggestion says that it is wrong, not that there is nothing.
An accepted row without `spans` was reviewed and holds none. Rows of binary questions (`ner.teach`)
hold one entity of a text each, so they are refused unless `binary=merge` is asked for, which
takes the accepted ones of a text together.

Offsets are code points, half-open; `token_end` is the last token, included. The tokens give the
surfaces to verify the offsets with. Rows with the same `_input_hash` are annotations of one text.

Format: https://prodi.gy/docs/api-interfaces
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.entities.annotator_policy import Annotation, Choice
from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, whole_number
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record, object_of, read_records
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.errors import RecordError, UsageError
from pii_sft.files import STANDARD_STREAM
from pii_sft.spans import HoldsText

_OWN_KEYS = ("_input_hash", "_task_hash", "_view_id", "_session_id", "_annotator_id")


class ProdigyOptions(msgspec.Struct, frozen=True):
    """Policies for exports of Prodigy.

    Attributes:
        annotators: whose answer is taken where a text has several; see `Choice`.
        binary: whether rows of binary questions are refused, or merged into partial gold.
    """

    annotators: str = "first"
    binary: Literal["refuse", "merge"] = "refuse"


@dataclass(frozen=True)
class ProdigyReader:
    """Reads annotations of entities made with Prodigy."""

    options: ProdigyOptions = field(default_factory=ProdigyOptions)

    name = "prodigy"

    def sniff(self, head: Head) -> float:
        """Certain of an answer beside one of Prodigy's own keys."""
        record = head.record
        if "text" not in record:
            return NO
        own = any(key in record for key in _OWN_KEYS)
        if "answer" in record:
            return CERTAIN if own else POSSIBLE
        return POSSIBLE if own else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each span against its tokens; rows that are no gold are left out and counted."""
        reading = _Reading(self.options)
        yield from settle(path, reading.merged(path), CODE_POINTS)
        yield from reading.notes()


class _Row(msgspec.Struct, frozen=True):
    """An accepted row: a document, and who marked what."""

    document: RawDocument
    by: str
    time: str
    binary: bool


class _Reading:
    """One pass through a file."""

    def __init__(self, options: ProdigyOptions) -> None:
        self._options = options
        self._choice = Choice(options.annotators)
        self._left_out: Counter[str] = Counter()
        self._merged = 0

    def merged(self, path: Path) -> Iterator[RawDocument | Rejected]:
        """One document a text, as soon as the last of its annotations has come."""
        expected = self._expected(path)
        waiting: dict[int, list[_Row]] = {}
        for number, record in enumerate(read_records(path), 1):
            try:
                row = self._row(record, f"{path.stem}-{number}")
            except RecordError as error:
                yield rejected(error, path, record.line, record.raw)
                continue
            if row is not None:
                key = _text_key(record.value)
                group = waiting.setdefault(key, [])
                group.append(row)
                if len(group) >= expected.get(key, 1):
                    yield from self._chosen(waiting.pop(key))
        for group in waiting.values():
            yield from self._chosen(group)

    def _expected(self, path: Path) -> Counter[int]:
        """Number of accepted rows of each text, where it has several."""
        if path == STANDARD_STREAM:
            if self._options != ProdigyOptions():
                raise UsageError("Options of the prodigy reader need a file, not standard input.")
            return Counter()
        counts = Counter(
            _text_key(record.value)
            for record in read_records(path)
            if isinstance(record.value, dict) and record.value.get("answer") == "accept"
        )
        return Counter({key: number for key, number in counts.items() if number > 1})

    def _row(self, record: Record, name: str) -> _Row | None:
        """The accepted annotation that a record is; None if it is of another kind of answer."""
        given = object_of(record)
        answer = given.get("answer")
        if answer in ("ignore", "reject", None):
            _text(given, name)
            self._left_out[_ANSWERS[answer]] += 1
            return None
        with naming(name):
            _refuse_other_tasks(given)
            if self._options.binary == "refuse":
                _refuse_binary(given)
            text, marks = _text(given, name), _marks(given)
        meta = given.get("meta")
        meta = {**(meta if isinstance(meta, dict) else {}), **known_meta(given)}
        document = RawDocument(name, text, marks, meta, record.line, record.raw)
        by = name_of(given, ("_annotator_id", "_session_id"), "")
        time = name_of(given, ("_timestamp",), "0")
        return _Row(document, by, time, _is_binary(given))

    def _chosen(self, rows: Sequence[_Row]) -> Iterator[RawDocument]:
        rows = [each for each in rows if not each.binary] or rows
        annotations = [Annotation(each.document.marks, each.by, each.time) for each in rows]
        if rows[0].binary:
            self._merged += len(rows)
            annotations = [Annotation(tuple(mark for each in annotations for mark in each.marks))]
        chosen = self._choice.of(annotations)
        document = rows[0].document
        for number, each in enumerate(chosen, 1):
            id = f"{document.id}#{number}" if len(chosen) > 1 else document.id
            yield msgspec.structs.replace(document, id=id, marks=each.marks)

    def notes(self) -> Iterator[Note]:
        """Notes on the parts that were left out, merged or chosen."""
        yield from self._choice.notes()
        for what, number in self._left_out.items():
            yield Note(f"{number} rows are {what}; left out")
        if self._merged:
            yield Note(f"{self._merged} binary answers were merged: the annotation is partial")


_ANSWERS = {"ignore": "ignored", "reject": "rejected", None: "not answered"}


def _text_key(given: dict[str, Any]) -> int:
    """Equal for annotations of one text, and hardly for any others."""
    text = given.get("text")
    return hash((text if isinstance(text, str) else "", name_of(given, ("_input_hash",), "")))


def _text(given: dict[str, Any], name: str) -> str:
    text = given.get("text")
    if not isinstance(text, str) or not text:
        raise RecordError("no text", "the row has no text", name)
    return text


def _is_binary(given: dict[str, Any]) -> bool:
    """True if a row asked about one suggestion; old versions do not say so."""
    return bool(given.get("_is_binary", given.get("_view_id") == "ner"))


def _refuse_binary(given: dict[str, Any]) -> None:
    if _is_binary(given):
        raise RecordError(
            "partial gold",
            "the row is a binary question about one entity of its text; "
            "--option binary=merge takes the accepted ones of a text together",
        )


_CHOICES = ("choice", "classification", "textcat", "compare", "diff")
_BLOCKS = "blocks"
"""Several interfaces in one task, such as marking entities and a choice."""


def _refuse_other_tasks(given: dict[str, Any]) -> None:
    view = given.get("_view_id")
    marked = "spans" in given or "tokens" in given
    of_whole = "label" in given and "spans" not in given
    asked = "options" in given and not (marked and view == _BLOCKS)
    if view in _CHOICES or asked or of_whole:
        raise RecordError("not entities", "the row is a choice or a category, not entities")
    if given["answer"] != "accept":
        raise RecordError("wrong shape", "`answer` is neither accept, reject nor ignore")


def _marks(given: dict[str, Any]) -> tuple[RawSpan, ...]:
    spans, tokens = given.get("spans") or [], given.get("tokens") or []
    if not isinstance(spans, list) or not isinstance(tokens, list):
        raise RecordError("wrong shape", "`spans` or `tokens` is not a list")
    return tuple(_mark(span, tokens, at) for at, span in enumerate(spans, 1))


def _mark(span: Any, tokens: Sequence[Any], at: int) -> RawSpan:
    if not isinstance(span, dict):
        raise RecordError("wrong shape", f"span {at} is not an object")
    label = span.get("label")
    if not isinstance(label, str):
        raise RecordError("no label", f"span {at} has no label")
    start = whole_number(span.get("start"), f"the start of span {at}")
    end = whole_number(span.get("end"), f"the end of span {at}")
    surface = span.get("text")
    if not isinstance(surface, str):
        surface = _surface(span, tokens, (start, end), at)
    return RawSpan(start, end, label, surface)


def _surface(
    span: dict[str, Any], tokens: Sequence[Any], place: tuple[int, int], at: int
) -> str | None:
    """The string of a span, put together from its tokens; None if it does not name them."""
    if not tokens or span.get("token_start") is None or span.get("token_end") is None:
        return None
    first = whole_number(span["token_start"], f"the first token of span {at}")
    last = whole_number(span["token_end"], f"the last token of span {at}")
    try:
        own = msgspec.convert(tokens[first : last + 1], list[_Token])
    except msgspec.ValidationError:
        raise RecordError("wrong shape", f"the tokens of span {at} are malformed") from None
    if not 0 <= first <= last < len(tokens) or (own[0].start, own[-1].end) != place:
        label = span["label"]
        raise RecordError("offsets", f"span {place[0]}-{place[1]} ({label}) is not its tokens")
    gaps = [" " if right.start > left.end else "" for left, right in pairwise(own)]
    return "".join(token.text + gap for token, gap in zip(own, [*gaps, ""], strict=True))


class _Token(HoldsText, msgspec.Struct):
    text: str
    start: int
    end: int


READER = ProdigyReader()
