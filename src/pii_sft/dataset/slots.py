"""The values that stand in a template's slots: invented people, numbers and addresses.

A slot that belongs to a person (a name, an e-mail address, a birth date, a Chinese resident id)
is made from a `Person`, so that one document tells one story; every other slot is made from a
random generator alone. Numbers that carry check digits carry valid ones. Titles
(`Mr`, `先生`) stand in the templates, outside the spans.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from stdnum import luhn
from stdnum.cn import ric
from stdnum.gb import nhs
from stdnum.iso7064 import mod_97_10

if TYPE_CHECKING:
    from random import Random

    from faker import Faker

LOCALES = (
    "en_US", "en_GB", "en_IE", "en_NZ", "en_IN", "de_DE", "fr_FR", "es_MX", "pl_PL", "it_IT",
    "tr_TR", "sv_SE", "nl_NL", "pt_BR",
)  # fmt: skip
"""The Faker locales the makers draw from; `en_*` names are drawn more often than the others."""

_NAME_WEIGHTS = (12, 7, 3, 2, 4, 1, 1, 2, 1, 1, 1, 1, 1, 1)


_ADJECTIVES = (
    "night", "pixel", "silent", "rusty", "cosmic", "lazy", "velvet", "turbo", "salty", "neon",
    "foggy", "tiny", "crimson", "mellow", "static", "quiet", "sunny", "iron", "paper", "wild",
)  # fmt: skip

_NOUNS = (
    "owl", "panda", "fox", "badger", "noodle", "otter", "comet", "pickle", "raven", "biscuit",
    "yeti", "lantern", "mango", "wolf", "penguin", "teapot", "cactus", "falcon", "kettle", "moth",
)  # fmt: skip


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


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def fill(pattern: str, rng: Random) -> str:
    """Return `pattern` with its wildcards replaced at random.

    Args:
        pattern: Text in which `#` is a digit, `%` a digit above zero, `?` a capital letter and
            `*` a lower-case hexadecimal digit.
        rng: Source of randomness.
    """
    alphabets = {
        "#": "0123456789",
        "%": "123456789",
        "?": "ABCDEFGHJKLMNPQRSTUVWXYZ",
        "*": "0123456789abcdef",
    }
    return "".join(rng.choice(alphabets.get(character, character)) for character in pattern)


def _born(rng: Random) -> date:
    return date(1948, 1, 1) + timedelta(days=rng.randrange(59 * 365))


def _ascii(name: str) -> str:
    plain = name.translate(str.maketrans("łŁıßøØ", "lLisoO"))
    decomposed = unicodedata.normalize("NFKD", plain)
    return re.sub(r"[^a-z]", "", decomposed.encode("ascii", "ignore").decode().lower())


def _host(faker: Faker, rng: Random) -> str:
    if rng.random() < 0.4:
        return str(faker["en_US"].free_email_domain())
    if rng.random() < 0.5:
        return str(faker["en_GB"].domain_name())
    words = rng.choice(_ADJECTIVES) + rng.choice(("", "-")) + rng.choice(_NOUNS)
    return words + rng.choice((".com", ".io", ".co.uk", ".net", ".org", ".de", ".edu"))


def english_person(faker: Faker, rng: Random) -> Person:
    """Return a person for an English document; one in four has a name from another language."""
    locale = faker[rng.choices(LOCALES, _NAME_WEIGHTS)[0]]
    first, last = locale.first_name(), locale.last_name()
    middle = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.06 else ""
    return Person(
        first=first,
        last=last,
        full=f"{first}{middle} {last}",
        latin_first=_ascii(first),
        latin_last=_ascii(last),
        born=_born(rng),
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


def chinese_person(_faker: Faker, rng: Random) -> Person:
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
        born=_born(rng),
        host=rng.choice(_CHINESE_HOSTS) if rng.random() < 0.75 else _chinese_company_host(rng),
    )


def _chinese_company_host(rng: Random) -> str:
    name = rng.choice(("lanqi", "yunzhou", "yuanfan", "xinggang", "lvshi", "tongye", "qingchuan"))
    kind = rng.choice(("", "tech", "soft", "-media", "group", "-logistics"))
    return name + kind + rng.choice((".com", ".cn", ".com.cn", ".net"))


def full_name(person: Person, _rng: Random) -> str:
    """Return the name in full."""
    return person.full


def first_name(person: Person, _rng: Random) -> str:
    """Return the given name, or the full name where the given name is a single character."""
    return person.first if len(person.first) > 1 else person.full


def last_name(person: Person, _rng: Random) -> str:
    """Return the family name."""
    return person.last


def lower_name(person: Person, _rng: Random) -> str:
    """Return the full name in lower case, as people type in chats."""
    return f"{person.first} {person.last}".lower()


def lower_first_name(person: Person, _rng: Random) -> str:
    """Return the given name in lower case."""
    return person.first.lower()


def formal_name(person: Person, _rng: Random) -> str:
    """Return `Last, First`, as in lists and registers."""
    return f"{person.last}, {person.first}"


def initial_name(person: Person, _rng: Random) -> str:
    """Return the initial of the given name and the family name."""
    return f"{person.first[0]}. {person.last}"


def capital_name(person: Person, _rng: Random) -> str:
    """Return the full name in capitals, as on cards and forms."""
    return f"{person.first} {person.last}".upper()


def chinese_nickname(person: Person, rng: Random) -> str:
    """Return how colleagues call the person: `小王`, `老李`, `阿华`."""
    return rng.choice(("小" + person.last, "老" + person.last, "阿" + person.first[-1]))


def latin_name(person: Person, rng: Random) -> str:
    """Return the pinyin of the name, as on passports or in Western order."""
    first, last = person.latin_first, person.latin_last
    return rng.choice(
        (f"{last} {first}".upper(), f"{last.title()} {first.title()}", f"{first} {last}".title())
    )


def english_email(person: Person, rng: Random) -> str:
    """Return an e-mail address, three times in four built from the person's name."""
    first, last = person.latin_first, person.latin_last
    if rng.random() < 0.75:
        local = rng.choice(
            (
                f"{first}.{last}",
                f"{first}.{last}",
                f"{first[0]}{last}",
                f"{first}_{last}",
                f"{first}{last}{rng.randrange(1, 100)}",
                f"{last}.{first[0]}",
                f"{first}{person.born.year}",
                f"{first}-{last}",
                first,
            )
        )
    else:
        local = _handle(rng)
    return f"{local}@{person.host}"


