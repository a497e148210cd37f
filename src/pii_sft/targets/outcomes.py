"""What to say of an answer that names no entities in any form."""

from __future__ import annotations

from pii_sft.targets.issues import Issue
from pii_sft.targets.loops import loops_in_text
from pii_sft.targets.refusals import refuses


def without_entities(text: str, answer: str, *, thinking: bool) -> tuple[Issue, ...]:
    """The issues of an answer in which nothing of the format was found.

    Args:
        text: the document.
        answer: the answer, without thoughts.
        thinking: whether the output ends inside a block of thoughts.
    """
    if thinking:
        return ("truncated", "failed")
    if not answer.strip():
        return ("empty",)
    if refuses(answer):
        return ("refused",)
    return ("looped", "failed") if loops_in_text(answer, text) else ("failed",)
