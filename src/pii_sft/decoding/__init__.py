"""From messages to token ids, and from a model to answers: what training and inference share."""

from __future__ import annotations

from typing import Literal

FinishReason = Literal["stop", "length", "loop"]
"""Reason why an answer ended: by itself, cut at its longest, or stopped in a repetition."""

__all__ = ["FinishReason"]
