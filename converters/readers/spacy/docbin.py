"""spaCy's binary corpora."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pii_sft.converters.files.isolated import isolated
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.tokens.detokenize import REBUILT
from pii_sft.errors import InputError, MissingExtraError, Problem, RecordError
from pii_sft.files import demand_whole_size, encode, open_binary, read_whole
from pii_sft.spans import Document, Span, checked

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.tokens import Span as SpacySpan

_ZLIB = 0x78
_INSIDE = b"attrs"
_AT_ONCE = 1 << 20
_FAULTS = (
    zlib.error,
    struct.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


def is_doc_bin(opening: bytes) -> bool:
    """Whether a file begins as a DocBin does: compressed, with the names of its attributes."""
    if not opening or opening[0] != _ZLIB:
        return False
    try:
        return _INSIDE in zlib.decompressobj().decompress(opening, 256)
    except zlib.error:
        return False


def read_doc_bin(path: Path, key: str) -> Iterator[ReadResult]:
    """The documents of a DocBin; offsets are those of spaCy's own text.

    Args:
        path: the file.
        key: of the span group to take; empty for `doc.ents`.

    Raises:
        InputError: the file is damaged.
        MissingExtraError: spaCy is not installed.
    """
    try:
        # here, so that it is done once for all files
        import spacy.tokens  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("spacy", "spacy") from None
    return isolated(lambda: _read(path, key), (Document, Rejected, Note), path, "DocBin")


def _read(path: Path, key: str) -> Iterator[ReadResult]:
    rebuilt = spans = number = 0
    for number, doc in enumerate(_docs(path), 1):
        id = f"{path.stem}-{number}"
        try:
            document = _document(doc, id, key)
        except RecordError as error:
            error.id = id
            yield rejected(error, path, 0, encode({"text": doc.text}))
            continue
        rebuilt += doc.has_unknown_spaces
        spans += len(document.spans)
        yield document
    yield Note(f"{spans} spans in {number} documents, by the offsets of spaCy itself")
    if rebuilt:
        yield Note(f"{rebuilt} texts are rebuilt from words: what stood between is not known")


def _docs(path: Path) -> Iterator[Doc]:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    with open_binary(path) as stream:
        content = read_whole(stream, str(path))
    _demand_unpacked_size(content, path)
    try:
        yield from DocBin().from_bytes(content).get_docs(Vocab())
    except _FAULTS as error:
        reason = f"is no DocBin, or a damaged one ({type(error).__name__})"
        raise InputError([Problem("damaged file", str(path), 0, None, reason)]) from None


def _demand_unpacked_size(content: bytes, path: Path) -> None:
    """Refuse what would take more memory than a file may, before spaCy unpacks it whole."""
    unpacking, rest, size = zlib.decompressobj(), content, 0
    try:
        while rest:
            size += len(unpacking.decompress(rest, _AT_ONCE))
            rest = unpacking.unconsumed_tail
            demand_whole_size(size, str(path))
    except zlib.error:
        # spaCy says what is wrong
        return


def _document(doc: Doc, id: str, key: str) -> Document:
    if not doc.text:
        raise RecordError("no text", "the document is empty")
    entities = _of_group(doc, key) if key else _entities(doc)
    spans = [Span(each.start_char, each.end_char, each.label_) for each in entities]
    meta = {"text": REBUILT} if doc.has_unknown_spaces else {}
    return checked(id, doc.text, spans, meta)


def _entities(doc: Doc) -> Iterable[SpacySpan]:
    if not doc.has_annotation("ENT_IOB"):
        keys = ", ".join(sorted(key for key in doc.spans if key.isidentifier()))
        groups = f"; it has span groups, name one with --option spans=KEY: {keys}" if keys else ""
        raise RecordError("not annotated", f"the document has no entity annotation{groups}")
    if not doc.has_annotation("ENT_IOB", require_complete=True):
        raise RecordError("partial gold", "some tokens of the document are not annotated")
    entities: Iterable[SpacySpan] = doc.ents
    return entities


def _of_group(doc: Doc, key: str) -> Iterable[SpacySpan]:
    if key not in doc.spans:
        raise RecordError("not annotated", "the document has no such group of spans")
    group: Iterable[SpacySpan] = doc.spans[key]
    return group
