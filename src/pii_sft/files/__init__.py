"""The one way to read and write files: streaming JSONL, atomic and private."""

from pii_sft.files.alone import alone_in
from pii_sft.files.journal import recover
from pii_sft.files.limits import SizeLimits, limited, most_of_record, parsed_size
from pii_sft.files.part import open_part
from pii_sft.files.read_once import reading_once
from pii_sft.files.reading import (
    BYTE_ORDER_MARK,
    decode_document,
    digest,
    metered,
    open_binary,
    read_documents,
    read_json,
    read_lines,
    too_long,
)
from pii_sft.files.staging import STANDARD_STREAM, Staging, encode, jsonl_writer, make_private
from pii_sft.files.writing import check_output, indented, write_bytes, write_documents, write_json

__all__ = [
    "BYTE_ORDER_MARK",
    "STANDARD_STREAM",
    "SizeLimits",
    "Staging",
    "alone_in",
    "check_output",
    "decode_document",
    "digest",
    "encode",
    "indented",
    "jsonl_writer",
    "limited",
    "make_private",
    "metered",
    "most_of_record",
    "open_binary",
    "open_part",
    "parsed_size",
    "read_documents",
    "read_json",
    "read_lines",
    "reading_once",
    "recover",
    "too_long",
    "write_bytes",
    "write_documents",
    "write_json",
]
