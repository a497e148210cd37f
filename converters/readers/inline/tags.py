"""Tags in a text, with any label that a tag can hold: `<PERSON>Ann</PERSON>`, `<DATE/TIME>`.

A name that is an identifier makes a tag by itself. Any other is one where a closing tag of that
name tells so, in the text or elsewhere in the file, since texts hold `<ann@x.org>` and `a < b > c`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText, Span

Marked = tuple[str, list[Span]]

_TAG = re.compile(r"<(/?)([^\W\d][\w.-]*)((?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*>")
_ANY_TAG = re.compile(r"<(/?)((?![/\s])(?:[^<>\\\n]|\\.){1,100}?)\s*>")
_IN_LABEL = re.compile(r"\\(.)", re.DOTALL)
_ESCAPE = re.compile(r"(\\+)<")
_TYPE = re.compile(r"\s(?:type|label|entity|class|category)\s*=\s*[\"']([^\"']+)", re.IGNORECASE)
_HTML = frozenset(
    (
        *("a", "b", "body", "br", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "head"),
        *("html", "i", "img", "li", "meta", "ol", "p", "pre", "script", "span", "strong", "style"),
        *("sub", "sup", "table", "tbody", "td", "th", "thead", "title", "tr", "u", "ul"),
    )
)
_XML_DOCUMENT = re.compile(r"<\?xml|<!\[CDATA\[|<!DOCTYPE|<html", re.IGNORECASE)


class _Tag(HoldsText, msgspec.Struct, frozen=True):
    """A tag of a text: where it is, which name has to close it, and what it labels."""

    start: int
    end: int
    closing: bool
    name: str
    label: str


class Tags(msgspec.Struct, frozen=True):
    """The form of a tag in a file.

    Attributes:
        names: names that are closed anywhere in it.
        escapes: whether a `<` of its texts is written with a backslash, as the target `tags` does.
    """

    names: frozenset[str] = frozenset()
    escapes: bool = False

    def read(self, text: str) -> Marked:
        """Take tags out of a text, and say what they marked.

        Raises:
            RecordError: a tag is not closed, or not the last one opened.
        """
        parts: list[str] = []
        spans: list[Span] = []
        opened: list[tuple[_Tag, int]] = []
        at = length = 0
        for tag in self.found(text):
            before = self._plain(text[at : tag.start])
            parts.append(before)
            length += len(before)
            at = tag.end
            if not tag.closing:
                opened.append((tag, length))
            elif opened and opened[-1][0].name == tag.name:
                opening, start = opened.pop()
                spans.append(Span(start, length, opening.label))
            else:
                raise RecordError("markup", "a tag is closed that is not the last one opened")
        if opened:
            raise RecordError("markup", "a tag is opened and not closed")
        return "".join((*parts, self._plain(text[at:], before_tag=False))), spans

    def count(self, text: str) -> int:
        """Number of the marked stretches of a text; 0 in a page or an XML document."""
        if "<" not in text or _XML_DOCUMENT.search(text):
            return 0
        tags = list(self.found(text))
        closed = {tag.name for tag in tags if tag.closing}
        if closed & _HTML:
            return 0
        return sum(1 for tag in tags if not tag.closing and tag.name in {*closed, *self.names})

    def found(self, text: str) -> Iterator[_Tag]:
        """The tags of a text, in order."""
        matches = [
            match
            for match in _ANY_TAG.finditer(text)
            if not (self.escapes and _slashes_before(text, match.start()) % 2)
        ]
        closed = {match[2] for match in matches if match[1]}
        for match in matches:
            plain = _TAG.fullmatch(match[0])
            if plain is not None:
                given = _TYPE.search(plain[3])
                yield _Tag(*match.span(), bool(plain[1]), plain[2], given[1] if given else plain[2])
            elif match[2] in self.names or match[2] in closed:
                label = _IN_LABEL.sub(r"\1", match[2])
                yield _Tag(*match.span(), bool(match[1]), match[2], label)

    def _plain(self, piece: str, before_tag: bool = True) -> str:
        """A piece of text up to a tag or the end, without the backslashes that escape."""
        if not self.escapes:
            return piece
        if before_tag:
            bare = piece.rstrip("\\")
            piece = bare + "\\" * ((len(piece) - len(bare)) // 2)
        return _ESCAPE.sub(lambda match: "\\" * (len(match[1]) // 2) + "<", piece)


def learned(texts: Sequence[str]) -> Tags:
    """The forms of tags in the first texts of a file.

    A backslash before a `<` is an escape if there are such, and every `<` that is no tag has one.
    """
    loose = Tags()
    names = frozenset(tag.name for text in texts for tag in loose.found(text) if tag.closing)
    tags = Tags(names)
    escapes = any(map(_ESCAPE.search, texts)) and not any(_has_bare(text, tags) for text in texts)
    return Tags(names, escapes)


def _has_bare(text: str, tags: Tags) -> bool:
    """True if a `<` of a text is neither of a tag nor has a backslash before it."""
    starts: Collection[int] = {tag.start for tag in tags.found(text)}
    return any(
        match.start() not in starts and _slashes_before(text, match.start()) % 2 == 0
        for match in re.finditer("<", text)
    )


def _slashes_before(text: str, at: int) -> int:
    return at - len(text[:at].rstrip("\\"))
