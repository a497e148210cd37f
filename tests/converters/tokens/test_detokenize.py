"""Where tokens stand in a text, and texts made of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.tokens.detokenize import (
    TextMaker,
    are_characters,
    covered,
    find_tokens,
    gaps_between,
    join_tokens,
)
from pii_sft.errors import RecordError
from pii_sft.spans import Span


def joined(*tokens: str, characters: bool = False) -> str:
    return join_tokens(tokens, gaps_between(tokens, "auto", characters))[0]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hi Ann!", ["Hi", "Ann", "!"]),
        (" Hi \t Ann\n", ["Hi", "Ann"]),
        ("王小明住在北京", ["王小明", "住", "在", "北京"]),
        ("👩‍👩‍👧 Zoë", ["👩‍👩‍👧", "Zoë"]),
        ("a\n\nb", ["a", "\n\n", "b"]),
        ("a \u00a0\u3000b", ["a", "b"]),
        ("so\u00adft\u200b b\ufeff", ["so\u00adft", "b"]),
        ('say "x" (y)', ["say", "``", "x", "''", "-LRB-", "y", "-RRB-"]),
        ("`` -LRB-", ["``", "-LRB-"]),
        ("", []),
    ],
)
def test_find(text: str, tokens: list[str]) -> None:
    places = find_tokens(text, tokens)
    assert len(places) == len(tokens)
    spelled = {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")"}
    for (start, end), token in zip(places, tokens, strict=True):
        assert text[start:end] in (token, spelled.get(token))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hi Ann", ["Hi", "Bob"]),
        ("Hi Ann", ["Hi"]),
        ("Hi Ann", ["Hi", "Ann", "!"]),
        ("Hi Ann", ["Ann", "Hi"]),
        ("Hi you Ann", ["Hi", "Ann"]),
        ("hi", ["Hi"]),
        ("Zoe\u0308", ["Zoë"]),
    ],
)
def test_tokens_of_another_text(text: str, tokens: list[str]) -> None:
    with pytest.raises(RecordError) as caught:
        find_tokens(text, tokens)
    assert caught.value.kind == "text"
    assert not any(word in caught.value.reason for word in ("Hi", "Ann", "Bob", "Zo"))


@given(st.lists(st.tuples(st.text(), st.sampled_from(["", " ", "\n", "  "]))))
def test_join_gives_places_of_tokens(pairs: list[tuple[str, str]]) -> None:
    tokens, gaps = [token for token, _ in pairs], [gap for _, gap in pairs]
    text, places = join_tokens(tokens, gaps)
    assert text == "".join(token + gap for token, gap in pairs).removesuffix(
        gaps[-1] if gaps else ""
    )
    assert [text[start:end] for start, end in places] == tokens


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["It", "'s", "Ann", "."], "It 's Ann ."),
        (["王小明", "住", "在", "北京"], "王小明住在北京"),
        (["我", "用", "iPhone", "4", "手机", "。"], "我用iPhone 4手机。"),
        (["王", "，", "Ann", "Lee", "“", "好", "”"], "王，Ann Lee“好”"),
        (["the", "word", "你好", "世界", "means", "hello"], "the word 你好世界 means hello"),
        (["안녕", "하세요", "서울"], "안녕 하세요 서울"),
        (["これ", "は", "本", "です"], "これは本です"),
        (["สวัสดี", "ครับ"], "สวัสดีครับ"),
        (["Привет", ",", "Анна"], "Привет , Анна"),
        (["سلام", "يا", "آن"], "سلام يا آن"),
        (["“", "Hi", "”", "…", "she"], "“ Hi ” … she"),
        (["a", " ", "b", "", "c"], "a b c"),
        (["", "He", "", "", "met", ""], "He met"),
        (["😀", "Ann"], "😀 Ann"),
        ([], ""),
    ],
)
def test_words(tokens: list[str], text: str) -> None:
    assert joined(*tokens) == text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ([*"王小明用iPhone4，3G"], "王小明用iPhone4，3G"),
        (["我", "爱", "New", "York", "。"], "我爱New York。"),
        (["我", " ", "爱"], "我 爱"),
        (["👩‍👩‍👧", "好", "e\u0301", "t", "é"], "👩‍👩‍👧好e\u0301té"),
    ],
)
def test_characters(tokens: list[str], text: str) -> None:
    assert joined(*tokens, characters=True) == text


@pytest.mark.parametrize(("join", "text"), [("space", "王 b 王"), ("none", "王b王")])
def test_join_by_option(join: str, text: str) -> None:
    tokens = ["王", "b", "王"]
    assert join_tokens(tokens, gaps_between(tokens, join))[0] == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tokens", "are"),
    [
        ([*"王小明住在北京a1"], True),
        (["王小明", "住", "在", "北京"], False),
        ([*"Ia,."], False),
        ([*"I saw, ."], True),
        ([*"이순신 장군"], True),
        ([*"이순신장군"], False),
        (["EU", "rejects"], False),
        ([*"王小明住在北京市海", "http"], True),
        (["王", "http", "www"], False),
        ([], False),
    ],
)
def test_characters_or_words(tokens: list[str], are: bool) -> None:
    assert are_characters(tokens) is are


def test_covered() -> None:
    assert covered([(0, 2, "A"), (2, 3, "B")], [(0, 2), (3, 5), (5, 9)]) == [
        Span(0, 5, "A"),
        Span(5, 9, "B"),
    ]


def test_notes_say_where_texts_are_from() -> None:
    texts = TextMaker("auto", characters=False)
    assert list(texts.notes()) == []
    texts.find(["a"], "a")
    texts.make(["a"], [""])
    assert texts.make(["a", "b"]) == ("a b", [(0, 1), (2, 3)])
    given_note, spaced, rebuilt = texts.notes()
    assert given_note.startswith("1 texts as the file gives them")
    assert spaced.startswith("1 texts made of words")
    assert rebuilt.startswith("1 texts rebuilt from words")
