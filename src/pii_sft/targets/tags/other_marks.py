"""Marks in other spellings, `[x | LABEL]`, `＜X＞x＜/X＞` or with `&lt;`, as inline tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from pii_sft.spans import HoldsText

_FULL_WIDTH = re.compile(r"＜\s*([/／]?)\s*([^＜＞<>\n]{0,200})＞")
_ENTITY = re.compile(r"&lt;\s*(/?)\s*((?:(?!&[lg]t;)[^<>\n]){0,200})&gt;")
_BRACKETED = re.compile(
    r"\[\s*(?P<surface>[^\[\]|\n]{1,300}?)\s*\|\s*(?P<label>[^\[\]|\n]{1,60}?)\s*\]"
)
_CAPITALS = r"[A-Z][A-Z0-9]*(?:[_/ -][A-Z0-9]+)*"
_SQUARE = re.compile(rf"\[\s*(/?)\s*({_CAPITALS})\s*\]")
_POINTED = re.compile(r"[«〈《【]\s*([/／]?)\s*([^«»〈〉《》【】<>\n]{1,60}?)\s*[»〉》】]")
_LABEL_FIRST = re.compile(
    rf"(?:\{{\{{|<<|\[|\{{)\s*(?P<label>{_CAPITALS})\s*[:：|]\s*"
    r"(?P<surface>[^\[\]{}<>\n]{1,300}?)\s*(?:\}\}|>>|\]|\})"
)
_LABEL_LAST = re.compile(
    rf"(?:\{{\{{?|\()\s*(?P<surface>[^(){{}}|\n]{{1,300}}?)\s*\|\s*(?P<label>{_CAPITALS})\s*(?:\}}\}}?|\))"
)
_BOLD = re.compile(rf"\*\*(?P<surface>[^*\n]{{1,300}})\*\*\s*\((?P<label>{_CAPITALS})\)")
_BESIDE = re.compile(rf"[(\[{{/|]\s*({_CAPITALS})\b|@@|\*\*(?=[^*\n]{{1,300}}\*\*)")
_MARKDOWN = re.compile(
    r"\[(?P<surface>[^\[\]\n]{1,300})\]\(\s*(?P<label>[A-Za-z_][\w /-]{0,59}?)\s*\)"
)


class Respelled(HoldsText, msgspec.Struct, frozen=True):
    """An answer with its marks as inline tags.

    Attributes:
        output: the answer.
        origin: for each of its characters, and for its end, where it stood before.
    """

    output: str
    origin: list[int]


def respelled(output: str, start: int, end: int, text: str) -> Iterator[Respelled]:
    """The answer with the marks of each other spelling that it has and its text has not.

    Args:
        output: the answer.
        start: where to begin.
        end: where to stop.
        text: the text that it is about.
    """
    for pattern, write in _SPELLINGS:
        if pattern.search(output, start, end) and not pattern.search(text):
            yield _replaced(output, (start, end), pattern, write)


def _tag(found: re.Match[str]) -> str:
    return f"<{'/' if found[1] else ''}{found[2].strip()}>"


def _marked(found: re.Match[str]) -> str:
    return f"<{found['label']}>{found['surface']}</{found['label']}>"


_SPELLINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_FULL_WIDTH, _tag),
    (_ENTITY, _tag),
    (_BRACKETED, _marked),
    (_MARKDOWN, _marked),
    (_SQUARE, _tag),
    (_POINTED, _tag),
    (_LABEL_FIRST, _marked),
    (_LABEL_LAST, _marked),
    (_BOLD, _marked),
)


def unread_marks(copy: str, text: str) -> int:
    """Number of marks of a copy that no spelling explains, such as a label behind a name."""
    return sum(1 for found in _BESIDE.finditer(copy) if found[0] not in text)


def _replaced(
    output: str,
    where: tuple[int, int],
    pattern: re.Pattern[str],
    write: Callable[[re.Match[str]], str],
) -> Respelled:
    start, end = where
    pieces: list[str] = [output[:start]]
    origin = list(range(start))
    done = start
    for found in pattern.finditer(output, start, end):
        tag = write(found)
        pieces += (output[done : found.start()], tag)
        origin += range(done, found.start())
        origin += [found.start()] * (len(tag) - 1) + [found.end() - 1]
        done = found.end()
    pieces.append(output[done:end])
    origin += range(done, end + 1)
    return Respelled("".join(pieces), origin)
