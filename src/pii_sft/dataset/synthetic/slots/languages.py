"""Makers of values that the European languages and Japanese share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from stdnum.iso7064 import mod_97_10

from pii_sft.dataset.synthetic.slots import names, network
from pii_sft.dataset.synthetic.slots.money import grouped
from pii_sft.dataset.synthetic.slots.patterns import ADJECTIVES, NOUNS, fill
from pii_sft.dataset.synthetic.slots.people import Fakers, Person, ascii_letters, born

if TYPE_CHECKING:
    from random import Random

Maker = Callable[["Random"], str]
PersonalMaker = Callable[[Person, "Random"], str]


class Language(msgspec.Struct, frozen=True):
    """People of the documents of a language, and makers of its slots.

    Attributes:
        person: makes a person.
        personal: slots that tell something of one person.
        values: slots that need no person.
    """

    person: Callable[[Fakers, Random], Person]
    personal: Mapping[str, PersonalMaker]
    values: Mapping[str, Maker]


def people(locales: Sequence[str], hosts: Sequence[str]) -> Callable[[Fakers, Random], Person]:
    """A maker of people with names of some Faker locales and addresses at some mail hosts."""

    def person(faker: Fakers, rng: Random) -> Person:
        source = faker[rng.choice(locales)]
        first, last = source.first_name(), source.last_name()
        return Person(
            first=first,
            last=last,
            full=f"{first} {last}",
            latin_first=ascii_letters(first),
            latin_last=ascii_letters(last),
            born=born(rng),
            host=rng.choice(hosts) if rng.random() < 0.7 else own_host(hosts, rng),
        )

    return person


def own_host(hosts: Sequence[str], rng: Random) -> str:
    """A domain of a person's own, under the top-level domain that is usual there."""
    ending = hosts[0].rpartition(".")[2]
    return rng.choice(ADJECTIVES) + rng.choice(("", "-")) + rng.choice(NOUNS) + "." + ending


NAMES: Mapping[str, PersonalMaker] = {
    "PERSON": names.full_name,
    "PERSON.first": names.first_name,
    "PERSON.last": names.last_name,
    "PERSON.lower": names.lower_name,
    "PERSON.formal": names.formal_name,
    "PERSON.initial": names.initial_name,
    "PERSON.capitals": names.capital_name,
    "EMAIL": network.english_email,
    "USERNAME": network.username,
}
"""Slots about people that are filled alike wherever names are written in Latin letters."""


def dates(patterns: Sequence[str], months: Sequence[str]) -> PersonalMaker:
    """A maker of birth dates.

    Args:
        patterns: with the fields `d`, `dd`, `m`, `mm`, `month`, `yy` and `yyyy` in braces.
        months: names of the months.
    """

    def birth_date(person: Person, rng: Random) -> str:
        day = person.born
        return rng.choice(patterns).format(
            d=day.day,
            dd=f"{day:%d}",
            m=day.month,
            mm=f"{day:%m}",
            month=months[day.month - 1],
            yy=f"{day:%y}",
            yyyy=day.year,
        )

    return birth_date


def filled(*patterns: str) -> Maker:
    """A maker that fills one of some patterns, see `fill`."""
    return lambda rng: fill(rng.choice(patterns), rng)


def ibans(*patterns: str) -> Maker:
    """A maker of bank account numbers (ISO 13616) with their check digits.

    Args:
        patterns: country code and the pattern of the national number, such as `BE############`.
    """

    def iban(rng: Random) -> str:
        pattern = rng.choice(patterns)
        country, account = pattern[:2], fill(pattern[2:], rng)
        check = mod_97_10.calc_check_digits(account + country)
        return grouped(f"{country}{check}{account}", (4,) * 8, rng.choice((" ", " ", "")))

    return iban


class Postal(msgspec.Struct, frozen=True):
    """Pattern of addresses.

    Attributes:
        cities: names of cities and the patterns of their postal codes.
        streets: names of streets.
        street: pattern of the first line, with the fields `street` and `number` in braces.
        place: pattern of the second line, with `code` and `city`.
        numbers: patterns of house numbers.
    """

    cities: Sequence[tuple[str, str]]
    streets: Sequence[str]
    street: str
    place: str
    numbers: Sequence[str] = ("%", "%#", "1##", "%#a", "%b")

    def lines(self, rng: Random) -> tuple[str, str]:
        """Both lines of an address."""
        city, code = rng.choice(self.cities)
        street = self.street.format(
            street=rng.choice(self.streets), number=fill(rng.choice(self.numbers), rng)
        )
        return street, self.place.format(code=fill(code, rng), city=city)

    def slots(self) -> Mapping[str, Maker]:
        """The slots of an address."""
        return {
            "ADDRESS": lambda rng: ", ".join(self.lines(rng)),
            "ADDRESS.lines": lambda rng: "\n".join(self.lines(rng)),
            "ADDRESS.street": lambda rng: self.lines(rng)[0],
        }
