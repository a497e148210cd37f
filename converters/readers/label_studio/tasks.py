"""Label Studio's tasks, from whichever of its exports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.entities.annotator_policy import Annotation
from pii_sft.converters.entities.json_fields import META_KEYS, known_meta, name_of, naming
from pii_sft.converters.files.csv_tables import read_table
from pii_sft.converters.files.head import read_head
from pii_sft.converters.files.json_records import Record, object_of, read_records
from pii_sft.converters.files.stringified import decoded
from pii_sft.converters.read_results import Rejected, rejected
from pii_sft.converters.readers.label_studio.regions import TEXT_LABELS, Regions, flat, read_regions
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText

Predictions = Literal["off", "only", "fill"]

ANNOTATION_KEYS = ("annotations", "completions")
FLAT_KEYS = {"annotation_id", "annotator", "created_at", "updated_at", "lead_time"}


class Entry(msgspec.Struct, frozen=True):
    """One annotation of a task, or one prediction.

    Attributes:
        regions: what it marks.
        by: number of the annotator, or version of the model.
        time: when it was changed last.
        trusted: whether it is flagged as ground truth.
    """

    regions: Regions
    by: str = ""
    time: str = ""
    trusted: bool = False

    @property
    def annotation(self) -> Annotation:
        """The regions, and their annotator."""
        return Annotation(self.regions.marks, self.by, self.time, self.trusted)


class Task(HoldsText, msgspec.Struct, frozen=True):
    """A task.

    Attributes:
        id: its own name in the data, or else its number.
        fields: the strings of its data that may have been annotated.
        entries: its annotations that stand.
        cancelled: number of annotations that were cancelled or skipped.
        predicted: whether the entries are predictions.
        meta: free extra fields.
        line: line on which it starts.
        raw: its bytes.
    """

    id: str
    fields: dict[str, str]
    entries: list[Entry]
    cancelled: int
    predicted: bool
    meta: dict[str, Any]
    line: int
    raw: bytes


def read_tasks(path: Path, predictions: Predictions) -> Iterator[Task | Rejected]:
    """Stream the tasks of a JSON export, of JSON-MIN, or of CSV or TSV.

    Args:
        path: the file.
        predictions: whether to read none, only predictions, or those of tasks that have no
            annotation.
    """
    records = read_table(path) if _is_table(path) else read_records(path)
    first = list(islice(records, _LOOKED_AHEAD))
    columns = _region_columns(record.value for record in first)
    for number, (_, grouped) in enumerate(groupby(chain(first, records), _Same()), 1):
        rows = list(grouped)
        try:
            yield _task(rows, f"{path.stem}-{number}", predictions, columns)
        except RecordError as error:
            yield rejected(error, path, rows[0].line, _raw(rows))


def _raw(rows: Sequence[Record]) -> bytes:
    return b"\n".join(row.raw for row in rows)


def _task(
    rows: Sequence[Record], name: str, predictions: Predictions, columns: Collection[str]
) -> Task:
    """A task of the JSON export, or the rows of JSON-MIN that are about one task."""
    given = [object_of(row) for row in rows]
    own = given[0].get("data")
    data = own if isinstance(own, dict) else given[0]
    id = name_of(data, ("id",), "") or name_of(given[0], ("id",), name)
    with naming(id):
        if isinstance(own, dict):
            fields = _strings(data)
            entries, cancelled, predicted = _entries(given[0], predictions)
        else:
            _demand_row(given[0])
            split = [_split_row(row, columns) for row in given]
            fields = split[0][0]
            entries = [entry for _, entry in split if entry is not None]
            cancelled, predicted = 0, False
    meta = given[0].get("meta")
    meta = {**(meta if isinstance(meta, dict) else {}), **known_meta(data)}
    return Task(id, fields, entries, cancelled, predicted, meta, rows[0].line, _raw(rows))


def _demand_row(given: Mapping[str, Any]) -> None:
    if not given.keys() & FLAT_KEYS:
        reason = "the record is neither a task with `data` nor a row of JSON-MIN"
        raise RecordError("wrong shape", reason)


def _entries(task: Mapping[str, Any], predictions: Predictions) -> tuple[list[Entry], int, bool]:
    """The entries of a task, how many were cancelled or skipped, and whether they are predicted."""
    made = [] if predictions == "only" else _dicts(task, ANNOTATION_KEYS)
    kept = [each for each in made if not each.get("was_cancelled") and not each.get("skipped")]
    guesses = [] if kept or predictions == "off" else _dicts(task, ("predictions",))
    if guesses:
        return [_prediction(each) for each in guesses], 0, True
    return [_annotation(each) for each in kept], len(made) - len(kept), False


def _prediction(given: Mapping[str, Any]) -> Entry:
    return Entry(read_regions(given.get("result")), str(given.get("model_version", "")))


def _annotation(given: Mapping[str, Any]) -> Entry:
    return Entry(
        read_regions(given.get("result")),
        _annotator(given.get("completed_by")),
        str(given.get("updated_at") or given.get("created_at") or ""),
        bool(given.get("ground_truth")),
    )


def names_of_columns(text: str) -> set[str]:
    """The cells of the first line of a table, roughly: no name that matters holds a delimiter."""
    header, _, rest = text.partition("\n")
    if header.startswith("sep="):
        header = rest.partition("\n")[0]
    return {name.strip().strip('"') for name in re.split(r"[,;\t]", header)}


class _Same:
    """Key that is equal for rows next to each other that are about one task."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, record: Record) -> object:
        value = record.value
        if isinstance(value, dict) and "data" not in value and value.get("id") not in (None, ""):
            return str(value["id"])
        self._number += 1
        return self._number


