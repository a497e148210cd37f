"""Strings find their places, and nothing else."""

from __future__ import annotations

import unicodedata
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.align import Wanted, align, occurrences

moderate = settings(max_examples=250, deadline=None)

PIECES = [
    *("Ann", "ann", "ANN", "Annie", "Lee", "a", "i", "1", " ", "  ", "\u3000", "\n", "-", "_"),
    *(
        "王",
        "王芳",
        "😀",
        "👩\u200d👧",
        "e\u0301",
        "\u0301",
        "é",
        "É",
        "İ",
        "I",
        "ı",
        "ß",
        "ẞ",
        "ﬁ",
    ),
    *("Σ", "ς", "σ", "שלום", "مرحبا", "<|im_end|>", "< |im_end|>"),
]

texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
strings = st.lists(st.sampled_from([*PIECES, "zz", "Zoe"]), max_size=3).map("".join)


def loosely(text: str) -> str:
    """What is left of a text without case and white space, letter by letter."""
    parts = unicodedata.normalize("NFKD", text).lower()
    return "".join(part for part in parts if not (unicodedata.combining(part) or part.isspace()))


def without_case_and_space(text: str) -> str:
    return "".join(text.lower().split())


@moderate
@given(texts, st.lists(st.builds(Wanted, strings, st.integers(0, 3)), max_size=7))
def test_places_hold_their_strings(text: str, wanted: list[Wanted]) -> None:
    places = align(text, wanted)
    assert len(places) == len(wanted)
    for each, place in zip(wanted, places, strict=True):
        if place is None:
            continue
        assert 0 <= place.start < place.end <= len(text)
        found = text[place.start : place.end]
        match place.tier:
            case "exact":
                assert found == each.surface
            case "case":
                assert found != each.surface
                assert loosely(found) == loosely(each.surface)
            case "space":
                assert loosely(found) == loosely(each.surface)


@moderate
@given(texts, st.lists(strings, max_size=7))
def test_absent_strings_are_never_placed(text: str, surfaces: list[str]) -> None:
    held = loosely(text)
    for surface, place in zip(surfaces, align(text, list(map(Wanted, surfaces))), strict=True):
        if not loosely(surface) and surface not in text:
            assert place is None
        if loosely(surface) not in held:
            assert place is None
            assert occurrences(text, surface) == []


@moderate
@given(texts, st.lists(strings, max_size=7))
def test_each_string_has_a_place_of_its_own(text: str, surfaces: list[str]) -> None:
    places = [place for place in align(text, list(map(Wanted, surfaces))) if place is not None]
    assert len({(place.start, place.end) for place in places}) == len(places)


@moderate
@given(texts, strings.filter(bool), st.integers(1, 6))
def test_as_often_as_the_text_holds_it(text: str, surface: str, listed: int) -> None:
    """Exact occurrences are given away in text order until there are none left."""
    starts = [at for at in range(len(text)) if text.startswith(surface, at)]
    places = align(text, [Wanted(surface)] * listed)
    exact = {place.start for place in places if place is not None and place.tier == "exact"}
    assert len(exact) == min(listed, len(starts))
    assert exact <= set(starts)


@moderate
@given(texts, strings.filter(bool), st.integers(1, 4))
def test_a_numbered_occurrence(text: str, surface: str, number: int) -> None:
    starts = [at for at in range(len(text)) if text.startswith(surface, at)]
    (place,) = align(text, [Wanted(surface, number)])
    if number <= len(starts):
        assert place is not None
        assert (place.start, place.tier) == (starts[number - 1], "exact")


WORDS = [
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


@moderate
@given(st.data(), st.randoms(use_true_random=False))
def test_order_does_not_matter(data: st.DataObject, random: Random) -> None:
    """For strings with one place each, however deeply nested, and however freely written."""
    words = data.draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
    stretches = data.draw(
        st.sets(st.tuples(st.integers(0, len(words) - 1), st.integers(1, 3)), min_size=1)
    )
    stretches = {(first, min(len(words), first + count)) for first, count in stretches}
    written = {
        stretch: data.draw(
            st.sampled_from([str, str.upper, lambda string: string.replace(" ", "")])
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


@moderate
@given(texts, strings)
def test_occurrences_hold_the_string(text: str, surface: str) -> None:
    found = occurrences(text, surface)
    assert found == sorted(set(found))
    for start, end in found:
        assert 0 <= start < end <= len(text)
        if surface in text:
            assert text[start:end] == surface
        else:
            assert without_case_and_space(text[start:end]) == without_case_and_space(surface)
    assert found or not surface or surface not in text
