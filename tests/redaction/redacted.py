"""A text after redaction, by one call; and a key."""

from __future__ import annotations

from pii_sft.redaction.redact import redact
from pii_sft.redaction.styles import (
    Label,
    Style,
)
from pii_sft.spans import Document, Span

KEY = b"0123456789abcdef"


def redacted(text: str, *spans: tuple[int, int, str], style: Style | None = None) -> str:
    document = Document("d", text)
    done = redact(document, [Span(*each) for each in spans], style or Label())
    return done.document.text
