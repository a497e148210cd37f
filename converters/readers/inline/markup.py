"""Markup inside a text: the ways in which entities are marked where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from pii_sft.converters.reader import LIKELY, POSSIBLE
from pii_sft.converters.readers.inline.tags import Marked, Tags, learned
from pii_sft.errors import RecordError
from pii_sft.spans import Span

_LABEL = r"[^\W\d][\w .\-/]{0,59}"
_NO_ADDRESS = r"(?!https?:|mailto:|ftp:|www\.|[/#.])"
_LINK_LABEL = rf"{_NO_ADDRESS}(?:[A-Z][A-Z0-9_]*(?:/[A-Z0-9_]+)+|[^\W\d][\w -]{{0,59}})"
_SECOND_LABEL = re.compile(r"[A-Z][A-Z0-9_]+\s?[:：]")


class Markup(msgspec.Struct, frozen=True):
    """A way of marking entities.

    Attributes:
        read: takes the marks out of a text and says what they marked; raises RecordError where
            one is not closed.
        count: how many marks a text holds.
        certainty: how sure a file is marked this way if many of its lines hold such marks.
    """

    read: Callable[[str], Marked]
    count: Callable[[str], int]
    certainty: float


def _flat(mark: str, opening: str, certainty: float) -> Markup:
    """Marks that hold no other marks, with groups `label` and `surface`."""
    whole, begin = re.compile(mark, re.DOTALL), re.compile(opening)

    def read(text: str) -> Marked:
        parts: list[str] = []
        spans: list[Span] = []
        at = length = 0
        for match in whole.finditer(text):
            before, surface = text[at : match.start()], match["surface"]
            if _SECOND_LABEL.match(surface):
                raise RecordError("markup", "a mark has two colons; which one ends its label?")
            start = length + len(before)
            length = start + len(surface)
            spans.append(Span(start, length, match["label"].strip()))
            parts += [before, surface]
            at = match.end()
        if len(spans) != sum(1 for _ in begin.finditer(text)):
            raise RecordError("markup", "a mark is not closed, holds another, or has no label")
        return "".join((*parts, text[at:])), spans

    return Markup(read, lambda text: sum(1 for _ in whole.finditer(text)), certainty)


TAGS = "tags"
MARKUPS: dict[str, Markup] = {
    TAGS: Markup(Tags().read, Tags().count, POSSIBLE),
    "braces": _flat(
        rf"\{{\{{\s?(?P<label>{_LABEL}?)\s?[:：]\s?(?P<surface>(?:(?!\{{\{{|\}}\}}).)*)\}}\}}",
        rf"\{{\{{\s?{_LABEL}[:：]",
        LIKELY,
    ),
    "angles": _flat(
        rf"<<(?P<label>{_LABEL}?)\s?:\s?(?P<surface>(?:(?!<<|>>).)*)>>",
        rf"<<{_LABEL}\s?:",
        LIKELY,
    ),
    "opennlp": _flat(
        rf"<START:(?P<label>{_LABEL})>\s?(?P<surface>(?:(?!<START:|<END>).)*?)\s?<END>",
        r"<START:",
        LIKELY,
    ),
    "links": _flat(
        rf"\[(?P<surface>[^\[\]]+)\]\((?P<label>{_LINK_LABEL})(?::[^()]*)?\)",
        rf"\]\({_NO_ADDRESS}[^()]*\)",
        POSSIBLE,
    ),
    "brackets": _flat(
        rf"\[(?P<label>{_LABEL}?)\s?[:：]\s?(?P<surface>[^\[\]]*)\]",
        rf"\[{_LABEL}\s?[:：]",
        POSSIBLE,
    ),
}


def fitted(name: str, texts: Sequence[str]) -> Markup:
    """A markup by its name, as the first texts of a file show it."""
    markup = MARKUPS[name]
    if name != TAGS:
        return markup
    tags = learned(texts)
    return msgspec.structs.replace(markup, read=tags.read, count=tags.count)


def most_likely(texts: Sequence[str]) -> str | None:
    """The markup of which the texts hold most marks; None if they hold no mark at all."""
    counts = {name: sum(map(markup.count, texts)) for name, markup in MARKUPS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def share_readable(texts: Sequence[str], markup: Markup) -> float:
    """Share of the texts with a mark that can be read, from 0 to 1."""
    marked = [text for text in texts if markup.count(text)]
    return sum(_is_readable(text, markup) for text in marked) / max(len(marked), 1)


def _is_readable(text: str, markup: Markup) -> bool:
    try:
        markup.read(text)
    except RecordError:
        return False
    return True


def labels_in(texts: Sequence[str], markup: Markup) -> Iterator[str]:
    """Labels of the marks that can be read."""
    for text in texts:
        if markup.count(text) and _is_readable(text, markup):
            yield from (span.label for span in markup.read(text)[1])
