"""spaCy's binary corpora."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.converters.files.child_process import in_child_process
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.tokens.detokenize import REBUILT
from pii_sft.errors import InputError, MissingExtraError, Problem, RecordError
from pii_sft.files import demand_whole_size, encode, open_binary, read_whole
from pii_sft.spans import Document, Span, checked
from pii_sft.terminal import counted

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.tokens import Span as SpacySpan

SPAN_GROUP = "sc"
"""The group in which the spaCy writer stores all spans; it is spaCy's own default name."""

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
    """True if a file begins as a DocBin does: compressed, with the names of its attributes."""
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
        key: of the span group to take; empty for `doc.ents`, or for all spans of documents that
            the spaCy writer wrote.

    Raises:
        InputError: the file is damaged, or has spans in groups only, and no group was named.
        MissingExtraError: spaCy is not installed.
    """
    try:
        # here, so that it is done once for all files
        import spacy.tokens  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("spacy", "spacy") from None
    return in_child_process(lambda: _read(path, key), (Document, Rejected, Note), path, "DocBin")


def _read(path: Path, key: str) -> Iterator[ReadResult]:
    reading = _Reading(path, key)
    number = 0
    for number, doc in enumerate(_docs(path), 1):
        yield from reading.read(doc, number)
    yield from reading.rest(number)


class _Reading:
    """One pass through a file; documents without entities wait until an entity is seen."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._rebuilt = self._spans = self._own = 0
        self._waiting: list[ReadResult] = []
        self._unread: Counter[str] = Counter()

    def read(self, doc: Doc, number: int) -> Iterator[ReadResult]:
        """The results for a document of the file, and for those that waited."""
        own = _is_ours(doc)
        id = doc.user_data["id"] if own else f"{self._path.stem}-{number}"
        try:
            document = self._document(doc, id, own)
        except RecordError as error:
            yield rejected(error, self._path, 0, encode({"text": doc.text}), id)
            return
        self._own += own
        self._rebuilt += doc.has_unknown_spaces
        self._spans += len(document.spans)
        self._waiting.append(document)
        if self._spans or own:
            yield from self._waiting
            self._waiting = []

    def _document(self, doc: Doc, id: str, own: bool) -> Document:
        if not doc.text:
            raise RecordError("no text", "the document is empty")
        key = self._key or (SPAN_GROUP if own else "")
        entities = _of_group(doc, key) if key else _entities(doc)
        spans = [Span(each.start_char, each.end_char, each.label_) for each in entities]
        if not key:
            read = {(span.start, span.end) for span in spans}
            for name, group in doc.spans.items():
                self._unread[name] += sum(
                    (each.start_char, each.end_char) not in read for each in group
                )
        meta = {"text": REBUILT} if doc.has_unknown_spaces else {}
        if own:
            meta = {**_plain(doc.user_data["meta"]), **meta}
        return checked(id, doc.text, spans, meta)

    def rest(self, documents: int) -> Iterator[ReadResult]:
        """Documents that still wait, and what was found out about the file.

        Raises:
            InputError: no document has an entity, but spans in groups.
        """
        unread = {name: number for name, number in self._unread.items() if number}
        groups = ", ".join(
            f"{name} ({number})" for name, number in unread.items() if name.isidentifier()
        )
        if unread and not self._spans:
            reason = f"has no entities, but spans in groups; read one: --option spans=KEY: {groups}"
            raise InputError([Problem("not annotated", str(self._path), 0, None, reason)])
        yield from self._waiting
        read = f"{counted(self._spans, 'span')} in {counted(documents, 'document')}"
        yield Note(f"{read}, by the offsets of spaCy itself")
        if self._own:
            yield Note(
                f"{self._own} documents are of this program: group {SPAN_GROUP}, id and meta"
            )
        if unread:
            yield Note(
                f"span groups hold {sum(unread.values())} spans that are no entities, not read; "
                f"read a group with --option spans=KEY: {groups}"
            )
        if self._rebuilt:
            yield Note(
                f"{self._rebuilt} texts are rebuilt from words: what stood between is not known"
            )


def _is_ours(doc: Doc) -> bool:
    """True for a document that the spaCy writer wrote."""
    match doc.user_data:
        case {"id": str(), "meta": dict()}:
            return SPAN_GROUP in doc.spans
    return False


def _plain(meta: Any) -> dict[str, Any]:
    """Meta as JSON gives it: spaCy reads lists as tuples."""
    plain: dict[str, Any] = msgspec.json.decode(encode(meta))
    return plain


def _docs(path: Path) -> Iterator[Doc]:
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    with open_binary(path) as stream:
        content = read_whole(stream, str(path))
    _demand_unpacked_size(content, path)
    try:
        yield from DocBin(store_user_data=True).from_bytes(content).get_docs(Vocab())
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
