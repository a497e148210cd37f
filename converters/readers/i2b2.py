"""i2b2/n2c2 de-identification XML, and MEDDOCAN: `<TEXT>`, and `<TAGS>` with offsets into it.

A tag is `<NAME id="P0" start="16" end="27" text="..." TYPE="DOCTOR"/>`; MAE writes `spans="16~27"`.
Its label is the `TYPE` (MAE: `type`), or by option the element, or both. Offsets count the text as
XML gives it, with line breaks normalised; a folder is read as one input, so that all its documents
decide together how they count. Files are parsed by expat; a document type, and with it every
entity that could be expanded or fetched, is refused.

Formats: https://portal.dbmi.hms.harvard.edu/projects/n2c2-nlp/,
https://github.com/PlanTL-GOB-ES/SPACCC_MEDDOCAN
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.parsers import expat

import msgspec

from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.offsets.byte_order_mark import without_mark
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, LIKELY, NO
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import open_binary, read_whole

_KNOWN_ROOT = re.compile(r"<(deIdi2b2|MEDDOCAN)\b")
_RANGE = re.compile(r"(\d+)~(\d+)")

LabelFrom = Literal["type", "element", "both"]


class I2b2Options(msgspec.Struct, frozen=True):
    """Policies for de-identification XML.

    Attributes:
        label: what the label of a tag is: its `TYPE`, its element, or both (`NAME/DOCTOR`).
    """

    label: LabelFrom = "type"


@dataclass(frozen=True)
class I2b2Reader:
    """Reads one document a file, from one file or a folder of them."""

    options: I2b2Options = field(default_factory=I2b2Options)

    name = "i2b2"

    def sniff(self, head: Head) -> float:
        """Certain of XML with a known root, nearly so of any with a text and tags."""
        if head.path.is_dir():
            return CERTAIN if self.claims(head.path) else NO
        if not head.text.lstrip().startswith("<"):
            return NO
        if _KNOWN_ROOT.search(head.text):
            return CERTAIN
        return LIKELY if "<TEXT>" in head.text and "<TAGS" in head.text else NO

    def claims(self, folder: Path) -> list[Path]:
        """The XML files that begin like de-identification XML."""
        files = (path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".xml")
        return [path for path in files if path.is_file() and self.sniff(read_head(path))]

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each tag against its `text`.

        Raises:
            InputError: a file can't be opened, or a folder holds none.
        """
        files = self.claims(path) if path.is_dir() else [path]
        if not files:
            reason = "holds no XML file with a text and tags"
            raise InputError([Problem("nothing to read", str(path), 0, None, reason)])
        left_out: Counter[str] = Counter()
        yield from settle(path, (self._annotated(each, left_out) for each in files), CODE_POINTS)
        for what, number in left_out.items():
            yield Note(f"{number} {what}; left out")

    def _annotated(self, path: Path, left_out: Counter[str]) -> RawDocument | Rejected:
        with open_binary(path) as stream:
            content = read_whole(stream, str(path))
        try:
            text, tags = _Parser().parsed(content)
            marks = tuple(
                _mark(element, given, self.options.label, at)
                for at, (element, given) in enumerate(_of_text(tags, left_out), 1)
            )
        except RecordError as error:
            return rejected(error, path, 1, content, path.stem)
        text, marks = without_mark(text, marks)
        return RawDocument(path.stem, text, marks, {}, 1, content)


_NOWHERE = ("~", "-1~-1")
"""Places that MAE writes for a tag that marks no text."""


def _of_text(
    tags: Iterable[tuple[str, dict[str, str]]], left_out: Counter[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The tags that mark text; links between them, and tags without a place, are counted."""
    for element, given in tags:
        places = [given.get(key) for key in ("start", "end", "spans")]
        if not any(places) and any(key.lower().startswith("from") for key in given):
            left_out["links between tags are no spans"] += 1
        elif not any(places) and "text" not in given:
            left_out["tags are of the whole document and mark no text"] += 1
        elif places[0] == places[1] == "-1" or places[2] in _NOWHERE:
            left_out["tags say that they mark no text"] += 1
        else:
            yield element, given


class _Parser:
    """Finds the text and the tags of a file."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._open: list[str] = []
        self._text: list[str] | None = None
        self._tags: list[tuple[str, dict[str, str]]] | None = None

    def parsed(self, content: bytes) -> tuple[str, list[tuple[str, dict[str, str]]]]:
        """The text, and each tag as its element and attributes."""
        try:
            self._parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise RecordError("broken XML", _reason(error)) from None
        if self._text is None:
            raise RecordError("no text", "has no element TEXT")
        if self._tags is None:
            raise RecordError("not annotated", "has no element TAGS")
        return "".join(self._text), self._tags

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        match self._open:
            case [_] if element == "TEXT" and self._text is None:
                self._text = []
            case [_] if element == "TAGS" and self._tags is None:
                self._tags = []
            case [_] if element in ("TEXT", "TAGS"):
                raise RecordError("wrong shape", f"has {element} twice")
            case [_, "TAGS"] if self._tags is not None:
                self._tags.append((element, attributes))
            case [_, "TEXT"]:
                raise RecordError("wrong shape", "has elements inside its TEXT")
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _characters(self, characters: str) -> None:
        if self._open[1:] == ["TEXT"] and self._text is not None:
            self._text.append(characters)


def _refuse_document_type(*_: object) -> None:
    raise RecordError("unsafe XML", "declares a document type, which is never read; remove it")


def _reason(error: Exception) -> str:
    if isinstance(error, expat.ExpatError):
        return f"line {error.lineno}: {expat.ErrorString(error.code)}"
    return "is in an encoding that can't be read"


def _mark(element: str, given: Mapping[str, str], label_from: LabelFrom, at: int) -> RawSpan:
    start, end = given.get("start"), given.get("end")
    if "spans" in given:
        ranges = _RANGE.fullmatch(given["spans"])
        if ranges is None:
            reason = f"tag {at} ({element}) is not one stretch of text"
            raise RecordError("discontinuous", reason)
        start, end = ranges.groups()
    type = given.get("TYPE") or given.get("type") or element
    label = {"type": type, "element": element, "both": f"{element}/{type}"}[label_from]
    return RawSpan(
        whole_number(start, f"the start of tag {at}"),
        whole_number(end, f"the end of tag {at}"),
        label,
        given.get("text"),
    )


READER = I2b2Reader()