def chinese_email(person: Person, rng: Random) -> str:
    """Return an e-mail address from pinyin, initials or, at qq.com, an account number."""
    if person.host == "qq.com":
        return f"{rng.randrange(10**8, 4 * 10**9)}@{person.host}"
    first, last = person.latin_first, person.latin_last
    local = rng.choice(
        (
            f"{last}{first}",
            f"{first}.{last}",
            f"{last}_{first}{rng.randrange(1, 100):02}",
            f"{last}{first[0]}{person.born.year}",
            f"{first[0]}{last}{_digits(rng, 3)}",
            _handle(rng),
        )
    )
    return f"{local}@{person.host}"


def _handle(rng: Random) -> str:
    """Return an account name that tells nothing about its owner."""
    number = rng.choice(("", "", str(rng.randrange(1, 100)), str(rng.randrange(1970, 2012))))
    words = rng.choice(_ADJECTIVES), rng.choice(_NOUNS)
    return rng.choice(("", "_", "-", ".")).join(words) + number


def username(person: Person, rng: Random) -> str:
    """Return an account name, half of the time built from the person's name."""
    if rng.random() < 0.5:
        return _handle(rng)
    first, last = person.latin_first, person.latin_last
    return rng.choice(
        (
            f"{first[0]}{last}",
            f"{first}.{last}",
            f"{first}_{last[0]}{rng.randrange(1, 100)}",
            f"{last}{first[0]}{rng.randrange(1, 100):02}",
            f"{first}{person.born.year % 100:02}",
            f"x{first}{last[0]}x",
        )
    )


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _english_date(day: date, rng: Random) -> str:
    """Return a date in one of the many ways English writes dates."""
    month = _MONTHS[day.month - 1]
    return rng.choice(
        (
            day.isoformat(),
            f"{day:%d/%m/%Y}",
            f"{day:%m/%d/%Y}",
            f"{day.month}/{day.day}/{day:%y}",
            f"{day:%d.%m.%Y}",
            f"{day:%d-%m-%Y}",
            f"{month} {day.day}, {day.year}",
            f"{month} {_ordinal(day.day)}, {day.year}",
            f"{day.day} {month} {day.year}",
            f"{_ordinal(day.day)} {month} {day.year}",
            f"{_ordinal(day.day)} of {month} {day.year}",
            f"{day.day} {month[:3]} {day.year}",
            f"{month[:3]} {day.day} {day.year}",
            f"{day.day:02}-{month[:3].upper()}-{day.year}",
        )
    )


