"""What aligning costs grows with the text and the list, whatever stands in them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import islice, product
from types import FrameType
from typing import Any

import pytest

from pii_sft.align import Place, Policy, Wanted, align, align_by

Work = Callable[[int], tuple[str, list[str]]]

WORK: dict[str, Work] = {
    "one letter": lambda size: ("a" * size, ["a"] * (size // 20)),
    "runs of one letter": lambda size: ("a" * size, ["a" * count for count in range(1, 20)]),
    "one character without words": lambda size: ("王" * size, ["王"] * (size // 20)),
    "runs without words": lambda size: ("王" * size, ["王" * count for count in range(20, 1, -1)]),
    "one word": lambda size: ("Ann " * (size // 4), ["Ann"] * (size // 20)),
    "one word in another case": lambda size: ("Ann " * (size // 4), ["ANN"] * (size // 20)),
    "two words by turns": lambda size: (
        "Ann " * (size // 8) + "Bob " * (size // 8),
        ["Bob", "Ann"] * (size // 8 - 2),
    ),
    "nested names": lambda size: ("Ann Lee " * (size // 8), ["Lee", "Ann Lee"] * (size // 40)),
    "absent strings": lambda size: (
        "Ann Lee " * (size // 8),
        [f"Zoe Kowalski {number}" for number in range(20)],
    ),
    "strings that are near": lambda size: (
        "Christopher Kowalski " * (size // 20),
        [f"Christoper Kowalski {'x' * number}" for number in range(20)],
    ),
    "one digit": lambda size: ("1" * size, ["1" * count for count in range(6, 26)]),
    "digits and dashes": lambda size: ("1-" * (size // 2), ["11" * each for each in range(3, 23)]),
    "white space": lambda size: (" \n" * (size // 2), [" "] * (size // 20)),
    "accents": lambda size: ("e\u0301" * (size // 2), ["e", "é", "\u0301"]),
    "flags": lambda size: ("🇩🇪" * (size // 2), ["🇩🇪", "🇪🇩", "🇩"]),
    "joiners": lambda size: ("👩\u200d" * (size // 2), ["👩", "\u200d"]),
}


LETTERS = str.maketrans("0123456789", "abcdefghij")
NAMES = partial(product, "bdfgklm", "aeiou", "lnrst", "aeiou", "dgkmt")


def calls(run: Callable[[], object]) -> int:
    """How many functions are called, of Python and of C."""
    number = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return number


@pytest.mark.grid
@pytest.mark.parametrize("policy", ["next", "all"])
@pytest.mark.parametrize("name", WORK)
def test_twice_as_much_is_twice_the_work(name: str, policy: Policy) -> None:
    def work(size: int) -> int:
        text, surfaces = WORK[name](size)
        wanted = [Wanted(each) for each in dict.fromkeys(surfaces)]
        if policy != "all":
            wanted = [Wanted(each) for each in surfaces]
        return calls(lambda: align_by(text, wanted, policy))

    assert work(2000) <= 2.5 * work(1000) + 200


@pytest.mark.parametrize("policy", ["next", "all"])
def test_numbered_occurrences_are_counted_once(policy: Policy) -> None:
    def work(size: int) -> int:
        wanted = [Wanted("Ann", number) for number in range(1, size + 1)]
        return calls(lambda: align_by("Ann " * size, wanted, policy))

    assert work(800) <= 2.5 * work(400) + 200


def test_a_long_text_and_a_long_list() -> None:
    text = "Ann Lee met Bob at 555-12-34. " * 4000
    surfaces = ["Bob", "Ann Lee", "5551234", "Zoe Kowalski", "ann lee"] * 800
    placed = [place for place in align(text, [Wanted(each) for each in surfaces]) if place]
    assert len(placed) == 3200
    assert len({(place.start, place.end) for place in placed}) == 3200


def test_pairs_of_words_that_are_not_neighbours_cost_what_the_pairs_of_a_short_text_do() -> None:
    def work(size: int) -> int:
        words = [f"Sil{name}stein" for name in map("".join, islice(NAMES(), size))]
        pairs = [f"{one} {other}" for one, other in zip(words[::4], words[2::4], strict=True)]
        return calls(lambda: align(" ".join(words), [Wanted(each) for each in pairs]))

    assert work(2400) <= 2.5 * work(1200)


def test_words_without_a_letter_cost_what_those_of_a_short_text_do() -> None:
    def work(size: int) -> int:
        numbers = (f"{number * 7919 % 1_000_003:07}" for number in range(size))
        words = [f"Sil{number.translate(LETTERS)}stein" for number in numbers]
        short = [Wanted(f"{word[:6]}{word[7:]}") for word in words[::4]]
        placed: list[Place | None] = []
        made = calls(lambda: placed.extend(align(" ".join(words), short)))
        assert sum(each is not None for each in placed) > 800
        return made

    assert work(9600) <= 2.6 * work(4800)
