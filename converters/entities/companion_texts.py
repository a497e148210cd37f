"""Texts for files of results that hold offsets but no text.

The texts are named by an option, or found beside the results: `a.json` goes with `a.txt` (one text)
or `a.jsonl` (one text a record). Without these, the results name their texts, which are in the same
folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from pii_sft.converters.entities.json_fields import known_meta, name_of, text_of
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record, object_of, read_records
from pii_sft.converters.offsets.byte_order_mark import without_mark
from pii_sft.converters.offsets.conventions import CODE_POINTS, Convention
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import open_binary, read_whole
from pii_sft.spans import HoldsText

TEXT, TEXTS = ".txt", ".jsonl"
_RESULTS = (".json", ".jsonl", ".out")
_TEXT_KEYS = ("text", "Text", "content", "input", "value")
_ID_KEYS = ("id", "uid", "doc_id", "name")


class TextOptions(msgspec.Struct, frozen=True):
    """Place of the texts of results.

    Attributes:
        texts: a file that is one text; a file of JSON records with `text`, and `id` if the results
            name their texts; or a folder of texts. Empty: the texts beside the results.
    """

    texts: str = ""


class Result(HoldsText, msgspec.Struct, frozen=True):
    """The entities found in one text.

    Attributes:
        marks: its entities, or a function that makes them from the text.
        name: what the results call the text; empty if they do not.
        line: which line of the named text it is, counted from 0; None if it is the whole.
    """

    marks: tuple[RawSpan, ...] | Callable[[str], tuple[RawSpan, ...]]
    name: str = ""
    line: int | None = None


@dataclass(frozen=True)
class ResultsReader(ABC):
    """A reader of results that hold offsets and no text.

    Attributes:
        options: where the texts are.
        documented: what the offsets count by the documentation of the format.
        believed: whether no other convention is tried.
    """

    options: TextOptions = field(default_factory=TextOptions)

    name: ClassVar[str]
    documented: ClassVar[Convention] = CODE_POINTS
    believed: ClassVar[bool] = False

    @abstractmethod
    def looks(self, value: Any) -> bool:
        """True if a JSON value is of the format."""

    @abstractmethod
    def parse(self, value: Any) -> Iterable[Result]:
        """Read the results in a JSON value; raises RecordError if it can't be read."""

    def gather(self, records: Iterable[Record]) -> Iterable[Record]:
        """Make one record of all the records that are about one text."""
        return records

    def sniff(self, head: Head) -> float:
        """Certain of a file of such results, or of a folder of them with their texts."""
        if head.path.is_dir():
            return CERTAIN if self.claims(head.path) else NO
        return CERTAIN if head.values and self.looks(head.values[0]) else NO

    def claims(self, folder: Path) -> list[Path]:
        """The results in a folder that have a text beside them, and these texts.

        A file of results may be empty if other files of the folder are not.
        """
        pairs = [(path, text) for path in _candidates(folder) if (text := _beside(path))]
        first = {path: next(read_records(path), None) for path, _ in pairs}
        if not any(record is not None and self.looks(record.value) for record in first.values()):
            return []
        own = {path for path, record in first.items() if record is None or self.looks(record.value)}
        return sorted({each for path, text in pairs if path in own for each in (path, text)})

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify the offsets, or find out what they count; results without a text are rejected."""
        return settle(path, self._joined(path), self.documented, believed=self.believed)

    def _joined(self, path: Path) -> Iterator[RawDocument | Rejected | Note]:
        files = [path]
        if path.is_dir():
            files = [each for each in self.claims(path) if _beside(each) is not None]
        if not files:
            reason = "holds no results with their texts beside them"
            raise InputError([Problem("no results", str(path), 0, None, reason)])
        for file in files:
            texts = _Texts(file, self.options.texts)
            for record in self.gather(read_records(file)):
                try:
                    for result in self.parse(_value(record)):
                        yield texts.joined(result, record)
                except RecordError as error:
                    yield rejected(error, file, record.line, record.raw)
        yield Note("found by a detector, reviewed by nobody, as far as the format tells")


def _candidates(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in _RESULTS and path.is_file() and not path.name.startswith(".")
    ]


def _beside(path: Path) -> Path | None:
    """The texts of a file of results; `a.txt.out` is what a service made of `a.txt`."""
    choices = (path.with_suffix(TEXT), path.with_suffix(TEXTS), path.with_suffix(""))
    return next((each for each in choices if each != path and each.is_file()), None)


def _value(record: Record) -> Any:
    if record.error:
        raise RecordError("broken line", record.error)
    return record.value


class _Text(HoldsText, msgspec.Struct, frozen=True):
    id: str
    text: str
    meta: dict[str, Any] = {}


class _Texts:
    """The texts of a file of results; see `TextOptions`.

    Args:
        path: the results.
        given: the texts; empty for those beside the results.

    Raises:
        InputError: they can't be read.
    """

    def __init__(self, path: Path, given: str) -> None:
        self._results = path
        self._taken = 0
        self._folder: Path | None = None
        self._whole: str | None = None
        self._records: list[_Text] = []
        self._lines: dict[Path, list[str]] = {}
        source = Path(given) if given else (_beside(path) or path.parent)
        if source.is_dir():
            self._folder = source
        elif source.suffix in (".json", TEXTS):
            self._records = list(_records(source))
        else:
            self._whole = _decoded(source)
        self._by_id = {each.id: each for each in self._records if each.id}
        self._own_lines = [each.text for each in self._records] or (self._whole or "").split("\n")

    def joined(self, result: Result, record: Record) -> RawDocument:
        """A result with its text.

        Raises:
            RecordError: there is no text for it.
        """
        self._taken += 1
        found = self._found(result) if result.line is None else self._line(result, result.line)
        marks = result.marks(found.text) if callable(result.marks) else result.marks
        text, marks = without_mark(found.text, marks)
        return RawDocument(found.id, text, marks, found.meta, record.line, record.raw)

    def _found(self, result: Result) -> _Text:
        if self._folder is not None:
            path = self._in_folder(self._folder, result)
            return _Text(path.stem, _decoded(path))
        if self._whole is None:
            return self._record(result)
        if self._taken > 1:
            reason = "there are several results for one text; name a file of texts: texts=FILE"
            raise RecordError("no text", reason, result.name or None)
        return _Text(result.name or self._results.stem, self._whole)

    def _record(self, result: Result) -> _Text:
        if result.name and self._by_id:
            if result.name not in self._by_id:
                raise RecordError("no text", "no text has the id of the result", result.name)
            return self._by_id[result.name]
        if self._taken > len(self._records):
            raise RecordError("no text", f"there are only {len(self._records)} texts")
        found = self._records[self._taken - 1]
        id = result.name or found.id or f"{self._results.stem}-{self._taken}"
        return msgspec.structs.replace(found, id=id)

    def _line(self, result: Result, number: int) -> _Text:
        """A line of a text, as services that are given one text a line count them."""
        if self._folder is not None:
            path = self._in_folder(self._folder, result)
            if path not in self._lines:
                self._lines[path] = _decoded(path).split("\n")
            lines = self._lines[path]
        else:
            lines = self._own_lines
        id = f"{result.name or self._results.stem}-{number}"
        if not 0 <= number < len(lines):
            raise RecordError("no text", f"the text has no line {number}, counted from 0", id)
        return _Text(id, lines[number].removesuffix("\r"))

    def _in_folder(self, folder: Path, result: Result) -> Path:
        """The file of a text; of what results say, only the last part of a path is used."""
        name = Path(result.name).name or self._results.stem
        for path in (folder / name, folder / f"{name}{TEXT}"):
            if path.is_file() and path != self._results:
                return path
        reason = "the results have no text, and none is beside them; name it: texts=FILE"
        raise RecordError("no text", reason, result.name or None)


def _decoded(path: Path) -> str:
    try:
        with open_binary(path) as stream:
            return read_whole(stream, str(path)).decode()
    except UnicodeDecodeError:
        raise InputError([Problem("not UTF-8", str(path), 0, None, "is not UTF-8")]) from None


def _records(path: Path) -> Iterator[_Text]:
    for record in read_records(path):
        try:
            given = object_of(record)
            yield _Text(name_of(given, _ID_KEYS, ""), text_of(given, _TEXT_KEYS), known_meta(given))
        except RecordError as error:
            problem = Problem(error.kind, str(path), record.line, None, error.reason)
            raise InputError([problem]) from None
