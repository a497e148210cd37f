"""Reading and writing of files: streaming JSONL, atomic and private output."""

from pii_sft.files.file_part import open_part, write_all
from pii_sft.files.folder_lock import locked_folder
from pii_sft.files.journal import recover
from pii_sft.files.read_once import reading_once
from pii_sft.files.reading import (
    BYTE_ORDER_MARK,
    bounded_lines,
    decode_document,
    digest,
    files_in,
    lines_within,
    metered,
    open_binary,
    read_documents,
    read_json,
    read_lines,
    read_yaml,
    too_long,
    unchanged,
)
from pii_sft.files.size_limits import (
    demand_record_size,
    demand_whole_size,
    limited,
    most_of_record,
    most_of_whole,
    parsed_size,
    read_whole,
    shown_size,
)
from pii_sft.files.staging import (
    STANDARD_STREAM,
    Staging,
    encode,
    jsonl_writer,
    make_private,
    never_replacing,
)
from pii_sft.files.unnamed_files import new_token, part_name
from pii_sft.files.writing import (
    append_line,
    check_output,
    indented,
    write_bytes,
    write_documents,
    write_json,
)

__all__ = [
    "BYTE_ORDER_MARK",
    "STANDARD_STREAM",
    "Staging",
    "append_line",
    "bounded_lines",
    "check_output",
    "decode_document",
    "demand_record_size",
    "demand_whole_size",
    "digest",
    "encode",
    "files_in",
    "indented",
    "jsonl_writer",
    "limited",
    "lines_within",
    "locked_folder",
    "make_private",
    "metered",
    "most_of_record",
    "most_of_whole",
    "never_replacing",
    "new_token",
    "open_binary",
    "open_part",
    "parsed_size",
    "part_name",
    "read_documents",
    "read_json",
    "read_lines",
    "read_whole",
    "read_yaml",
    "reading_once",
    "recover",
    "shown_size",
    "too_long",
    "unchanged",
    "write_all",
    "write_bytes",
    "write_documents",
    "write_json",
]
