"""Where strings find their places: which occurrence, in which order, under which policy."""

from __future__ import annotations

import pytest

from pii_sft.align import (
    TIERS,
    Place,
    Wanted,
    align,
    align_by,
    occurrence_number,
    occurrences,
    stands_alone,
)


def wanted(*surfaces: str | tuple[str, int]) -> list[Wanted]:
    return [Wanted(each) if isinstance(each, str) else Wanted(*each) for each in surfaces]


def starts(text: str, *surfaces: str | tuple[str, int]) -> list[int | None]:
    places = align(text, wanted(*surfaces))
    return [None if place is None else place.start for place in places]


@pytest.mark.parametrize(
    ("text", "surfaces", "expected"),
    [
        ("Ann met Ann.", ["Ann", "Ann"], [0, 8]),
        ("Ann met Ann.", ["Ann", "Ann", "Ann"], [0, 8, None]),
        ("Ann met Bob and Ann.", ["Bob", "Ann"], [8, 16]),
        ("Ann met Bob.", ["Bob", "Ann"], [8, 0]),
        ("Annie met Ann.", ["Ann"], [10]),
        ("Lee saw Ann Lee.", ["Lee", "Ann Lee"], [0, 8]),
        ("Ann Lee saw Lee.", ["Ann Lee", "Lee"], [0, 12]),
        ("Ann Lee saw Lee.", ["Lee", "Ann Lee"], [12, 0]),
        ("Ann Lee left.", ["Lee", "Ann Lee"], [4, 0]),
        ("ANN LEE saw Lee.", ["ann lee", "Lee"], [0, 12]),
        ("ANN LEE, LEE", ["LEE", "ann lee"], [9, 0]),
        ("王芳和王芳芳", ["王芳", "王芳芳"], [0, 3]),
        ("王王王", ["王王", "王王"], [0, 1]),
        ("", ["Ann"], [None]),
        ("Ann", [""], [None]),
        ("", [""], [None]),
        ("Ann", ["Ann Lee from Rome"], [None]),
        ("Ann", [], []),
    ],
)
def test_places(text: str, surfaces: list[str], expected: list[int | None]) -> None:
    assert starts(text, *surfaces) == expected


@pytest.mark.parametrize(
    ("text", "surfaces", "expected"),
    [
        # One string too early does not push the others out of order.
        ("Ann, Bob, Cid, Bob, Zoe", ["Ann", "Zoe", "Bob", "Cid"], [0, 20, 5, 10]),
        # A group of one label after a group of another begins again at the top.
        ("Ann 1@x.org Bob 2@x.org Ann", ["Ann", "Bob", "1@x.org", "2@x.org"], [0, 12, 4, 16]),
        # All occurrences are listed, so the order says nothing.
        ("Ann Lee, Lee, Ann Lee", ["Lee", "Ann Lee", "Ann Lee"], [9, 0, 14]),
        ("Ann Lee, Lee, Ann Lee", ["Ann Lee", "Ann Lee", "Lee"], [0, 14, 9]),
        # Inside the longer string that it was listed behind, as annotations in order have it.
        ("Ann Lee or Ann Lee", ["Ann Lee", "Lee", "Ann Lee"], [0, 4, 11]),
        # What crosses another string gives way to it, in any order.
        ("Ann Lee Bob, Lee Bob", ["Lee Bob", "Ann Lee"], [13, 0]),
        ("Ann Lee Bob, Lee Bob", ["Ann Lee", "Lee Bob"], [0, 13]),
        ("Ann Lee Bob", ["Lee Bob", "Ann Lee"], [4, 0]),
        ("Ann Lee Bob, Cid, Cid", ["Ann Lee", "Lee Bob", "Cid"], [0, 4, 13]),
        # Listed too often: what is too much is left out, and the rest stays in order.
        ("Ann Bob", ["Ann", "Ann", "Bob"], [0, None, 4]),
        ("Ann Bob Ann", ["Ann", "Ann", "Bob", "Ann"], [0, 8, 4, None]),
        # The longest part that is in order decides: Ann in front of Bob, not behind Zoe.
        ("Ann Bob Cid Zoe Ann", ["Zoe", "Ann", "Bob", "Cid"], [12, 0, 4, 8]),
        # What is in no order takes what is left, first of all what nothing else stands on.
        ("Lee Ann Lee Zoe Ann", ["Zoe", "Ann Lee", "Lee", "Ann"], [12, 4, 0, 16]),
    ],
)
def test_the_list_as_a_whole(text: str, surfaces: list[str], expected: list[int | None]) -> None:
    assert starts(text, *surfaces) == expected


@pytest.mark.parametrize(
    ("surface", "number", "expected"),
    [
        *[("Ann", 1, 0), ("Ann", 2, 4), ("Ann", 3, 10), ("Ann", 4, None), ("ie", 1, 7)],
        *[("", 1, None), ("Ann", -1, None), ("ANN", 2, 10), ("ANN", 3, None)],
    ],
)
def test_numbered(surface: str, number: int, expected: int | None) -> None:
    assert starts("Ann Annie Ann", (surface, number)) == [expected]


