"""Storage of the rows of a table: one file, a folder of `save_to_disk`, or the hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.files.arrow_tables import class_names, is_table, named_features, table_rows
from pii_sft.converters.files.csv_tables import read_rows
from pii_sft.converters.files.json_records import Record
from pii_sft.converters.files.stringified import list_in
from pii_sft.errors import InputError, MissingExtraError, Problem
from pii_sft.files import STANDARD_STREAM, encode, open_binary, read_json

HUB = "hf:/"
"""Beginning of an address of the hub; a path keeps only one of the two slashes."""

TEXT_KEYS = ("text", "sentence")

_INFO = "dataset_info.json"
_STATE = "state.json"
_SPLITS = "dataset_dict.json"


class Source(msgspec.Struct):
    """The rows of an input.

    Attributes:
        records: each with the name of its split, which is empty where there are none.
        names: names of the integers in a column.
    """

    records: Iterable[tuple[str, Record]]
    names: dict[str, list[str]]


class _Splits(msgspec.Struct):
    splits: list[str] = []


def claimed_files(folder: Path) -> list[Path]:
    """The output of `save_to_disk` in a folder: files, or a folder for each split."""
    if (folder / _SPLITS).is_file():
        return [folder / _SPLITS, *(each for _, each in _split_folders(folder))]
    if (folder / _STATE).is_file() and (folder / _INFO).is_file():
        return [folder / _STATE, folder / _INFO, *sorted(folder.glob("*.arrow"))]
    return []


def is_stored(path: Path) -> bool:
    """True if a path is a folder of `save_to_disk` or an address of the hub."""
    return str(path).startswith(HUB) or (path.is_dir() and bool(claimed_files(path)))


def open_source(path: Path, config: str = "", split: str = "", revision: str = "") -> Source:
    """Find the rows of an input, and the names of their integers.

    Args:
        path: a file, a folder of `save_to_disk`, or `hf://owner/name`.
        config: configuration of a data set of the hub.
        split: the one split to read of it.
        revision: branch, tag or commit of it.

    Raises:
        InputError: the input can't be read.
        MissingExtraError: the package that reads it is not installed.
    """
    if str(path).startswith(HUB):
        return _from_hub(path, config, split, revision)
    if (path / _SPLITS).is_file():
        return _joined([(name, _from_folder(each)) for name, each in _split_folders(path)])
    if path.is_dir():
        return _from_folder(path)
    rows = map(_with_lists, read_rows(path))
    return Source((("", record) for record in rows), _names_around(path))


def _with_lists(record: Record) -> Record:
    """A row whose lists became strings on the way, as in CSV."""
    if not isinstance(record.value, dict):
        return record
    return msgspec.structs.replace(record, value=with_lists(record.value))


def with_lists(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in which strings that are lists are lists, its text aside."""
    return {key: cell if key in TEXT_KEYS else list_in(cell) for key, cell in row.items()}


def _names_around(path: Path) -> dict[str, list[str]]:
    if path == STANDARD_STREAM:
        return {}
    with open_binary(path) as stream:
        opening = stream.read(16)
    if is_table(opening):
        return class_names(path)
    info = path.parent / _INFO
    return named_features(read_json(info, dict[str, Any])) if info.is_file() else {}


def _split_folders(folder: Path) -> list[tuple[str, Path]]:
    """The folders of the splits, which have to be in the folder that names them.

    Raises:
        InputError: one is missing, or its name leads elsewhere, as `..` does.
    """
    path = folder / _SPLITS
    names = read_json(path, _Splits).splits
    for name in names:
        inside = name not in ("", ".", "..") and Path(name).name == name
        if not inside or not (folder / name).is_dir() or (folder / name).is_symlink():
            reason = f"names the split {name!r}, and there is no folder of that name beside it"
            raise InputError([Problem("no such split", str(path), 0, None, reason)])
    return [(name, folder / name) for name in names]


def _from_folder(folder: Path) -> Source:
    files = sorted(folder.glob("*.arrow"))
    if not files:
        raise InputError([Problem("empty folder", str(folder), 0, None, "holds no Arrow file")])
    rows = (row for file in files for row in table_rows(file))
    names = named_features(read_json(folder / _INFO, dict[str, Any])) or class_names(files[0])
    return Source((("", Record(0, row, encode(row))) for row in rows), names)


def _joined(sources: Iterable[tuple[str, Source]]) -> Source:
    parts = list(sources)
    names: dict[str, list[str]] = {}
    for _, source in parts:
        names.update(source.names)
    records = ((name, record) for name, source in parts for _, record in source.records)
    return Source(records, names)


def _from_hub(path: Path, config: str, split: str, revision: str) -> Source:
    try:
        import datasets
    except ModuleNotFoundError:
        raise MissingExtraError("datasets", "data") from None
    name = str(path).removeprefix(HUB)
    try:
        loaded = datasets.load_dataset(
            name, config or None, split=split or None, revision=revision or None
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = f"could not be loaded ({type(error).__name__}); is the name right?"
        raise InputError([Problem("no such data set", str(path), 0, None, reason)]) from None
    splits = {split: loaded} if split else dict(loaded)
    sources = ((each, Source(_hub_rows(rows), _features(rows))) for each, rows in splits.items())
    return _joined(sources)


def _hub_rows(rows: Any) -> Iterator[tuple[str, Record]]:
    return (("", Record(0, row, encode(row))) for row in rows)


def _features(rows: Any) -> dict[str, list[str]]:
    return named_features({"features": rows.features.to_dict()})
