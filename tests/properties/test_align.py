"""Strings find their places, and nothing else."""

from __future__ import annotations

import unicodedata
from collections import Counter
from random import Random

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from pii_sft.align import Place, Policy, Wanted, align, align_by, occurrences, substring_index
from pii_sft.align.fuzzy import Nearby

PIECES = [
    *("Ann", "ann", "ANN", "Annie", "Lee", "a", "i", "1", " ", "  ", "\u3000", "\n", "-", "_"),
    *(
        "王",
        "王芳",
        "😀",
        "👩\u200d👧",
        "🇩🇪",
        "👍🏽",
        "e\u0301",
        "\u0301",
        "é",
        "É",
        "İ",
        "I",
        "ı",
        "ß",
    ),
    *("ẞ", "ﬁ", "fi", "Σ", "ς", "σ", "שלום", "مرحبا", "ไทย", "<|im_end|>", "< |im_end|>"),
    *("’", "'", "\u200b", "\u00a0", "\u00ad", "Ａｎｎ", "１２", "12", "555-12-34", "5551234", "."),
    *("John Smith", "Jon Smith", "Christopher Kowalski", "Christoper Kowalski"),
]

texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
strings = st.lists(st.sampled_from([*PIECES, "zz", "Zoe"]), max_size=3).map("".join)
lists = st.lists(strings, max_size=7)


def loosely(text: str) -> str:
    """What is left of a text without case, white space, marks and invisible characters."""
    parts = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    return "".join(
        part
        for part in parts
        if not (part.isspace() or unicodedata.category(part) in ("Mn", "Me", "Cf"))
    )


def without_joints(text: str) -> str:
    """The same without hyphens and apostrophes, and with one kind of i."""
    return "".join("i" if each == "ı" else each for each in loosely(text) if each not in "-'")


def without_edges(text: str) -> str:
    """A string without the marks that an answer may put around it."""
    return regex.sub(r"^[\s\p{P}<>＜＞|`]+|[\s\p{P}<>＜＞|`]+$", "", text)


def bare(text: str) -> str:
    """Letters and digits alone."""
    return "".join(filter(str.isalnum, loosely(text)))


def digits(text: str) -> list[str]:
    return [each for each in loosely(text) if each.isdecimal()]


def stretch(text: str, place: Place) -> str:
    return text[place.start : place.end]


def is_near(surface: str, found: str) -> bool:
    """Within the bound that is documented: one typo for six letters or digits, at most three."""
    surface, found = loosely(without_edges(surface)), loosely(without_edges(found))
    return OSA.distance(surface, found) <= typos_allowed(surface)


