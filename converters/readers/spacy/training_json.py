"""The training data of `spacy train` in version 2: paragraphs of tagged tokens."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import name_of
from pii_sft.converters.files.json_records import object_of, read_records
from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.converters.tokens.detokenize import REBUILT, TextMaker, covered
from pii_sft.converters.tokens.tag_schemes import TagDecoder
from pii_sft.errors import RecordError
from pii_sft.files import encode
from pii_sft.spans import Document, HoldsText, Span, checked

MISSING = "-"


class _Token(msgspec.Struct):
    orth: str
    ner: str = MISSING


class _Sentence(msgspec.Struct):
    tokens: list[_Token]


class _Paragraph(HoldsText, msgspec.Struct):
    sentences: list[_Sentence]
    raw: str | None = None
    entities: list[tuple[int, int, str]] | None = None

    @property
    def tokens(self) -> list[_Token]:
        return list(chain.from_iterable(sentence.tokens for sentence in self.sentences))


def has_paragraphs(record: dict[str, Any]) -> bool:
    """True if a record is of this format, and not of another that has paragraphs."""
    paragraphs = record.get("paragraphs")
    return (
        isinstance(paragraphs, list)
        and bool(paragraphs)
        and isinstance(paragraphs[0], dict)
        and isinstance(paragraphs[0].get("sentences"), list)
    )


def read_paragraphs(path: Path) -> Iterator[ReadResult]:
    """A document for each paragraph, of its text or else of its tokens."""
    reading = _Reading()
    for number, record in enumerate(read_records(path), 1):
        name = f"{path.stem}-{number}"
        try:
            given = object_of(record)
            name = name_of(given, ("id",), name)
            paragraphs = _list_of(given)
        except RecordError as error:
            yield rejected(error, path, record.line, record.raw, name)
            continue
        for at, paragraph in enumerate(paragraphs, 1):
            id = f"{name}-{at}" if len(paragraphs) > 1 else name
            try:
                yield reading.document(paragraph, id)
            except RecordError as error:
                yield rejected(error, path, record.line, encode(paragraph), id)
    yield from reading.notes()


def _list_of(given: dict[str, Any]) -> list[Any]:
    paragraphs = given.get("paragraphs")
    if not isinstance(paragraphs, list):
        raise RecordError("wrong shape", "the record has no list of paragraphs")
    return paragraphs


class _Reading:
    """One pass through a file."""

    def __init__(self) -> None:
        self._decoder = TagDecoder()
        self._texts = TextMaker("auto", characters=False)

    def document(self, given: Any, id: str) -> Document:
        """The document of a paragraph."""
        try:
            paragraph = msgspec.convert(given, _Paragraph)
        except msgspec.ValidationError as error:
            raise RecordError("wrong shape", str(error)) from None
        tokens = paragraph.tokens
        if not tokens:
            raise RecordError("no text", "the paragraph has no tokens")
        missing = sum(token.ner == MISSING for token in tokens)
        if paragraph.raw and missing == len(tokens) and paragraph.entities is not None:
            spans = [Span(*entity) for entity in paragraph.entities]
            return checked(id, paragraph.raw, spans)
        if missing:
            kind = "not annotated" if missing == len(tokens) else "partial gold"
            raise RecordError(kind, f"{missing} of {len(tokens)} tokens are not annotated")
        words = [token.orth for token in tokens]
        if paragraph.raw:
            text, places, meta = paragraph.raw, self._texts.find(words, paragraph.raw), {}
        else:
            text, places = self._texts.make(words)
            meta = {"text": REBUILT}
        entities = self._decoder.spans([token.ner for token in tokens])
        return checked(id, text, covered(entities, places), meta)

    def notes(self) -> Iterator[Note]:
        """Notes on the tags and the texts."""
        yield Note(self._decoder.report())
        yield from map(Note, self._texts.notes())
