"""Documents of Germany, Spain, France, Italy, Portugal and their neighbours.

Names, places and patterns are data (`europe.yaml`); numbers with check digits are made here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING

import msgspec
from stdnum.es import ccc, dni, nie
from stdnum.fr import nir
from stdnum.iso7064 import mod_11_10, mod_97_10
from stdnum.it import codicefiscale
from stdnum.pt import cc, nif

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import (
    NAMES,
    Language,
    Maker,
    PersonalMaker,
    Postal,
    filled,
    ibans,
    people,
)
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits, fill

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person


def german_tax_number(rng: Random) -> str:
    """Return a German tax number (Identifikationsnummer) with its check digit.

    One digit stands there twice, and one not at all, as in the numbers given out before 2016.
    """
    chosen = rng.sample("0123456789", 9)
    body = [*chosen, rng.choice(chosen)]
    rng.shuffle(body)
    while body[0] == "0":
        rng.shuffle(body)
    number = "".join(body)
    number += mod_11_10.calc_check_digit(number)
    return money.grouped(number, (2, 3, 3, 3), rng.choice((" ", "")))


def german_identity_card(rng: Random) -> str:
    """Return the number of a German identity card with its check digit (ICAO 9303)."""
    body = rng.choice("LMNPRTVWXY") + "".join(rng.choices("0123456789CFGHJKLMNPRTVWXYZ", k=8))
    return f"{body}{icao_check_digit(body)}" if rng.random() < 0.6 else body


def icao_check_digit(number: str) -> int:
    """Return the check digit of a number on an identity document (ICAO 9303, part 3)."""
    weights = (7, 3, 1) * 3
    return sum(int(each, 36) * weight for each, weight in zip(number, weights, strict=True)) % 10


def german_social_security(rng: Random) -> str:
    """Return a number of the form of a German social security number."""
    birth = f"{rng.randrange(1, 29):02}{rng.randrange(1, 13):02}{digits(rng, 2)}"
    return fill(f"%# {birth} ? ###", rng)


def spanish_identity_number(rng: Random) -> str:
    """Return a Spanish DNI, or one time in five the NIE of a foreigner, with its letter."""
    if rng.random() < 0.2:
        body = rng.choice("XYZ") + digits(rng, 7)
        return rng.choice(("-", "")).join((body, nie.calc_check_digit(body)))
    body = digits(rng, 8)
    return rng.choice(("-", " ", "", "")).join((body, dni.calc_check_digit(body)))


def spanish_iban(rng: Random) -> str:
    """Return a Spanish bank account number with both kinds of check digits."""
    account = digits(rng, 18)
    national = account[:8] + ccc.calc_check_digits(account[:8] + "00" + account[8:]) + account[8:]
    check = mod_97_10.calc_check_digits(national + "ES")
    return money.grouped(f"ES{check}{national}", (4,) * 8, rng.choice((" ", "")))


def french_social_security(person: Person, rng: Random) -> str:
    """Return a French social security number (NIR) with its check digits."""
    department = f"{rng.choice([each for each in range(1, 96) if each != 20]):02}"
    commune, order = f"{rng.randrange(1, 600):03}", f"{rng.randrange(1, 999):03}"
    body = rng.choice("12") + f"{person.born:%y%m}" + department + commune + order
    number = body + nir.calc_check_digits(body)
    return money.grouped(number, (1, 2, 2, 2, 3, 3), rng.choice((" ", " ", "")))


def french_identity_card(rng: Random) -> str:
    """Return a number of the form of a French identity card."""
    return "".join(rng.choices("BCDFGHJKLMNPQRTVWXYZ0123456789", k=8)) + digits(rng, 1)


_VOWELS = "aeiou"
_BIRTH_MONTHS = "ABCDEHLMPRST"
_TOWNS = ("H501", "F205", "L219", "D704", "F839", "A345", "A662", "L424", "Z112", "D612")


def _three(name: str, skip_second: bool) -> str:
    consonants = [each for each in name if each not in _VOWELS]
    if skip_second and len(consonants) > 3:
        del consonants[1]
    letters = consonants + [each for each in name if each in _VOWELS] + ["x"] * 3
    return "".join(letters[:3]).upper()


def fiscal_code(person: Person, rng: Random) -> str:
    """Return an Italian fiscal code of the person's name and birth date, with its check letter."""
    day = person.born.day + rng.choice((0, 40))
    body = (
        _three(person.latin_last, skip_second=False)
        + _three(person.latin_first, skip_second=True)
        + f"{person.born:%y}{_BIRTH_MONTHS[person.born.month - 1]}{day:02}"
        + rng.choice(_TOWNS)
    )
    return f"{body}{codicefiscale.calc_check_digit(body)}"


