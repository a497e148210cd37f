"""Other ways to spell tags."""

from __future__ import annotations

import pytest

from pii_sft.converters.tokens.tag_spellings import nested_parts, spelling_of, usual


@pytest.mark.parametrize(
    ("tags", "spelling", "read"),
    [
        ("B-per I-per O", "usual", "B-per I-per O"),
        ("b-per i-per o", "lower case", "B-per I-per O"),
        ("b-per I-per O", "usual", ""),
        ("b_per i_per O", "lower case", "B-per I-per O"),
        ("PER-B PER-I O", "letter last", "B-PER I-PER O"),
        ("PER_B O", "letter last", "B-PER O"),
        ("LOC-S O", "letter last", "S-LOC O"),
        ("VITAMIN-E O", "usual", ""),
        ("e-mail o", "usual", ""),
        ("e-mail name o", "usual", ""),
        ("B:PER I:PER O", "separator", "B-PER I-PER O"),
        ("B/PER I/PER O", "separator", "B-PER I-PER O"),
        ("B=PER O", "separator", "B-PER O"),
        ("NER=B-PER NER=I-PER NER=O", "key", "B-PER I-PER O"),
        ("SpaceAfter=No|NER=B-PER NER=I-PER _", "key", "B-PER I-PER O"),
        ("<B-PER> <I-PER> O", "enclosed", "B-PER I-PER O"),
        ("[B-PER] [O]", "enclosed", "B-PER O"),
        ("PER LOC O", "usual", ""),
        ("1 2 0", "usual", ""),
    ],
)
def test_spellings(tags: str, spelling: str, read: str) -> None:
    found = spelling_of(tags.split())
    assert found == spelling
    if read:
        assert [usual(tag, found) for tag in tags.split()] == read.split()


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("B-A|U-B", ["B-A", "U-B"]),
        ("B-A+I-B", ["B-A", "I-B"]),
        ("B-A|O", ["B-A", "O"]),
        ("B-DATE/TIME", ["B-DATE/TIME"]),
        ("B-A|B", ["B-A|B"]),
        ("A|B", ["A|B"]),
    ],
)
def test_several_tags_in_a_cell(tag: str, parts: list[str]) -> None:
    assert nested_parts(tag) == parts
