"""Confidence of the model in each entity it wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pii_sft.inference.backends import Token


def confidence(tokens: Sequence[Token], start: int, end: int) -> float | None:
    """Geometric mean of the probabilities of the tokens that write a stretch of an answer.

    Args:
        tokens: the answer's tokens, in order.
        start: first code point of the stretch.
        end: code point after the last one.

    Returns:
        A number above 0 and at most 1; None if no token writes the stretch.
    """
    inside = [each.logprob for each in tokens if each.end > start and each.start < end]
    return math.exp(sum(inside) / len(inside)) if inside else None