def _as_child(born: date) -> date:
    """Return the same day in a year that makes its owner a school child."""
    return date(2010 + born.year % 10, born.month, min(born.day, 28))


def english_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date in English."""
    return _english_date(person.born, rng)


def english_child_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date, in English, of somebody who goes to school."""
    return _english_date(_as_child(person.born), rng)


def english_birth_day(person: Person, rng: Random) -> str:
    """Return the birth date without its year."""
    month, day = _MONTHS[person.born.month - 1], person.born.day
    return rng.choice((f"{month} {day}", f"{month} {_ordinal(day)}", f"{_ordinal(day)} of {month}"))


def iso_birth_date(person: Person, _rng: Random) -> str:
    """Return the birth date as `YYYY-MM-DD`, for records and code."""
    return person.born.isoformat()


def _chinese_date(day: date, rng: Random) -> str:
    """Return a date in one of the ways Chinese writes dates."""
    year = str(day.year).translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    return rng.choice(
        (
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year} 年 {day.month} 月 {day.day} 日",
            f"{day:%y}年{day.month}月{day.day}号",
            day.isoformat(),
            f"{day.year}.{day.month}.{day.day}",
            f"{day:%Y/%m/%d}",
            f"{day:%Y%m%d}",
            f"{year}年{_small_numeral(day.month)}月{_small_numeral(day.day)}日",
        )
    )


def chinese_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date in Chinese."""
    return _chinese_date(person.born, rng)


def chinese_child_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date, in Chinese, of somebody who goes to school."""
    return _chinese_date(_as_child(person.born), rng)


def chinese_birth_day(person: Person, rng: Random) -> str:
    """Return the birth date without its year."""
    return f"{person.born.month}月{person.born.day}{rng.choice('日号')}"


def _small_numeral(number: int) -> str:
    """Return a number below 100 in Chinese numerals."""
    ones = " 一二三四五六七八九"
    tens, rest = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else ones[tens] + "十"
    return head + ones[rest].strip()


_DIVISIONS = (
    "110101", "110102", "120101", "120103", "140121", "150121", "210122", "210224", "222401",
    "310101", "310104", "330122", "330127", "340121", "350121", "360121", "430121", "510121",
    "520203", "530122", "610322", "620121", "630121", "640121",
)  # fmt: skip
"""Divisions that existed in every possible birth year, which strict validators check."""


def resident_id(person: Person, rng: Random) -> str:
    """Return a Chinese resident identity number (GB 11643-1999) with the person's birth date."""
    body = rng.choice(_DIVISIONS) + f"{person.born:%Y%m%d}" + f"{rng.randrange(1, 1000):03}"
    return f"{body}{ric.calc_check_digit(body + '0')}"


_US_AREAS = (206, 212, 303, 312, 347, 404, 415, 503, 512, 617, 646, 702, 773, 805, 919)

_US_PHONES = (
    "({0}) {1}-####", "{0}-{1}-####", "{0}.{1}.####", "{0} {1} ####", "{0}{1}####",
    "+1 {0} {1} ####", "+1-{0}-{1}-####", "+1 ({0}) {1}-####", "1-{0}-{1}-####",
    "({0}) {1}-#### ext. %##",
)  # fmt: skip

_UK_PHONES = (
    "07%## ######", "07%########", "07%## ### ###", "+44 7%## ######", "+447%########",
    "+44 (0)7%## ######", "0044 7%## ######", "020 7### ####", "(0161) 4## ####",
    "+44 131 4## ####", "0117 9## ####",
)  # fmt: skip

_OTHER_PHONES = (
    "+91 9#### #####", "+353 8% ### ####", "+49 15% #######", "+61 4## ### ###",
    "+33 6 ## ## ## ##",
)  # fmt: skip

_CHINESE_PREFIXES = (
    133, 135, 136, 137, 138, 139, 150, 152, 156, 158, 159, 177, 180, 186, 189, 199,
)  # fmt: skip

_CHINESE_MOBILES = (
    "{}########", "{}########", "{}########", "{} #### ####", "{}-####-####", "+86 {}########",
    "+86 {} #### ####", "+86-{}########", "(86){}########",
)  # fmt: skip

_CHINESE_AREAS = ("010", "021", "020", "0755", "0571", "0531", "0898")

