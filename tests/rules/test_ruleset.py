"""Several rules as one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from pii_sft.errors import UsageError
from pii_sft.rules import Candidate, Proof, Ruleset, ruleset
from pii_sft.rules.labelling import labelling

KINDS = {"CARD": ("CREDIT_CARD",), "US_SSN": ("SSN", "ID_NUMBER"), "DRIVER": ("ID_NUMBER",)}


def builtin(*labels: str) -> Ruleset:
    made = ruleset("builtin", labels)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["CREDIT_CARD", "US_SSN"], {"CARD": "CREDIT_CARD", "US_SSN": "US_SSN"}),
        (["credit-card"], {"CARD": "credit-card"}),
        (
            ["BANK_CARD", "ID_NUMBER"],
            {"CARD": "BANK_CARD", "US_SSN": "ID_NUMBER", "DRIVER": "ID_NUMBER"},
        ),
        (["US_DRIVER_LICENSE"], {}),
        ([], {}),
    ],
)
def test_kinds_go_by_the_labels_of_the_data(labels: list[str], expected: dict[str, str]) -> None:
    assert labelling(KINDS, labels) == expected


def test_a_chosen_label_wins() -> None:
    assert labelling(KINDS, ["CREDIT_CARD", "ZAHL"], {"CARD": "ZAHL"}) == {"CARD": "ZAHL"}


def test_the_stronger_proof_wins_where_candidates_overlap() -> None:
    hits = builtin("PHONE", "BANK_CARD").find("card number 4012 8888 8888 1881").found
    assert [(hit.span.label, hit.proof) for hit in hits] == [("BANK_CARD", Proof.CERTAIN)]


def test_a_kind_without_a_label_still_keeps_others_away() -> None:
    """A card is no telephone number, even where nobody asks for cards."""
    assert builtin("PHONE").find("card number 4012 8888 8888 1881").found == ()


def test_verdicts_on_check_digits() -> None:
    rules = builtin("BANK_CARD")
    assert rules.verdict("4012 8888 8888 1881", ["CARD"]) is True
    assert rules.verdict("4012 8888 8888 1882", ["CARD"]) is False
    assert rules.verdict("Ann Lee", ["CARD"]) is None


def test_off_and_unknown_names() -> None:
    assert ruleset("off", []) is None
    with pytest.raises(UsageError, match="network"):
        ruleset("netwrk", [])
    with pytest.raises(UsageError, match="off"):
        ruleset("off,network", [])


class Given:
    """A rule that finds the same candidates in every text."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.kinds: dict[str, tuple[str, ...]] = {"A": ("A",)}
        self._candidates = candidates

    def find(self, text: str) -> Iterator[Candidate]:
        yield from self._candidates


def test_chosen_candidates_are_the_best_that_do_not_overlap() -> None:
    draw = random.Random(7)
    for _ in range(200):
        starts = [draw.randrange(40) for _ in range(25)]
        candidates = {
            Candidate(start, start + draw.randint(1, 8), "A", draw.choice(list(Proof)))
            for start in starts
        }
        expected: list[Candidate] = []
        ranked = sorted(candidates, key=lambda one: (-one.proof, one.start - one.end, one.start))
        for each in ranked:
            if all(each.end <= other.start or other.end <= each.start for other in expected):
                expected.append(each)
        chosen, _ = Ruleset([Given(list(candidates))], ["A"]).best("")
        assert chosen == sorted(expected)


def test_many_candidates_take_no_quadratic_time() -> None:
    """Compared with each other, a hundred thousand would take the better part of an hour."""
    many = [Candidate(3 * at, 3 * at + 2, "A", Proof.CERTAIN) for at in range(100_000)]
    chosen, _ = Ruleset([Given(many)], ["A"]).best("")
    assert chosen == many
