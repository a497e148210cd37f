"""Detection of input formats: which files are inputs, and which reader fits each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.converters import READERS, Head, Reader
from pii_sft.converters.auxiliary_files import is_auxiliary, may_be_auxiliary, own_files
from pii_sft.converters.files.head import MOST_HEAD_BYTES, read_head
from pii_sft.converters.read_results import Note, Rejected, within_record_size
from pii_sft.converters.reader import IF_NO_OTHER, FolderReader
from pii_sft.converters.reader_options import configured
from pii_sft.converters.unread_formats import unread_format
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
from pii_sft.errors import SHOWN_PROBLEMS, InputError, PiiSftError, Problem, UsageError
from pii_sft.files import STANDARD_STREAM, open_binary
from pii_sft.spans import Document

ANY_FORMAT = "auto"


Unrecognised = Literal["stop", "skip"]


class Inputs(msgspec.Struct, frozen=True):
    """The inputs to read.

    Attributes:
        sources: inputs, each with its reader.
        passed_over: files in input folders that are not read.
    """

    sources: list[tuple[Path, Reader]]
    passed_over: list[Path] = []


def find_inputs(
    inputs: Iterable[Path],
    source: str,
    settings: Mapping[str, str] | None = None,
    unrecognised: Unrecognised = "stop",
) -> Inputs:
    """The inputs to read, each with its reader.

    Args:
        inputs: files and folders; `-` is standard input.
        source: name of a reader, or `auto`.
        settings: options of the reader.
        unrecognised: `stop` makes a file in a folder that no reader recognises an error, `skip`
            leaves it out. Known auxiliary files are always left out; a file that was
            named itself never is.

    Raises:
        InputError: an input is missing or empty.
        UsageError: there is no such reader, none or several recognise an input, or the reader has
            no such option.
    """
    chosen = None if source == ANY_FORMAT else READERS.get(source)
    readers = [READERS.get(name) for name in READERS.names()] if chosen is None else [chosen]
    named = list(inputs)
    passed_over: list[Path] = []
    unknown: list[str] = []
    sources: list[tuple[Path, Reader]] = []
    paths = list(expand(named, readers, passed_over))
    _demand_names_in_utf_8([*paths, *passed_over])
    for path in paths:
        of_folder = path not in named
        try:
            reader = chosen or READERS.get(detect(path))
            refuse_encodings(path)
        except PiiSftError as error:
            if not of_folder:
                raise
            if may_be_auxiliary(path) or unrecognised == "skip":
                passed_over.append(path)
            else:
                unknown.append(str(error))
            continue
        optional = may_be_auxiliary(path) or (unrecognised == "skip" and not chosen)
        if of_folder and optional and reader.sniff(read_head(path)) <= IF_NO_OTHER:
            passed_over.append(path)
            continue
        sources.append((path, configured(reader, settings or {})))
    if unknown:
        raise UsageError(_unknown(unknown))
    if not sources:
        folders = [path for path in named if path.is_dir()]
        reason = "holds no annotation; what is in it was passed over"
        raise InputError(
            [Problem("nothing to read", str(path), 0, None, reason) for path in folders]
        )
    return Inputs(sources, passed_over)


def find_sources(
    inputs: Iterable[Path], source: str, settings: Mapping[str, str] | None = None
) -> list[tuple[Path, Reader]]:
    """Find the inputs to read, without the list of files that were left out; see `find_inputs`."""
    return find_inputs(inputs, source, settings).sources


_MOST_NAMED = 20


def _unknown(errors: Sequence[str]) -> str:
    if len(errors) == 1:
        return f"{errors[0]} To pass over such files of a folder: --unrecognised skip."
    lines = [f"{len(errors)} files are not recognised:", *errors[:_MOST_NAMED]]
    if len(errors) > _MOST_NAMED:
        lines.append(f"and {len(errors) - _MOST_NAMED} more.")
    return "\n".join((*lines, "To pass over such files of a folder: --unrecognised skip."))


def _demand_names_in_utf_8(paths: Iterable[Path]) -> None:
    """Refuse names that no manifest and no id can hold."""
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            name = str(path).encode("ascii", "backslashreplace").decode()
            raise UsageError(f"The name of {name} is not UTF-8. Rename the file.") from None


def expand(
    inputs: Iterable[Path], readers: Iterable[Reader] = (), passed_over: list[Path] | None = None
) -> Iterator[Path]:
    """List the files of the inputs in name order, and the folders that one reader reads as a whole.

    Hidden files and files about the data (licences, readmes, settings, pictures) are left out. Of a
    data set that `pii-sft convert` wrote, only the gold documents are read, if it has some.

    Args:
        inputs: files and folders.
        readers: readers that may claim files of a folder.
        passed_over: list to which the files that are left out are added.

    Raises:
        InputError: a folder holds no file.
        UsageError: two readers claim files of one folder.
    """
    collectors = [reader for reader in readers if isinstance(reader, FolderReader)]
    left_out = [] if passed_over is None else passed_over
    for path in inputs:
        if not path.is_dir():
            yield path
            continue
        before = len(left_out)
        found = list(_held(path, collectors, left_out))
        if not found and len(left_out) == before:
            raise InputError([Problem("empty folder", str(path), 0, None, "holds no file")])
        yield from found


def _held(folder: Path, collectors: Iterable[FolderReader], left_out: list[Path]) -> Iterator[Path]:
    own = list(own_files(folder))
    if own:
        yield from own
        left_out += [path for path in _files(folder) if path not in own]
        return
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
            yield from _held(path, collectors, left_out)
        elif path.is_file() and is_auxiliary(path):
            left_out.append(path)
        elif path.is_file():
            yield path


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
    )


def refuse_encodings(path: Path) -> None:
    """Refuse text in an encoding that no reader reads, and say how to convert it.

    Raises:
        UsageError: the file is UTF-16 or UTF-32.
    """
    if path == STANDARD_STREAM or path.is_dir():
        return
    with open_binary(path) as stream:
        data = stream.read(_FIRST_BYTES)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")
    if not encoding and data and b"\x00" in data:
        zeros = [data[at::2].count(0) * 2 > len(data) * _ZERO_SHARE for at in (0, 1)]
        text = zeros[0] != zeros[1] and max(data) < _NOT_IN_LATIN
        encoding = "UTF-16" if text else ""
    if encoding:
        raise UsageError(
            f"{path} is {encoding}, as spreadsheets save Unicode text. Save it as UTF-8, or run: "
            f"iconv -f {encoding} -t UTF-8 IN > OUT"
        )


_FIRST_BYTES = 256
_ZERO_SHARE = 0.8
_NOT_IN_LATIN = 0x80
_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def detect(path: Path) -> str:
    """Name of the reader that is surest of an input.

    Raises:
        InputError: the file is missing or empty.
        UsageError: it is standard input, which can be read only once; or no reader recognises
            it, or two are equally sure.
    """
    if path == STANDARD_STREAM:
        raise UsageError("Name the format of standard input with --from.")
    refuse_encodings(path)
    head = read_head(path)
    surest = _surest(head)
    for broken in range(1, min(len(head.values), _MOST_BROKEN + 1)):
        if surest[0] > IF_NO_OTHER:
            break
        surest = max(surest, _surest(head.without(broken)))
    best, names = surest
    if best == 0 and not path.is_dir() and not head.data.strip():
        raise InputError([Problem("empty file", str(path), 0, None, "holds nothing")])
    if best == 0 and (kind := unread_format(head)):
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


_MOST_BROKEN = 5
"""Broken records at the beginning of a file, up to which the next ones still tell its format."""


def _surest(head: Head) -> tuple[float, list[str]]:
    """Certainty of the surest readers of an input, and their names."""
    scores = {name: READERS.get(name).sniff(head) for name in READERS.names()}
    best = max(scores.values())
    return best, [name for name, score in scores.items() if score == best]


def _seen(head: Head) -> str:
    """Describe an input for a message, showing only names that can't be personal data."""
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
        return f"something like JSON, but its first value is broken ({_first_fault(head)})"
    if head.data.startswith(b"PAR1"):
        return "a parquet file"
    if b"\x00" in head.data or "\ufffd" in head.text[:_SAMPLE]:
        return "a binary file, or text that is not UTF-8"
    if head.text.lstrip().startswith("<"):
        return "XML or HTML"
    tabs = "tab-separated columns" if "\t" in head.text[:_SAMPLE] else "plain text"
    return f"{tabs} with the suffix {head.path.suffix or 'none'}"


def _first_fault(head: Head) -> str:
    """Place at which the first value of a file stops being JSON."""
    line = head.text.lstrip().partition("\n")[0]
    for text in (line, head.text):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                return f"line {error.lineno}, character {error.colno}"
        except RecursionError:
            return "nested too deeply"
    return "line 1"


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
"""Keys of known formats, which messages may show. Other keys may be a name or a document's text."""
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
        for record in within_record_size(reader.read(path), path):
            if isinstance(record, Rejected):
                problems.append(record.problem)
            elif not isinstance(record, Note):
                yield record
            if len(problems) == SHOWN_PROBLEMS:
                break
    if problems:
        raise InputError(problems, "Mend these records, or convert the input without them first.")
