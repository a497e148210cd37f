"""A predicted span with its confidence and its source."""

from __future__ import annotations

import msgspec

from pii_sft.spans import Span

MODEL = "model"
"""Source of entities that the model found itself."""


class PredictedSpan(msgspec.Struct, frozen=True):
    """A predicted span with its confidence and source.

    Attributes:
        start: first code point.
        end: code point after the last one.
        label: its label.
        score: confidence from 0 to 1; None if it is not known.
        source: `model`, or another source such as `rule:EMAIL`.
    """

    start: int
    end: int
    label: str
    score: float | None = None
    source: str = MODEL

    @property
    def span(self) -> Span:
        """Its offsets and its label."""
        return Span(self.start, self.end, self.label)
