"""JSON inside a JSON string: an answer that was encoded once too often."""

from __future__ import annotations

import re

import msgspec

from pii_sft.spans import HoldsText

MOST_LAYERS = 3
_FAR = 16

_BRACKETS = r"\[{(［｛【（"
_OPENING = rf"[{_BRACKETS}](?:\s|\\[nrt]|[{_BRACKETS}]){{0,64}}+"
_BEGIN = re.compile(rf'{_OPENING}\\++"')
_BEGIN_IN_QUOTES = re.compile(rf'{_OPENING}(?!")')
_QUOTE_BEFORE = re.compile(r'(?:\A|[\n:=]) *+"\s{,8}\Z')
_UNESCAPED_QUOTE = re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL)
_PIECE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)|[^\\]+|\\", re.DOTALL)
_HIGH = re.compile("[\ud800-\udbff]")
_LOW = re.compile("[\udc00-\udfff]")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Layer(HoldsText, msgspec.Struct, frozen=True):
    """A stretch of an answer with one layer of escapes taken off.

    Attributes:
        text: what remains.
        origin: for each of its characters, and for its end, where in the answer it stands; None if
            at its own index.
        depth: how many layers were taken off.
    """

    text: str
    origin: list[int] | None = None
    depth: int = 0

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Place of a stretch in the answer."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end]


def is_escaped(layer: Layer, start: int) -> bool:
    """True if the bracket at `start` stands in a string, by its quotes or by the one before it."""
    if layer.depth == MOST_LAYERS:
        return False
    if _BEGIN.match(layer.text, start):
        return True
    before = layer.text[max(0, start - _FAR) : start]
    return bool(_QUOTE_BEFORE.search(before) and _BEGIN_IN_QUOTES.match(layer.text, start))


def unescaped(layer: Layer, start: int) -> tuple[Layer, int]:
    """Take a layer of escapes off, from the bracket at `start` to the end of its string.

    Returns:
        What the string says, and where it ends; without a quote in front, the rest of the layer.
    """
    end = len(layer.text)
    if layer.text[:start].rstrip().endswith('"'):
        string = _UNESCAPED_QUOTE.match(layer.text, start)
        end = end if string is None else string.end()
    pieces: list[str] = []
    origin: list[int] = []
    for piece in _PIECE.finditer(layer.text, start, end):
        code, character = piece.groups()
        if code is not None:
            text = chr(int(code, 16))
            if pieces and _HIGH.fullmatch(pieces[-1]) and _LOW.fullmatch(text):
                pieces[-1] = (pieces[-1] + text).encode("utf-16", "surrogatepass").decode("utf-16")
                continue
        elif character is not None:
            text = _CONTROLS.get(character, character)
        else:
            text = piece.group()
        pieces.append(text)
        origin.extend(
            range(piece.start(), piece.end()) if text == piece.group() else [piece.start()]
        )
    origin.append(end)
    if layer.origin is not None:
        origin = [layer.origin[index] for index in origin]
    return Layer("".join(pieces), origin, layer.depth + 1), end
