"""From the items of an answer to spans, under each policy of the aligner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.align import Policy, Wanted, align_by
from pii_sft.cli.predict import command as predict_command
from pii_sft.cli.score import command as score_command
from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span, reading_order
from pii_sft.targets import TARGETS, Parsed, aligned_by, policy_of
from pii_sft.targets.item import Item
from pii_sft.targets.place import place

TEXT = "Ann met Bob. Ann Lee and Bob left, Ann stayed."


def items(*strings: str | tuple[str, int], label: str = "P") -> list[Item]:
    pairs = [(each, 0) if isinstance(each, str) else each for each in strings]
    return [
        Item(label, surface, number, (at, at + 1)) for at, (surface, number) in enumerate(pairs)
    ]


def starts(parsed: Parsed) -> list[int]:
    return [span.start for span in parsed.spans]


@pytest.mark.parametrize(
    ("policy", "strings", "found"),
    [
        ("next", ("Bob", "Ann"), [8, 13]),
        ("first", ("Bob", "Ann"), [0, 8]),
        ("all", ("Bob", "Ann"), [0, 8, 13, 25, 35]),
        ("first", ("Ann", "Ann"), [0, 13]),
        ("all", ("Ann Lee", "Ann"), [0, 13, 35]),
        ("all", (("Ann", 3), "Bob"), [8, 25, 35]),
        ("all", ("ann",), [0, 13, 35]),
        ("first", ("ANN", "bob"), [0, 8]),
    ],
)
def test_which_occurrence(policy: Policy, strings: tuple[str, ...], found: list[int]) -> None:
    parsed = place(TEXT, items(*strings), policy=policy)
    assert starts(parsed) == found
    assert parsed.issues == ()
    assert parsed.unplaced == ()


def test_every_mention_may_be_listed_under_all() -> None:
    once, each = items("Ann", "Bob"), items("Ann", "Bob", "Ann", "Bob", "Ann")
    assert place(TEXT, each, policy="all").spans == place(TEXT, once, policy="all").spans
    assert place(TEXT, each, policy="all").issues == ()
    parsed = place(TEXT, items("Ann", "Ann", "Ann", "Ann", "Bob"), ["repaired"], "all")
    assert parsed.issues == ("repaired", "duplicate")


def test_what_stands_only_where_others_do_repeats_them() -> None:
    parsed = place("Ann left.", items("Ann", "ANN"), policy="all")
    assert starts(parsed) == [0]
    assert parsed.issues == ("duplicate",)
    other = items("Ann") + items("ANN", label="Q")
    assert [span.label for span in place("Ann left.", other, policy="all").spans] == ["P", "Q"]


@pytest.mark.parametrize("policy", ["next", "first", "all"])
def test_what_the_text_does_not_hold(policy: Policy) -> None:
    parsed = place(TEXT, items("Cy", "Ann", "Cy", ("Bob", 9)), policy=policy)
    assert starts(parsed) == ([0, 13, 35] if policy == "all" else [0])
    assert parsed.unplaced == ("P", "P")
    assert sorted(parsed.issues) == ["duplicate", "not_in_text", "not_in_text"]


@pytest.mark.parametrize("policy", ["next", "first", "all"])
@pytest.mark.parametrize("named", [("Ann", ("Ann", 9)), (("Ann", 9), "Ann")])
def test_a_number_beyond_those_of_the_text(
    policy: Policy, named: tuple[str | tuple[str, int], ...]
) -> None:
    parsed = place("Ann, Ann", items(*named), policy=policy)
    assert starts(parsed) == ([0, 5] if policy == "all" else [0])
    assert parsed.issues == ("duplicate",)
    assert parsed.unplaced == ()


@pytest.mark.parametrize("policy", ["next", "first", "all"])
def test_loops_are_recognised(policy: Policy) -> None:
    parsed = place(TEXT, items(*["Ann", "Bob"] * 40), policy=policy)
    assert starts(parsed) == [0, 8, 13, 25, 35]
    assert "looped" in parsed.issues


def test_many_copies_of_a_common_string_are_placed_once() -> None:
    text = "a " * 2000
    parsed = place(text, items(*["a"] * 3000), policy="all")
    assert len(parsed.found) == 2000
    assert parsed.issues.count("duplicate") == 1000


WORDS = ("ann", "Ann", "bo", "ann lee", "王", "😀", "9", "Zoe\u0308", "")


@given(
    st.lists(st.sampled_from([*WORDS, "and", "\r\n", "\x00"]), max_size=12).map(" ".join),
    st.lists(
        st.tuples(
            st.sampled_from(WORDS[:-1]), st.sampled_from("PQ"), st.sampled_from([0, 0, 1, 2])
        ),
        max_size=8,
    ),
)
def test_all_gives_every_place_of_every_string(
    text: str, named: list[tuple[str, str, int]]
) -> None:
    listed = [Item(label, surface, number, (0, 1)) for surface, label, number in named]
    wanted = [Wanted(each.surface, each.occurrence) for each in listed]
    places = align_by(text, wanted, "all")
    expected = {
        Span(where.start, where.end, each.label)
        for each, found in zip(listed, places, strict=True)
        for where in found
    }
    parsed = place(text, listed, policy="all")
    assert list(parsed.spans) == sorted(expected, key=reading_order)
    assert place(text, listed[::-1], policy="all").spans == parsed.spans
    again = place(text, listed * 2, policy="all")
    assert again.spans == parsed.spans
    assert again.unplaced == parsed.unplaced
    held = {each.string for each, found in zip(listed, places, strict=True) if found}
    assert len(parsed.unplaced) == len({each.string for each in listed} - held)
    assert parsed.issues.count("duplicate") <= len(listed)


@pytest.mark.parametrize("name", ["json", "lines"])
def test_targets_take_a_policy(name: str) -> None:
    usual = TARGETS.get(name)
    chosen = aligned_by(usual, "all")
    text = "Rome, Rome"
    answer = usual.render(Document("d", text, (Span(0, 4, "CITY"),)))
    assert chosen.render(Document("d", text, (Span(0, 4, "CITY"),))) == answer
    assert [policy_of(usual), policy_of(chosen)] == ["next", "all"]
    assert [len(each.parse(text, answer).spans) for each in (usual, chosen)] == [1, 2]
    assert aligned_by(usual, "next") is usual
    assert aligned_by(chosen, "next") == usual


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("json", '[["CITY","Rome"]]'),
        ("json", "Sure: [['CITY','Rome']]"),
        ("json", "In <CITY>Rome</CITY> at noon"),
        ("json", '[["CITY","Rome",1],["CITY","Rome"]]'),
        ("lines", "CITY: Rome\n-"),
        ("lines", "- **CITY**: Rome\n"),
    ],
)
def test_damaged_answers_are_read_by_the_policy_too(name: str, answer: str) -> None:
    assert len(aligned_by(TARGETS.get(name), "all").parse("Rome, Rome, Rome", answer).spans) == 3


@dataclass(frozen=True)
class _Numbers:
    name = "numbers"


def test_targets_without_a_choice() -> None:
    for target in (TARGETS.get("tags"), _Numbers()):
        assert aligned_by(target, "next") is target  # type: ignore[arg-type, comparison-overlap]
        with pytest.raises(UsageError, match=f"target {target.name} say themselves"):
            aligned_by(target, "first")  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [score_command, predict_command])
def test_commands_offer_every_policy(command: object) -> None:
    [option] = [each for each in command.params if each.name == "align_by"]  # type: ignore[attr-defined]
    assert tuple(option.type.choices) == get_args(Policy)
