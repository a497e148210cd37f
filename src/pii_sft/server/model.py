"""The model behind the routes: it answers texts within the limits of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from pii_sft.decoding.proposals import Proposal
from pii_sft.inference.detector import Detection, Dial
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.server.batching import Batcher, ClosedError, TooBusyError
from pii_sft.server.limits import Limits
from pii_sft.server.metrics import Metrics
from pii_sft.server.requests import NO_ANSWER, TOO_LARGE, TOO_MANY, UNAVAILABLE, RefusedError


class DetectsMany(Protocol):
    """The served model: a `Detector`, or something that finds entities like it."""

    @property
    def labels(self) -> Sequence[str]:
        """Labels that entities can have."""

    @property
    def anchored(self) -> bool:
        """True if there is a recall dial."""

    @property
    def dial(self) -> Dial:
        """Choice among proposals unless told otherwise."""

    def select(
        self, text: str, proposals: tuple[Proposal, ...], dial: Dial
    ) -> tuple[PredictedSpan, ...]:
        """The entities that count at a dial, without asking the model again."""

    def detect_many(self, texts: Iterable[str], *, follow_up: bool = True) -> Iterator[Detection]:
        """Find the entities of texts, in their order; see `Detector.detect_many`."""


class Model:
    """Answers the texts of all clients together.

    Args:
        detector: what finds entities.
        limits: of the server.
    """

    def __init__(self, detector: DetectsMany, limits: Limits) -> None:
        self.detector = detector
        self._limits = limits
        self.batcher: Batcher[Detection] = Batcher(
            lambda texts, follow_up: list(detector.detect_many(texts, follow_up=follow_up)),
            limits.batch_size,
            limits.waiting,
        )
        self.metrics = Metrics(lambda: self.batcher.waiting)

    async def detections(self, texts: Sequence[str], *, follow_up: bool = False) -> list[Detection]:
        """Find the entities of texts.

        Args:
            texts: what to look through.
            follow_up: whether another dial will be tried on them.

        Raises:
            RefusedError: there are too many texts, too many are waiting, it takes too long, or an
                answer failed.
        """
        if len(texts) > self._limits.texts:
            raise RefusedError(TOO_LARGE, f"A request may have {self._limits.texts} texts.")
        try:
            async with asyncio.timeout(self._limits.seconds):
                found = await self.batcher.answers(texts, follow_up=follow_up)
        except TooBusyError:
            raise RefusedError(TOO_MANY, "Too many texts are waiting; try again.") from None
        except TimeoutError:
            raise RefusedError(UNAVAILABLE, "It took too long; try again.") from None
        except ClosedError:
            raise RefusedError(UNAVAILABLE, "The server ends.") from None
        if any(each.failure for each in found):
            # An empty list would tell the client that the text is clean.
            raise RefusedError(NO_ANSWER, "The model gave no answer that can be read.")
        known = frozenset(self.detector.labels)
        for each in found:
            self.metrics.text([_counted(entity, known) for entity in each.entities])
        return found


def _counted(entity: PredictedSpan, known: frozenset[str]) -> str:
    """The label of an entity; one that a model made up may be text."""
    return entity.label if entity.label in known else "UNKNOWN"