def test_a_number_always_wins() -> None:
    assert starts("Ann Ann Ann", "Ann", ("Ann", 1)) == [4, 0]
    assert starts("Ann Ann Ann", ("Ann", 2), "Ann", "Ann") == [4, 0, 8]
    assert starts("Ann", "Ann", ("Ann", 1)) == [None, 0]
    assert starts("Ann", ("Ann", 1), ("Ann", 1)) == [0, 0]
    assert starts("Ann, Bob, Ann, Bob", ("Ann", 2), "Bob") == [10, 15]


def test_overlapping_occurrences_are_counted() -> None:
    assert starts("aaaa", ("aa", 1), ("aa", 2), ("aa", 3), ("aa", 4)) == [0, 1, 2, None]
    assert occurrence_number("aaaa", 1, 3) == 2
    assert occurrence_number("aaaa", 0, 2) == 1


@pytest.mark.parametrize(
    ("text", "surface", "expected"),
    [
        ("Annie left", "Ann", 0),
        ("Annual", "Ann", None),
        ("Edited", "Ed", None),
        ("the card", "ca", None),
        ("Ankaradan", "Ankara", 0),
        ("وأحمد", "أحمد", 1),
        ("born 19491231", "1949", None),
        ("id 4711a", "4711", 3),
        ("John Smithson", "John Smi", None),
        ("Annie and ANN", "Ann", 10),
        ("DJLethal", "Lethal", 2),
        ("aaaaaaaaaaaaaaaa", "aaa", None),
    ],
)
def test_inside_a_longer_word_only_as_most_of_it(
    text: str, surface: str, expected: int | None
) -> None:
    assert starts(text, surface) == [expected]


def test_exact_strings_come_first() -> None:
    """The free comparison may take only what no string of the list is written like."""
    assert starts("Rome rome", "ROME", "Rome") == [5, 0]
    assert starts("Rome", "ROME", "Rome") == [None, 0]
    assert starts("Rome Rome", "ROME", "Rome") == [5, 0]
    assert starts("Rome rome", "Rome", "Rome", "ROME") == [0, None, 5]
    assert starts("Rome rome ROME", "Rome", "Rome") == [0, 5]


def test_what_is_compared_as_equal_is_interchangeable() -> None:
    assert starts("Ann Ann", "ANN", "ann") == [0, 4]
    assert starts("Ann", "ANN", "ann") == [0, None]
    assert starts("Zoë", "Zoe", "Zoe\u0308") == [None, 0]


@pytest.mark.parametrize("number", range(4))
def test_the_first_strings_of_a_list_do_not_need_the_others(number: int) -> None:
    text, surfaces = "Ann, Bob, Ann, Cid, Bob", ["Bob", "Ann", "Cid", "Bob"]
    assert starts(text, *surfaces[:number]) == [5, 10, 15, 20][:number]


class TestPolicies:
    TEXT = "Ann, Bob, Ann Lee, Bob, Ann, bob"

    def found(self, policy: str, *surfaces: str | tuple[str, int]) -> list[list[int]]:
        places = align_by(self.TEXT, wanted(*surfaces), policy)  # type: ignore[arg-type]
        return [[place.start for place in each] for each in places]

    def test_next(self) -> None:
        assert self.found("next", "Bob", "Ann Lee", "Ann") == [[5], [10], [24]]
        assert self.found("next", "Zoe") == [[]]

    def test_first(self) -> None:
        assert self.found("first", "Bob", "Ann Lee", "Ann") == [[5], [10], [0]]
        assert self.found("first", "Ann", "Ann Lee", "Ann", "Ann") == [[0], [10], [10], [24]]
        assert self.found("first", "Bob", ("Bob", 1)) == [[19], [5]]
        assert self.found("first", "Zoe", "", "bob") == [[], [], [29]]

    def test_all(self) -> None:
        assert self.found("all", "Bob", "Ann Lee", "Ann") == [[5, 19], [10], [0, 24]]
        assert self.found("all", "Ann", "Ann") == [[0, 10, 24]] * 2
        assert self.found("all", "BOB") == [[5, 19, 29]]
        assert self.found("all", "Lee", "Ann Lee") == [[14], [10]]
        assert self.found("all", ("Ann", 2), ("Ann", 9), "Zoe", "") == [[10], [], [], []]

    def test_the_order_of_the_list_is_nothing_to_first_and_all(self) -> None:
        for policy in ("first", "all"):
            forth = self.found(policy, "Ann", "Bob", "Ann Lee")
            assert self.found(policy, "Ann Lee", "Bob", "Ann") == forth[::-1]


