"""Streams documents into compact counts: a few bytes for each, whatever is asked of them later.

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
from pii_sft.evaluators.characters import compared, count_characters, merged, sorted_bounds
from pii_sft.evaluators.coverage import (
    STRAY,
    Mention,
    exposed_mentions,
    mention_events,
    strays,
)
from pii_sft.evaluators.errors import LONE_PAIR, NO_CUTS, SpanError, classified, cuts
from pii_sft.evaluators.matching import Matching, check_shares, match_rest, split_off_shared
from pii_sft.evaluators.options import ScoreOptions
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
        check_shares(min_overlap, min_iou)
        self.min_overlap = min_overlap
        self.min_iou = min_iou

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
            What is wrong, see `classified`.
        """
        numbers = self.numbers
        shared, gold_left, predicted_left = split_off_shared(gold, predicted)
        events = [numbers[CORRECT, span.label, span.label] for span in shared]
        errors: tuple[SpanError, ...] = ()
        exposed: Collection[Span] = ()
        if gold_left or predicted_left or unplaced:
            rest = match_rest(gold_left, predicted_left, self.min_overlap, self.min_iou)
            found = NO_CUTS
            if len(gold_left) + len(predicted_left) > LONE_PAIR:
                found = cuts(gold, predicted)
            errors = tuple(classified(rest, found, unplaced, shared))
            bounds = sorted_bounds(gold)
            covered = merged(sorted_bounds(predicted))
            exposed = exposed_mentions(gold_left, covered, text)
            characters = compared(bounds, covered)
            away = strays(predicted_left, bounds)
            events += [numbers[each.kind, each.gold_label, each.predicted_label] for each in errors]
            events += [numbers[SPLIT_GOLD, None, None]] * len(found.split)
            events += [numbers[MERGING, None, None]] * len(found.merging)
            events += [numbers[BLIND_PAIR, None, None]] * self._blind_pairs(rest)
            events += [numbers[STRAY, span.label, None] for span in away]
        else:
            characters = count_characters(gold, gold)
        for event in mention_events(gold, exposed, text, mentions):
            events.append(numbers[event])
        self.events.extend(events)
        self.lengths.append(len(events))
        self.gold_characters.append(characters.gold)
        self.predicted_characters.append(characters.predicted)
        self.correct_characters.append(characters.correct)
        return errors

    def count(self, document: Document, prediction: Prediction) -> None:
        """Count what measures of other packages are made of, in a document that was added."""
        for measure in self._counting:
            if measure.count is not None:
                numbers = measure.count(document, prediction)
                for name, number in zip(measure.counted, numbers, strict=True):
                    self.counted[f"{measure.name}.{name}"].append(number)

    def _blind_pairs(self, rest: Matching) -> int:
        """How many more pairs there are when labels don't matter."""
        if not rest.missed or not rest.spurious or not rest.pairs:
            return 0
        golds = [*rest.missed, *(gold for gold, _ in rest.pairs)]
        predictions = [*rest.spurious, *(predicted for _, predicted in rest.pairs)]
        blind = match_rest(
            [Span(span.start, span.end, "") for span in golds],
            [Span(span.start, span.end, "") for span in predictions],
            self.min_overlap,
            self.min_iou,
        )
        return len(blind.pairs) - len(rest.pairs)

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
        """As `result`, with all options at once."""
        from pii_sft.evaluators.aggregation.count_arrays import counted
        from pii_sft.evaluators.aggregation.scores import scores

        counts = counted(self, known)
        return scores(counts if documents is None else counts.of(documents), options)