_CHINESE_LANDLINES = (
    "{}-8#######",
    "{} 6#######",
    "（{}）8#######",
    "({})2#######",
    "{}-5#######转%##",
)


def us_phone(rng: Random) -> str:
    """Return a North American number in one of its written forms."""
    pattern = rng.choice(_US_PHONES)
    return fill(pattern.format(rng.choice(_US_AREAS), rng.randrange(200, 1000)), rng)


def uk_phone(rng: Random) -> str:
    """Return a British mobile or landline number in one of its written forms."""
    return fill(rng.choice(_UK_PHONES), rng)


def english_phone(rng: Random) -> str:
    """Return a telephone number as an English document has it: mostly American or British."""
    if rng.random() < 0.1:
        return fill(rng.choice(_OTHER_PHONES), rng)
    return us_phone(rng) if rng.random() < 0.6 else uk_phone(rng)


def chinese_phone(rng: Random) -> str:
    """Return a Chinese mobile (four times in five) or landline number."""
    if rng.random() < 0.8:
        return fill(rng.choice(_CHINESE_MOBILES).format(rng.choice(_CHINESE_PREFIXES)), rng)
    return fill(rng.choice(_CHINESE_LANDLINES).format(rng.choice(_CHINESE_AREAS)), rng)


_US_CITIES = (
    ("Austin", "TX", "787"), ("Portland", "OR", "972"), ("Denver", "CO", "802"),
    ("Madison", "WI", "537"), ("Raleigh", "NC", "276"), ("Tucson", "AZ", "857"),
    ("Boise", "ID", "837"), ("Columbus", "OH", "432"), ("Albany", "NY", "122"),
    ("Savannah", "GA", "314"), ("Tacoma", "WA", "984"), ("Omaha", "NE", "681"),
    ("San Jose", "CA", "951"), ("Ann Arbor", "MI", "481"), ("Baton Rouge", "LA", "708"),
    ("Santa Fe", "NM", "875"), ("Burlington", "VT", "054"), ("Fort Worth", "TX", "761"),
)  # fmt: skip

_UK_CITIES = (
    ("London", "SE"), ("Leeds", "LS"), ("Bristol", "BS"), ("York", "YO"), ("Sheffield", "S"),
    ("Norwich", "NR"), ("Cardiff", "CF"), ("Glasgow", "G"), ("Bath", "BA"), ("Exeter", "EX"),
    ("Nottingham", "NG"), ("Cambridge", "CB"), ("Liverpool", "L"), ("Dundee", "DD"),
)  # fmt: skip

_STREETS = (
    "Maple", "Oak", "Cedar", "Elm", "Birch", "Willow", "Chestnut", "Washington", "Lincoln",
    "Church", "Mill", "Station", "Park", "High", "Victoria", "Highland", "Lake", "River", "Hill",
    "Meadow", "Orchard", "Kingsley", "Ashford", "Sycamore", "Franklin", "Garden", "Northfield",
    "Bridge", "Harbour", "Juniper", "Magnolia", "Prospect",
)  # fmt: skip

_US_STREET_KINDS = (
    "St", "Street", "Ave", "Avenue", "Rd", "Road", "Dr", "Drive", "Ln", "Lane", "Blvd", "Court",
    "Way",
)  # fmt: skip

_UK_STREET_KINDS = (
    "Street", "Road", "Lane", "Close", "Avenue", "Gardens", "Terrace", "Crescent", "Way", "Grove",
)  # fmt: skip


def _us_address(rng: Random) -> list[str]:
    city, state, zip_head = rng.choice(_US_CITIES)
    number = f"{rng.randrange(1, 9900)} {rng.choice(('', '', 'N ', 'SW '))}"
    street = f"{number}{rng.choice(_STREETS)} {rng.choice(_US_STREET_KINDS)}"
    if rng.random() < 0.3:
        street += rng.choice((", Apt ", ", Unit ", " #", ", Suite ")) + str(rng.randrange(1, 420))
    zip_code = zip_head + _digits(rng, 2) + ("-" + _digits(rng, 4) if rng.random() < 0.1 else "")
    return [street, f"{city}, {state} {zip_code}"]


