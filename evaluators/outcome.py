"""The outcome of one document: right spans, errors, and characters that are left readable.

Spans are compared run by run, where a run is a group of spans that overlap. Most runs are one span,
or a gold span and its prediction, and need no matching. So the time for a document grows with the
errors in it, not with the number of things that are counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from pii_sft.evaluators.characters import compared, count_characters, merged, sorted_bounds
from pii_sft.evaluators.coverage import exposed_mentions, is_covered, strays
from pii_sft.evaluators.errors import SpanError, Wrong, kind_of_pair
from pii_sft.evaluators.matching import runs, split_off_shared
from pii_sft.evaluators.overlaps import NO_THRESHOLDS, Thresholds, overlap
from pii_sft.spans import Span


class Outcome(msgspec.Struct):
    """The fate of the spans of one document.

    Attributes:
        right: spans that gold and predictions share.
        wrong: everything else.
        exposed: gold spans that are not covered, see `pii_sft.evaluators.coverage`.
        stray: predictions that do not stay within one gold span.
        gold_characters: code points inside a gold span.
        predicted_characters: inside a prediction.
        correct_characters: inside both.
    """

    right: list[Span] = []
    wrong: Wrong = msgspec.field(default_factory=Wrong)
    exposed: list[Span] = []
    stray: list[Span] = []
    gold_characters: int = 0
    predicted_characters: int = 0
    correct_characters: int = 0


def outcome(
    gold: Collection[Span],
    predicted: Collection[Span],
    text: str | None = None,
    thresholds: Thresholds = NO_THRESHOLDS,
) -> Outcome:
    """Compare the spans of one document.

    Args:
        gold: annotated spans, in any order.
        predicted: spans of the model, in any order; repetitions are wrong.
        text: of the document; without it, every character of a mention has to be covered.
        thresholds: of pairs.
    """
    found = Outcome()
    if gold == predicted:
        found.right.extend(gold)
        total = count_characters(gold)
        found.gold_characters = found.predicted_characters = found.correct_characters = total
        return found
    wrong = found.wrong
    alone: list[Span] = []
    for ours, theirs in runs(sorted(gold), sorted(predicted)):
        golds, predictions = len(ours), len(theirs)
        if ours == theirs and golds == 1:
            alone += ours
        elif not predictions:
            wrong.missed += [SpanError("missed", span) for span in ours]
            found.exposed += ours
            found.gold_characters += count_characters(ours)
        elif not golds and predictions == 1:
            wrong.spurious.append(SpanError("spurious", None, theirs[0]))
            found.stray += theirs
            found.predicted_characters += theirs[0].end - theirs[0].start
        elif thresholds is not NO_THRESHOLDS:
            _count_run(found, ours, theirs, text, thresholds)
        elif golds == predictions == 1:
            _count_pair(found, ours[0], theirs[0], text)
        elif golds == 1 and _apart(theirs):
            _count_split(found, ours[0], theirs, text)
        elif predictions == 1 and _apart(ours):
            _count_merge(found, ours, theirs[0], text)
        else:
            _count_run(found, ours, theirs, text, thresholds)
    found.right += alone
    total = sum([span.end - span.start for span in alone])
    found.gold_characters += total
    found.predicted_characters += total
    found.correct_characters += total
    return found


def _count_pair(found: Outcome, ours: Span, theirs: Span, text: str | None) -> None:
    """Count a gold span and another prediction that overlap each other and nothing else."""
    found.wrong.pairs.append(SpanError(kind_of_pair(ours, theirs), ours, theirs))
    start, end, their_start, their_end = ours.start, ours.end, theirs.start, theirs.end
    found.gold_characters += end - start
    found.predicted_characters += their_end - their_start
    if (start < their_start or their_end < end) and not is_covered(
        ours, [(their_start, their_end)], text
    ):
        found.exposed.append(ours)
    if their_start < start or end < their_end:
        found.stray.append(theirs)
    found.correct_characters += min(end, their_end) - max(start, their_start)


def _count_split(found: Outcome, ours: Span, theirs: Sequence[Span], text: str | None) -> None:
    """Count a gold span that is cut into predictions beside each other."""
    wrong = found.wrong
    partner = max(theirs, key=lambda each: (each.label == ours.label, overlap(ours, each)))
    wrong.split += 1
    wrong.pairs.append(
        SpanError("split" if partner.label == ours.label else "label_and_bounds", ours, partner)
    )
    wrong.spurious += [SpanError("split", None, each) for each in theirs if each is not partner]
    bounds = [(each.start, each.end) for each in theirs]
    if not is_covered(ours, bounds, text):
        found.exposed.append(ours)
    start, end = ours.start, ours.end
    found.stray += [each for each in theirs if each.start < start or end < each.end]
    found.gold_characters += end - start
    covered = sum([each.end - each.start for each in theirs])
    found.predicted_characters += covered
    # Only the outermost predictions can reach beyond the gold span.
    beyond = max(0, start - bounds[0][0]) + max(0, bounds[-1][1] - end)
    found.correct_characters += covered - beyond


def _count_merge(found: Outcome, ours: Sequence[Span], theirs: Span, text: str | None) -> None:
    """Count a prediction that joins gold spans beside each other."""
    wrong = found.wrong
    partner = max(ours, key=lambda each: (each.label == theirs.label, overlap(each, theirs)))
    wrong.merging += 1
    wrong.pairs.append(
        SpanError("merge" if partner.label == theirs.label else "label_and_bounds", partner, theirs)
    )
    wrong.missed += [SpanError("merge", each) for each in ours if each is not partner]
    found.exposed += exposed_mentions(ours, [(theirs.start, theirs.end)], text)
    found.stray.append(theirs)
    covered = sum([each.end - each.start for each in ours])
    found.gold_characters += covered
    found.predicted_characters += theirs.end - theirs.start
    beyond = max(0, theirs.start - ours[0].start) + max(0, ours[-1].end - theirs.end)
    found.correct_characters += covered - beyond


def _apart(spans: Sequence[Span]) -> bool:
    """True if spans, sorted, do not overlap each other."""
    end = 0
    for span in spans:
        if span.start < end:
            return False
        end = span.end
    return True


def _count_run(
    found: Outcome,
    ours: Sequence[Span],
    theirs: Sequence[Span],
    text: str | None,
    thresholds: Thresholds,
) -> None:
    """Count any run; both lists are sorted."""
    right, gold_left, predicted_left = split_off_shared(ours, theirs)
    found.right += right
    found.wrong.add(right, gold_left, predicted_left, thresholds)
    bounds = sorted_bounds(ours)
    covered = merged(sorted_bounds(theirs))
    found.exposed += exposed_mentions(gold_left, covered, text)
    found.stray += strays(predicted_left, bounds)
    characters = compared(bounds, covered)
    found.gold_characters += characters.gold
    found.predicted_characters += characters.predicted
    found.correct_characters += characters.correct
