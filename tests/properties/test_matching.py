"""What must hold for any documents whatever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.evaluators import SCHEMES, Prediction, Scorer, Scores, match
from pii_sft.evaluators.document_errors import errors_in
from pii_sft.evaluators.overlaps import overlap
from pii_sft.spans import Document as Gold
from pii_sft.spans import Span

Document = tuple[list[Span], list[Span]]


spans = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 8),
    st.integers(1, 6),
    st.sampled_from("AB"),
)
sides = st.lists(spans, max_size=4)
documents = st.tuples(sides, sides)
shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
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


@given(sides, sides)
def test_no_matching_is_better(gold: list[Span], predicted: list[Span]) -> None:
    best = max(map(worth, all_matchings(gold, predicted)))
    assert worth(match(gold, predicted).pairs) == best


@given(sides, sides)
def test_every_span_is_used_exactly_once(gold: list[Span], predicted: list[Span]) -> None:
    result = match(gold, predicted)
    assert Counter([*(pair[0] for pair in result.pairs), *result.missed]) == Counter(gold)
    assert Counter([*(pair[1] for pair in result.pairs), *result.spurious]) == Counter(predicted)


@given(documents, st.randoms())
def test_order_of_spans_does_not_matter(document: Document, draw: Random) -> None:
    gold, predicted = document
    shuffled = [list(gold), list(predicted)]
    for side in shuffled:
        draw.shuffle(side)
    assert match(*shuffled) == match(gold, predicted)
    assert scored([(shuffled[0], shuffled[1])]) == scored([document])


@given(collections, st.randoms())
def test_order_of_documents_does_not_matter(collection: list[Document], draw: Random) -> None:
    shuffled = list(collection)
    draw.shuffle(shuffled)
    assert scored(shuffled) == scored(collection)


@given(collections)
def test_labels_add_up_to_the_overall_row(collection: list[Document]) -> None:
    for scheme in scored(collection).schemes.values():
        for name in COUNTS:
            by_label = sum(row.counts[name] for row in scheme.labels.values())
            assert by_label == scheme.micro.counts[name]


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


@given(st.lists(sides, min_size=1, max_size=5).filter(any))
def test_perfect_predictions_score_one(gold: list[list[Span]]) -> None:
    result = scored([(each, list(reversed(each))) for each in gold])
    for scheme in result.schemes.values():
        for row in (scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()):
            assert set(row.rates.values()) == {1.0}
    assert set(result.characters.rates.values()) == {1.0}
    assert not any(getattr(result.errors, name) for name in ("boundary", "label", "split", "merge"))


@given(collections)
def test_rates_stay_between_zero_and_one(collection: list[Document]) -> None:
    result = scored(collection)
    for scheme in result.schemes.values():
        for row in (scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()):
            assert all(0 <= rate <= 1 for rate in row.rates.values())


@given(collections)
def test_schemes_are_ordered(collection: list[Document]) -> None:
    micro = {name: each.micro.rates["f1"] for name, each in scored(collection).schemes.items()}
    assert micro["strict"] <= micro["exact"] <= micro["partial"]
    assert micro["strict"] <= micro["type"]


@given(collections)
def test_intervals_hold_the_score(collection: list[Document]) -> None:
    result = scored(collection, ci=0.9)
    blind = [result.rows[f"label_blind.{each}"] for each in ("exact", "overlap", "documents")]
    rows = [result.characters, result.documents_without_pii, result.mentions.overall]
    rows += [*blind, *result.mentions.labels.values()]
    for scheme in result.schemes.values():
        rows += [scheme.micro, scheme.macro, scheme.weighted, *scheme.labels.values()]
    for row in rows:
        assert row.ci.keys() == row.rates.keys()
        for name, (low, high) in row.ci.items():
            assert 0 <= low <= row.rates[name] <= high <= 1 + 1e-12


@given(documents, shares, shares)
def test_a_threshold_holds_for_every_pair_and_makes_no_matching_better(
    document: Document, min_overlap: float, min_iou: float
) -> None:
    found = match(*document, min_overlap, min_iou).pairs
    assert worth(found) <= worth(match(*document).pairs)
    for gold, predicted in found:
        shared = min(gold.end, predicted.end) - max(gold.start, predicted.start)
        both = max(gold.end, predicted.end) - min(gold.start, predicted.start)
        assert shared >= min_overlap * (gold.end - gold.start)
        assert shared >= min_iou * both


@given(sides, sides, shares, shares)
def test_no_matching_that_keeps_the_thresholds_is_better(
    gold: list[Span], predicted: list[Span], min_overlap: float, min_iou: float
) -> None:
    def keeps(pair: tuple[Span, Span]) -> bool:
        one, other = pair
        shared = min(one.end, other.end) - max(one.start, other.start)
        both = max(one.end, other.end) - min(one.start, other.start)
        return shared / (one.end - one.start) >= min_overlap and shared / both >= min_iou

    best = max(worth(each) for each in all_matchings(gold, predicted) if all(map(keeps, each)))
    assert worth(match(gold, predicted, min_overlap, min_iou).pairs) == best


@given(documents)
def test_every_strict_error_is_classified_once(document: Document) -> None:
    gold, predicted = document
    errors = Scorer().add(gold, predicted)
    named = Counter((each.gold, each.predicted) for each in errors)
    result = match(gold, predicted)
    wrong = [pair for pair in result.pairs if pair[0] != pair[1]]
    missed = [(span, None) for span in result.missed]
    spurious = [(None, span) for span in result.spurious]
    assert named == Counter([*wrong, *missed, *spurious])


@given(documents, st.randoms())
def test_cases_and_counts_agree_in_any_order(document: Document, draw: Random) -> None:
    gold, predicted = document
    text = "abcabcabcabcabcabc"
    as_case = errors_in(Gold("d", text, tuple(gold)), Prediction(tuple(predicted)))
    draw.shuffle(gold)
    draw.shuffle(predicted)
    scorer = Scorer()
    errors = scorer.add(gold, predicted, (), text)
    assert Counter(errors) == Counter(as_case.errors)
    kinds = scorer.result(ci=0.0).error_kinds
    assert Counter(each.kind for each in errors) == {k: n for k, n in kinds.items() if n}


@given(collections)
def test_finer_kinds_add_up_to_the_coarse_ones(collection: list[Document]) -> None:
    result = scored(collection)
    errors, kinds = result.errors, result.error_kinds
    assert sum(kinds.values()) == errors.boundary + errors.label + errors.missed + errors.spurious
    assert kinds["label"] + kinds["label_and_bounds"] == errors.label


@given(collections)
def test_confusion_adds_up_to_gold_and_predictions(collection: list[Document]) -> None:
    result = scored(collection)
    confusion, labels = result.confusion, result.schemes["type"].labels
    for label, row in labels.items():
        taken = sum(confusion.pairs.get(label, {}).values())
        assert taken + confusion.missed.get(label, 0) == row.counts["possible"]
        given_to = sum(each.get(label, 0) for each in confusion.pairs.values())
        assert given_to + confusion.spurious.get(label, 0) == row.counts["actual"]
        assert confusion.pairs.get(label, {}).get(label, 0) == row.counts["correct"]


@given(documents)
def test_label_blind_scores_are_those_of_one_label(document: Document) -> None:
    blind = scored([document]).rows
    sides_without = [[Span(span.start, span.end, "") for span in side] for side in document]
    alone = scored([(sides_without[0], sides_without[1])])
    assert blind["label_blind.exact"].rates == alone.schemes["exact"].micro.rates
    assert blind["label_blind.overlap"].rates == alone.schemes["type"].micro.rates


@given(documents)
def test_mentions_are_covered_by_characters(document: Document) -> None:
    gold, predicted = document
    shown = {at for span in predicted for at in range(span.start, span.end)}
    covered = [shown.issuperset(range(span.start, span.end)) for span in gold]
    scorer = Scorer()
    scorer.add(gold, predicted)
    overall = scorer.result(ci=0.0).mentions.overall
    assert overall.counts["mentions"] == len(gold)
    assert overall.counts["covered_mentions"] == sum(covered)
    inside = [
        any(each.start <= span.start and span.end <= each.end for each in gold)
        for span in predicted
    ]
    assert overall.counts["stray_predictions"] == len(predicted) - sum(inside)


@given(documents)
def test_entities_are_covered_with_all_their_mentions(document: Document) -> None:
    gold, predicted = document
    text = "abcabcabcabcabcabc"
    shown = {at for span in predicted for at in range(span.start, span.end)}
    entities: dict[tuple[str, str], list[bool]] = {}
    for span in gold:
        of = entities.setdefault((span.label, text[span.start : span.end]), [])
        of.append(shown.issuperset(range(span.start, span.end)))
    scorer = Scorer()
    scorer.add(gold, predicted, (), text)
    overall = scorer.result(ci=0.0).mentions.overall
    assert overall.counts["entities"] == len(entities)
    assert overall.counts["covered_entities"] == sum(map(all, entities.values()))
    whole = sum(len(each) for each in entities.values() if all(each))
    assert overall.rates["weighted_entity_recall"] == pytest.approx(whole / max(1, len(gold)))


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