def typos_allowed(surface: str) -> int:
    """Ideographs and pictures count for two letters."""
    size = sum(
        1 + (each > "\u2600") for each in loosely(surface) if not regex.match(r"\p{P}", each)
    )
    return min(3, max(size // 8, int(size >= 6)))


@example("<|im_end|>", [Wanted("<|im_end|>’", 0)])
@given(texts, st.lists(st.builds(Wanted, strings, st.integers(0, 3)), max_size=7))
def test_places_hold_their_strings(text: str, wanted: list[Wanted]) -> None:
    places = align(text, wanted)
    assert len(places) == len(wanted)
    for each, place in zip(wanted, places, strict=True):
        if place is None:
            continue
        assert 0 <= place.start < place.end <= len(text)
        found = stretch(text, place)
        match place.tier:
            case "exact":
                assert found == each.surface
            case "case":
                assert found.lower() == each.surface.lower()
                assert found != each.surface
            case "space":
                assert loosely(found) == loosely(each.surface)
            case "form":
                assert without_joints(found) == without_joints(each.surface)
            case "digits":
                assert bare(found) == bare(each.surface)
                assert len(digits(found)) >= 6
            case "fuzzy":
                assert is_near(each.surface, found)
                assert digits(each.surface) == digits(found)
                ours, theirs = without_edges(each.surface), without_edges(found)
                assert len(theirs.split()) == len(ours.split()) or loosely(ours) == loosely(theirs)


@given(texts, lists)
def test_absent_strings_are_never_placed(text: str, surfaces: list[str]) -> None:
    """Nothing is placed that is further from all stretches of the text than the bound."""
    held, numbers = loosely(text), bare(text)
    for surface, place in zip(surfaces, align(text, list(map(Wanted, surfaces))), strict=True):
        key = loosely(without_edges(surface))
        if not surface.strip() and surface not in text:
            assert place is None
        if not key or key in held or without_joints(key) in without_joints(text):
            continue
        assert occurrences(text, surface) == []
        if len(digits(surface)) >= 6 and bare(surface) in numbers:
            continue
        windows = {
            held[start : start + size]
            for start in range(len(held))
            for size in range(max(1, len(key) - 3), len(key) + 4)
        }
        nearest = min((OSA.distance(key, window) for window in windows), default=99)
        if nearest > typos_allowed(surface):
            assert place is None


WORDS = ["Ann", "John", "Kowalski", "Christopher", "Rosalind", "Zimmermann", "of", "Street", "Rome"]
LETTERS = "aeinorstz"


TYPOS = {
    "missing": lambda pair: pair[1:],
    "swapped": lambda pair: pair[::-1],
    "changed": lambda pair: "e" + pair[1:],
    "added": lambda pair: "t" + pair,
}


@given(
    st.lists(st.sampled_from([*WORDS, *PIECES]), min_size=3, max_size=12),
    st.tuples(st.integers(0, 9), st.integers(1, 3)),
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(list(TYPOS))), max_size=3),
)
def test_nothing_near_is_overlooked(
    words: list[str], some: tuple[int, int], typos: list[tuple[int, str]]
) -> None:
    """A string is found as if it was compared with every stretch, with an index and without."""
    first, number = some
    surface = " ".join(words[first : first + number])
    for at, kind in typos:
        surface = surface[:at] + TYPOS[kind](surface[at : at + 2]) + surface[at + 2 :]
    for shortest in (8, 4096):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(substring_index, "_SHORTEST", shortest)
            patch.setattr(substring_index, "_READINGS", 0)
            nearby = Nearby(" ".join(words))
            found = nearby.find(surface)
            patch.setattr(Nearby, "_candidates", every_stretch)
            assert found == nearby.find(surface)


def every_stretch(nearby: Nearby, key: str, _: int) -> list[tuple[int, int]]:
    indices = range(sum(map(len, WORDS + PIECES)))
    ends = [end for end in indices if nearby._ends_at(end, key)]
    return [
        (start, end)
        for start in indices
        if nearby._starts_at(start, key)
        for end in ends
        if start < end
    ]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.data())
def test_two_typos_in_a_word_are_another_word(words: list[str], data: st.DataObject) -> None:
    """Two letters of one word changed for others that stand nowhere near."""
    text = " ".join(words)
    at = data.draw(st.integers(0, len(words) - 1))
    word = words[at]
    first, second = sorted(
        data.draw(st.sets(st.integers(0, len(word) - 1), min_size=2, max_size=2))
    )
    changed = [*words]
    letters = list(word)
    letters[first] = letters[second] = "x"
    changed[at] = "".join(letters)
    assert align(text, [Wanted(" ".join(changed))]) == [None]
    assert align(text, [Wanted(changed[at])]) == [None]


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.data())
def test_a_word_more_or_less_is_another_string(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    more = [*words]
    more.insert(data.draw(st.integers(0, len(words))), data.draw(st.sampled_from(["Bob", "Zoe"])))
    assert align(text, [Wanted(" ".join(more))]) == [None]
    if len(words) > 2:
        less = [*words]
        del less[data.draw(st.integers(1, len(words) - 2))]
        if " ".join(less) not in text:
            assert align(text, [Wanted(" ".join(less))]) == [None]


separators = st.sampled_from(["", "-", " ", ".", "/", ") ("])


@given(
    st.lists(st.tuples(st.text("0123456789", min_size=1, max_size=5), separators), min_size=1),
    st.sampled_from(["", "No. ", "Christopher Kowalski, "]),
    st.data(),
)
def test_a_digit_that_differs_is_another_number(
    groups: list[tuple[str, str]], before: str, data: st.DataObject
) -> None:
    """Whatever punctuation stands between, and however long the string is besides."""
    number = "".join(digit + separator for digit, separator in groups)
    text = f"{before}{number} was called"
    places = [index for index, each in enumerate(number) if each.isdigit()]
    at = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != number[at]]))
    wrong = number[:at] + other + number[at + 1 :]
    assume(wrong.strip() not in text)
    for surface in (before + wrong, wrong, "".join(filter(str.isdigit, wrong))):
        for place in align(text, [Wanted(surface)]):
            assert place is None or digits(stretch(text, place)) == digits(surface)