def _uk_address(rng: Random) -> list[str]:
    city, area = rng.choice(_UK_CITIES)
    number = f"{rng.randrange(1, 240)}{rng.choice(('', '', '', 'a', 'b'))}"
    street = f"{number} {rng.choice(_STREETS)} {rng.choice(_UK_STREET_KINDS)}"
    if rng.random() < 0.25:
        street = f"Flat {rng.randrange(1, 40)}, {street}"
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = f"{rng.randrange(1, 10)}{rng.choice(letters)}{rng.choice(letters)}"
    return [street, city, f"{area}{rng.randrange(1, 20)} {inward}"]


def english_address(rng: Random) -> str:
    """Return an American or British postal address on one line."""
    if rng.random() < 0.55:
        return ", ".join(_us_address(rng))
    street, city, postcode = _uk_address(rng)
    return f"{street}, {city}{rng.choice((', ', ' '))}{postcode}"


def english_address_lines(rng: Random) -> str:
    """Return a postal address as it stands on an envelope, on several lines."""
    return "\n".join(_us_address(rng) if rng.random() < 0.5 else _uk_address(rng))


def english_street(rng: Random) -> str:
    """Return a house number and street without a city."""
    return (_us_address(rng) if rng.random() < 0.5 else _uk_address(rng))[0]


_CHINESE_CITIES = (
    ("北京市", "朝阳区 海淀区 西城区 丰台区"), ("上海市", "浦东新区 徐汇区 静安区 闵行区"),
    ("广东省广州市", "天河区 越秀区 番禺区"), ("广东省深圳市", "南山区 福田区 龙岗区"),
    ("浙江省杭州市", "西湖区 余杭区 拱墅区"), ("江苏省南京市", "鼓楼区 玄武区 江宁区"),
    ("江苏省苏州市", "姑苏区 吴中区"), ("四川省成都市", "武侯区 锦江区 高新区"),
    ("湖北省武汉市", "洪山区 江汉区 武昌区"), ("陕西省西安市", "雁塔区 碑林区"),
    ("山东省青岛市", "市南区 崂山区"), ("福建省厦门市", "思明区 湖里区"),
    ("重庆市", "渝中区 江北区 南岸区"), ("湖南省长沙市", "岳麓区 芙蓉区"),
    ("辽宁省大连市", "沙河口区 中山区"), ("云南省昆明市", "五华区 盘龙区"),
)  # fmt: skip

_ROADS = (
    "人民路", "中山北路", "解放路", "建设路", "文三路", "长江路", "和平街", "学院路", "新华路",
    "青年路", "滨江大道", "科技路", "湖滨路", "花园路", "幸福路", "迎宾大道", "西园路", "光明街",
    "振兴路", "东风路",
)  # fmt: skip

_ESTATES = (
    "翠苑小区", "阳光花园", "锦绣家园", "金色港湾", "幸福里", "东湖名邸", "绿城雅苑", "星河湾",
    "怡景花园", "书香苑", "和谐家园", "紫荆苑", "天鹅堡", "水岸新城",
)  # fmt: skip


def _chinese_address(rng: Random) -> tuple[str, str]:
    city, districts = rng.choice(_CHINESE_CITIES)
    if city.count("省") and rng.random() < 0.4:
        city = city.partition("省")[2]
    number = rng.randrange(1, 900)
    street = f"{city}{rng.choice(districts.split())}{rng.choice(_ROADS)}{number}号"
    building, floor, door = rng.randrange(1, 40), rng.randrange(1, 30), rng.randrange(1, 5)
    home = rng.choice(
        (
            f"{building}栋{rng.randrange(1, 5)}单元{floor}0{door}室",
            f"{building}号楼{floor}0{door}",
            f"{building}幢{floor}0{door}室",
            f"{building}-{rng.randrange(1, 5)}-{floor}0{door}",
        )
    )
    return street, rng.choice(_ESTATES) + home


def chinese_address(rng: Random) -> str:
    """Return a Chinese postal address on one line, from the city down to the door."""
    street, home = _chinese_address(rng)
    return rng.choice((street + home, street + home, f"{street} {home}", street))


def chinese_address_lines(rng: Random) -> str:
    """Return a Chinese postal address on two lines."""
    return "\n".join(_chinese_address(rng))


def chinese_home(rng: Random) -> str:
    """Return the estate, building and door, as couriers and neighbours write it."""
    return _chinese_address(rng)[1]


def social_security_number(rng: Random) -> str:
    """Return a number of the form of a United States social security number."""
    area = rng.choice([number for number in range(1, 900) if number != 666])
    parts = f"{area:03}", f"{rng.randrange(1, 100):02}", f"{rng.randrange(1, 10000):04}"
    return rng.choice(("-", "-", "-", " ", "")).join(parts)


