"""What the columns of a file hold."""

from __future__ import annotations

import pytest

from pii_sft.converters.tokens.column_layout import Layout, find_layout
from pii_sft.errors import RecordError


def layout_of(*lines: str, column: int | None = None) -> Layout:
    found = find_layout(lines, () if column is None else (column,))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lines", "delimiter", "token", "tags"),
    [
        (["Ann\tB-PER", "met\tO"], "tabs", 0, (1,)),
        (["Ann B-PER", "met O"], "spaces", 0, (1,)),
        (["Ann  B-PER", "met   O"], "spaces", 0, (1,)),
        (["Ann,B-PER", '",",O', '"""",O'], "commas", 0, (1,)),
        (["Ann,B-PER", ",,O", '",O', "a,O"], "commas without quotes", 0, (1,)),
        (["Ann NNP B-NP I-PER", "met VBD B-VP O"], "spaces", 0, (3,)),
        (["1\tAnn\tB-PER\t-\tx", "2\tmet\tO\t-\tx"], "tabs", 1, (2,)),
        (["1\tAnn\tB-PER\tO", "2\tof\tI-PER\tO", "3\tRome\tI-PER\tB-LOC"], "tabs", 1, (2, 3)),
        (["Ann _ _ B-PER", "met _ _ O"], "spaces", 0, (3,)),
        (["Ann\tO\tB-PER", "met\tO\tO"], "tabs", 0, (2,)),
        (["Ann\tPER", "met\tO", "a\tO"], "tabs", 0, (1,)),
        (["Ann\tB", "met\tO", "a\tI"], "tabs", 0, (1,)),
    ],
)
def test_columns(lines: list[str], delimiter: str, token: int, tags: tuple[int, ...]) -> None:
    layout = layout_of(*lines)
    assert (layout.delimiter, layout.token, layout.tags) == (delimiter, token, tags)
    assert layout.share == 1


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        ["only", "tokens"],
        ["some prose here", "and more of it"],
        ["Ann\tNNP", "met\tVBD", "Rome\tNNP"],
        ["a,b,c", "1,2,3"],
        ["T1\tPER 0 3\tAnn"],
        ["1-1\t0-2\tWe\tperson[1]\t", "1-2\t3-7\tlike\t_\t"],
        ["When|WRB|O Ann|NNP|B-PER met|VBD|O"],
        ["row_id,document,token,label", "0,7,9,B-NAME", "1,7,10,I-NAME"],
        ["text,label", "I like it,positive", "no,negative"],
    ],
)
def test_no_columns_of_tags(lines: list[str]) -> None:
    assert find_layout(lines) is None


def test_share_of_lines_that_fit() -> None:
    assert layout_of("Ann\tB-PER", "met\tO", "broken", "x\tO").share == 0.75


def test_documents_and_comments_do_not_count() -> None:
    layout = layout_of("-DOCSTART- -X- -X- O", "# text = Ann met", "", "Ann B-PER", "met O")
    assert (layout.width, layout.share) == (2, 1)


def test_chosen_columns() -> None:
    lines = ["Ann B-NP B-PER", "met B-VP O"]
    assert layout_of(*lines, column=1).tags == (1,)
    assert layout_of(*lines, column=-1).tags == (2,)
    assert find_layout(lines, (7,)) is None
    assert find_layout(lines, (0,)) is None


def test_columns_of_tags_are_layers_or_contested_unless_they_are_chunks() -> None:
    assert layout_of("Ann B-PER B-PER", "met O O").contested == (1, 2)
    assert layout_of("Ann B-PER B-LOC", "met O O").contested == ()
    assert layout_of("Ann B-NP B-PER", "met B-VP O").tags == (2,)


