"""The ways a name is written. Titles (`Mr`, `先生`) stand in the templates, outside the spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person


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
