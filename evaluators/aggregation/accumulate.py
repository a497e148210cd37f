"""Accumulates the counts of documents, a few bytes for each, from which all scores are computed.

Whatever happens to a span is an *event*: what happened (`correct`, or the kind of the error), the
gold label and the predicted label. There are few different events, so each gets a number, and a
document is the list of its numbers. Every scheme, label, average and resample is arithmetic on
these lists.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pii_sft.evaluators.aggregation.events import (
    BLIND_PAIR,
    CORRECT,
    MERGING,
    SPLIT_GOLD,
    EventLists,
)
from pii_sft.evaluators.aggregation.measures import Measure
from pii_sft.evaluators.aggregation.results import Scores
from pii_sft.evaluators.coverage import STRAY, Mention, mention_events
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.matching import checked_thresholds
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.evaluators.outcome import outcome
from pii_sft.spans import Document, Span

if TYPE_CHECKING:
    from pii_sft.evaluators.inputs.prediction_files import Prediction


class Scorer(EventLists):
    """Counts documents one by one.

    Memory grows by 16 bytes a document and 4 bytes an event, of which there is about one a gold or
    predicted span; neither texts nor spans are kept.

    Args:
        min_overlap: share of a gold span, from 0 to 1, that a prediction must cover to be paired
            with it; 0 asks for one code point.
        min_iou: intersection over union, from 0 to 1, that two spans must have to be paired.
        measures: those that count something of their own, see `count`.

    Raises:
        UsageError: a threshold is not between 0 and 1.
    """

    def __init__(
        self, min_overlap: float = 0.0, min_iou: float = 0.0, measures: Iterable[Measure] = ()
    ) -> None:
        super().__init__()
        self._counting = [each for each in measures if each.count is not None]
        self.counted = {
            f"{each.name}.{name}": array("q") for each in self._counting for name in each.counted
        }
        self._thresholds = checked_thresholds(min_overlap, min_iou)

    def add(
        self,
        gold: Collection[Span],
        predicted: Collection[Span],
        unplaced: Collection[str] = (),
        text: str | None = None,
        mentions: Collection[Mention] = (),
    ) -> tuple[SpanError, ...]:
        """Compare the spans of one more document.

        Args:
            gold: annotated spans, in any order.
            predicted: spans of the model, in any order; repetitions count as spurious.
            unplaced: labels of what the model named and the text does not hold; each counts as
                spurious, and covers no character.
            text: of the document; without it, every character of a mention has to be covered, and
                every mention is an entity of its own.
            mentions: which mentions belong to one entity, where that is known.

        Returns:
            What is wrong, see `Wrong`.
        """
        numbers = self.numbers
        found = outcome(gold, predicted, text, self._thresholds)
        wrong = found.wrong
        errors = wrong.errors(unplaced)
        events = [numbers[CORRECT, span.label, span.label] for span in found.right]
        for error in errors:
            ours, theirs = error.gold, error.predicted
            gold_label = ours.label if ours else None
            label = theirs.label if theirs else error.named
            events.append(numbers[error.kind, gold_label, label])
        events += [numbers[STRAY, span.label, None] for span in found.stray]
        if wrong.split or wrong.merging or wrong.blind_pairs:
            events += [numbers[SPLIT_GOLD, None, None]] * wrong.split
            events += [numbers[MERGING, None, None]] * wrong.merging
            events += [numbers[BLIND_PAIR, None, None]] * wrong.blind_pairs
        for event in mention_events(gold, found.exposed, text, mentions):
            events.append(numbers[event])
        self.events.extend(events)
        self.lengths.append(len(events))
        self.gold_characters.append(found.gold_characters)
        self.predicted_characters.append(found.predicted_characters)
        self.correct_characters.append(found.correct_characters)
        return errors

    def count(self, document: Document, prediction: Prediction) -> None:
        """Count, in a document that was added, the numbers that measures of other packages need."""
        for measure in self._counting:
            if measure.count is not None:
                numbers = measure.count(document, prediction)
                for name, number in zip(measure.counted, numbers, strict=True):
                    self.counted[f"{measure.name}.{name}"].append(number)

    def result(
        self,
        documents: Sequence[int] | None = None,
        known: Collection[str] | None = None,
        **options: Any,
    ) -> Scores:
        """Turn the counts so far into scores.

        Args:
            documents: which documents, by their position in the stream; None for all.
            known: labels to show by name, the others as `UNKNOWN`; None for all.
            options: see `ScoreOptions`.

        Raises:
            UsageError: an option is out of its range.
        """
        return self.scores(ScoreOptions(**options), documents, known)

    def scores(
        self,
        options: ScoreOptions,
        documents: Sequence[int] | None = None,
        known: Collection[str] | None = None,
    ) -> Scores:
        """Turn the counts into scores; like `result`, with the options as one struct."""
        from pii_sft.evaluators.aggregation.count_arrays import counted
        from pii_sft.evaluators.aggregation.scores import scores

        counts = counted(self, known)
        return scores(counts if documents is None else counts.of(documents), options)
