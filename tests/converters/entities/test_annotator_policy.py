"""One policy for several annotators, whatever the format."""

from __future__ import annotations

import pytest

from pii_sft.converters.entities.annotator_policy import Annotation, Choice
from pii_sft.converters.offsets.raw_spans import RawSpan

A, B, C = (RawSpan(at, at + 1, "L") for at in range(3))
ONE = Annotation((A, A), "ann", "1")
TWO = Annotation((A, B), "bob", "3")
THREE = Annotation((C,), "cid", "2")
ALL = [ONE, TWO, THREE]


@pytest.mark.parametrize(
    ("policy", "marks"),
    [
        ("first", [(A, A)]),
        ("latest", [(A, B)]),
        ("union", [(A, B, C)]),
        ("majority", [(A,)]),
        ("each", [(A, A), (A, B), (C,)]),
        ("cid", [(C,)]),
        ("dan", []),
    ],
)
def test_policies(policy: str, marks: list[tuple[RawSpan, ...]]) -> None:
    assert [each.marks for each in Choice(policy).of(ALL)] == marks


@pytest.mark.parametrize("policy", ["first", "latest", "union", "majority", "each"])
def test_one_annotation_needs_no_policy(policy: str) -> None:
    choice = Choice(policy)
    assert choice.of([TWO]) == [TWO]
    assert choice.of([]) == []
    assert choice.notes() == []


def test_half_is_no_majority() -> None:
    assert Choice("majority").of([ONE, THREE])[0].marks == ()


@pytest.mark.parametrize("policy", ["first", "latest", "union", "majority", "each"])
def test_the_truth_comes_first(policy: str) -> None:
    truth = Annotation((B,), "eve", "0", trusted=True)
    assert Choice(policy).of([*ALL, truth]) == [truth]
    assert Choice("ann").of([*ALL, truth]) == [ONE]


def test_notes() -> None:
    choice = Choice("first")
    choice.of(ALL)
    choice.of([ONE, Annotation((A,), "fay")])
    choice.of([TWO])
    assert [note.text for note in choice.notes()] == [
        "2 documents have several annotations, 1 of which differ; policy: first (option annotators)"
    ]
    named = Choice("cid")
    named.of(ALL)
    assert named.notes() == []
    named.of([ONE])
    assert [note.text for note in named.notes()] == [
        "1 documents are not annotated by the one asked for; left out"
    ]


def test_no_names_in_reprs() -> None:
    assert "ann" not in repr(ONE)
