"""Invented people: one `Person` for each key of a template, so that a document is consistent."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pii_sft.dataset.synthetic.slots.patterns import ADJECTIVES, NOUNS

if TYPE_CHECKING:
    from random import Random

    from faker import Faker

LOCALES = (
    "en_US", "en_GB", "en_IE", "en_NZ", "en_IN", "de_DE", "fr_FR", "es_MX", "pl_PL", "it_IT",
    "tr_TR", "sv_SE", "nl_NL", "pt_BR",
)  # fmt: skip
"""The Faker locales of English documents; `en_*` names are drawn more often than the others."""

_NAME_WEIGHTS = (12, 7, 3, 2, 4, 1, 1, 2, 1, 1, 1, 1, 1, 1)

_PROVIDERS = [f"faker.providers.{name}" for name in ("company", "internet", "person")]
"""The parts of Faker that are asked; loading all of them takes longer than most sets."""


class Fakers(dict[str, "Faker"]):
    """Sources of names by locale, each loaded when it is first asked for.

    Args:
        seed: of each.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def __missing__(self, locale: str) -> Faker:
        from faker import Faker

        self[locale] = made = Faker(locale, providers=_PROVIDERS)
        made.seed_instance(self._seed)
        return made


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person.

    Attributes:
        first: Given name as it is written in the document's language.
        last: Family name as it is written in the document's language.
        full: The two together, in the order of the language.
        latin_first: Given name in lower-case ASCII letters, for addresses and accounts.
        latin_last: Family name in lower-case ASCII letters.
        born: Birth date.
        host: The domain of the person's e-mail address.
    """

    first: str
    last: str
    full: str
    latin_first: str
    latin_last: str
    born: date
    host: str


def born(rng: Random) -> date:
    """A birth date between 1948 and 2006."""
    return date(1948, 1, 1) + timedelta(days=rng.randrange(59 * 365))


def ascii_letters(name: str) -> str:
    """Return a name in lower-case ASCII letters, without anything else."""
    plain = name.translate(str.maketrans("łŁıßøØ", "lLisoO"))
    decomposed = unicodedata.normalize("NFKD", plain)
    return re.sub(r"[^a-z]", "", decomposed.encode("ascii", "ignore").decode().lower())


def _host(faker: Fakers, rng: Random) -> str:
    if rng.random() < 0.4:
        return str(faker["en_US"].free_email_domain())
    if rng.random() < 0.5:
        return str(faker["en_GB"].domain_name())
    words = rng.choice(ADJECTIVES) + rng.choice(("", "-")) + rng.choice(NOUNS)
    return words + rng.choice((".com", ".io", ".co.uk", ".net", ".org", ".de", ".edu"))


def english_person(faker: Fakers, rng: Random) -> Person:
    """Return a person for an English document; one in four has a name from another language."""
    locale = faker[rng.choices(LOCALES, _NAME_WEIGHTS)[0]]
    first, last = locale.first_name(), locale.last_name()
    middle = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.06 else ""
    return Person(
        first=first,
        last=last,
        full=f"{first}{middle} {last}",
        latin_first=ascii_letters(first),
        latin_last=ascii_letters(last),
        born=born(rng),
        host=_host(faker, rng),
    )


_SURNAMES = {
    "王": "wang", "李": "li", "张": "zhang", "刘": "liu", "陈": "chen", "杨": "yang", "黄": "huang",
    "赵": "zhao", "吴": "wu", "周": "zhou", "徐": "xu", "孙": "sun", "马": "ma", "朱": "zhu",
    "胡": "hu", "郭": "guo", "何": "he", "林": "lin", "罗": "luo", "郑": "zheng", "梁": "liang",
    "谢": "xie", "宋": "song", "唐": "tang", "许": "xu", "韩": "han", "邓": "deng", "冯": "feng",
    "曹": "cao", "彭": "peng", "曾": "zeng", "萧": "xiao", "田": "tian", "董": "dong", "潘": "pan",
    "袁": "yuan", "蔡": "cai", "蒋": "jiang", "余": "yu", "杜": "du", "叶": "ye", "程": "cheng",
    "魏": "wei", "苏": "su", "吕": "lv", "丁": "ding", "任": "ren", "卢": "lu", "姚": "yao",
    "沈": "shen", "钟": "zhong", "姜": "jiang", "崔": "cui", "谭": "tan", "陆": "lu", "范": "fan",
    "汪": "wang", "廖": "liao", "石": "shi", "金": "jin", "贾": "jia", "夏": "xia", "方": "fang",
    "邹": "zou", "熊": "xiong", "白": "bai", "孟": "meng", "秦": "qin", "邱": "qiu", "侯": "hou",
    "江": "jiang", "尹": "yin", "薛": "xue", "欧阳": "ouyang", "上官": "shangguan", "司马": "sima",
}  # fmt: skip

_FEMALE_MIDDLES = {
    "雨": "yu", "思": "si", "佳": "jia", "梓": "zi", "诗": "shi", "若": "ruo", "晓": "xiao",
    "雅": "ya", "静": "jing", "欣": "xin", "秀": "xiu", "玉": "yu", "丽": "li", "慧": "hui",
    "婉": "wan", "语": "yu", "可": "ke", "春": "chun", "海": "hai", "美": "mei", "心": "xin",
}  # fmt: skip

_FEMALE_ENDINGS = {
    "涵": "han", "怡": "yi", "婷": "ting", "彤": "tong", "琳": "lin", "颖": "ying", "萱": "xuan",
    "瑶": "yao", "芳": "fang", "娟": "juan", "敏": "min", "燕": "yan", "霞": "xia", "兰": "lan",
    "梅": "mei", "莹": "ying", "雪": "xue", "洁": "jie", "倩": "qian", "萍": "ping", "珍": "zhen",
    "英": "ying", "娜": "na", "璐": "lu", "云": "yun",
}  # fmt: skip

_MALE_MIDDLES = {
    "建": "jian", "国": "guo", "文": "wen", "志": "zhi", "俊": "jun", "浩": "hao", "子": "zi",
    "宇": "yu", "明": "ming", "家": "jia", "振": "zhen", "晓": "xiao", "永": "yong", "天": "tian",
    "博": "bo", "泽": "ze", "立": "li", "海": "hai", "景": "jing", "嘉": "jia", "学": "xue",
}  # fmt: skip

_MALE_ENDINGS = {
    "伟": "wei", "强": "qiang", "磊": "lei", "军": "jun", "洋": "yang", "勇": "yong", "杰": "jie",
    "涛": "tao", "超": "chao", "刚": "gang", "辉": "hui", "轩": "xuan", "豪": "hao", "鹏": "peng",
    "飞": "fei", "凯": "kai", "龙": "long", "波": "bo", "东": "dong", "帆": "fan", "昊": "hao",
    "斌": "bin", "峰": "feng", "亮": "liang", "健": "jian", "宁": "ning", "平": "ping", "华": "hua",
}  # fmt: skip

_CHINESE_HOSTS = (
    "qq.com", "163.com", "126.com", "sina.com", "foxmail.com", "139.com", "outlook.com",
    "gmail.com", "sohu.com", "yeah.net",
)  # fmt: skip


def chinese_person(_faker: Fakers, rng: Random) -> Person:
    """Return a person for a Chinese document; the Latin spelling is the pinyin of the name."""
    last, latin_last = rng.choice(list(_SURNAMES.items()))
    middles, endings = rng.choice(
        ((_FEMALE_MIDDLES, _FEMALE_ENDINGS), (_MALE_MIDDLES, _MALE_ENDINGS))
    )
    first, latin_first = rng.choice(list(endings.items()))
    if rng.random() < 0.7:
        middle, latin_middle = rng.choice(list(middles.items()))
        first, latin_first = middle + first, latin_middle + latin_first
    return Person(
        first=first,
        last=last,
        full=last + first,
        latin_first=latin_first,
        latin_last=latin_last,
        born=born(rng),
        host=rng.choice(_CHINESE_HOSTS) if rng.random() < 0.75 else _chinese_company_host(rng),
    )


def _chinese_company_host(rng: Random) -> str:
    name = rng.choice(("lanqi", "yunzhou", "yuanfan", "xinggang", "lvshi", "tongye", "qingchuan"))
    kind = rng.choice(("", "tech", "soft", "-media", "group", "-logistics"))
    return name + kind + rng.choice((".com", ".cn", ".com.cn", ".net"))
