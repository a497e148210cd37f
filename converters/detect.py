"""Which inputs there are, and which reader each is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pii_sft.converters import READERS, Head, Reader
from pii_sft.converters.files.head import MOST_HEAD_BYTES, read_head
from pii_sft.converters.read_results import Note, Rejected
from pii_sft.converters.reader import FolderReader
from pii_sft.converters.reader_options import configured
from pii_sft.entity_keys import (
    EITHER_KEYS,
    END_KEYS,
    LABEL_KEYS,
    LABELS_KEYS,
    LENGTH_KEYS,
    OCCURRENCE_KEYS,
    OTHER_KEYS,
    PLACE_KEYS,
    START_KEYS,
    SURFACE_KEYS,
    SURFACES_KEYS,
    WRAPPER_KEYS,
    plain_key,
)
from pii_sft.errors import SHOWN_PROBLEMS, InputError, Problem, UsageError
from pii_sft.files import STANDARD_STREAM
from pii_sft.spans import Document

ANY_FORMAT = "auto"


def find_sources(
    inputs: Iterable[Path], source: str, settings: Mapping[str, str] | None = None
) -> list[tuple[Path, Reader]]:
    """What has to be read, and by which reader.

    Args:
        inputs: files and folders; `-` is standard input.
        source: name of a reader, or `auto`.
        settings: options of the reader.

    Raises:
        InputError: an input is missing or empty.
        UsageError: there is no such reader, none or several recognise an input, or the reader has
            no such option.
    """
    chosen = None if source == ANY_FORMAT else READERS.get(source)
    readers = [READERS.get(name) for name in READERS.names()] if chosen is None else [chosen]
    paths = list(expand(inputs, readers))
    _demand_names_in_utf_8(paths)
    found = [(path, chosen or READERS.get(detect(path))) for path in paths]
    return [(path, configured(reader, settings or {})) for path, reader in found]


def _demand_names_in_utf_8(paths: Iterable[Path]) -> None:
    """Refuse names that no manifest and no id can hold."""
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            name = str(path).encode("ascii", "backslashreplace").decode()
            raise UsageError(f"The name of {name} is not UTF-8. Rename the file.") from None


def expand(inputs: Iterable[Path], readers: Iterable[Reader] = ()) -> Iterator[Path]:
    """The files of the inputs, in name order, and the folders that a reader takes as a whole.

    Left out are hidden files, and those that are about the data: licences, readmes, Markdown, and
    the configuration of a labelling interface.

    Args:
        inputs: files and folders.
        readers: those that may claim files of a folder.

    Raises:
        InputError: a folder holds no file.
        UsageError: two readers claim files of one folder.
    """
    collectors = [reader for reader in readers if isinstance(reader, FolderReader)]
    for path in inputs:
        if not path.is_dir():
            yield path
            continue
        found = list(_held(path, collectors))
        if not found:
            raise InputError([Problem("empty folder", str(path), 0, None, "holds no file")])
        yield from found


def _held(folder: Path, collectors: Iterable[FolderReader]) -> Iterator[Path]:
    claims = {reader.name: reader.claims(folder) for reader in collectors}
    claiming = [name for name, files in claims.items() if files]
    if len(claiming) > 1:
        raise UsageError(f"{folder} holds files for {' and for '.join(claiming)}. Use --from.")
    if claiming:
        yield folder
    claimed = {path for files in claims.values() for path in files}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path in claimed:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _held(path, collectors)
        elif path.is_file() and not _ABOUT_DATA.match(path.name):
            yield path


_ABOUT_DATA = re.compile(
    r"(readme|licen[cs]e|notice|citation|changelog|authors)(\.(txt|rst|cff))?$"
    r"|.*\.md$|.*label_config\.xml$",
    re.IGNORECASE,
)


def detect(path: Path) -> str:
    """Name of the reader that is surest of an input.

    Raises:
        InputError: the file is missing or empty.
        UsageError: it is standard input, which can be read only once; or no reader recognises
            it, or two are equally sure.
    """
    if path == STANDARD_STREAM:
        raise UsageError("Name the format of standard input with --from.")
    head = read_head(path)
    scores = {name: READERS.get(name).sniff(head) for name in READERS.names()}
    best = max(scores.values())
    names = [name for name, score in scores.items() if score == best]
    if best == 0 and not path.is_dir() and not head.data.strip():
        raise InputError([Problem("empty file", str(path), 0, None, "holds nothing")])
    if best == 0 and (kind := _unreadable(head)):
        raise UsageError(f"{path}: {kind}.")
    if best == 0:
        known = ", ".join(READERS.names())
        raise UsageError(
            f"{path}: the format was not recognised: {_seen(head)}. If it is one of these, name "
            f"it with --from: {known}. If not, see docs/formats.md for what each one looks like."
        )
    if len(names) > 1:
        raise UsageError(f"{path}: could be {' or '.join(names)}. Name it with --from.")
    return names[0]


def _seen(head: Head) -> str:
    """What an input looks like, by its kind and by names that can't be anybody's data."""
    if head.path.is_dir():
        return "a folder of files that do not belong together"
    if head.record:
        keys = [key for key in head.record if plain_key(key) in _SHOWABLE]
        others = len(head.record) - len(keys)
        if not keys:
            return "records with keys that no format here has"
        names = ", ".join(keys[:_SHOWN_KEYS])
        more = " and others" if others or len(keys) > _SHOWN_KEYS else ""
        return f"records with the keys {names}{more}"
    if head.values:
        return "JSON lists"
    if head.looks_like_json and len(head.data) >= MOST_HEAD_BYTES:
        return f"JSON whose first value has more than {MOST_HEAD_BYTES >> 20} MB"
    if head.looks_like_json:
        return "something like JSON, but its first value is broken"
    if head.data.startswith(b"PAR1"):
        return "a parquet file"
    if b"\x00" in head.data or "\ufffd" in head.text[:_SAMPLE]:
        return "a binary file, or text that is not UTF-8"
    if head.text.lstrip().startswith("<"):
        return "XML or HTML"
    tabs = "tab-separated columns" if "\t" in head.text[:_SAMPLE] else "plain text"
    return f"{tabs} with the suffix {head.path.suffix or 'none'}"


def _unreadable(head: Head) -> str:
    """What a file is that no reader reads; empty if it is none of these."""
    return next((kind for start, kind in _UNREAD.items() if head.data.startswith(start)), "")


_UNREAD = {
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"\x1f\x8b": "a gzip archive; unpack it first",
    b"%PDF": "a PDF file; annotation tools export text, which is what is read",
}
_SHOWABLE = WRAPPER_KEYS | {
    *(*OTHER_KEYS, *LABEL_KEYS, *LABELS_KEYS, *SURFACE_KEYS, *SURFACES_KEYS, *EITHER_KEYS),
    *(*START_KEYS, *END_KEYS, *LENGTH_KEYS, *PLACE_KEYS, *OCCURRENCE_KEYS),
    *("text", "texts", "document", "documents", "doc", "docid", "documentid", "content", "title"),
    *("sentence", "sentences", "sourcetext", "fulltext", "body", "question", "questions", "query"),
    *("tokens", "nertags", "postags", "chunktags", "trailingwhitespace", "words", "bio", "iob"),
    *("messages", "conversations", "conversation", "role", "from", "prompt", "completion"),
    *("chosen", "rejected", "instruction", "input", "inputs", "system", "history", "task"),
    *("tasks", "target", "meta", "metadata", "info", "split", "dataset", "url", "lang", "locale"),
    *("topic", "domain", "maskedtext", "privacymask", "spanlabels", "mbertbiolabels", "relations"),
    *("relation", "events", "event", "context", "choices", "options", "schema", "model", "created"),
}
"""Keys that formats have. Others may be somebody's name or the text of a document."""
_SHOWN_KEYS = 12
_SAMPLE = 4096


def read_annotations(inputs: Iterable[Path], source: str = ANY_FORMAT) -> Iterator[Document]:
    """Stream the documents of annotation files.

    Args:
        inputs: files or folders; `-` is standard input.
        source: name of a reader, or `auto`.

    Raises:
        InputError: records are bad; the first ones are named, after the last good document.
        UsageError: there is no such reader, or none or several recognise an input.
    """
    problems: list[Problem] = []
    for path, reader in find_sources(inputs, source):
        for record in reader.read(path):
            if isinstance(record, Rejected):
                problems.append(record.problem)
            elif not isinstance(record, Note):
                yield record
            if len(problems) == SHOWN_PROBLEMS:
                break
    if problems:
        raise InputError(problems, "Mend these records, or convert the input without them first.")