@given(st.text("王李张芳伟敏娜小明", min_size=2, max_size=12), st.data())
def test_a_chinese_character_that_differs_is_another_name(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    at = data.draw(st.integers(0, end - start - 1))
    name = text[start:end]
    assert align(text, [Wanted(name[:at] + "赵" + name[at + 1 :])]) == [None]


@given(texts, lists)
def test_each_string_has_a_place_of_its_own(text: str, surfaces: list[str]) -> None:
    for policy in ("next", "first"):
        found = align_by(text, list(map(Wanted, surfaces)), policy)
        assert all(len(places) <= 1 for places in found)
        placed = [(place.start, place.end) for places in found for place in places]
        assert len(set(placed)) == len(placed)


def words_of(text: str, surface: str) -> list[int]:
    """Where a string stands between white space, in a plain text."""
    return [
        found.start() for found in regex.finditer(rf"(?<!\S){regex.escape(surface)}(?!\S)", text)
    ]


plain_words = st.lists(st.sampled_from(["Ann", "Lee", "Bob", "王芳", "42", "😀"]), max_size=14)


@given(plain_words, st.sampled_from(["Ann", "Lee", "王芳", "42", "😀"]), st.integers(1, 6))
def test_as_often_as_the_text_holds_it(words: list[str], surface: str, listed: int) -> None:
    """Occurrences are given away in text order until there are none left."""
    text = " ".join(words)
    starts = words_of(text, surface)
    for policy in ("next", "first"):
        found = align_by(text, [Wanted(surface)] * listed, policy)
        assert [place.start for places in found for place in places] == starts[:listed]
    everywhere = align_by(text, [Wanted(surface)] * listed, "all")
    assert all([place.start for place in places] == starts for places in everywhere)


@given(texts, strings.filter(bool), st.integers(1, 4))
def test_a_numbered_occurrence(text: str, surface: str, number: int) -> None:
    starts = [at for at in range(len(text)) if text.startswith(surface, at)]
    for policy in ("next", "first", "all"):
        (places,) = align_by(text, [Wanted(surface, number)], policy)
        if number <= len(starts):
            assert [(place.start, place.tier) for place in places] == [
                (starts[number - 1], "exact")
            ]


@given(texts, lists)
def test_no_character_is_cut(text: str, surfaces: list[str]) -> None:
    """A place begins and ends where what a reader sees as one character does."""
    bounds = {0, len(text), *(found.end() for found in regex.finditer(r"\X", text))}
    for place in align(text, list(map(Wanted, surfaces))):
        assert place is None or {place.start, place.end} <= bounds


@given(texts, lists, st.randoms(use_true_random=False), st.sampled_from(["next", "first", "all"]))
def test_the_order_decides_only_which_occurrence_is_meant(
    text: str, surfaces: list[str], random: Random, policy: Policy
) -> None:
    """How often a string is placed, and how freely, is the same in any order."""

    def placed(ordered: list[str]) -> Counter[tuple[str, str]]:
        found = align_by(text, list(map(Wanted, ordered)), policy)
        return Counter(
            (loosely(each), place.tier)
            for each, places in zip(ordered, found, strict=True)
            for place in places
        )

    assert placed(random.sample(surfaces, len(surfaces))) == placed(surfaces)


@given(plain_words, st.randoms(use_true_random=False))
def test_repeats_in_any_order_find_all_places(words: list[str], random: Random) -> None:
    """If a list has every mention, the set of its places does not depend on its order."""
    text = " ".join(words)
    listed = random.sample(words, len(words))
    places = align(text, [Wanted(each) for each in listed])
    assert None not in places
    assert sorted(place.start for place in places if place) == sorted(
        start for word in set(words) for start in words_of(text, word)
    )


@given(plain_words, st.data())
def test_a_list_in_order_is_placed_in_order(words: list[str], data: st.DataObject) -> None:
    """Each string at its next occurrence, and the first strings without the help of the rest."""
    text = " ".join(words)
    kept = sorted(data.draw(st.sets(st.integers(0, max(0, len(words) - 1)), max_size=len(words))))
    listed = [words[at] for at in kept] if words else []
    expected, cursor = [], 0
    for each in listed:
        start = next(at for at in words_of(text, each) if at >= cursor)
        cursor = start + len(each)
        expected.append(start)
    for number in range(len(listed) + 1):
        places = align(text, [Wanted(each) for each in listed[:number]])
        assert [place and place.start for place in places] == expected[:number]


SINGLE = [
    "Ann",
    "Lee",
    "王芳",
    "张伟",
    "😀",
    "e\u0301tude",
    "שלום",
    "[x]",
    "<|im_end|>",
    "42",
    "Müller",
]


@given(st.data(), st.randoms(use_true_random=False))
def test_order_does_not_matter(data: st.DataObject, random: Random) -> None:
    """For strings with one place each, however deeply nested, and however freely written."""
    words = data.draw(st.lists(st.sampled_from(SINGLE), min_size=1, unique=True))
    stretches = data.draw(
        st.sets(st.tuples(st.integers(0, len(words) - 1), st.integers(1, 3)), min_size=1)
    )
    stretches = {(first, min(len(words), first + count)) for first, count in stretches}
    written = {
        stretch: data.draw(
            st.sampled_from([str, str.upper, lambda string: string.replace(" ", " \n")])
        )(" ".join(words[slice(*stretch)]))
        for stretch in sorted(stretches)
    }
    shuffled = list(written)
    random.shuffle(shuffled)
    text = " ".join(words)
    placed = align(text, [Wanted(written[stretch]) for stretch in shuffled])
    for stretch, place in zip(shuffled, placed, strict=True):
        assert place is not None
        assert text[place.start : place.end] == " ".join(words[slice(*stretch)])


@given(texts, strings)
def test_occurrences_hold_the_string(text: str, surface: str) -> None:
    found = occurrences(text, surface)
    assert found == sorted(set(found))
    for start, end in found:
        assert 0 <= start < end <= len(text)
        if surface in text:
            assert text[start:end] == surface
        else:
            assert "".join(text[start:end].lower().split()) == "".join(surface.lower().split())
    assert found or not surface or surface not in text


@given(st.text(max_size=40), st.lists(st.text(max_size=12), max_size=5), st.integers(0, 40))
def test_any_text_at_all(text: str, surfaces: list[str], at: int) -> None:
    """Whatever Unicode holds, lone surrogates included, is searched without fail."""
    part = text[at : at + 8]
    for policy in ("next", "first", "all"):
        found = align_by(text, list(map(Wanted, [*surfaces, part])), policy)
        for places in found:
            assert all(0 <= place.start < place.end <= len(text) for place in places)
    if part:
        (numbered,) = align(text, [Wanted(part, 1)])
        assert numbered is not None
        assert stretch(text, numbered) == part


@given(texts, lists)
def test_a_list_that_is_in_order_is_no_special_case(text: str, surfaces: list[str]) -> None:
    """A number that no occurrence has, of a string behind all others, changes nothing."""
    wanted = list(map(Wanted, surfaces))
    assert align(text, [*wanted, Wanted("not there", 9)]) == [*align(text, wanted), None]
