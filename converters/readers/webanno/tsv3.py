"""WebAnno TSV 3: layers, sentences, and the units that annotations are written at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from pii_sft.converters.offsets.conventions import Convention, Ruler
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText

FORMAT = "#FORMAT=WebAnno TSV "
_VERSION = re.compile(r"#FORMAT=WebAnno TSV 3(\.\d+)?\s*$")
_TEXT = "#Text="
_FIRST_COLUMN = 3
_MOST_BETWEEN = 10_000

_PLACE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
_UNIT = re.compile(r"[0-9]+-[0-9]+(\.[0-9]+)?")
_ESCAPED = re.compile(r"\\([\\\[\]|_;>*tnr])")
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_BAR = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_NUMBER = re.compile(r"(?<!\\)((?:\\\\)*)\[([0-9]{1,15})\]$")


class Layer(msgspec.Struct, frozen=True):
    """A layer of spans.

    Attributes:
        name: full name of its type.
        features: names of its features.
        column: cell of its first feature, counted from 0.
    """

    name: str
    features: tuple[str, ...]
    column: int

    @property
    def short(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]


class Unit(HoldsText, msgspec.Struct, frozen=True):
    """A token, or a part of one.

    Attributes:
        begin: offset of its first character, as the file counts.
        end: offset of its end.
        form: its string.
        cells: its columns, from the first.
        part: whether it is a part of a token.
    """

    begin: int
    end: int
    form: str
    cells: tuple[str, ...]
    part: bool


class Sentence(HoldsText, msgspec.Struct):
    """A sentence: its text, escaped as in the file, and its units."""

    text: str
    units: list[Unit] = []


class File(msgspec.Struct, frozen=True):
    """The sentences of a file."""

    layers: list[Layer]
    sentences: list[Sentence]


class Value(HoldsText, msgspec.Struct, frozen=True):
    """One value in a cell.

    Attributes:
        text: the value; None for a span without one.
        number: what joins the units of one span; 0 for a span of one unit.
    """

    text: str | None
    number: int


def parse(content: str) -> File:
    """Read a file.

    Raises:
        RecordError: it is not WebAnno TSV 3, or a line breaks the format.
    """
    lines = [line.removesuffix("\r") for line in content.split("\n")]
    if not _VERSION.match(lines[0]):
        raise RecordError("wrong shape", "the first line is not #FORMAT=WebAnno TSV 3")
    return File(list(_layers(lines)), list(_sentences(lines)))


def _layers(lines: Sequence[str]) -> Iterator[Layer]:
    column = _FIRST_COLUMN
    for line in lines:
        kind, _, value = line.partition("=")
        name, *features = value.split("|")
        features = [feature for feature in features if feature]
        if kind == "#T_SP":
            yield Layer(name, tuple(features), column)
        if kind in ("#T_SP", "#T_RL"):
            column += max(1, len(features))
        if kind == "#T_CH":
            column += 2


def _sentences(lines: Sequence[str]) -> Iterator[Sentence]:
    sentence = None
    for number, line in enumerate(lines, 1):
        if line.startswith(_TEXT):
            text = line.removeprefix(_TEXT)
            if sentence is not None and not sentence.units:
                sentence.text += "\n" + text
                continue
            if sentence is not None:
                yield sentence
            sentence = Sentence(text)
        elif line.strip() and not line.startswith("#"):
            if sentence is None:
                raise RecordError("broken line", f"line {number} belongs to no #Text")
            sentence.units.append(_unit(line, number))
    if sentence is not None:
        yield sentence


def _unit(line: str, number: int) -> Unit:
    cells = tuple(line.split("\t"))
    name, place = (
        (_UNIT.fullmatch(cells[0]), _PLACE.fullmatch(cells[1])) if len(cells) > 2 else (None, None)
    )
    if name is None or place is None:
        raise RecordError("broken line", f"line {number} is no token with its offsets")
    return Unit(int(place[1]), int(place[2]), cells[2], cells, bool(name[1]))


def values(cell: str) -> list[Value]:
    """The values of a cell, stacked ones in order; none for `_`."""
    if cell in ("_", ""):
        return []
    return [_value(piece) for piece in _BAR.sub(r"\1\n", cell).split("\n")]


def _value(piece: str) -> Value:
    match = _NUMBER.search(piece)
    number = 0 if match is None else int(match[2])
    text = piece if match is None else piece[: match.start()] + match[1]
    return Value(None if text in ("*", "_") else unescaped(text), number)


def unescaped(string: str) -> str:
    """A string without the escapes of the format."""
    return _ESCAPED.sub(lambda match: _CONTROLS.get(match[1], match[1]), string)


def build_text(sentences: Sequence[Sentence], convention: Convention, escapes: bool) -> str:
    """Put the text together, with line breaks where only offsets tell that something stood.

    Args:
        sentences: the sentences.
        convention: how their offsets count.
        escapes: whether their texts hold escapes.

    Raises:
        RecordError: sentences overlap, or are too far from each other to be right.
    """
    parts: list[str] = []
    at = 0
    for sentence in sentences:
        text = unescaped(sentence.text) if escapes else sentence.text
        if sentence.units:
            before = _before(text, sentence.units[0].form)
            gap = sentence.units[0].begin - Ruler(text[:before], convention).units - at
        else:
            gap = int(bool(parts))
        if not 0 <= gap <= _MOST_BETWEEN:
            reason = "a sentence does not stand where the offsets of its tokens say"
            raise RecordError("offsets", reason)
        parts += ["\n" * gap, text]
        at += gap + Ruler(text, convention).units
    return "".join(parts)


def _before(text: str, form: str) -> int:
    """Number of code points before the first token of a sentence."""
    places = [text.find(spelled) for spelled in (form, unescaped(form))]
    return min((place for place in places if place >= 0), default=0)
