"""Kaggle "PII Data Detection" (The Learning Agency Lab): `full_text`, `tokens`, BIO `labels`.

`trailing_whitespace` says behind which tokens a space follows, so tokens give back the text
exactly; white space such as a blank line is a token of its own. `test.json` has no labels, and
external data sets leave out `full_text`.

Documented shape: https://www.kaggle.com/competitions/pii-detection-removal-from-educational-data
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_objects
from pii_sft.converters.read_results import Note, ReadResult
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.converters.tokens.detokenize import covered, join_tokens
from pii_sft.converters.tokens.tag_schemes import TagDecoder
from pii_sft.errors import RecordError
from pii_sft.spans import Document, HoldsText, checked


class _Essay(HoldsText, msgspec.Struct):
    tokens: list[str]
    trailing_whitespace: list[bool]
    labels: list[str] | None = None
    full_text: str | None = None


class KaggleReader:
    """Reads the essays of the competition, and data sets made like them."""

    name = "kaggle"

    def sniff(self, head: Head) -> float:
        """Certain of tokens that say what white space follows them."""
        return CERTAIN if {"tokens", "trailing_whitespace"} <= head.record.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify that the tokens give back the text; essays without labels are rejected."""
        decoder = TagDecoder()
        read = 0

        def document(record: dict[str, Any], name: str) -> Document:
            return _document(record, name, decoder)

        for reading in read_objects(path, document):
            read += isinstance(reading, Document)
            yield reading
        if read:
            yield Note(decoder.report())


def _document(record: dict[str, Any], name: str, decoder: TagDecoder) -> Document:
    id = name_of(record, ("document", "id"), name)
    with naming(id):
        essay = _essay(record)
        if essay.labels is None:
            raise RecordError("not annotated", "has no `labels`, as in test.json: it is no gold")
        if not len(essay.tokens) == len(essay.trailing_whitespace) == len(essay.labels):
            raise RecordError("wrong shape", "tokens, trailing_whitespace, labels differ in length")
        gaps = [" " if follows else "" for follows in essay.trailing_whitespace]
        made, places = join_tokens(essay.tokens, gaps)
        spans = covered(decoder.spans(essay.labels), places)
        return checked(id, _text(essay, made, gaps), spans, known_meta(record))


def _essay(record: dict[str, Any]) -> _Essay:
    try:
        return msgspec.convert(record, _Essay)
    except msgspec.ValidationError as error:
        raise RecordError("wrong shape", str(error)) from None


def _text(essay: _Essay, made: str, gaps: Sequence[str]) -> str:
    """The text, if it is what the tokens make; white space behind the last may be left out."""
    if essay.full_text is None:
        return made
    if essay.full_text not in (made, made + (gaps[-1] if gaps else "")):
        raise RecordError("text", "the tokens do not make up `full_text`")
    return essay.full_text


READER = KaggleReader()
