"""Annotated documents for Python programs, read from files of any format, or as `datasets`.

Exported as `pii_sft.read` and `pii_sft.to_datasets`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pii_sft.converters.detect import ANY_FORMAT, read_annotations
from pii_sft.errors import MissingExtraError
from pii_sft.files import encode
from pii_sft.spans import Document

if TYPE_CHECKING:
    from datasets import Dataset


def read(path: str | Path, source: str = ANY_FORMAT) -> Iterator[Document]:
    """Stream the documents of a file or folder of annotations.

    Args:
        path: the file or folder; `-` is standard input.
        source: name of its format, see `pii-sft formats`, or `auto`.

    Raises:
        InputError: records are bad; the first ones are named, after the last good document.
        UsageError: there is no such format, or none or several recognise the input.
    """
    return read_annotations([Path(path)], source)


def to_datasets(documents: Iterable[Document]) -> Dataset:
    """Documents as a data set of Hugging Face `datasets`.

    Its columns are `id`, `text`, `spans` (a list of `start`, `end`, `label`) and `meta`. `meta` is
    JSON, since its keys may differ from document to document.

    Args:
        documents: for example from `read`; all are held in memory.

    Raises:
        MissingExtraError: `datasets` is not installed.
    """
    try:
        from datasets import Dataset, Features, Value
    except ModuleNotFoundError:
        raise MissingExtraError("datasets", "data") from None
    span = {"start": Value("int64"), "end": Value("int64"), "label": Value("string")}
    features = {"id": Value("string"), "text": Value("string"), "spans": [span]}
    columns: dict[str, list[object]] = {"id": [], "text": [], "spans": [], "meta": []}
    for each in documents:
        columns["id"].append(each.id)
        columns["text"].append(each.text)
        columns["spans"].append(
            [{"start": s.start, "end": s.end, "label": s.label} for s in each.spans]
        )
        columns["meta"].append(encode(each.meta).decode())
    return Dataset.from_dict(columns, Features({**features, "meta": Value("string")}))
