"""Decoding, which training and inference share: prompts as token ids, and answers of a model."""

from __future__ import annotations

from typing import Literal

FinishReason = Literal["stop", "length", "loop"]
"""Why an answer ended: by itself, at the length limit, or in a repetition."""

__all__ = ["FinishReason"]
