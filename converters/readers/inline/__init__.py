"""Texts with the entities marked inside, one a line: `<PERSON>Ann</PERSON>` and its relatives.

Which way of marking is used is found out from the first lines, see `markup.py` and `tags.py`:
`<PERSON>Ann</PERSON>` or `<ENAMEX TYPE="PERSON">Ann</ENAMEX>` (may be nested), `{{name:Ann}}`
(Boson), `<<PATIENT:Ann>>` (robust_deid), `<START:person> Ann <END>` (OpenNLP), `[Ann](person)`
(Rasa) and `[PERSON: Ann]`. Marks are taken out, all else stays as it is; lines without marks are
texts without entities. Files of Rasa NLU are not read line by line, see `rasa.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY, NO
from pii_sft.converters.readers.inline.markup import (
    Markup,
    fitted,
    labels_in,
    most_likely,
    share_readable,
)
from pii_sft.converters.readers.inline.rasa import is_rasa, read_rasa
from pii_sft.converters.tokens.column_files import Line, opening, read_lines
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import STANDARD_STREAM, open_binary
from pii_sft.spans import Document, checked

_READABLE_SHARE = 0.8
_STRUCTURED = (".yml", ".yaml", ".toml")
"""Line by line, these would be read with their syntax."""

_MOST_LABELS = 100


class InlineOptions(msgspec.Struct, frozen=True):
    """Options of texts with marks.

    Attributes:
        markup: how entities are marked.
        document: what a document is: a line, or the whole file.
    """

    markup: Literal["auto", "tags", "braces", "angles", "opennlp", "links", "brackets"] = "auto"
    document: Literal["line", "file"] = "line"


_XML = re.compile(r"\s*+(?:<\?xml|<(?P<root>[a-z][\w.-]*+)\b(?s:.*)</(?P=root)>\s*+\Z)")
"""A document of XML: a declaration, or one element in lower case around everything."""


@dataclass(frozen=True)
class InlineReader:
    """Reads texts with marks.

    Attributes:
        options: see `InlineOptions`.
    """

    options: InlineOptions = field(default_factory=InlineOptions)

    name = "inline"

    def sniff(self, head: Head) -> float:
        """Sure where the lines hold many marks that can be read, of not too many labels."""
        if head.records or "\x00" in head.text:
            return NO
        if is_rasa(head.text):
            return LIKELY
        if head.path.suffix.lower() in _STRUCTURED or _XML.match(head.text):
            return NO
        lines = [line for line in head.text.split("\n")[:-1] or [head.text] if line.strip()]
        name = most_likely(lines)
        if name is None:
            return NO
        markup = fitted(name, lines)
        readable = share_readable(lines, markup) >= _READABLE_SHARE
        few = len(set(labels_in(lines, markup))) <= _MOST_LABELS
        if not readable:
            return IF_NO_OTHER
        return markup.certainty if few else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Take the marks out of each line; lines with a mark that is not closed are rejected."""
        if path != STANDARD_STREAM and is_rasa(read_head(path).text):
            yield from read_rasa(path)
            return
        with open_binary(path) as stream:
            lines = read_lines(stream, path)
            head = opening(lines)
            if self.options.document == "file":
                head = [Line(1, b"".join(line.raw for line in chain(head, lines)))]
            name = self.options.markup
            chosen = most_likely([line.text for line in head]) if name == "auto" else name
            if chosen is None:
                reason = "holds no marked entity; name the markup with --option markup=..."
                raise InputError([Problem("no markup", str(path), 0, None, reason)])
            reading = _Reading(path, chosen, fitted(chosen, [line.text for line in head]))
            for line in chain(head, lines):
                yield from reading.document(line)
        yield from map(Note, reading.notes())


class _Reading:
    """One pass through a file."""

    def __init__(self, path: Path, name: str, markup: Markup) -> None:
        self._path = path
        self._name = name
        self._markup = markup
        self._number = 0
        self._spans = 0
        self._ragged = 0

    def document(self, line: Line) -> Iterator[ReadResult]:
        """The document of a line, or why there is none; nothing for an empty line."""
        if not line.text.strip():
            return
        self._number += 1
        id = f"{self._path.stem}-{self._number}"
        try:
            yield self._made(line, id)
        except RecordError as error:
            yield rejected(error, self._path, line.number, line.raw.rstrip(b"\r\n"), id)

    def _made(self, line: Line, id: str) -> Document:
        text, spans = self._markup.read(_text(line))
        document = checked(id, text, spans)
        surfaces = [document.surface(span) for span in document.spans]
        self._spans += len(surfaces)
        self._ragged += sum(surface != surface.strip() for surface in surfaces)
        return document

    def notes(self) -> Iterator[str]:
        """Notes on the decisions about the file."""
        yield f"entities are marked by {self._name} ({self._spans} spans)"
        if self._ragged:
            yield f"{self._ragged} spans begin or end with white space"


def _text(line: Line) -> str:
    try:
        return line.raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise RecordError("broken line", "is not UTF-8") from None


READER = InlineReader()
