"""Where strings find their places."""

from __future__ import annotations

import pytest

from pii_sft.align import Wanted, align, occurrence_number, occurrences, stands_alone


def starts(text: str, *surfaces: str | tuple[str, int]) -> list[int | None]:
    wanted = [Wanted(each) if isinstance(each, str) else Wanted(*each) for each in surfaces]
    return [None if place is None else place.start for place in align(text, wanted)]


def tiers(text: str, *surfaces: str) -> list[str | None]:
    places = align(text, [Wanted(surface) for surface in surfaces])
    return [None if place is None else place.tier for place in places]


@pytest.mark.parametrize(
    ("text", "surfaces", "wanted"),
    [
        ("Ann met Ann.", ["Ann", "Ann"], [0, 8]),
        ("Ann met Ann.", ["Ann", "Ann", "Ann"], [0, 8, None]),
        ("Ann met Bob and Ann.", ["Bob", "Ann"], [8, 16]),
        ("Ann met Bob.", ["Bob", "Ann"], [8, 0]),
        ("Annie met Ann.", ["Ann"], [10]),
        ("Annie left.", ["Ann"], [0]),
        ("Lee saw Ann Lee.", ["Lee", "Ann Lee"], [0, 8]),
        ("Ann Lee saw Lee.", ["Ann Lee", "Lee"], [0, 12]),
        ("Ann Lee saw Lee.", ["Lee", "Ann Lee"], [12, 0]),
        ("Ann Lee left.", ["Lee", "Ann Lee"], [4, 0]),
        ("ANN LEE saw Lee.", ["ann lee", "Lee"], [0, 12]),
        ("ANN LEE, LEE", ["LEE", "ann lee"], [9, 0]),
        ("王芳和王芳芳", ["王芳", "王芳芳"], [0, 3]),
        ("aaa", ["aa", "aa"], [0, 1]),
        ("", ["Ann"], [None]),
        ("Ann", [""], [None]),
        ("Ann", [], []),
    ],
)
def test_places(text: str, surfaces: list[str], wanted: list[int | None]) -> None:
    assert starts(text, *surfaces) == wanted


@pytest.mark.parametrize(
    ("surface", "number", "wanted"),
    [("Ann", 1, 0), ("Ann", 2, 4), ("Ann", 3, 10), ("Ann", 4, None), ("ie", 1, 7)],
)
def test_numbered(surface: str, number: int, wanted: int | None) -> None:
    assert starts("Ann Annie Ann", (surface, number)) == [wanted]


def test_overlapping_occurrences_are_counted() -> None:
    assert starts("aaaa", ("aa", 2)) == [1]
    assert occurrence_number("aaaa", 1, 3) == 2


@pytest.mark.parametrize(
    ("text", "surface", "tier"),
    [
        ("Ann Lee", "Ann Lee", "exact"),
        ("ANN Lee", "Ann Lee", "case"),
        ("Ann\n Lee", "Ann Lee", "space"),
        ("Ann\u3000Lee", "annlee", "space"),
        ("138 0000", "1380000", "space"),
        ("< |x|>", "<|x|>", "space"),
        ("İZMİR", "i\u0307zmi\u0307r", "case"),
        ("Straße", "STRASSE", None),
        ("Annie", "ANN", None),
        ("İ", "i", "form"),
        ("Luís", "Luis", "form"),
        ("１３８ 王", "138王", "form"),
        ("Ann", "Anne", None),
    ],
)
def test_how_freely_it_had_to_be_compared(text: str, surface: str, tier: str | None) -> None:
    assert tiers(text, surface) == [tier]


def test_offsets_count_in_the_text_as_given() -> None:
    text = "İİ 😀 ann  LEE!"
    (place,) = align(text, [Wanted("Ann Lee")])
    assert place is not None
    assert text[place.start : place.end] == "ann  LEE"


def test_exact_strings_come_first() -> None:
    """The free comparison may take only what no string of the list is written like."""
    assert starts("Rome rome", "ROME", "Rome") == [5, 0]


@pytest.mark.parametrize(
    ("text", "surface", "wanted"),
    [
        ("Ann, Annie, Ann", "Ann", [(0, 3), (12, 15)]),
        ("Annie", "Ann", [(0, 3)]),
        ("ANN ann", "ann", [(4, 7)]),
        ("ANN Ann", "ann", [(0, 3), (4, 7)]),
        ("Ann\nLee", "ann lee", [(0, 7)]),
        ("张三张三丰", "张三", [(0, 2), (2, 4)]),
        ("Ann", "Bob", []),
        ("Ann", "", []),
    ],
)
def test_occurrences(text: str, surface: str, wanted: list[tuple[int, int]]) -> None:
    assert occurrences(text, surface) == wanted


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
        ("Zoë", 0, 2, False),
    ],
)
def test_stands_alone(text: str, start: int, end: int, alone: bool) -> None:
    assert stands_alone(text, start, end) is alone


def test_no_text_in_the_repr() -> None:
    assert "Ann" not in repr(Wanted("Ann Lee", 2))
