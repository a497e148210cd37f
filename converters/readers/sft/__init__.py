"""Rows of supervised fine-tuning back into documents: conversations, instructions, completions.

Rows of our own are read by the `manifest.json` beside them, which says how the question is framed
and how the answer is written. Rows of others are looked at: what all questions of the file have
around their text is its frame, and the answer is a target of ours (`json`, `tags`, `lines`), or
JSON in any spelling of labels and strings, which are looked up in the text.

The prompt breaks markers of chat templates by a space (`pii_sft.prompt.guarded`); texts in which
that may have happened come back with the space, and are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming
from pii_sft.converters.entities.mentions import Occurrences, read_mentions
from pii_sft.converters.entities.string_search import Listed, Locator
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record, object_of, read_records
from pii_sft.converters.files.stringified import decoded
from pii_sft.converters.offsets.raw_spans import RawDocument
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY, NO, POSSIBLE
from pii_sft.converters.readers.sft.exchanges import Exchange, Frame, common_frame, exchange_of
from pii_sft.errors import InputError, RecordError
from pii_sft.files import STANDARD_STREAM
from pii_sft.prompt import guarded
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document, checked
from pii_sft.targets import TARGETS, Parsed, Target, read_answer

ROWS_TO_LOOK_AT = 1000
ANY_JSON = "values"

_AUTO = "auto"
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", re.DOTALL | re.IGNORECASE)
_WRAPPERS = ("entities", "pii", "ner", "result", "results", "output")


class SftOptions(msgspec.Struct, frozen=True):
    """Options of rows of fine-tuning.

    Attributes:
        target: how answers are written: name of a target, or `values` for other JSON.
        before: what precedes the text in a question.
        after: what follows it.
        occurrences: which occurrences of a string without offsets are marked, in other JSON.
    """

    target: str = _AUTO
    before: str = _AUTO
    after: str = _AUTO
    occurrences: Occurrences = "all"


@dataclass(frozen=True)
class SftReader:
    """Reads rows of LLaMA-Factory, Axolotl, TRL and Unsloth.

    Attributes:
        options: see `SftOptions`.
    """

    options: SftOptions = field(default_factory=SftOptions)

    name = "sft"

    def sniff(self, head: Head) -> float:
        """Sure of one question with an answer that names entities, or of rows with a manifest."""
        exchanges = list(_exchanges(head.records))
        if not exchanges or len(exchanges) < len(head.records):
            return NO
        if _dataset_of(head.path) is not None:
            return LIKELY
        answers = [_answered_json(each.answer) for each in exchanges]
        if any(isinstance(answer, dict | list) and answer for answer in answers):
            return POSSIBLE
        if all(answer == [] for answer in answers):
            return POSSIBLE
        frame = _frame(exchanges)
        name = _best_target(exchanges, frame)
        found = name is not None and _finds_any(TARGETS.get(name), exchanges, frame)
        return POSSIBLE if found else IF_NO_OTHER

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Read each answer with the text it is about; rows that can't be read are rejected."""
        records = read_records(path)
        head = list(islice(records, ROWS_TO_LOOK_AT))
        rows = [record.value for record in head if isinstance(record.value, dict)]
        reading = _Reading(path, list(_exchanges(rows)), self.options)
        yield from settle(path, reading.documents(chain(head, records)), CODE_POINTS)
        yield from reading.notes()


def _exchanges(rows: Sequence[Mapping[str, Any]]) -> Iterator[Exchange]:
    for row in rows:
        try:
            yield exchange_of(row)
        except RecordError:
            continue


def _dataset_of(rows: Path) -> DatasetFolder | None:
    """The data set that rows are of, if it is one of ours: other tools have manifests too."""
    folder = DatasetFolder(rows.parent)
    if rows == STANDARD_STREAM or not folder.exists:
        return None
    try:
        return folder if folder.manifest else None
    except InputError:
        return None


def _frame(exchanges: Sequence[Exchange]) -> Frame:
    """The frame around the texts; none where all have a field of their own."""
    if all(each.given for each in exchanges):
        return Frame()
    return common_frame([each.given or each.asked for each in exchanges])


def _answered_json(answer: str) -> Any:
    """The value of an answer in JSON, or as a Python literal; None if it is neither."""
    fenced = _FENCE.fullmatch(answer)
    try:
        return decoded(fenced[1] if fenced else answer, "answer")
    except RecordError:
        return None