def portuguese_tax_number(rng: Random) -> str:
    """Return a Portuguese tax number (NIF) with its check digit."""
    body = rng.choice("12") + digits(rng, 7)
    return money.grouped(body + nif.calc_check_digit(body), (3, 3, 3), rng.choice((" ", "")))


def portuguese_citizen_card(rng: Random) -> str:
    """Return the number of a Portuguese citizen card with its check digit."""
    body = rng.choice("123") + digits(rng, 8) + "Z" + rng.choice("XYZ")
    number = body + cc.calc_check_digit(body)
    return money.grouped(number, (8, 1), rng.choice((" ", "")))


def brazilian_person_number(rng: Random) -> str:
    """Return a Brazilian person number (CPF) with its check digits."""
    number = [int(each) for each in digits(rng, 9)]
    for length in (10, 11):
        total = sum(
            digit * weight for digit, weight in zip(number, range(length, 1, -1), strict=True)
        )
        number.append(-total % 11 % 10)
    text = "".join(map(str, number))
    return rng.choice((f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}", text))


_PERSONAL: Mapping[str, Mapping[str, PersonalMaker]] = {
    "fr": {"ID_NUMBER.social": french_social_security},
    "it": {"ID_NUMBER.fiscal": fiscal_code},
}
_VALUES: Mapping[str, Mapping[str, Maker]] = {
    "de": {
        "ID_NUMBER.card": german_identity_card,
        "ID_NUMBER.tax": german_tax_number,
        "ID_NUMBER.social": german_social_security,
    },
    "es": {"ID_NUMBER.card": spanish_identity_number, "BANK_ACCOUNT.iban": spanish_iban},
    "fr": {"ID_NUMBER.card": french_identity_card},
    "pt": {
        "ID_NUMBER.card": portuguese_citizen_card,
        "ID_NUMBER.tax": portuguese_tax_number,
        "ID_NUMBER.cpf": brazilian_person_number,
    },
}


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Data of a language in `europe.yaml`.

    Attributes:
        locales: of Faker; one that stands there twice is drawn twice as often.
        hosts: of mail, the one whose top-level domain is usual first.
        months: names.
        birth_dates: patterns, see `languages.dates`.
        phones: patterns of telephone numbers.
        postal: addresses.
        ibans: patterns, see `languages.ibans`.
        patterns: of other slots, by name.
    """

    locales: Sequence[str]
    hosts: Sequence[str]
    months: Sequence[str]
    birth_dates: Sequence[str]
    phones: Sequence[str]
    postal: Postal
    ibans: Sequence[str] = ()
    patterns: Mapping[str, Sequence[str]] = {}

    def language(self, code: str) -> Language:
        """The makers of a language."""
        return Language(
            person=people(self.locales, self.hosts),
            personal={
                **NAMES,
                "BIRTH_DATE": dates_as(self.birth_dates, self.months),
                "BIRTH_DATE.iso": dates.iso_birth_date,
                **_PERSONAL.get(code, {}),
            },
            values={
                **self.postal.slots(),
                "PHONE": filled(*self.phones),
                "BANK_CARD": money.english_card,
                "BANK_ACCOUNT.iban": ibans(*self.ibans),
                "IP_ADDRESS": network.ip_address,
                **{name: filled(*patterns) for name, patterns in self.patterns.items()},
                **_VALUES.get(code, {}),
            },
        )


LANGUAGES: Mapping[str, Language] = {
    code: country.language(code)
    for code, country in msgspec.yaml.decode(
        (resources.files("pii_sft.dataset.synthetic.slots") / "europe.yaml").read_bytes(),
        type=dict[str, Country],
    ).items()
}
