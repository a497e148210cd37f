"""A span that was predicted, how sure the prediction is, and where it comes from."""

from __future__ import annotations

import msgspec

from pii_sft.spans import Span

MODEL = "model"
"""Source of what the model found itself."""


class PredictedSpan(msgspec.Struct, frozen=True):
    """A span and where it comes from.

    Attributes:
        start: first code point.
        end: code point after the last one.
        label: its label.
        score: confidence from 0 to 1; None where it can't be told.
        source: `model`, or what else found it, such as `rule:EMAIL`.
    """

    start: int
    end: int
    label: str
    score: float | None = None
    source: str = MODEL

    @property
    def span(self) -> Span:
        """Its place and its label."""
        return Span(self.start, self.end, self.label)
