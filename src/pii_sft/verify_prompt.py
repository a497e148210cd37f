"""The question of the verifier: one candidate, marked in its context, yes or no."""

from __future__ import annotations

from pii_sft.prompt import Message, guarded
from pii_sft.spans import Span

YES, NO = "yes", "no"

CONTEXT = 200
"""Length of the text that is shown on either side, in code points: a few sentences decide."""

_OPEN, _CLOSE = "[[", "]]"

_SYSTEM = (
    "Is the part in double brackets an entity with this label, and are its ends right? "
    f"Answer {YES} or {NO}."
)


def question(text: str, span: Span) -> list[Message]:
    """The turns that ask about one candidate.

    Args:
        text: of the document.
        span: the candidate.
    """
    before = text[max(0, span.start - CONTEXT) : span.start]
    after = text[span.end : span.end + CONTEXT]
    marked = f"{before}{_OPEN}{text[span.start : span.end]}{_CLOSE}{after}"
    return [Message("system", _SYSTEM), Message("user", f"{span.label}\n{guarded(marked)}")]
