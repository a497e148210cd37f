"""Rows of Parquet and Arrow files, as Hugging Face `datasets` and its hub store them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import InputError, MissingExtraError, Problem
from pii_sft.files import STANDARD_STREAM

PARQUET = b"PAR1"
ARROW_FILE = b"ARROW1"
ARROW_STREAM = b"\xff\xff\xff\xff"

_BATCH = 1000
_METADATA_KEY = b"huggingface"


def is_table(opening: bytes) -> bool:
    """Whether a file that begins like this holds rows of Parquet or Arrow."""
    return opening.startswith((PARQUET, ARROW_FILE, ARROW_STREAM))


def table_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Stream the rows of a file.

    Raises:
        InputError: the file is damaged, or standard input.
        MissingExtraError: pyarrow is not installed.
    """
    pa = _pyarrow()
    try:
        for batch in _batches(path):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from None


def class_names(path: Path) -> dict[str, list[str]]:
    """Names of the integers in each column, where `datasets` recorded them.

    Raises:
        InputError: the file is damaged, or standard input.
        MissingExtraError: pyarrow is not installed.
    """
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
    match _kind(path):
        case "parquet":
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(_BATCH)
        case "file":
            with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
                yield from (reader.get_batch(at) for at in range(reader.num_record_batches))
        case _:
            with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
                yield from reader


def _schema(path: Path) -> Any:
    import pyarrow.parquet as pq

    pa = _pyarrow()
    match _kind(path):
        case "parquet":
            return pq.read_schema(path)
        case "file":
            with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
                return reader.schema
        case _:
            with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
                return reader.schema


def _kind(path: Path) -> str:
    if path == STANDARD_STREAM:
        reason = "Parquet and Arrow can't be read from standard input; name the file"
        raise InputError([Problem("unreadable file", str(path), 0, None, reason)])
    with path.open("rb") as stream:
        opening = stream.read(len(ARROW_FILE))
    if opening.startswith(PARQUET):
        return "parquet"
    return "file" if opening == ARROW_FILE else "stream"


def _damaged(path: Path, error: Exception) -> InputError:
    reason = f"is no readable Parquet or Arrow ({type(error).__name__})"
    return InputError([Problem("unreadable file", str(path), 0, None, reason)])
