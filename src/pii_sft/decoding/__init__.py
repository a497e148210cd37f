"""From messages to token ids, and from a model to answers: what training and inference share."""

from __future__ import annotations

from typing import Literal

FinishReason = Literal["stop", "length", "loop"]
"""Why an answer ended: by itself, cut at its longest, or stopped because it repeated itself."""

__all__ = ["FinishReason"]
