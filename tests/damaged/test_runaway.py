"""Answers of a hundred thousand characters: whatever is not linear would not come to an end."""

from __future__ import annotations

import pytest

from pii_sft.targets import ISSUES, TARGETS
from tests.damaged.documents import SHORT

pytestmark = pytest.mark.grid

SIZE = 100_000
UNITS = [
    *("[", "]", "{", "}", "(", "[(", "[[", '["', '"', "'", "`", "“", "「", "\\", '\\"', '[\\"'),
    *('["A",', '["A","B"],', '["A","A"],', '["A" "B"', '["A","B', '[["A","B"]]\n', '{"A":', "[a, "),
    *(
        '{"A":["B"],',
        '{"label":"A","text":"B"}\n',
        '["LOC,"Rome"],',
        "['x' ",
        '","',
        '""',
        "{a: b, ",
    ),
    *(
        " ",
        "\n",
        "\t\\n",
        "x",
        "Bob ",
        "王芳",
        "\u0301",
        "\x00",
        "\ud800",
        "\u202e",
        ",",
        ":",
        ": ",
    ),
    *("<", "<a>", "</a>", "<a></b>", "\\<", "<a>x</a>", "<think>", "</think>", "<think></think>"),
    *("A: b\n", "A: b\\", "- ", "-\n", "**", "> ", "1. ", "A#", "#2: ", "```\n", "&lt;", "\r\n"),
]


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("unit", UNITS, ids=range(len(UNITS)))
def test_repetitions(name: str, unit: str) -> None:
    target = TARGETS.get(name)
    answer = (unit * (SIZE // len(unit) + 1))[:SIZE]
    for begin in (
        "",
        '[["PERSON","Ann Lee"],',
        "PERSON: Ann Lee\n",
        "<PERSON>Ann Lee</PERSON> met ",
    ):
        parsed = target.parse(SHORT.text, begin + answer)
        assert set(parsed.issues) <= ISSUES.keys()
        assert len(parsed.found) <= len(SHORT.text)


@pytest.mark.parametrize("name", TARGETS.names())
@pytest.mark.parametrize("unit", ["Bob met Ann. ", "ab ", "x", "王芳", " \n", "<b> ", "{", "\\"])
def test_long_texts_and_their_damaged_copies(name: str, unit: str) -> None:
    text = (unit * (SIZE // len(unit) + 1))[:SIZE]
    for copy in (text, text.replace("a", ""), text[: SIZE // 2], text[7:] + text[:9]):
        middle = len(copy) // 2
        marked = f"{copy[:middle]}<A>{copy[middle : middle + 9]}</A>{copy[middle + 9 :]}"
        for answer in (copy, marked, f'[["A","{copy}"]]', f"A: {copy}\n-"):
            parsed = TARGETS.get(name).parse(text, answer)
            assert set(parsed.issues) <= ISSUES.keys()
