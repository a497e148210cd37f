"""Rows of Parquet and Arrow files, as Hugging Face `datasets` and its hub store them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.files.child_process import in_child_process
from pii_sft.errors import InputError, MissingExtraError, Problem
from pii_sft.files import most_of_whole, open_binary

PARQUET = b"PAR1"
ARROW_FILE = b"ARROW1"
ARROW_STREAM = b"\xff\xff\xff\xff"

_BATCH = 1000
_AT_ONCE = 16
"""Rows that are made to Python's values at a time."""

_SHARE = 8
"""Part of the memory that a batch takes at most, if a row is as large as its group."""

_KIND = "Parquet or Arrow"
_METADATA_KEY = b"huggingface"


def is_table(opening: bytes) -> bool:
    """True if a file that begins like this holds rows of Parquet or Arrow."""
    return opening.startswith((PARQUET, ARROW_FILE, ARROW_STREAM))


def table_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Stream the rows of a file.

    Raises:
        InputError: the file is damaged, or takes too much memory.
        MissingExtraError: pyarrow is not installed.
    """
    _pyarrow()
    return in_child_process(lambda: _rows(path), (dict[str, Any],), path, _KIND)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    pa = _pyarrow()
    try:
        for batch in _batches(path):
            # offsets of a damaged file may point outside of its buffers
            batch.validate(full=True)
            for start in range(0, batch.num_rows, _AT_ONCE):
                yield from batch.slice(start, _AT_ONCE).to_pylist()
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError, IndexError, OverflowError) as error:
        raise _damaged(path, error) from None


def class_names(path: Path) -> dict[str, list[str]]:
    """Names of the integers in each column, where `datasets` recorded them.

    Raises:
        InputError: the file is damaged.
        MissingExtraError: pyarrow is not installed.
    """
    _pyarrow()
    found: dict[str, list[str]] = next(
        in_child_process(lambda: iter([_class_names(path)]), (dict[str, list[str]],), path, _KIND)
    )
    return found


def _class_names(path: Path) -> dict[str, list[str]]:
    pa = _pyarrow()
    try:
        metadata = _schema(path).metadata or {}
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    try:
        recorded = msgspec.json.decode(metadata.get(_METADATA_KEY, b"{}"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    info = recorded.get("info") if isinstance(recorded, dict) else None
    return named_features(info)


def named_features(info: Any) -> dict[str, list[str]]:
    """Names of the integers in each column, from the `features` of a `dataset_info.json`."""
    features = info.get("features") if isinstance(info, dict) else None
    if not isinstance(features, dict):
        return {}
    found = {column: _names(feature) for column, feature in features.items()}
    return {column: names for column, names in found.items() if names}


def _names(feature: Any) -> list[str]:
    """Names of a class label, or of a list of such."""
    while isinstance(feature, list) and feature:
        feature = feature[0]
    while isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
        feature = feature["feature"]
    names = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    return []


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise MissingExtraError("pyarrow", "data") from None
    return pa


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    pa = _pyarrow()
    source = pa.PythonFile(open_binary(path), mode="r")
    match _kind(path):
        case "parquet":
            with pq.ParquetFile(source) as file:
                yield from _batches_of_parquet(file)
        case "file":
            with pa.ipc.open_file(source) as reader:
                yield from (reader.get_batch(at) for at in range(reader.num_record_batches))
        case _:
            with pa.ipc.open_stream(source) as reader:
                yield from reader


def _batches_of_parquet(file: Any) -> Iterator[Any]:
    """Fewer rows at a time where a row may be large: in a dictionary, all can be the same one."""
    for group in range(file.num_row_groups):
        largest = max(1, file.metadata.row_group(group).total_byte_size)
        rows = max(1, min(_BATCH, most_of_whole() // _SHARE // largest))
        yield from file.iter_batches(rows, row_groups=[group])


def _schema(path: Path) -> Any:
    import pyarrow.parquet as pq

    pa = _pyarrow()
    source = pa.PythonFile(open_binary(path), mode="r")
    match _kind(path):
        case "parquet":
            return pq.read_schema(source)
        case "file":
            with pa.ipc.open_file(source) as reader:
                return reader.schema
        case _:
            with pa.ipc.open_stream(source) as reader:
                return reader.schema


def _kind(path: Path) -> str:
    with open_binary(path) as stream:
        opening = stream.read(len(ARROW_FILE))
    if opening.startswith(PARQUET):
        return "parquet"
    return "file" if opening == ARROW_FILE else "stream"


def _damaged(path: Path, error: Exception) -> InputError:
    reason = f"is no readable Parquet or Arrow ({type(error).__name__})"
    return InputError([Problem("unreadable file", str(path), 0, None, reason)])