_NINO_PREFIXES = (
    "AB", "AC", "CE", "EG", "HK", "JC", "JM", "KL", "LP", "MW", "NR", "PC", "RS", "SN", "TP",
    "WL", "YZ",
)  # fmt: skip


def national_insurance_number(rng: Random) -> str:
    """Return a number of the form of a British national insurance number."""
    prefix = rng.choice(_NINO_PREFIXES)
    parts = prefix, *(_digits(rng, 2) for _ in range(3)), rng.choice("ABCD")
    return rng.choice((" ", "")).join(parts)


def social_insurance_number(rng: Random) -> str:
    """Return a Canadian social insurance number with its Luhn digit."""
    body = str(rng.randrange(1, 8)) + _digits(rng, 7)
    number = body + luhn.calc_check_digit(body)
    return rng.choice((" ", "-", "")).join((number[:3], number[3:6], number[6:]))


def nhs_number(rng: Random) -> str:
    """Return a patient number of the British health service with its check digit."""
    check = 10
    while check == 10:
        body = rng.choice("4679") + _digits(rng, 8)
        check = -nhs.checksum(body + "0") % 11
    number = f"{body}{check}"
    return rng.choice((f"{number[:3]} {number[3:6]} {number[6:]}", number))


def english_passport(rng: Random) -> str:
    """Return an American, British, Canadian or Irish passport number."""
    return fill(rng.choice(("%########", "%########", "?########", "??######", "??#######")), rng)


def english_licence(rng: Random) -> str:
    """Return a driving licence number in the form of a British or an American issuer."""
    patterns = ("?#######", "?###-####-####", "?############", "?????%0%1%%??9??")
    return fill(rng.choice(patterns), rng)


def english_id(rng: Random) -> str:
    """Return an identity number of any English-speaking kind."""
    makers = social_security_number, national_insurance_number, english_passport, english_licence
    return rng.choice(makers)(rng)


def chinese_passport(rng: Random) -> str:
    """Return a Chinese passport number."""
    return fill(rng.choice(("E########", "E?#######", "G########")), rng)


def travel_permit(rng: Random) -> str:
    """Return the number of a travel permit to Hong Kong and Macau."""
    return fill(rng.choice(("C########", "C?#######")), rng)


def _grouped(number: str, sizes: tuple[int, ...], separator: str) -> str:
    groups, start = [], 0
    for size in sizes:
        groups.append(number[start : start + size])
        start += size
    return separator.join(group for group in (*groups, number[start:]) if group)


def english_card(rng: Random) -> str:
    """Return a payment card number with its Luhn digit, plain or in groups."""
    prefix, length = rng.choice(
        (
            ("4", 16),
            ("4", 16),
            (f"5{rng.randrange(1, 6)}", 16),
            ("6011", 16),
            ("37", 15),
            ("34", 15),
        )
    )
    body = prefix + _digits(rng, length - 1 - len(prefix))
    number = body + luhn.calc_check_digit(body)
    sizes = (4, 4, 4) if length == 16 else (4, 6)
    return _grouped(number, sizes, rng.choice((" ", " ", "-", "")))


_UNIONPAY_PREFIXES = (
    "621700", "622202", "622848", "621661", "622588", "621483", "622908", "625905",
)  # fmt: skip


def chinese_card(rng: Random) -> str:
    """Return a UnionPay card number with its Luhn digit, of 16 or 19 digits."""
    prefix = rng.choice(_UNIONPAY_PREFIXES)
    body = prefix + _digits(rng, rng.choice((9, 12, 12)))
    number = body + luhn.calc_check_digit(body)
    return _grouped(number, (4, 4, 4, 4), rng.choice((" ", "", "")))


def iban(rng: Random) -> str:
    """Return an international bank account number (ISO 13616) with its check digits."""
    country, pattern = rng.choice(
        (
            ("GB", "????##############"),
            ("GB", "????##############"),
            ("DE", "##################"),
            ("FR", "#######################"),
            ("IE", "????##############"),
            ("NL", "????##########"),
        )
    )
    account = fill(pattern, rng)
    check = mod_97_10.calc_check_digits(account + country)
    return _grouped(f"{country}{check}{account}", (4,) * 8, rng.choice((" ", "")))


