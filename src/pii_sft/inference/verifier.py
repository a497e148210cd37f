"""Verification: the model is asked about each entity separately, and answers yes or no."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Backend, Generation
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.verify_prompt import NO, YES, question

EVEN = 0.5
"""Threshold if no operating point has one: yes is more probable than no."""

_MOST_UNANSWERED = 0.5
"""Share of answers other than yes and no above which the model was hardly trained for this."""


def probability_of_yes(answer: Generation) -> float | None:
    """Probability that the model says yes; None if it says neither yes nor no.

    For a "no", the probability of all other answers counts as yes, so that doubt keeps the entity.
    """
    said = answer.text.strip().lower()
    if said not in (YES, NO):
        return None
    share = math.exp(sum(token.logprob for token in answer.tokens))
    return share if said == YES else 1 - share


def verified(
    backend: Backend, text: str, spans: Sequence[PredictedSpan], threshold: float
) -> tuple[PredictedSpan, ...]:
    """The entities that the model confirms, with its probability of yes as their score.

    Entities without an answer are kept, with their former score.

    Args:
        backend: of the model.
        text: of the document.
        spans: its entities, of whatever source.
        threshold: least probability of yes.

    Raises:
        UsageError: most answers are neither yes nor no, or have no probabilities.
    """
    if not spans:
        return ()
    shares: list[float | None] = [None] * len(spans)
    for answer in backend.generate([question(text, each.span) for each in spans]):
        if answer.text and not answer.tokens:
            raise UsageError(
                "This server gives no probabilities of what it writes, which --verify needs."
            )
        shares[answer.index] = probability_of_yes(answer)
    if len(spans) > 1 and shares.count(None) > _MOST_UNANSWERED * len(spans):
        raise UsageError(
            f"Of {len(spans)} answers of the verifier, {shares.count(None)} are neither yes nor "
            "no: this model was not taught to judge. Train it on pii-sft convert --task verify too."
        )
    return tuple(
        each if share is None else msgspec.structs.replace(each, score=round(share, 4))
        for each, share in zip(spans, shares, strict=True)
        if share is None or share >= threshold
    )
