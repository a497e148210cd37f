"""What changes of the data do to the scores, and what they must not do."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.evaluators.comparison.compare import compare_triples
from pii_sft.spans import Document, Span, reading_order

Pair = tuple[Document, Prediction]

TEXT = "abcdefghijklmnop"
LABELS = "ABC"

spans = st.builds(
    lambda start, length, label: Span(start, min(start + length, len(TEXT)), label),
    st.integers(0, 10),
    st.integers(1, 6),
    st.sampled_from(LABELS),
)
golds = st.lists(spans, max_size=5, unique=True)
answers = st.lists(spans, max_size=5)
worlds = st.lists(st.tuples(golds, answers), min_size=1, max_size=5)

World = list[tuple[list[Span], list[Span]]]


def pair(number: int, gold: Sequence[Span], found: Sequence[Span]) -> Pair:
    ordered = tuple(sorted(set(gold), key=reading_order))
    return Document(f"d{number}", TEXT, ordered), Prediction(tuple(found))


def report(world: World) -> dict[str, Any]:
    """Everything that `score --json` writes."""
    pairs = [pair(number, *each) for number, each in enumerate(world)]
    return evaluate_pairs(pairs, ci=0.0).to_dict()


def recalls(scores: dict[str, Any]) -> dict[str, float]:
    found = {name: scheme["micro"]["recall"] for name, scheme in scores["schemes"].items()}
    found |= {name: each["recall"] for name, each in scores["label_blind"].items() if each}
    found["characters"] = scores["characters"]["recall"]
    found["mentions"] = scores["mentions"]["mention_recall"]
    found["entities"] = scores["mentions"]["entity_recall"]
    return found


@settings(max_examples=30)
@given(worlds, st.randoms(use_true_random=False))
def test_no_order_matters(world: World, draw: Random) -> None:
    mixed = [(draw.sample(gold, len(gold)), draw.sample(f, len(f))) for gold, f in world]
    draw.shuffle(mixed)
    before, after = report(world), report(mixed)
    for scores in (before, after):
        scores.pop("worst_documents")
    assert before == after


@settings(max_examples=30)
@given(worlds, st.permutations(LABELS))
def test_labels_are_names(world: World, names: list[str]) -> None:
    """Other names for the labels, and nothing but names changes.

    Of two spans with the same bounds, the matching takes the label that comes first where nothing
    else decides, so there only the totals are the same.
    """
    renamed = dict(zip(LABELS, names, strict=True))

    def other(side: Sequence[Span]) -> list[Span]:
        return [Span(each.start, each.end, renamed[each.label]) for each in side]

    sides = [side for both in world for side in both]
    apart = all(len({(each.start, each.end) for each in side}) == len(side) for side in sides)
    before = report(world)
    after = report([(other(gold), other(found)) for gold, found in world])
    for name, scheme in before["schemes"].items():
        there = after["schemes"][name]
        assert scheme["micro"] == there["micro"]
        assert (
            not apart
            or {renamed[each]: row for each, row in scheme["labels"].items()} == there["labels"]
        )
    for name in ("characters", "documents_without_pii", "label_blind"):
        assert before[name] == after[name]
    for name in ("errors", "error_kinds"):
        assert not apart or before[name] == after[name]


@settings(max_examples=30)
@given(worlds)
def test_swapping_gold_and_predictions_swaps_precision_and_recall(world: World) -> None:
    unique = [(gold, list(dict.fromkeys(found))) for gold, found in world]
    before, after = report(unique), report([(found, gold) for gold, found in unique])
    rows = [(before["schemes"][name]["micro"], each["micro"]) for name, each in _schemes(after)]
    rows.append((before["characters"], after["characters"]))
    for row, other in rows:
        assert (row["precision"], row["recall"]) == (other["recall"], other["precision"])
        assert abs(row["f1"] - other["f1"]) < 1e-12


def _schemes(scores: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(scores["schemes"].items())


@settings(max_examples=30)
@given(worlds, st.data())
def test_a_right_span_more_never_lowers_recall(world: World, data: st.DataObject) -> None:
    missing = [
        (number, span)
        for number, (gold, found) in enumerate(world)
        for span in gold
        if span not in found
    ]
    if not missing:
        return
    number, span = data.draw(st.sampled_from(missing))
    richer = [
        (gold, [*found, span] if at == number else found) for at, (gold, found) in enumerate(world)
    ]
    before, after = recalls(report(world)), recalls(report(richer))
    assert all(after[name] >= before[name] for name in before)
    assert after["strict"] > before["strict"]


@settings(max_examples=30)
@given(worlds, spans)
def test_a_span_in_a_document_of_its_own_never_raises_precision(world: World, span: Span) -> None:
    before, after = report(world), report([*world, ([], [span])])
    for name, scheme in _schemes(before):
        assert after["schemes"][name]["micro"]["precision"] <= scheme["micro"]["precision"]
        assert after["schemes"][name]["micro"]["recall"] == scheme["micro"]["recall"]


@settings(max_examples=30)
@given(worlds)
def test_what_was_scored_twice_scores_the_same(world: World) -> None:
    before, after = report(world), report([*world, *world])
    for name, scheme in _schemes(before):
        one, other = scheme["micro"], after["schemes"][name]["micro"]
        assert other["possible"] == 2 * one["possible"]
        for rate in ("precision", "recall", "f1"):
            assert abs(one[rate] - other[rate]) < 1e-12


@settings(max_examples=30)
@given(worlds)
def test_a_system_is_as_good_as_itself(world: World) -> None:
    pairs = [pair(number, *each) for number, each in enumerate(world)]
    triples = [(document, found, found) for document, found in pairs]
    same = compare_triples(triples, ci=0.0, resamples=10, randomisations=10)
    assert same.better == same.worse == same.otherwise == 0
    for measures in same.measures.values():
        assert all(each.difference == 0 for each in measures.values())