@pytest.mark.parametrize(
    ("lines", "token", "sentence"),
    [
        (["Sentence: 1,Ann,NNP,B-P", ",met,VBD,O", ",Bob,NNP,B-P"], 1, 0),
        (["Sentence: 1,Ann,NNP,B-P", "Sentence: 1,met,VBD,O", "Sentence: 2,Bob,NNP,B-P"], 1, 0),
        (["1,Ann,B-P", "1,met,O", "2,Bob,B-P"], 1, 0),
        (["0,Sentence: 1,Ann,B-P", "1,,met,O", "2,,Bob,B-P"], 2, 1),
        (["0,Ann,B-P", "1,met,O", "2,Bob,B-P"], 1, -1),
        (["7,O", "8,O", "9,B-P"], 0, -1),
        (["Ann,NNP,B-P", "met,VBD,O", "Bob,NNP,B-P"], 0, -1),
    ],
)
def test_tables_without_a_header(lines: list[str], token: int, sentence: int) -> None:
    layout = layout_of(*lines)
    assert (layout.token, layout.sentence) == (token, sentence)


@pytest.mark.parametrize(
    ("tokens", "language"),
    [
        (["en:Ann", "en::"], "en"),
        (["zh-min-nan:Ann", "zh-min-nan:met"], "zh-min-nan"),
        (["simple:Ann", "simple:met"], "simple"),
        (["en:Ann", "de:met"], ""),
        (["en:Ann", "met"], ""),
        (["en:", "en:met"], ""),
        (["http:Ann", "http:x"], ""),
    ],
)
def test_the_language_in_front_of_every_token(tokens: list[str], language: str) -> None:
    layout = layout_of(*(f"{token}\tB-P" for token in tokens))
    assert layout.language == language
    if language:
        with pytest.raises(RecordError):
            layout.token_of(["Ann", "O"])


@pytest.mark.parametrize(
    ("lines", "positions"),
    [
        (["科0\tO", "技1\tO", "20\tB-A", "t1\tO"], True),
        (["a0\tO", "b0\tO"], False),
        (["a1\tO", "b7\tO"], False),
        (["科\tO", "技\tO"], False),
        (["科0\tO", "技99999999999999999999\tO", "b1\tO"], False),
    ],
)
def test_positions(lines: list[str], positions: bool) -> None:
    layout = layout_of(*lines)
    assert layout.positions is positions
    if positions:
        assert [layout.token_of(layout.split(line)) for line in lines] == ["科", "技", "2", "t"]


def test_characters_and_spaces() -> None:
    assert layout_of("王\tB-PER", "小\tI-PER").characters
    assert not layout_of("王小明\tB-PER", "说\tO", "你好\tO").characters
    assert layout_of("1\tAnn\tB-PER\tSpaceAfter=No", "2\t.\tO\t_").spaced
    assert not layout_of("1\tAnn\tB-PER\t_", "2\t.\tO\t_").spaced


def test_header() -> None:
    layout = layout_of("Sentence #,Word,POS,Tag", "Sentence: 1,Ann,NNP,B-per", ",met,VBD,O")
    assert (layout.headed, layout.sentence, layout.token, layout.tags) == (True, 0, 1, (3,))
    assert layout_of("label,token", "B-PER,Ann", "O,met").tags == (0,)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("# text = Ann met O", True),
        ("# sent_id = 5", True),
        ("#", True),
        ("# newdoc", True),
        ("# id 77 domain=en O", True),
        ("# anything at all", True),
        ("# O", False),
        ("#tag O", False),
        ("Ann B-PER", False),
    ],
)
def test_comments(line: str, is_one: bool) -> None:
    assert layout_of("Ann B-PER", "met O").is_comment(line) is is_one


def test_comments_between_tabs() -> None:
    layout = layout_of("Ann\tB-PER", "#\tO")
    assert not layout.is_comment("#\tO")
    assert layout.is_comment("#\thttp://example.org/ [2009-10-17]")
    assert layout.is_comment("# text = a\tb")


def test_a_carriage_return_does_not_end_a_line_of_csv() -> None:
    bare = layout_of("Ann,B-PER", '",O', "met,O", "x\ry,O")
    assert (bare.delimiter, bare.share) == ("commas without quotes", 1)
    quoted = layout_of('"Ann",B-PER', *["met,O"] * 9, "x\ry,O")
    assert quoted.delimiter == "commas"
    assert quoted.split("x\ry,O") == ["x\ry,O"]
    assert not quoted.fits(quoted.split("x\ry,O"))


def test_a_header_alone_holds_no_tags() -> None:
    assert find_layout(["token,tag"]) is None