def _is_table(path: Path) -> bool:
    """True if a file is CSV or TSV; standard input can't be asked, and is taken for JSON."""
    head = read_head(path)
    return not head.looks_like_json and bool(names_of_columns(head.text) & FLAT_KEYS)


def _dicts(task: Mapping[str, Any], keys: Iterable[str]) -> list[dict[str, Any]]:
    found = []
    for key in keys:
        given = task.get(key)
        if given is None:
            continue
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise RecordError("wrong shape", f"`{key}` is not a list of objects")
        found += given
    return found


def _annotator(given: Any) -> str:
    """Number of an annotator; exports give it alone or among more about the person."""
    value = given.get("id") if isinstance(given, dict) else given
    return "" if value is None else str(value)


def _strings(data: Mapping[str, Any]) -> dict[str, str]:
    """The strings that may have been annotated; identifiers and such only if nothing else is."""
    found = {key: value for key, value in data.items() if isinstance(value, str) and value}
    return {key: value for key, value in found.items() if key not in _NEVER_TEXT} or found


_NEVER_TEXT = {"id", *META_KEYS}


def _split_row(
    row: Mapping[str, Any], columns: Collection[str]
) -> tuple[dict[str, str], Entry | None]:
    """The strings of a row of JSON-MIN or CSV, and its annotation if it has one.

    Args:
        row: the row.
        columns: those that hold regions in other rows.
    """
    regions = {}
    for key, value in row.items():
        found = None if key in FLAT_KEYS else _regions_in(value)
        if found is not None:
            regions[key] = found
        elif value not in _NOTHING and (key in columns or _looks_cut(value)):
            raise RecordError("wrong shape", _BROKEN_CELL.format(key))
    own = {key: row[key] for key in row if key not in regions and key not in FLAT_KEYS}
    if row.get("annotation_id") in (None, ""):
        return _strings(own), None
    result = [region for value in regions.values() for region in value]
    time = str(row.get("updated_at") or row.get("created_at") or "")
    return _strings(own), Entry(read_regions(result), str(row.get("annotator") or ""), time)


_BROKEN_CELL = (
    "`{}` holds no list of regions, though it should; spreadsheets cut a cell after 32,767 "
    "characters and change quotes: take the JSON export"
)
_LOOKED_AHEAD = 200
_NOTHING: tuple[Any, ...] = (None, "", [], [[]], "[]", "[[]]", "null", "None", "nan", "NaN")
"""Contents of a cell in which nobody marked anything, as programs for tables write it, too."""
_CUT = re.compile(r"""\W{0,3}\[\s*(?:\{\W{0,4}\w{2,16}\W{0,4}:|object Object)""")


def _region_columns(rows: Iterable[Any]) -> frozenset[str]:
    """The columns that hold regions in any of the rows."""
    return frozenset(
        key
        for row in rows
        if isinstance(row, dict) and "data" not in row
        for key, value in row.items()
        if key not in FLAT_KEYS and _regions_in(value) is not None
    )


def _looks_cut(value: Any) -> bool:
    """True for a string that begins as a list of objects does and is none.

    Texts may be such lists, of messages for example; they can be decoded.
    """
    if not isinstance(value, str) or not _CUT.match(value):
        return False
    try:
        return not isinstance(decoded(value, "cell"), list)
    except RecordError:
        return True


def _regions_in(value: Any) -> list[Any] | None:
    """The regions in a cell, whether JSON or as Python prints it; None if it holds no list of them.

    One region makes it a list of regions; an odd one beside it is an error, not a text.
    """
    if isinstance(value, str):
        if not _LIST.match(value):
            return None
        try:
            value = decoded(value, "cell")
        except RecordError:
            return None
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list) and any(map(_is_region, flat(value))):
        return value
    return None


_LIST = re.compile(r"\s*\[?\s*\{")


def _is_region(value: Any) -> bool:
    return isinstance(value, dict) and len(_PARTS_OF_A_REGION & value.keys()) > 1


_PARTS_OF_A_REGION = {"start", "end", "text", *TEXT_LABELS}
