"""Values of JSON as an answer writes them: scalars, lists and objects, with their places."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from pii_sft.spans import HoldsText

Kind = Literal["string", "bare", "number", "null", "other"]


class Scalar(HoldsText, msgspec.Struct, frozen=True):
    """A string, a number, a literal, or words without quotes.

    Attributes:
        text: what it says.
        kind: what it is; `bare` are words without quotes.
        output: start and end in the answer, in code points, half-open.
    """

    text: str
    kind: Kind
    output: tuple[int, int]


class Container(HoldsText, msgspec.Struct, eq=False):
    """A list or an object: what stands between two brackets.

    Attributes:
        start: where its opening bracket stands in the answer.
        end: behind its closing bracket; means nothing while it has none.
        closed: whether it has a closing bracket.
        entries: its values, each with its key, or None where it has none; in order, with all
            repetitions of a key.
    """

    start: int
    end: int = 0
    closed: bool = False
    entries: list[tuple[Scalar | None, Scalar | Container]] = []


class Values(msgspec.Struct):
    """All lists and objects of an answer.

    Attributes:
        found: those that stand in no other, in order.
        strict: whether there is nothing else, and they are strict JSON as far as they go.
        cut: whether the answer ends inside one of them.
        thinking: whether it ends inside a block of thoughts.
    """

    found: list[Container] = []
    strict: bool = True
    cut: bool = False
    thinking: bool = False


_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_NULLS = frozenset({"null", "none", "nil", "undefined"})
_OTHERS = frozenset({"true", "false", "nan"})


def kind_of_word(text: str) -> Kind:
    """The kind of a word without quotes."""
    lowered = text.lower()
    if lowered in _NULLS:
        return "null"
    if lowered in _OTHERS:
        return "other"
    return "number" if _NUMBER.fullmatch(text) else "bare"
