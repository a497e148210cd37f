"""Edges that only the answer puts around a string: quotes, full stops, titles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_sft.align.types import Stretch

_QUOTES = "\"'`*“”„‟‘’‚‛«»‹›「」『』〝〞＂＇"
_BRACKETS = "()[]{}<>（）［］｛｝＜＞《》〈〉【】〔〕"
_STOPS = ".,;:!?…。，、；：！？．،؛؟۔।"
_BEFORE = re.compile(rf"[\s{re.escape(_QUOTES + _BRACKETS + _STOPS)}|\\/-]+(?!\d)")
_BEFORE_NUMBER = re.compile(rf"[\s{re.escape(_QUOTES + _BRACKETS)}]+")
_BEHIND = re.compile(rf"[\s{re.escape(_QUOTES + _BRACKETS + _STOPS)}|\\/-]+\Z")

_SPELLINGS = (
    "mr|mrs|ms|miss|mx|dr|prof|professor|doctor|sir|madam|dame|lord|lady|rev|hon|mister"
    "|herr|frau|hr|fr|fräulein|monsieur|madame|mademoiselle|mme|mlle|señor|señora|señorita|sr|sra"
    "|srta|senhor|senhora|signor|signora|sig|dott|dhr|mevr|mevrouw|pan|pani|bay|bayan|sayın"
    "|г-н|г-жа|господин|госпожа|السيد|السيدة|الدكتور|الدكتورة|الأستاذ"
)
_TITLE = re.compile(rf"(?:{_SPELLINGS})(?:\.\s*|\s+)(?=\S)", re.IGNORECASE)
_TITLES = frozenset(_SPELLINGS.split("|"))
_TITLE_BEFORE = re.compile(
    rf"(?<!\w)(?:{'|'.join(each.capitalize() for each in sorted(_TITLES))})\.?\s+\Z"
)
_LONGEST_TITLE = 16
_TITLE_BEHIND = re.compile(
    r"(?<=\S\S)\s*(?:先生|女士|小姐|太太|老师|老師|同学|教授|医生|さん|さま|様|氏|君|くん|ちゃん|씨|님)\Z"
)
_MOST_TITLES = 3
_ONE_WORD = re.compile(r"\S+")
_LONGEST_NEIGHBOUR = 32
_WORD_BEFORE = re.compile(r"(\w)[\w'’-]*,?\s+\Z")
_WORD_BEHIND = re.compile(r",?\s+(\w)")


def without_edges(surface: str) -> str:
    """The string without white space, quotes, brackets and stops at its ends.

    A sign or a point in front of a digit belongs to the number.
    """
    behind = _BEHIND.sub("", surface)
    front = _BEFORE.match(behind) or _BEFORE_NUMBER.match(behind)
    return behind if front is None else behind[front.end() :]


def without_titles(surface: str) -> Iterator[str]:
    """The name without the first title in front of it, without the second too, and so on."""
    for _ in range(_MOST_TITLES):
        front = _TITLE.match(surface)
        if front is None:
            break
        surface = surface[front.end() :]
        yield surface


def without_title_behind(surface: str) -> str:
    """A name without the title that Chinese, Japanese or Korean has behind it."""
    return _TITLE_BEHIND.sub("", surface)


def is_title(word: str) -> bool:
    """True for a word that is a title, with its point or without."""
    return word.rstrip(".").lower() in _TITLES


def may_be_another(text: str, stretch: Stretch) -> bool:
    """True if a name in the text may be of somebody else than the one with a title in an answer.

    It has a title of its own there, or it is one word and part of a longer name, which only
    capitals tell.
    """
    start, end = stretch
    before = text[max(0, start - _LONGEST_NEIGHBOUR) : start]
    if _TITLE_BEFORE.search(before[-_LONGEST_TITLE:]):
        return True
    if not _ONE_WORD.fullmatch(text, start, end):
        return False
    if not text[start:end].upper().isupper():
        return True
    around = _WORD_BEFORE.search(before), _WORD_BEHIND.match(text, end)
    return any(each is not None and each[1].isupper() for each in around)
