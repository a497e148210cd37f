"""Removal of a byte-order mark from a text whose offsets may or may not count it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pii_sft.converters.offsets.raw_spans import RawSpan

_MARK = "\ufeff"


def without_mark(text: str, marks: Sequence[RawSpan]) -> tuple[str, tuple[RawSpan, ...]]:
    """A text without its byte-order mark; offsets that counted it are moved with the text.

    Args:
        text: with or without byte-order mark.
        marks: its entities; their surfaces tell whether their offsets count it.
    """
    bare = text.removeprefix(_MARK)
    if bare == text:
        return text, tuple(marks)
    counting, not_counting = (
        sum(whole[mark.start : mark.end] == mark.surface for mark in marks)
        for whole in (text, bare)
    )
    if counting <= not_counting:
        return bare, tuple(marks)
    moved = (
        msgspec.structs.replace(mark, start=mark.start - 1, end=mark.end - 1) for mark in marks
    )
    return bare, tuple(moved)
