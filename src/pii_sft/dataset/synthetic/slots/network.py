"""E-mail addresses, account names and IP addresses."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from pii_sft.dataset.synthetic.slots.patterns import ADJECTIVES, NOUNS, digits

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person


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
            f"{first[0]}{last}{digits(rng, 3)}",
            _handle(rng),
        )
    )
    return f"{local}@{person.host}"


def _handle(rng: Random) -> str:
    """Return an account name that tells nothing about its owner."""
    number = rng.choice(("", "", str(rng.randrange(1, 100)), str(rng.randrange(1970, 2012))))
    words = rng.choice(ADJECTIVES), rng.choice(NOUNS)
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
