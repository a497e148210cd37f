"""A detector without a model: words with a capital letter, and what looks like mail."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Iterator

from pii_sft.decoding.proposals import Proposal, choose
from pii_sft.inference.detector import Detection, Dial
from pii_sft.inference.predicted_span import PredictedSpan

_NAME = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)?\b")
_MAIL = re.compile(r"\S+@\S+\.\w+")
_DOUBTFUL = re.compile(r"\bperhaps\b")


class PatternDetector:
    """Proposes by patterns, and chooses as every detector does."""

    labels = ("PERSON", "EMAIL")
    anchored = True
    dial = Dial()

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.followed_up: list[bool] = []
        self.hold = threading.Event()
        self.hold.set()

    def detect_many(self, texts: Iterable[str], *, follow_up: bool = True) -> Iterator[Detection]:
        every = list(texts)
        self.followed_up.append(follow_up)
        self.batches.append(len(every))
        assert self.hold.wait(20)
        for text in every:
            if "POISON" in text:
                raise ValueError(f"can't answer {text}")
            failure = "looped" if "GARBLED" in text else ""
            yield Detection(text, self._proposals(text), self.select, self.dial, failure)

    def select(
        self, text: str, proposals: tuple[Proposal, ...], dial: Dial
    ) -> tuple[PredictedSpan, ...]:
        chosen = choose(
            proposals,
            text,
            recall_bias=dial.recall_bias,
            threshold=dial.threshold,
            thresholds=dial.thresholds,
        )
        return tuple(PredictedSpan(p.start, p.end, p.label, round(p.score, 4)) for p in chosen)

    def _proposals(self, text: str) -> tuple[Proposal, ...]:
        found = [
            Proposal(m.start(), m.end(), label, odds, math.log(0.95), math.log(0.95), odds > 0)
            for pattern, label, odds in (
                (_MAIL, "EMAIL", 6.0),
                (_NAME, "PERSON", 3.0),
                (_DOUBTFUL, "PERSON", -2.0),
            )
            for m in pattern.finditer(text)
        ]
        return tuple(sorted(found, key=lambda each: each.start))
