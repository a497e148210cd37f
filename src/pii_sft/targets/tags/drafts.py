"""Marked copies of many documents written and proved, where only the tags are markup."""

from __future__ import annotations

from collections.abc import Mapping

from pii_sft.prompt import guards
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document
from pii_sft.targets.tags.markup import WHOLE_PLAIN_TAG, closing_tag, opening_tag


def proved_drafts(columns: SpanColumns) -> list[str | None]:
    """The marked copy of each document, proved; None for those that take the long way.

    A copy is proved once cutting it at its tags gives the tags, and the pieces of the text between
    the borders of spans: what `parse` does with it.
    """
    tags = {
        label: (opening_tag(label), closing_tag(label))
        for label in set(columns.labels)
        if WHOLE_PLAIN_TAG.fullmatch(opening_tag(label))
    }
    spaced = columns.owning(columns.spaced).tolist()
    return [
        None if each else _proved_draft(document, tags)
        for each, document in zip(spaced, columns.documents, strict=True)
    ]


def _proved_draft(document: Document, tags: Mapping[str, tuple[str, str]]) -> str | None:
    text = document.text
    if "\\" in text or "{{" in text:
        return None
    escaped = "<" in text
    if escaped and ("｜" in text or guards(text)):  # of which markers of a turn are made
        return None
    written: list[str] = []
    done = 0
    for span in document.spans:
        start, end, label = span.start, span.end, span.label
        if start < done or label not in tags:
            return None
        opening, closing = tags[label]
        written += (text[done:start], opening, text[start:end], closing)
        done = end
    written.append(text[done:])
    if escaped:
        written[::2] = [piece.replace("<", "\\<") for piece in written[::2]]
    draft = "".join(written)
    if WHOLE_PLAIN_TAG.split(draft) != written:
        return None
    whole = "".join(written[::2])
    return draft if (whole.replace("\\<", "<") if escaped else whole) == text else None
