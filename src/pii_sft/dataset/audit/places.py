"""Documents with their number and split, and places in them."""

from __future__ import annotations

import msgspec

from pii_sft.spans import Document, HoldsText, Span


class Seen(HoldsText, msgspec.Struct, frozen=True, gc=False):
    """A document with its number and split.

    Attributes:
        number: counted from 0 over all inputs.
        split: `train`, `dev`, `test`, or empty where the data is not split.
        document: the document.
    """

    number: int
    split: str
    document: Document


class Place(HoldsText, msgspec.Struct, frozen=True, omit_defaults=True):
    """A place where a finding occurs.

    Attributes:
        id: of the document.
        split: that it is in.
        span: the stretch that is meant; None where it is the document.
        note: what is to be seen there, without text of the document.
        text: the stretch in brackets with what stands around it; None without `--show-text`.
    """

    id: str
    split: str = ""
    span: Span | None = None
    note: str = ""
    text: str | None = None


_AROUND = 30
"""Characters shown on each side of a stretch."""


def place(seen: Seen, span: Span | None, note: str = "", *, texts: bool) -> Place:
    """A place in a document, with what stands there where texts may be shown."""
    document = seen.document
    text = None
    if texts:
        whole = span or Span(0, min(len(document.text), 2 * _AROUND), "")
        before = document.text[max(0, whole.start - _AROUND) : whole.start]
        after = document.text[whole.end : whole.end + _AROUND]
        text = f"{before}[{document.surface(whole)}]{after}"
    return Place(document.id, seen.split, span, note, text)