def english_account(rng: Random) -> str:
    """Return a domestic bank account number."""
    return fill(rng.choice(("%#######", "%#########", "%###########", "000%########")), rng)


def chinese_account(rng: Random) -> str:
    """Return a Chinese passbook or settlement account number, which isn't a card number."""
    patterns = (
        "1202%##############",
        "3300%##### %########",
        "0100%###########",
        "4400 %### #### #### ###",
    )
    return fill(rng.choice(patterns), rng)


def ip_address(rng: Random) -> str:
    """Return an IPv4 (four times in five) or IPv6 address; half of the latter are shortened."""
    if rng.random() < 0.3:
        network = rng.choice(("10.{}.{}.{}", "192.168.{1}.{2}", "172.16.{1}.{2}"))
        return network.format(*(rng.randrange(1, 255) for _ in range(3)))
    if rng.random() < 0.7:
        address = ipaddress.IPv4Address("0.0.0.0")  # noqa: S104
        while not address.is_global or address.is_multicast:
            address = ipaddress.IPv4Address(rng.getrandbits(32))
        return str(address)
    groups = [rng.randrange(0x2001, 0x2C00), *(rng.getrandbits(16) for _ in range(7))]
    if rng.random() < 0.5:
        groups[2:6] = [0] * 4
    return ipaddress.IPv6Address(":".join(f"{group:x}" for group in groups)).compressed


PersonMaker = Callable[["Faker", "Random"], Person]
PersonalMaker = Callable[[Person, "Random"], str]
ValueMaker = Callable[["Random"], str]

PEOPLE: Mapping[str, PersonMaker] = {"en": english_person, "zh": chinese_person}
"""Who lives in the documents of a language."""

PERSONAL: Mapping[str, Mapping[str, PersonalMaker]] = {
    "en": {
        "PERSON": full_name,
        "PERSON.first": first_name,
        "PERSON.last": last_name,
        "PERSON.lower": lower_name,
        "PERSON.firstlower": lower_first_name,
        "PERSON.formal": formal_name,
        "PERSON.initial": initial_name,
        "PERSON.capitals": capital_name,
        "EMAIL": english_email,
        "USERNAME": username,
        "BIRTH_DATE": english_birth_date,
        "BIRTH_DATE.child": english_child_birth_date,
        "BIRTH_DATE.day": english_birth_day,
        "BIRTH_DATE.iso": iso_birth_date,
    },
    "zh": {
        "PERSON": full_name,
        "PERSON.first": first_name,
        "PERSON.last": last_name,
        "PERSON.nick": chinese_nickname,
        "PERSON.latin": latin_name,
        "EMAIL": chinese_email,
        "USERNAME": username,
        "BIRTH_DATE": chinese_birth_date,
        "BIRTH_DATE.child": chinese_child_birth_date,
        "BIRTH_DATE.day": chinese_birth_day,
        "BIRTH_DATE.iso": iso_birth_date,
        "ID_NUMBER.resident": resident_id,
    },
}
"""The slots of a language that tell something of one person."""

VALUES: Mapping[str, Mapping[str, ValueMaker]] = {
    "en": {
        "PHONE": english_phone,
        "PHONE.us": us_phone,
        "PHONE.uk": uk_phone,
        "ADDRESS": english_address,
        "ADDRESS.lines": english_address_lines,
        "ADDRESS.street": english_street,
        "ID_NUMBER": english_id,
        "ID_NUMBER.ssn": social_security_number,
        "ID_NUMBER.nino": national_insurance_number,
        "ID_NUMBER.sin": social_insurance_number,
        "ID_NUMBER.nhs": nhs_number,
        "ID_NUMBER.passport": english_passport,
        "ID_NUMBER.licence": english_licence,
        "BANK_CARD": english_card,
        "BANK_ACCOUNT.iban": iban,
        "BANK_ACCOUNT.number": english_account,
        "IP_ADDRESS": ip_address,
    },
    "zh": {
        "PHONE": chinese_phone,
        "ADDRESS": chinese_address,
        "ADDRESS.lines": chinese_address_lines,
        "ADDRESS.home": chinese_home,
        "ID_NUMBER.passport": chinese_passport,
        "ID_NUMBER.permit": travel_permit,
        "BANK_CARD": chinese_card,
        "BANK_ACCOUNT.number": chinese_account,
        "BANK_ACCOUNT.iban": iban,
        "IP_ADDRESS": ip_address,
    },
}
"""The slots of a language that need no person."""
