r"""Inline tags: writing them into a text, and telling them from the text again.

`<PERSON>Ann Lee</PERSON>`. A `<` of the text is written `\<`, and backslashes in front of a `<`
are doubled. In a label, a backslash takes what follows literally.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import msgspec

from pii_sft.entity_keys import EITHER_KEYS, LABEL_KEYS, plain_key
from pii_sft.spans import HoldsText, Span
from pii_sft.targets.reasoning import THOUGHT_NAMES
from pii_sft.targets.turns import begins_with_marker

LONGEST_LABEL = 200
"""Most characters of a label in a tag; bounds the search for its end."""

_TO_ESCAPE = re.compile(r"\\(?=\\*<)|<")
_TO_ESCAPE_IN_LABEL = re.compile(r"\A[/\s]|[\\<>=\n]|\s\Z")
_LABEL = rf"(?:[^<>\\]|\\.){{1,{LONGEST_LABEL}}}+"
_TAG = rf"<\s*+(?P<closing>/?)(?P<label>{_LABEL}|(?<=/))>"
_TAG_LIKE = re.compile(_TAG, re.DOTALL)
TOKEN = re.compile(
    rf"(?<!\\)(?P<pairs>(?:\\\\)*+)(?:(?P<escaped>\\<)|(?P<tag>{_TAG})|(?P<bare><))", re.DOTALL
)
"""Markup in a marked text: an escaped `<`, a tag, or a `<` that is neither."""

_PLAIN_LABEL = "(?!THINK|THOUGHT|REASON)[A-Z][A-Z0-9_]{0,99}"
PLAIN_TAG = re.compile(rf"<(?<!\\<)(/?)({_PLAIN_LABEL})>")
"""A tag that is nothing else in any answer: no thought, no marker, no element of a page."""
WHOLE_PLAIN_TAG = re.compile(rf"(<(?<!\\<)/?{_PLAIN_LABEL}>)")
"""The same as one group, to cut a copy into tags and what stands between them."""

_CUT_TAG = re.compile(
    rf"(?<!\\)(?:\\\\)*+(?P<tag><(?:\s?/|(?=\S|\Z))(?:{_LABEL})?+\\?)\Z", re.DOTALL
)
_SPACE_AT_END = re.compile(r"(?<!\\)\s\Z")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ATTRIBUTE = re.compile(
    r"""(?<=\s)([\w:.-]{1,40})\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'|([^\s"'=<>]+))"""
)


class Mark(HoldsText, msgspec.Struct):
    """A marked stretch.

    Attributes:
        label: its label.
        start: first code point in the copy.
        end: code point after the last one; -1 while it has no closing tag.
        output: start and end in the answer, tags included.
    """

    label: str
    start: int
    end: int
    output: tuple[int, int]


class Copy(HoldsText, msgspec.Struct):
    """A marked text without its markup.

    Attributes:
        text: the text.
        marks: its marked stretches, in the order of their closing tags.
        unclosed: how many opening tags have no closing tag.
        malformed: how many closing tags have no opening tag, or nothing between them.
        mended: whether a tag was closed by the tag of another label.
        cut: whether it ends inside a tag, or an opening tag without an end is the last one.
    """

    text: str = ""
    marks: list[Mark] = []
    unclosed: int = 0
    malformed: int = 0
    mended: bool = False
    cut: bool = False


def marked(text: str, spans: Sequence[Span], opened: Sequence[Span] = ()) -> str:
    """The text with a tag at both ends of every span.

    Args:
        text: the text.
        spans: in reading order.
        opened: spans around and behind the others whose closing tag is left out, outer first.
    """
    begun, rest = half_marked(text, spans, opened)
    return begun + rest


def half_marked(text: str, spans: Sequence[Span], opened: Sequence[Span] = ()) -> tuple[str, str]:
    """A marked text in two parts: up to its last tag, and behind it. See `marked`."""
    if not opened and "\\" not in text:
        plain = _plainly_marked(text, spans)
        if plain is not None:
            return plain
    known = [*opened, *spans]
    borders = [(span.start, 1, index) for index, span in enumerate(known)]
    borders += [(span.end, 0, -index) for index, span in enumerate(known) if index >= len(opened)]
    pieces: list[str] = []
    done = 0
    for at, opens, index in sorted(borders):
        label = known[abs(index)].label
        pieces.append(_before_tag(escaped(text[done:at])))
        pieces.append(opening_tag(label) if opens else closing_tag(label))
        done = at
    return "".join(pieces), escaped(text[done:])


def _plainly_marked(text: str, spans: Sequence[Span]) -> tuple[str, str] | None:
    """The same for a text without backslashes; None if spans lie in one another."""
    pieces: list[str] = []
    done = 0
    for span in spans:
        start, end = span.start, span.end
        if start < done:
            return None
        label = _escaped_label(span.label)
        before, inside = escaped(text[done:start]), escaped(text[start:end])
        pieces += (before, "<", label, ">", inside, "</", label, ">")
        done = end
    return "".join(pieces), escaped(text[done:])


def opening_tag(label: str) -> str:
    """The opening tag of an entity."""
    return f"<{_escaped_label(label)}>"


def closing_tag(label: str) -> str:
    """The closing tag of an entity."""
    return f"</{_escaped_label(label)}>"


def tag_like(text: str) -> frozenset[str]:
    """Strings that look like a tag in a text without markup."""
    return frozenset(found.group() for found in _TAG_LIKE.finditer(text))


def read_copy(output: str, start: int, end: int, literal: Collection[str] = ()) -> Copy:
    """Read a marked text.

    A closing tag ends the last open stretch of its label, so that stretches may cross; one without
    such a stretch ends the last open one.

    Args:
        output: the answer.
        start: where the marked text begins.
        end: where it ends.
        literal: what looks like a tag and is none.
    """
    cut = _CUT_TAG.search(output, max(start, end - 2 * LONGEST_LABEL), end)
    stop = end if cut is None else cut.start("tag")
    reader = _Reader()
    done = start
    for token in TOKEN.finditer(output, start, stop):
        reader.write(output[done : token.start()])
        reader.write("\\" * (len(token["pairs"]) // 2))
        name, label = ("", "") if token["tag"] is None else _named(token["label"])
        if token["tag"] is None:
            reader.write("<")
        elif token["tag"] in literal or not (name or token["tag"] == "</>"):
            reader.write(token["tag"])
        elif token["closing"]:
            reader.close(name, token.end())
        else:
            reader.open(name, label, (token.end("pairs"), token.end()))
        done = token.end()
    reader.write(output[done:stop])
    return reader.finish(cut=cut is not None)


class _Reader:
    """Collects a copy piece by piece."""

    def __init__(self) -> None:
        self._copy = Copy()
        self._pieces: list[str] = []
        self._length = 0
        self._opened: list[tuple[str, Mark]] = []
        self._open_by_name: dict[str, list[Mark]] = {}
        self._ends_open = False

    def write(self, text: str) -> None:
        """Go on with text."""
        self._pieces.append(text)
        self._length += len(text)

    def open(self, name: str, label: str, output: tuple[int, int]) -> None:
        """Begin a stretch, with the tag of this name that stands there in the answer."""
        mark = Mark(label, self._length, -1, output)
        self._opened.append((name, mark))
        self._open_by_name.setdefault(name, []).append(mark)
        self._ends_open = True

    def close(self, name: str, end: int) -> None:
        """End a stretch, with the tag that ends at `end`; one without a name ends the last."""
        self._ends_open = False
        while self._opened and self._opened[-1][1].end >= 0:
            self._opened.pop()
        same = self._open_by_name.get(name)
        if not same and not self._opened:
            self._copy.malformed += 1
            return
        if not same:
            self._copy.mended = True
            same = self._open_by_name[self._opened[-1][0]]
        mark = same.pop()
        mark.end = self._length
        mark.output = (mark.output[0], end)
        if mark.start < mark.end:
            self._copy.marks.append(mark)
        else:
            self._copy.malformed += 1

    def finish(self, *, cut: bool) -> Copy:
        """The answer is over."""
        copy = self._copy
        copy.text = "".join(self._pieces)
        self._pair_opening_tags()
        copy.unclosed = sum(mark.end < 0 for _, mark in self._opened)
        copy.cut = cut or self._ends_open
        return copy

    def _pair_opening_tags(self) -> None:
        """Let an opening tag end the stretch of the one before, where no closing tag has its name.

        A slash is easily forgotten, and then each name stands there an even number of times.
        """
        closed = {mark.label for mark in self._copy.marks}
        for marks in self._open_by_name.values():
            if not marks or len(marks) % 2 or marks[0].label in closed:
                continue
            for first, second in zip(marks[::2], marks[1::2], strict=True):
                first.end, first.output = second.start, (first.output[0], second.output[1])
                second.end = second.start
                self._copy.mended = True
                self._copy.marks.append(first)
                self._ends_open = False


def escaped(text: str) -> str:
    """A text without tags as it stands between them."""
    return _TO_ESCAPE.sub(r"\\\g<0>", text) if "<" in text else text


def escapes(text: str) -> list[int]:
    """Places at which `escaped` puts a backslash in front of a character."""
    return [each.start() for each in _TO_ESCAPE.finditer(text)] if "<" in text else []


def _before_tag(text: str) -> str:
    """A text with the backslashes at its end doubled."""
    return text + "\\" * (len(text) - len(text.rstrip("\\")))


@lru_cache(maxsize=1024)  # a tag is written for every entity, of few labels
def _escaped_label(label: str) -> str:
    escaped = _TO_ESCAPE_IN_LABEL.sub(r"\\\g<0>", label)
    read_otherwise = escaped.lower() in THOUGHT_NAMES or any(
        begins_with_marker(f"<{slash}{escaped}>") for slash in ("", "/")
    )
    return f"\\{escaped}" if read_otherwise else escaped


def _named(written: str) -> tuple[str, str]:
    """The name of a tag, which its closing tag repeats, and the label that it gives.

    `<entity type="CITY">` says CITY, and so does `<mark data-entity="CITY">`; other attributes say
    nothing.
    """
    attributes = list(_ATTRIBUTE.finditer(written)) if "=" in written else []
    if not attributes:
        label = _label(written)
        return label, label
    name = _label(written[: attributes[0].start()].rstrip())
    values = {
        plain_key(each[1]).removeprefix("data"): next(
            value for value in each.groups()[1:] if value is not None
        )
        for each in attributes
    }
    keys = (*LABEL_KEYS, *EITHER_KEYS) if name.lower() in _OF_NO_LABEL else LABEL_KEYS
    return name, next((values[key] for key in keys if values.get(key)), name)


_OF_NO_LABEL = frozenset(
    (
        "a",
        "b",
        "e",
        "em",
        "ent",
        "entity",
        "font",
        "i",
        "mark",
        "ner",
        "pii",
        "span",
        "strong",
        "tag",
    )
)
"""Names of elements that mark something without saying what."""


def _label(written: str) -> str:
    label = written.lstrip()
    while _SPACE_AT_END.search(label):
        label = label[:-1]
    return _ESCAPED.sub(r"\1", label) if "\\" in label else label
