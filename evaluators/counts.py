"""Streams documents into compact counts: a few bytes for each, whatever is asked of them later.

Each matched, missed or spurious span is one *outcome*: the gold label, the predicted label, and
whether the bounds agree. There are few different outcomes, so each gets a number, and a document is
the list of its numbers. Every scheme, label, average and resample is arithmetic on these lists.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Unpack

from pii_sft.evaluators.characters import count_characters
from pii_sft.evaluators.errors import split_and_merged
from pii_sft.evaluators.matching import check_min_overlap, match_rest, split_off_shared
from pii_sft.evaluators.options import Options, completed
from pii_sft.evaluators.rows import Scores
from pii_sft.spans import Span

Outcome = tuple[str | None, str | None, bool]
"""Gold label, predicted label, same bounds; None where there is no such span."""


class _Numbering(dict[Outcome, int]):
    """Numbers outcomes in the order in which they first occur."""

    def __missing__(self, outcome: Outcome) -> int:
        number = self[outcome] = len(self)
        return number


class Scorer:
    """Counts documents one by one.

    Memory grows by about 40 bytes a document and 4 bytes a span; neither texts nor spans are kept.

    Args:
        min_overlap: share of a gold span, from 0 to 1, that a prediction must cover to be paired
            with it; 0 asks for one code point.

    Attributes:
        numbers: number of each outcome.
        outcomes: numbers of the outcomes of all documents, one document after another.
        ends: for each document, where its outcomes end.
        gold_characters: for each document, characters inside a gold span.
        predicted_characters: for each document, characters inside a predicted span.
        correct_characters: for each document, characters inside both.
        splits: for each document, gold spans cut into several predictions.
        merges: for each document, predictions that join several gold spans.

    Raises:
        UsageError: `min_overlap` is not between 0 and 1.
    """

    def __init__(self, min_overlap: float = 0.0) -> None:
        check_min_overlap(min_overlap)
        self.min_overlap = min_overlap
        self.numbers = _Numbering()
        self.outcomes = array("I")
        self.ends = array("Q")
        self.gold_characters = array("Q")
        self.predicted_characters = array("Q")
        self.correct_characters = array("Q")
        self.splits = array("I")
        self.merges = array("I")

    def add(
        self,
        gold: Collection[Span],
        predicted: Collection[Span],
        unplaced: Collection[str] = (),
    ) -> None:
        """Compare the spans of one more document.

        Args:
            gold: annotated spans, in any order.
            predicted: spans of the model, in any order; repetitions count as spurious.
            unplaced: labels of what the model named and the text does not hold; each counts as
                spurious, and covers no character.
        """
        numbers = self.numbers
        shared, gold_left, predicted_left = split_off_shared(gold, predicted)
        outcomes = [numbers[span.label, span.label, True] for span in shared]
        splits = merges = 0
        if gold_left or predicted_left:
            rest = match_rest(gold_left, predicted_left, self.min_overlap)
            for ours, theirs in rest.pairs:
                same_bounds = ours.start == theirs.start and ours.end == theirs.end
                outcomes.append(numbers[ours.label, theirs.label, same_bounds])
            outcomes += [numbers[span.label, None, False] for span in rest.missed]
            outcomes += [numbers[None, span.label, False] for span in rest.spurious]
            if len(gold_left) + len(predicted_left) > 2:
                splits, merges = split_and_merged(gold, predicted)
        outcomes += [numbers[None, label, False] for label in unplaced]
        self.outcomes.extend(outcomes)
        self.ends.append(len(self.outcomes))
        characters = count_characters(gold, predicted)
        self.gold_characters.append(characters.gold)
        self.predicted_characters.append(characters.predicted)
        self.correct_characters.append(characters.correct)
        self.splits.append(splits)
        self.merges.append(merges)

    def result(self, documents: Sequence[int] | None = None, **options: Unpack[Options]) -> Scores:
        """Turn the counts so far into scores.

        Args:
            documents: which documents, by their position in the stream; None for all.
            options: see `Options`.

        Raises:
            UsageError: an option is out of its range.
        """
        from pii_sft.evaluators.scores import scores

        return scores(self, documents, completed(options))