def _best_target(exchanges: Sequence[Exchange], frame: Frame) -> str | None:
    """The target by which most answers can be read without a flaw; None if hardly any can."""
    counts = {
        name: sum(_is_written_by(TARGETS.get(name), each, frame) for each in exchanges)
        for name in TARGETS.names()
    }
    best = max(counts, key=lambda name: counts[name])
    return best if 2 * counts[best] > len(exchanges) else None


def _is_written_by(target: Target, exchange: Exchange, frame: Frame) -> bool:
    parsed = _parsed(target, exchange, frame)
    return parsed is not None and not parsed.issues


def _finds_any(target: Target, exchanges: Sequence[Exchange], frame: Frame) -> bool:
    """True if an answer names an entity; one that only repeats its text could be any answer."""
    parsed = (_parsed(target, each, frame) for each in exchanges)
    return any(each is not None and each.spans and not each.issues for each in parsed)


def _parsed(target: Target, exchange: Exchange, frame: Frame) -> Parsed | None:
    """The entities of an answer; None if the question holds no text."""
    try:
        text = frame.text(exchange.given or exchange.asked)
    except RecordError:
        return None
    return read_answer(target, text, exchange.answer)


class _Reading:
    """One pass through a file.

    Args:
        path: the file.
        exchanges: its first rows.
        options: of the reader.
    """

    def __init__(self, path: Path, exchanges: Sequence[Exchange], options: SftOptions) -> None:
        dataset = _dataset_of(path)
        manifest = None if dataset is None else dataset.check()
        frame = _frame(exchanges)
        target = _best_target(exchanges, frame)
        if manifest is not None:
            frame, target = Frame(manifest.prompt.before, manifest.prompt.after), manifest.target
        self._frame = Frame(
            frame.before if options.before == _AUTO else options.before,
            frame.after if options.after == _AUTO else options.after,
        )
        name = (target or ANY_JSON) if options.target == _AUTO else options.target
        self._target = None if name == ANY_JSON else TARGETS.get(name)
        self._written = name
        self._by_manifest = manifest is not None
        self._locator = Locator(options.occurrences)
        self._path = path
        self._documents = 0
        self._guarded = 0

    def documents(self, records: Iterator[Record]) -> Iterator[RawDocument | Document | Rejected]:
        """A document for each row."""
        for number, record in enumerate(records, 1):
            try:
                made = self._made(object_of(record), f"{self._path.stem}-{number}")
            except RecordError as error:
                yield rejected(error, self._path, record.line, record.raw)
                continue
            if isinstance(made, RawDocument):
                yield msgspec.structs.replace(made, line=record.line, raw=record.raw)
            else:
                yield made

    def _made(self, row: Mapping[str, Any], name: str) -> RawDocument | Document:
        id = name_of(row, ("id", "uid"), name)
        with naming(id):
            exchange = exchange_of(row)
            text = self._frame.text(exchange.given or exchange.asked)
            meta = known_meta(row)
            made = self._read(id, text, exchange.answer, meta)
        self._documents += 1
        self._guarded += _may_be_guarded(text)
        return made

    def _read(
        self, id: str, text: str, answer: str, meta: dict[str, Any]
    ) -> RawDocument | Document:
        if self._target is None:
            value = _unwrapped(_answered_json(answer))
            if not isinstance(value, dict | list):
                raise RecordError("wrong shape", "the answer is not JSON that holds entities")
            return self._locator.made(Listed(id, text, read_mentions(value, text), meta))
        parsed = read_answer(self._target, text, answer)
        if parsed.issues:
            flaws = ", ".join(dict.fromkeys(parsed.issues))
            raise RecordError("answer", f"the answer is not written as {self._written} is: {flaws}")
        return checked(id, text, parsed.spans, meta)

    def notes(self) -> Iterator[Note]:
        """Notes on the decisions about the file."""
        if not self._documents:
            return
        how = "by the manifest" if self._by_manifest else "as the rows show it"
        yield Note(
            f"answers are written as {self._written}; {len(self._frame.before)} characters before "
            f"the text and {len(self._frame.after)} after it are the prompt's ({how})"
        )
        if self._guarded:
            yield Note(
                f"{self._guarded} texts hold a marker of chat templates that was broken by a "
                "space; they come back with the space"
            )
        yield from self._locator.notes()


def _may_be_guarded(text: str) -> bool:
    """True if a text without its spaces behind `<` and `{` would hold a marker."""
    if "< " not in text and "{ " not in text:
        return False
    closed = text.replace("< ", "<").replace("{ {", "{{")
    return guarded(closed) != closed


def _unwrapped(value: Any) -> Any:
    """The entities of an answer, without an object around them that only names them."""
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key.lower() in _WRAPPERS and isinstance(inner, dict | list):
            return inner
    return value


READER = SftReader()
