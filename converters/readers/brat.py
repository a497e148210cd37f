"""BRAT standoff: `T1<TAB>PER 0 8<TAB>Jane Doe` in an `.ann` file, the text in a `.txt` beside it.

A folder is read as one input, so that all its documents decide together how offsets count; they
should be code points, half-open, and a line break is one. Entities of several pieces go by a
policy, except those that brat itself cut at a line break, which are one. Event triggers are
entities too; events, relations, attributes, normalisations and notes are ignored.

An empty `.ann` is a document that was reviewed and holds no entity. A `.txt` without an `.ann` was
not annotated; it is left out and counted.

Format: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import msgspec

from pii_sft.converters.entities.discontinuous import Pieces, Policy
from pii_sft.converters.files.head import Head
from pii_sft.converters.offsets.byte_order_mark import without_mark
from pii_sft.converters.offsets.conventions import CODE_POINTS, CONVENTIONS, Ruler
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, LIKELY, NO
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import BYTE_ORDER_MARK, open_binary, read_whole
from pii_sft.spans import HoldsText

ANNOTATION, TEXT = ".ann", ".txt"
_SETTINGS = ".conf"

_PIECE = "[0-9]{1,15} [0-9]{1,15}"
_ENTITY = re.compile(rf"T[^\t ]*\t([^\t ]+) ({_PIECE}(?:;{_PIECE})*)(?:\t(.*))?", re.DOTALL)
_IGNORED = re.compile(r"[REAMN][^\t ]*\t|\*\t|#|\s*$")


class BratOptions(msgspec.Struct, frozen=True):
    """Policies for BRAT.

    Attributes:
        discontinuous: what becomes of entities of several pieces; see `Pieces`.
    """

    discontinuous: Policy = "fragments"


@dataclass(frozen=True)
class BratReader:
    """Reads pairs of `.txt` and `.ann` files, one by one or folders of them."""

    options: BratOptions = field(default_factory=BratOptions)

    name = "brat"

    def sniff(self, head: Head) -> float:
        """Certain of a folder or a pair of such files."""
        if head.path.is_dir():
            return CERTAIN if self.claims(head.path) else NO
        partner = {ANNOTATION: TEXT, TEXT: ANNOTATION}.get(head.path.suffix)
        if partner is not None and head.path.with_suffix(partner).is_file():
            return CERTAIN
        return LIKELY if _ENTITY.match(head.text) else NO

    def claims(self, folder: Path) -> list[Path]:
        """The `.ann` files of a folder, their texts, and settings.

        Texts without `.ann` are among them, unless the folder holds other kinds of files too.
        """
        files = [path for path in sorted(folder.iterdir()) if _is_visible(path)]
        annotated = {path.stem for path in files if path.suffix == ANNOTATION}
        if not annotated:
            return []
        own = [path for path in files if path.suffix in (ANNOTATION, TEXT, _SETTINGS)]
        alone = len(own) == len(files)
        return [path for path in own if alone or path.suffix != TEXT or path.stem in annotated]

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify each entity on its string; documents in which one fails are rejected."""
        pieces = Pieces(self.options.discontinuous)
        annotated, untouched = [path.with_suffix(ANNOTATION)], 0
        if path.is_dir():
            files = self.claims(path)
            if not files:
                raise InputError([Problem("empty folder", str(path), 0, None, "has no .ann")])
            annotated = [each for each in files if each.suffix == ANNOTATION]
            texts = [each for each in files if each.suffix == TEXT]
            untouched = sum(each.with_suffix(ANNOTATION) not in annotated for each in texts)
        yield from settle(path, (_document(each, pieces) for each in annotated), CODE_POINTS)
        yield from pieces.notes()
        if untouched:
            yield Note(f"{untouched} texts have no .ann, so they are not annotated; left out")


def _is_visible(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _document(path: Path, pieces: Pieces) -> RawDocument | Rejected:
    """The document of an `.ann` file.

    Raises:
        InputError: it can't be opened.
    """
    raw = _bytes(path)
    try:
        text = _text_beside(path)
        entities = list(_entities(_decoded(raw.removeprefix(BYTE_ORDER_MARK), "it")))
        text, moved = without_mark(
            text, list(chain.from_iterable(each.pieces for each in entities))
        )
        rest = iter(moved)
        marks: list[RawSpan] = []
        for entity in entities:
            own = list(islice(rest, len(entity.pieces)))
            if entity.surface is not None and len(own) > 1:
                own = _verified(text, own, entity.surface)
            marks += pieces.marks(text, sorted(own, key=lambda piece: piece.start))
    except RecordError as error:
        return rejected(error, path, 0, raw, path.stem)
    return RawDocument(path.stem, text, tuple(marks), raw=raw)


def _verified(text: str, pieces: Sequence[RawSpan], surface: str) -> list[RawSpan]:
    """The pieces of an entity with what the text holds there, which together is its string.

    Raises:
        RecordError: they do not hold it, whatever the offsets count.
    """
    for convention in (each for each in CONVENTIONS if not each.inclusive):
        ruler = Ruler(text, convention)
        places = [ruler.place(piece.start, piece.end) for piece in pieces]
        strings = [text[slice(*place)] if place else "" for place in places]
        if " ".join(strings).split() == surface.split():
            return [
                msgspec.structs.replace(piece, surface=string)
                for piece, string in zip(pieces, strings, strict=True)
            ]
    first, last = pieces[0], pieces[-1]
    name = f"{len(pieces)} pieces in {first.start}-{last.end} ({first.label})"
    raise RecordError("offsets", f"{name} do not hold the string of their entity")


def _bytes(path: Path) -> bytes:
    with open_binary(path) as stream:
        return read_whole(stream, str(path))


def _decoded(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise RecordError("broken line", f"{what} is not UTF-8") from None


def _text_beside(path: Path) -> str:
    partner = path.with_suffix(TEXT)
    if not partner.is_file():
        raise RecordError("no text", f"there is no {TEXT} beside it")
    return _decoded(_bytes(partner), f"its {TEXT}")


class _Entity(HoldsText, msgspec.Struct, frozen=True):
    """An entity: its pieces as they are listed, and its string, where it has one."""

    pieces: list[RawSpan]
    surface: str | None


def _entities(content: str) -> Iterator[_Entity]:
    for number, line in enumerate(content.split("\n"), 1):
        if not _IGNORED.match(line):
            yield _entity(line.removesuffix("\r"), number)


def _entity(line: str, number: int) -> _Entity:
    match = _ENTITY.fullmatch(line)
    if match is None:
        reason = f"line {number} is neither an entity nor any other annotation"
        raise RecordError("broken line", reason)
    label, places, surface = match.groups()
    offsets = [map(int, place.split(" ")) for place in places.split(";")]
    pieces = [RawSpan(start, end, label) for start, end in offsets]
    if len(pieces) == 1:
        pieces = [msgspec.structs.replace(pieces[0], surface=surface)]
    return _Entity(pieces, surface)


READER = BratReader()
