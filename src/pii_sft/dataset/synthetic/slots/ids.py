"""Numbers that states give to people; those that carry check digits carry valid ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.gb import nhs

from pii_sft.dataset.synthetic.slots.patterns import digits, fill

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person

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
    parts = prefix, *(digits(rng, 2) for _ in range(3)), rng.choice("ABCD")
    return rng.choice((" ", "")).join(parts)


def social_insurance_number(rng: Random) -> str:
    """Return a Canadian social insurance number with its Luhn digit."""
    body = str(rng.randrange(1, 8)) + digits(rng, 7)
    number = body + luhn.calc_check_digit(body)
    return rng.choice((" ", "-", "")).join((number[:3], number[3:6], number[6:]))


def nhs_number(rng: Random) -> str:
    """Return a patient number of the British health service with its check digit."""
    check = 10
    while check == 10:
        body = rng.choice("4679") + digits(rng, 8)
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


_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(rng: Random) -> str:
    """Return the credit code of a Chinese sole trader (GB 32100-2015).

    Both check characters are valid, that of the whole and that of the organisation code within
    (GB 11714-1997).
    """
    organisation = "".join(rng.choices(_CREDIT_CODE_LETTERS, k=8))
    total = sum(
        int(each, 36) * weight
        for each, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True)
    )
    body = "92" + rng.choice(_DIVISIONS) + organisation + "0123456789X"[-total % 11]
    return f"{body}{uscc.calc_check_digit(body)}"
