"""The one vehicle of the program: a text and its labelled character spans."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from pii_sft.errors import RecordError

_SHOWN = frozenset({"id", "split", "start", "end"})


class HoldsText:
    """A record with text of documents: `repr` shows ids, offsets and sizes, never the text."""

    __slots__ = ()
    __struct_fields__: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        fields = (f"{name}={_shown(name, getattr(self, name))}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(fields)})"

    def __rich_repr__(self) -> Any:
        """Nothing, upon which rich prints `repr`; that of msgspec would show every field."""


def _shown(name: str, value: Any) -> str:
    if name in _SHOWN or isinstance(value, HoldsText):
        return repr(value)
    if isinstance(value, tuple) and all(isinstance(each, Span) for each in value):
        return repr(value)
    return f"<{len(value)}>" if hasattr(value, "__len__") else "..."


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """A labelled stretch of text.

    Attributes:
        start: first code point, counted from 0.
        end: code point after the last one (half-open).
        label: name of the entity type.
    """

    start: int
    end: int
    label: str


_DIGEST_BYTES = 8
_STORED = ("utf-8", "surrogatepass")


class Document(HoldsText, msgspec.Struct, frozen=True, gc=False):
    """A text and its annotation; `spans` empty means reviewed and found to hold no entity.

    Attributes:
        id: unique name within a data set.
        text: the text the offsets count in, in code points.
        spans: sorted by `(start, -end, label)`; nesting and overlap are legal.
        meta: free; `language`, `group`, `source` and `split` have a meaning to other stages.
    """

    id: str
    text: str
    spans: tuple[Span, ...] = ()
    meta: dict[str, Any] = {}

    def surface(self, span: Span) -> str:
        """The characters a span covers."""
        return self.text[span.start : span.end]

    @property
    def text_digest(self) -> str:
        """64 bits of a hash of the text, by which predictions are known to be about it."""
        content = self.text.encode(*_STORED)
        return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()

    @property
    def template(self) -> str | None:
        """The text with labels in the place of entities; None if it holds none.

        Of entities that overlap the first one stands, as far as it goes.
        """
        if not self.spans:
            return None
        pieces: list[str] = []
        done = 0
        for span in self.spans:
            if span.start >= done:
                pieces += (self.text[done : span.start], f"<{span.label}>")
            done = max(done, span.end)
        return "".join((*pieces, self.text[done:]))

    def replaced(self, **changes: Any) -> Document:
        """A copy with some attributes changed."""
        return msgspec.structs.replace(self, **changes)


def reading_order(span: Span) -> tuple[int, int, str]:
    """Sort key of spans: by start, outer before inner, then by label."""
    return (span.start, -span.end, span.label)


def nesting(spans: Iterable[Span]) -> int:
    """Most spans that one character lies in; spans in reading order."""
    given = tuple(spans)
    end = 0
    for span in given:
        if span.start < end:
            break
        end = span.end
    else:  # spans that overlap have neighbours that do
        return min(len(given), 1)
    deepest = 0
    around: list[int] = []
    for span in given:
        around = [end for end in around if end > span.start]
        around.append(span.end)
        deepest = max(deepest, len(around))
    return deepest


def checked(
    id: str, text: str, spans: Iterable[Span], meta: dict[str, Any] | None = None
) -> Document:
    """Build a document whose spans are verified, sorted and free of repetitions.

    Args:
        id: name of the document.
        text: its text.
        spans: in any order; code points, half-open.
        meta: free extra fields.

    Raises:
        RecordError: a span is empty, reversed, out of the text or without a label, or the text
            holds lone surrogates, which no file encoding can store.
    """
    given = tuple(spans)
    if not encodable(text):
        raise RecordError("lone surrogate", "the text holds half of a surrogate pair", id)
    for span in given:
        if not encodable(span.label):
            reason = f"the label of span {span.start}-{span.end} holds half of a surrogate pair"
            raise RecordError("lone surrogate", reason, id)
    return with_checked_spans(id, text, given, meta)


def with_checked_spans(
    id: str, text: str, spans: Iterable[Span], meta: dict[str, Any] | None = None
) -> Document:
    """Like `checked`, for text and labels that are known to hold no lone surrogate.

    Raises:
        RecordError: a span is empty, reversed, out of the text or without a label.
    """
    length = len(text)
    given = tuple(spans)
    last = -1
    for span in given:
        if not last < span.start < span.end <= length or not span.label:
            given = _sorted(id, length, given)
            break
        last = span.start
    return Document(id, text, given, meta or {})


def _sorted(id: str, length: int, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans that are not known to be right, or in order."""
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            raise RecordError(
                "offsets",
                f"span {span.start}-{span.end} ({span.label}) does not fit a text of "
                f"{length} characters",
                id,
            )
        if not span.label:
            raise RecordError("no label", f"span {span.start}-{span.end} has no label", id)
    return tuple(sorted(set(spans), key=reading_order))


def texts_digest(documents: Iterable[Document]) -> str:
    """A digest of the ids and texts of documents in their order, whatever their spans."""
    state = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for document in documents:
        state.update(f"{document.text_digest} {len(document.id)} {document.id}\n".encode(*_STORED))
    return state.hexdigest()


def encodable(text: str) -> bool:
    """True if the text can be written as UTF-8, that is, holds no lone surrogate."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
