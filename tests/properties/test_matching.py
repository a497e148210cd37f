"""What must hold for any documents whatever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.evaluators import SCHEMES, Scorer, Scores, match
from pii_sft.evaluators.matching import overlap
from pii_sft.spans import Span

Document = tuple[list[Span], list[Span]]

untimed = settings(deadline=None)

spans = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 8),
    st.integers(1, 6),
    st.sampled_from("AB"),
)
sides = st.lists(spans, max_size=4)
documents = st.tuples(sides, sides)
collections = st.lists(documents, max_size=5)

COUNTS = ("correct", "incorrect", "partial", "missed", "spurious", "possible", "actual")


def scored(collection: Sequence[Document], ci: float = 0.0) -> Scores:
    scorer = Scorer()
    for gold, predicted in collection:
        scorer.add(gold, predicted)
    return scorer.result(ci=ci, resamples=50)


def worth(pairs: Sequence[tuple[Span, Span]]) -> tuple[int, ...]:
    same_bounds = [(one.start, one.end) == (other.start, other.end) for one, other in pairs]
    same_label = [one.label == other.label for one, other in pairs]
    identical = sum(a and b for a, b in zip(same_bounds, same_label, strict=True))
    return (
        identical,
        sum(same_bounds) - identical,
        sum(same_label),
        len(pairs),
        sum(overlap(*pair) for pair in pairs),
    )


def all_matchings(
    gold: Sequence[Span], predicted: Sequence[Span]
) -> Iterator[list[tuple[Span, Span]]]:
    if not gold:
        yield []
        return
    yield from all_matchings(gold[1:], predicted)
    for index, found in enumerate(predicted):
        if gold[0].start < found.end and found.start < gold[0].end:
            for rest in all_matchings(gold[1:], [*predicted[:index], *predicted[index + 1 :]]):
                yield [(gold[0], found), *rest]


@untimed
@given(sides, sides)
def test_no_matching_is_better(gold: list[Span], predicted: list[Span]) -> None:
    best = max(map(worth, all_matchings(gold, predicted)))
    assert worth(match(gold, predicted).pairs) == best


@untimed
@given(sides, sides)
def test_every_span_is_used_exactly_once(gold: list[Span], predicted: list[Span]) -> None:
    result = match(gold, predicted)
    assert Counter([*(pair[0] for pair in result.pairs), *result.missed]) == Counter(gold)
    assert Counter([*(pair[1] for pair in result.pairs), *result.spurious]) == Counter(predicted)


@untimed
@given(documents, st.randoms())
def test_order_of_spans_does_not_matter(document: Document, draw: Random) -> None:
    gold, predicted = document
    shuffled = [list(gold), list(predicted)]
    for side in shuffled:
        draw.shuffle(side)
    assert match(*shuffled) == match(gold, predicted)
    assert scored([(shuffled[0], shuffled[1])]) == scored([document])


@untimed
@given(collections, st.randoms())
def test_order_of_documents_does_not_matter(collection: list[Document], draw: Random) -> None:
    shuffled = list(collection)
    draw.shuffle(shuffled)
    assert scored(shuffled) == scored(collection)


@untimed
@given(collections)
def test_labels_add_up_to_the_overall_row(collection: list[Document]) -> None:
    for scheme in scored(collection).schemes.values():
        for name in COUNTS:
            by_label = sum(row.counts[name] for row in scheme.labels.values())
            assert by_label == scheme.micro.counts[name]


@untimed
@given(collections)
def test_counts_cover_every_span(collection: list[Document]) -> None:
    result = scored(collection)
    gold = sum(len(document[0]) for document in collection)
    predicted = sum(len(document[1]) for document in collection)
    for scheme in result.schemes.values():
        counts = scheme.micro.counts
        paired = counts["correct"] + counts["incorrect"] + counts["partial"]
        assert counts["possible"] == paired + counts["missed"] == gold
        assert counts["actual"] == paired + counts["spurious"] == predicted
    errors, strict = result.errors, result.schemes["strict"].micro.counts
    assert errors.boundary + errors.label == strict["incorrect"]
    assert (errors.missed, errors.spurious) == (strict["missed"], strict["spurious"])


@untimed
@given(collections)
def test_swapping_sides_swaps_precision_and_recall(collection: list[Document]) -> None:
    there = scored(collection)
    back = scored([(predicted, gold) for gold, predicted in collection])
    for name in SCHEMES:
        one, other = there.schemes[name], back.schemes[name]
        assert one.micro.rates["precision"] == other.micro.rates["recall"]
        assert one.micro.rates["recall"] == other.micro.rates["precision"]
        assert one.micro.counts["missed"] == other.micro.counts["spurious"]
        assert one.micro.counts["incorrect"] == other.micro.counts["incorrect"]
    assert there.characters.rates["precision"] == back.characters.rates["recall"]
    assert there.characters.counts["leaked"] == back.characters.counts["over_redacted"]
    assert (there.errors.split, there.errors.merge) == (back.errors.merge, back.errors.split)


@untimed
@given(st.lists(sides, min_size=1, max_size=5).filter(any))
def test_perfect_predictions_score_one(gold: list[list[Span]]) -> None:
    result = scored([(each, list(reversed(each))) for each in gold])
    for scheme in result.schemes.values():
        for row in (scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()):
            assert set(row.rates.values()) == {1.0}
    assert set(result.characters.rates.values()) == {1.0}
    assert not any(getattr(result.errors, name) for name in ("boundary", "label", "split", "merge"))


@untimed
@given(collections)
def test_rates_stay_between_zero_and_one(collection: list[Document]) -> None:
    result = scored(collection)
    for scheme in result.schemes.values():
        for row in (scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()):
            assert all(0 <= rate <= 1 for rate in row.rates.values())


@untimed
@given(collections)
def test_schemes_are_ordered(collection: list[Document]) -> None:
    micro = {name: each.micro.rates["f1"] for name, each in scored(collection).schemes.items()}
    assert micro["strict"] <= micro["exact"] <= micro["partial"]
    assert micro["strict"] <= micro["type"]


@untimed
@given(collections)
def test_intervals_hold_the_score(collection: list[Document]) -> None:
    result = scored(collection, ci=0.9)
    rows = [result.characters, result.documents_without_pii]
    for scheme in result.schemes.values():
        rows += [scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()]
    for row in rows:
        assert row.ci.keys() == row.rates.keys()
        for name, (low, high) in row.ci.items():
            assert 0 <= low <= row.rates[name] <= high <= 1 + 1e-12


@untimed
@given(documents, st.sampled_from([0.25, 0.5, 1.0]))
def test_a_threshold_only_takes_pairs_away(document: Document, share: float) -> None:
    assert len(match(*document, share).pairs) <= len(match(*document).pairs)
    for gold, found in match(*document, share).pairs:
        shared = min(gold.end, found.end) - max(gold.start, found.start)
        assert shared >= share * (gold.end - gold.start)


@untimed
@given(documents)
def test_characters_are_those_of_sets(document: Document) -> None:
    gold, predicted = (
        {at for span in side for at in range(span.start, span.end)} for side in document
    )
    row = scored([document]).characters
    assert row.counts == {
        "correct": len(gold & predicted),
        "leaked": len(gold - predicted),
        "over_redacted": len(predicted - gold),
    }
    assert row.rates["recall"] == pytest.approx(len(gold & predicted) / max(1, len(gold)))
