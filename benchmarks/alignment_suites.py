"""Documents, and the answers about them that an aligner has to find its way back from.

Every document has eleven mentions of nine strings: two of them stand in it twice. An answer lists
the mentions, each string changed in the way that the suite is named after. All is drawn from a
seed, so that every run has the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

DOCUMENTS = 400
SEED = 11


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words("""Adele Bruno Carla Dennis Elena Florian Gisela Henrik Ingrid Joachim Katrin Leonard
Miriam Nathan Olivia Patrick Quentin Rosalind Stefan Theresa Ursula Valentin Wilhelm Yvonne
Abigail Benedict Cordelia Dominic Eleanor Frederick Gwendolyn Harrison""")
LAST = _words("""Abernathy Bachmann Castellano Dietrich Eastwood Fitzgerald Goldstein Hernandez
Ingersoll Jankowski Kowalczyk Lindqvist Mcallister Nakamura Ostrowski Pemberton Quintana Rasmussen
Sorensen Thornton Underhill Vandenberg Whitaker Yamamoto Zimmerman Aldridge Brennan Chaudhary
Delacroix Engstrom O'Sullivan Saint-Pierre""")
STREETS = _words("""Chestnut Juniper Magnolia Sycamore Willow Hawthorn Laurel Linden Poplar Rosewood
Harbour Meadow Orchard Quarry Railway Station Bridge Chapel Garden Market""")
CITIES = _words("""Ashbourne Brightwater Cedarville Dunmore Eastleigh Fairhaven Glenwood Hartfield
Inverness Kingsbridge Lakemont Marlborough Northgate Oakhurst Pinecrest Riverside Silverton
Thornbury Westbrook Winchester""")
TRADES = _words("""Logistics Pharmaceuticals Insurance Architects Consulting Robotics Textiles
Shipping Aviation Brewing Catering Dynamics Electronics Furniture Holdings Instruments""")
MONTHS = ["March", "August", "September", "November"]
SENTENCES = """We heard from {} about the invoice.
Please forward the documents to {} before noon.
The record was opened by {} and has been reviewed since.
According to our notes, {} called twice.
Nothing else is known about {} at this time.
Could you check whether {} is still correct?
The second form names {} as well.
Our colleague entered {} by hand.
Both sides agreed that {} should be contacted.
A copy went to {} (see the attachment).
In the meantime {} was added to the list.
The letter mentions {}; the reply does not.""".splitlines()

SURNAMES_ZH = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹"
GIVEN_ZH = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰飞玲鹏婷宇欣"
CITIES_ZH = _words("北京 上海 广州 深圳 杭州 南京 武汉 成都 西安 重庆 天津 苏州 长沙 青岛 大连")
ROADS_ZH = _words("人民 建国 解放 中山 和平 长江 黄河 胜利 光明 文化 学院 工业 新华 朝阳 滨江")
TRADES_ZH = _words("物流 医药 保险 建筑 咨询 机器人 纺织 航运 航空 电子")
SENTENCES_ZH = """请把材料转交给{}并尽快回复
昨天我们收到了{}的来信
这份登记表由{}填写
关于{}目前没有别的消息
同事手工录入了{}这一项
会议记录里提到了{}两次
麻烦核对一下{}是否正确
副本已经寄往{}备查""".splitlines()

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1) if chr(code).isalnum()}
_SPACES = ["  ", "\n", "\t", "\u00a0", " \n ", "\u3000"]


