"""Files of columns, sentence by sentence: what stands between two blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from pii_sft.converters.tokens.column_layout import DOCUMENT_START, Layout
from pii_sft.converters.tokens.delimiters import BARE_COMMAS, Fields
from pii_sft.errors import InputError
from pii_sft.files import BYTE_ORDER_MARK, bounded_lines, most_of_record, too_long
from pii_sft.spans import HoldsText

HEAD_BYTES = 1 << 18
MOST_JOINED = 5

_COMMAS = frozenset(("commas", "semicolons", BARE_COMMAS))
_FIELD = re.compile(r"#[ \t]*([\w.:-]+(?: id)?)[ \t]*=[ \t]?(.*)", re.DOTALL)
_NAME = re.compile(r"#[ \t]*(id|newdoc|newpar)\b[ \t]*(\S*)")
_NEW_DOCUMENT = frozenset(("newdoc", "newdoc id"))

DOCSTART = "docstart"
NEWDOC = "newdoc"


class Line(HoldsText, msgspec.Struct, frozen=True):
    """A line of a file: its number, counted from 1, and its bytes with the line end."""

    number: int
    raw: bytes

    @property
    def text(self) -> str:
        """The line without its end; bytes that are not UTF-8 are replaced."""
        return self.raw.rstrip(b"\r\n").decode(errors="replace")


class Sentence(HoldsText, msgspec.Struct):
    """The lines of a sentence.

    Attributes:
        line: number of the first one.
        document: which document of the file it belongs to, counted from 1; 0 before the first
            line that says where one begins.
        document_name: what that line calls it; empty if it does not.
        comments: the values of its comments, by name.
        rows: the fields of its tokens.
        raw: the bytes of its lines.
        fault: why it can't be used; empty if it can.
    """

    line: int
    document: int
    document_name: str
    comments: dict[str, str] = {}
    rows: list[Fields] = []
    raw: list[bytes] = []
    fault: str = ""


def read_lines(stream: IO[bytes], path: Path) -> Iterator[Line]:
    """The lines of a file, blank ones too; a byte-order mark is removed.

    Raises:
        InputError: a line is longer than a record may be.
    """
    for number, raw in enumerate(bounded_lines(stream, path), 1):
        yield Line(number, raw.removeprefix(BYTE_ORDER_MARK) if number == 1 else raw)


def opening(lines: Iterator[Line]) -> list[Line]:
    """Take as many lines as are enough to see what the columns hold."""
    taken = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line.raw)
        if size >= HEAD_BYTES:
            break
    return taken


def read_sentences(
    path: Path,
    lines: Iterator[Line],
    layout: Layout,
    markers: Iterable[str] = (DOCSTART, NEWDOC),
) -> Iterator[Sentence]:
    """Group the lines of a file; what has no token is left out.

    Args:
        path: of the file, for messages.
        lines: of the file.
        layout: what its columns hold.
        markers: lines at which a document begins: `docstart` for `-DOCSTART-`, `newdoc` for the
            comment of that name.

    Raises:
        InputError: lines without a blank one between them are larger than a record may be.
    """
    if layout.headed:
        next((line for line in lines if line.raw.strip()), None)
    blocks = _Blocks(layout, frozenset(markers))
    if layout.delimiter in ("commas", "semicolons"):
        lines = _joined(lines)
    blank = b",; \t\r\n" if layout.delimiter in _COMMAS else None
    # where a column numbers the sentences, a block is many of them
    most = most_of_record() if layout.sentence < 0 else None
    for block in _between_blanks(path, lines, blank, most):
        yield from blocks.sentences(block)


def _between_blanks(
    path: Path, lines: Iterator[Line], blank: bytes | None, most: int | None
) -> Iterator[list[Line]]:
    block: list[Line] = []
    size = 0
    for line in lines:
        if line.raw.strip(blank):
            block.append(line)
            if most is not None and size + len(line.raw.rstrip(b"\r\n")) > most:
                raise InputError([too_long(path, block[0].number)])
            size += len(line.raw)
        elif block:
            yield block
            block, size = [], 0
    if block:
        yield block


class _Blocks:
    """Makes sentences of lines without a blank one, and knows where in the file it is."""

    def __init__(self, layout: Layout, markers: frozenset[str]) -> None:
        self._layout = layout
        self._markers = markers
        self._document = 0
        self._document_name = ""
        self._sentence_name = ""

    def sentences(self, block: Sequence[Line]) -> Iterator[Sentence]:
        """The sentences of a block: one, unless a line in between begins another."""
        texts, fault = _decoded(block)
        piece: list[tuple[Line, str]] = []
        filled = False
        for line, text in zip(block, texts, strict=True):
            comment = text.startswith("#") and self._layout.is_comment(text)
            begun = _document_begun(text, comment)
            if begun is not None or (self._layout.sentence >= 0 and self._is_next(text)):
                if filled:
                    yield self._sentence(piece, fault)
                if filled or not comment:
                    piece, filled = [], False
                if begun is not None and begun[0] in self._markers:
                    self._document += 1
                    self._document_name = begun[1]
            if begun is None or comment:
                piece.append((line, text))
                filled |= not comment
        if filled:
            yield self._sentence(piece, fault)

    def _is_next(self, text: str) -> bool:
        """True if a line names another sentence than the line before."""
        fields = self._layout.split(text)
        at = self._layout.sentence
        name = fields[at].strip() if len(fields) > at else ""
        if name in ("", self._sentence_name):
            return False
        self._sentence_name = name
        return True

    def _sentence(self, piece: Sequence[tuple[Line, str]], fault: str) -> Sentence:
        layout = self._layout
        comments: dict[str, str] = {}
        tokens = []
        for pair in piece:
            if not (pair[1].startswith("#") and layout.is_comment(pair[1])):
                tokens.append(pair)
                continue
            match = _FIELD.match(pair[1]) or _NAME.match(pair[1])
            if match is not None:
                comments[match[1]] = match[2]
        rows = [layout.split(text) for _, text in tokens]
        if not fault and not all(map(layout.fits, rows)):
            fault = next(
                f"line {line.number} has {len(fields)} columns, not {layout.width}"
                for (line, _), fields in zip(tokens, rows, strict=True)
                if not layout.fits(fields)
            )
        return Sentence(
            line=piece[0][0].number,
            document=self._document,
            document_name=self._document_name,
            comments=comments,
            rows=rows,
            raw=[line.raw for line, _ in piece],
            fault=fault,
        )


def _document_begun(text: str, comment: bool) -> tuple[str, str] | None:
    """Name by which a line says that a document begins; None if it does not."""
    if comment:
        match = _FIELD.match(text) or _NAME.match(text)
        begins = match is not None and match[1] in _NEW_DOCUMENT
        return (NEWDOC, match[2]) if match is not None and begins else None
    if text[:1] in ("-", '"') and text.lstrip('"').startswith(DOCUMENT_START):
        return DOCSTART, ""
    return None


def _decoded(block: Sequence[Line]) -> tuple[list[str], str]:
    """The lines without their ends, and what is wrong with them."""
    try:
        return [line.raw.rstrip(b"\r\n").decode() for line in block], ""
    except UnicodeDecodeError:
        return [line.text for line in block], "it holds bytes that are not UTF-8"


def _joined(lines: Iterator[Line]) -> Iterator[Line]:
    """Lines with the quoted line breaks of CSV inside."""
    for line in lines:
        raw = line.raw
        for _ in range(MOST_JOINED):
            following = next(lines, None) if raw.count(b'"') % 2 else None
            if following is None:
                break
            raw += following.raw
        yield Line(line.number, raw)
