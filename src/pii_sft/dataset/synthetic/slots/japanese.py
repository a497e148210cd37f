"""Japanese documents: people, numbers and addresses of Japan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.jp import in_ as my_number

from pii_sft.dataset.synthetic.slots import dates, money, names, network
from pii_sft.dataset.synthetic.slots.languages import Language, filled, own_host
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits, fill
from pii_sft.dataset.synthetic.slots.people import Fakers, Person, ascii_letters, born

if TYPE_CHECKING:
    from random import Random

_HOSTS = ("yahoo.co.jp", "docomo.ne.jp", "ezweb.ne.jp", "softbank.jp", "gmail.com", "nifty.com")

_PLACES = (
    ("東京都", "千代田区", "丸の内", "100"), ("東京都", "世田谷区", "三軒茶屋", "154"),
    ("大阪府", "大阪市北区", "梅田", "530"), ("京都府", "京都市中京区", "烏丸町", "604"),
    ("北海道", "札幌市中央区", "大通西", "060"), ("福岡県", "福岡市博多区", "中洲", "810"),
    ("愛知県", "名古屋市中区", "栄", "460"), ("沖縄県", "那覇市", "首里", "903"),
    ("宮城県", "仙台市青葉区", "国分町", "980"), ("神奈川県", "横浜市西区", "高島", "220"),
)  # fmt: skip

_HOUSES = ("メゾン青葉", "グランコート", "コーポ桜", "サンハイツ", "パークビル")

_ERAS = (("令和", 2018), ("平成", 1988), ("昭和", 1925))


def person(faker: Fakers, rng: Random) -> Person:
    """Return a person whose Latin spelling is that of the name."""
    source = faker["ja_JP"]
    first, _, latin_first = source.first_name_pair()
    last, _, latin_last = source.last_name_pair()
    host = rng.choice(_HOSTS) if rng.random() < 0.7 else own_host(_HOSTS, rng)
    return Person(
        first=first,
        last=last,
        full=last + first,
        latin_first=ascii_letters(latin_first),
        latin_last=ascii_letters(latin_last),
        born=born(rng),
        host=host,
    )


def spaced_name(person: Person, _rng: Random) -> str:
    """Return the name with a wide space, as on forms."""
    return f"{person.last}\u3000{person.first}"


def era_date(person: Person, _rng: Random) -> str:
    """Return the birth date with the year of the emperor's era."""
    day = person.born
    era, before = next((name, year) for name, year in _ERAS if day.year > year)
    return f"{era}{day.year - before}年{day.month}月{day.day}日"


def _lines(rng: Random) -> tuple[str, str]:
    prefecture, city, town, code = rng.choice(_PLACES)
    number = fill(rng.choice(("%-%#-%", "%丁目%番%号", "%-%#", "%丁目%#-%")), rng)
    house = f" {rng.choice(_HOUSES)}{fill('%0%', rng)}号室" if rng.random() < 0.4 else ""
    return f"〒{code}-{digits(rng, 4)}", f"{prefecture}{city}{town}{number}{house}"


def address(rng: Random) -> str:
    """Return a postal address on one line, with or without its postal code."""
    code, place = _lines(rng)
    return rng.choice((f"{code} {place}", place, place))


def address_lines(rng: Random) -> str:
    """Return a postal address on two lines."""
    return "\n".join(_lines(rng))


def street(rng: Random) -> str:
    """Return an address without its postal code."""
    return _lines(rng)[1]


def individual_number(rng: Random) -> str:
    """Return a Japanese individual number (My Number) with its check digit."""
    body = digits(rng, 11)
    number = body + my_number.calc_check_digit(body)
    return money.grouped(number, (4, 4, 4), rng.choice((" ", "-", "")))


LANGUAGE = Language(
    person=person,
    personal={
        "PERSON": names.full_name,
        "PERSON.first": names.first_name,
        "PERSON.last": names.last_name,
        "PERSON.spaced": spaced_name,
        "PERSON.latin": names.latin_name,
        "EMAIL": network.english_email,
        "USERNAME": network.username,
        "BIRTH_DATE": dates_as(
            ("{yyyy}年{m}月{d}日", "{yyyy}/{mm}/{dd}", "{yyyy}.{m}.{d}", "{yyyy}-{mm}-{dd}"),
            ("",) * 12,
        ),
        "BIRTH_DATE.era": era_date,
        "BIRTH_DATE.iso": dates.iso_birth_date,
    },
    values={
        "ADDRESS": address,
        "ADDRESS.lines": address_lines,
        "ADDRESS.street": street,
        "PHONE": filled(
            "090-####-####", "080-####-####", "070########", "03-####-####", "06(####)####",
            "+81 90-####-####", "052-###-####",
        ),
        "ID_NUMBER.individual": individual_number,
        "ID_NUMBER.passport": filled("T?#######", "M?#######"),
        "ID_NUMBER.licence": filled("%0##########"),
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.number": filled("普通 %######", "普通%######", "当座 %######", "%######"),
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