@dataclass(frozen=True)
class Case:
    """A text, the mentions in it, and an answer about it.

    Attributes:
        text: the document.
        spans: start and end of every mention, in text order.
        answer: the strings that the answer lists.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    answer: tuple[str, ...]


Change = Callable[[list[str], random.Random], Sequence[str]]
Suite = Callable[[], list[Case]]


@cache
def cases(change: Change, chinese: bool = False) -> list[Case]:
    """The documents of a suite, with the strings of each mention in order, then changed."""
    draw = random.Random(SEED)
    made = []
    for _ in range(DOCUMENTS):
        text, spans = _document(draw, chinese)
        strings = [text[start:end] for start, end in spans]
        made.append(Case(text, tuple(spans), tuple(change(strings, draw))))
    return made


def in_order(strings: list[str], _: random.Random) -> list[str]:
    return strings


def shuffled(strings: list[str], draw: random.Random) -> list[str]:
    return draw.sample(strings, len(strings))


def lower_cased(strings: list[str], _: random.Random) -> list[str]:
    return [each.lower() for each in strings]


def white_space_changed(strings: list[str], draw: random.Random) -> list[str]:
    return [
        "".join(draw.choice(_SPACES) if each == " " else each for each in string)
        for string in strings
    ]


def character_deleted(strings: list[str], draw: random.Random) -> list[str]:
    """One character that is no digit is missing from every string."""
    return [_without(string, draw, str.isdigit) for string in strings]


def digit_deleted(strings: list[str], draw: random.Random) -> list[str]:
    """One digit is missing from every string that has one; the others are left out."""
    numbers = [each for each in strings if any(map(str.isdigit, each))]
    return [_without(string, draw, lambda each: not each.isdigit()) for string in numbers]


def digit_changed(strings: list[str], draw: random.Random) -> list[str]:
    """One digit is another in every string that has one; the others are left out."""
    numbers = [each for each in strings if any(map(str.isdigit, each))]
    return [_with_other_digit(string, draw) for string in numbers]


def character_changed(strings: list[str], draw: random.Random) -> list[str]:
    """One Chinese character is another in every string without digits."""
    words = [each for each in strings if not any(map(str.isdigit, each))]
    return [_with_other(string, draw, range(len(string)), GIVEN_ZH) for string in words]


def word_added(strings: list[str], draw: random.Random) -> list[str]:
    """Every string goes on for a word that does not stand there."""
    return [f"{string} {draw.choice(FIRST)}" for string in strings]


def other_surname(strings: list[str], draw: random.Random) -> list[str]:
    """The last word of every string without digits is another name."""
    words = [each for each in strings if not any(map(str.isdigit, each)) and " " in each]
    return [f"{string.rsplit(' ', 1)[0]} {draw.choice(LAST)}son" for string in words]


def full_width(strings: list[str], _: random.Random) -> list[str]:
    return [each.translate(_FULL_WIDTH) for each in strings]


def each_once(strings: list[str], _: random.Random) -> list[str]:
    return list(dict.fromkeys(strings))


def bare_numbers(strings: list[str], _: random.Random) -> list[str]:
    """Numbers without their punctuation."""
    return [
        "".join(filter(str.isalnum, each)) if sum(map(str.isalpha, each)) == 0 else each
        for each in strings
    ]


def foreign(chinese: bool) -> list[Case]:
    """Each text with the strings of the next one."""
    made = cases(in_order, chinese=chinese)
    others = made[1:] + made[:1]
    return [
        _without_held(Case(each.text, each.spans, other.answer))
        for each, other in zip(made, others, strict=True)
    ]


def not_held(change: Change, chinese: bool = False) -> list[Case]:
    """A suite without the strings that a text holds by chance."""
    return [_without_held(each) for each in cases(change, chinese=chinese)]


def _without_held(case: Case) -> Case:
    answer = tuple(each for each in case.answer if not _held(case, each))
    return Case(case.text, case.spans, answer)


def _held(case: Case, string: str) -> bool:
    """True if a text holds a string, but not as part of a longer number."""
    return re.search(rf"(?<!\d){re.escape(string)}(?!\d)", case.text) is not None


def _without(string: str, draw: random.Random, keep: Callable[[str], bool]) -> str:
    candidates = [at for at, each in enumerate(string) if not keep(each)]
    if not candidates:
        return string
    at = draw.choice(candidates)
    return string[:at] + string[at + 1 :]


def _with_other_digit(string: str, draw: random.Random) -> str:
    places = [at for at, each in enumerate(string) if each.isdigit()]
    return _with_other(string, draw, places, "0123456789")


def _with_other(string: str, draw: random.Random, places: Sequence[int], characters: str) -> str:
    at = draw.choice(places)
    other = draw.choice([each for each in characters if each != string[at]])
    return string[:at] + other + string[at + 1 :]


def _document(draw: random.Random, chinese: bool) -> tuple[str, list[tuple[int, int]]]:
    """A text of sentences that hold nine strings, two of them twice, in any order."""
    strings: list[str] = []
    while not strings or len(set(strings)) < len(strings):
        strings = _chinese(draw) if chinese else _english(draw)
    mentions = strings + draw.sample(strings, 2)
    draw.shuffle(mentions)
    sentences, between = (SENTENCES_ZH, "") if chinese else (SENTENCES, " ")
    text, spans = "", []
    for mention in mentions:
        before, after = draw.choice(sentences).split("{}")
        text += between * bool(text) + before
        spans.append((len(text), len(text) + len(mention)))
        text += mention + after
    return text, spans


def _english(draw: random.Random) -> list[str]:
    return [
        f"{draw.choice(FIRST)} {draw.choice(LAST)}",
        f"{draw.choice(FIRST)} {draw.choice(LAST)}",
        f"{draw.choice(LAST)} {draw.choice(TRADES)}",
        f"{draw.choice(FIRST)}.{draw.choice(LAST)}@{draw.choice(CITIES)}.example.org".lower(),
        f"{draw.randrange(20, 990)} {draw.choice(STREETS)} Street, {draw.choice(CITIES)}",
        f"+1 ({draw.randrange(200, 999)}) 555-{draw.randrange(1000, 9999)}",
        f"{draw.randrange(10, 29)}/{draw.randrange(10, 13)}/{draw.randrange(1940, 2010)}",
        f"{draw.choice(MONTHS)} {draw.randrange(1, 29)}, {draw.randrange(1960, 2020)}",
        " ".join(str(draw.randrange(1000, 9999)) for _ in range(4)),
    ]


def _chinese(draw: random.Random) -> list[str]:
    return [
        *(_chinese_name(draw) for _ in range(3)),
        f"{draw.choice(CITIES_ZH)}市{draw.choice(ROADS_ZH)}路{draw.randrange(1, 900)}号",
        f"{draw.choice(CITIES_ZH)}{draw.choice(ROADS_ZH)}{draw.choice(TRADES_ZH)}有限公司",
        f"1{draw.choice('3578')}{draw.randrange(10**8, 10**9)}",
        f"{draw.randrange(1950, 2010)}年{draw.randrange(1, 13)}月{draw.randrange(1, 29)}日",
        f"微信{draw.randrange(10**6, 10**8)}",
        f"{draw.choice(CITIES_ZH)}大学",
    ]


def _chinese_name(draw: random.Random) -> str:
    return draw.choice(SURNAMES_ZH) + "".join(draw.sample(GIVEN_ZH, draw.choice([1, 2, 2])))


EACH_ONCE = "each string once"

SUITES: dict[str, Suite] = {
    "in order": partial(cases, in_order),
    "shuffled": partial(cases, shuffled),
    "lower-cased": partial(cases, lower_cased),
    "white space changed": partial(cases, white_space_changed),
    "full-width": partial(cases, full_width),
    "numbers without punctuation": partial(cases, bare_numbers),
    "one character deleted": partial(cases, character_deleted),
    EACH_ONCE: partial(cases, each_once),
    "Chinese, in order": partial(cases, in_order, chinese=True),
    "Chinese, shuffled": partial(cases, shuffled, chinese=True),
}
"""Every suite in which the answer names what the text holds."""

ABSENT: dict[str, Suite] = {
    "strings of another text": partial(foreign, chinese=False),
    "strings of another text, Chinese": partial(foreign, chinese=True),
    "one digit deleted": partial(not_held, digit_deleted),
    "one digit changed": partial(not_held, digit_changed),
    "one digit changed, Chinese": partial(not_held, digit_changed, chinese=True),
    "one character changed, Chinese": partial(not_held, character_changed, chinese=True),
    "a word added": partial(not_held, word_added),
    "another surname": partial(not_held, other_surname),
}
"""Every suite in which the answer names what the text does not hold."""