@pytest.mark.parametrize(
    ("text", "surfaces", "expected"),
    [
        (
            "Take aspirin in the morning. Take aspirin at night.",
            ["aspirin", "aspirin"],
            [(5, 12), (34, 41)],
        ),
        (
            "alpha beta gamma delta was noted. omega followed. Later, alpha beta gamma delta "
            "recurred.",
            ["omega", "alpha beta gamma delta"],
            [(34, 39), (57, 79)],
        ),
        (
            "aspirin was given before ibuprofen was considered.",
            ["ibuprofen", "aspirin"],
            [(25, 34), (0, 7)],
        ),
        ("contact JOHN SMITH now", ["John Smith"], [(8, 18)]),
        ("12 Main St\nSpringfield", ["12 Main St Springfield"], [(0, 22)]),
        ("Patient takes aspirin daily.", ["completely different medicine"], [None]),
    ],
)
def test_positions_that_langextract_gives(
    text: str, surfaces: list[str], expected: list[tuple[int, int] | None]
) -> None:
    """What langextract 1.7.1 asserts of these texts, in code points."""
    places = align(text, wanted(*surfaces))
    assert [place and (place.start, place.end) for place in places] == expected


def test_a_clinical_note() -> None:
    """Of strings that stand in several sections, the order of the list means one section."""
    text = (
        "Lisinopril 20 mg daily. Pressure 148/92. Metformin twice. Atorvastatin nightly.\n"
        "Plan:\n1. Hypertension. Increase lisinopril. 2. Diabetes. Metformin stays. "
        "3. Continue Atorvastatin."
    )
    surfaces = ["148/92", "Hypertension", "Metformin", "Atorvastatin"]
    expected = [text.index("148"), text.index("Hyper"), *map(text.rindex, ("Metf", "Ator"))]
    assert starts(text, *surfaces) == expected


@pytest.mark.parametrize(
    ("text", "surface", "expected"),
    [
        ("Ann, Annie, Ann", "Ann", [(0, 3), (12, 15)]),
        ("Annie", "Ann", [(0, 3)]),
        ("ANN ann", "ann", [(4, 7)]),
        ("ANN Ann", "ann", [(0, 3), (4, 7)]),
        ("ANNIE", "ann", []),
        ("Ann\nLee", "ann lee", [(0, 7)]),
        ("neither nor a", "Nora", []),
        ("张三张三丰", "张三", [(0, 2), (2, 4)]),
        ("张 三", "张三", [(0, 3)]),
        ("Luís", "Luis", []),
        ("555-12-34", "5551234", []),
        ("John Smith", "Jon Smith", []),
        ("Ann", "Bob", []),
        ("Ann", "", []),
        ("", "Ann", []),
    ],
)
def test_occurrences(text: str, surface: str, expected: list[tuple[int, int]]) -> None:
    assert occurrences(text, surface) == expected


@pytest.mark.parametrize(
    ("text", "start", "end", "alone"),
    [
        ("Ann", 0, 3, True),
        ("Annie", 0, 3, False),
        ("JoAnn", 2, 5, False),
        ("Ann's", 0, 3, True),
        ("Ann_", 0, 3, True),
        ("A1", 0, 1, False),
        ("+1", 1, 2, True),
        ("王芳芳", 0, 2, True),
        ("ล้าน", 0, 2, True),
        ("ล้าน", 0, 1, False),
        ("Zoë", 0, 2, False),
        ("Zoe\u0308", 0, 3, False),
        ("Zoe\u0308s", 0, 4, False),
        ("Zoe\u0308 s", 0, 4, True),
        ("王Ann芳", 1, 4, True),
        ("１２３", 0, 2, False),
        ("ＡＢＣ", 1, 3, False),
        ("王１", 0, 1, True),
        ("๑๒๓", 0, 2, False),
        ("राम", 0, 2, False),
        ("می\u200cخواهم", 0, 2, False),
        ("An\u00adnual", 0, 2, False),
        ("か\u3099", 0, 1, False),
        ("👩\u200d👧", 0, 1, False),
        ("👩\u200d👧", 2, 3, False),
        ("👩\u200d👧", 0, 3, True),
        ("👍🏽", 0, 1, False),
        ("❤\ufe0f", 0, 1, False),
        ("🇩🇪🇫🇷", 0, 2, True),
        ("🇩🇪🇫🇷", 1, 3, False),
        ("🇩🇪🇫🇷", 2, 4, True),
        ("🇩🇪" * 60, 110, 112, False),
        ("🏴\U000e0067\U000e007f", 0, 2, False),
    ],
)
def test_stands_alone(text: str, start: int, end: int, alone: bool) -> None:
    assert stands_alone(text, start, end) is alone


def test_no_text_in_the_repr() -> None:
    assert "Ann" not in repr(Wanted("Ann Lee", 2))


def test_the_tiers_are_named_from_the_strictest_on() -> None:
    assert TIERS == ("exact", "case", "space", "form", "digits", "fuzzy")
    assert Place(0, 3, "exact").tier == TIERS[0]
