"""Named checks of rules: check digits and grammars that a pattern can't express."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import import_module
from operator import mul

from pii_sft.errors import MissingExtraError, UsageError, unknown_name

Check = Callable[[str], bool]

STANDARD_NUMBERS = "stdnum."
"""Prefix of checks that python-stdnum makes, as in `stdnum.es.dni`."""


def _digits(surface: str) -> str:
    return "".join(each for each in surface if each.isdecimal())


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""The digit sum of the double of each digit."""


def luhn(surface: str) -> bool:
    """The digit sum of ISO/IEC 7812-1 over all digits."""
    digits = surface if surface.isdecimal() else _digits(surface)
    if not digits.isascii():
        digits = "".join(str(int(each)) for each in digits)
    codes = digits.encode()
    total = sum(codes[::-2]) + sum(codes[-2::-2].translate(_DOUBLED)) - ord("0") * len(codes)
    return total % 10 == 0


_CARD_LENGTHS: tuple[tuple[range, tuple[int, ...]], ...] = (
    (range(40, 50), (13, 16, 19)),
    (range(51, 56), (16,)),
    (range(22, 28), (16,)),
    (range(34, 35), (15,)),
    (range(37, 38), (15,)),
    (range(35, 36), (16, 17, 18, 19)),
    (range(30, 31), (14, 15, 16)),
    (range(36, 37), (14,)),
    (range(38, 40), (14, 15, 16)),
    (range(60, 61), (16, 17, 18, 19)),
    (range(62, 63), (16, 17, 18, 19)),
    (range(64, 66), (16, 17, 18, 19)),
    (range(50, 51), tuple(range(12, 20))),
    (range(56, 60), tuple(range(12, 20))),
    (range(61, 62), tuple(range(12, 20))),
    (range(63, 64), tuple(range(12, 20))),
    (range(66, 70), tuple(range(12, 20))),
)
"""Numbers of digits by the first two: Visa, Mastercard, American Express, JCB, Diners, Discover,
UnionPay, Maestro."""

_MAESTRO_OR_OLD_JCB = ("2131", "1800")


def card(surface: str) -> bool:
    """A Luhn digit, and a length that the issuer of the first digits uses."""
    number = _digits(surface)
    if len(number) < 12 or len(set(number)) == 1:
        return False
    first = int(number[:2])
    fits = any(first in firsts and len(number) in lengths for firsts, lengths in _CARD_LENGTHS)
    old = number.startswith(_MAESTRO_OR_OLD_JCB) and len(number) in (15, 16)
    return (fits or old) and luhn(number)


def ip(surface: str) -> bool:
    """An IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(surface)
    except ValueError:
        return False
    return True


_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_DIGITS = "10X98765432"


def resident_id(surface: str) -> bool:
    """A Chinese resident identity number (GB 11643-1999): a date of birth, a check digit.

    The division in the first digits is not looked up: they change, and numbers outlive them.
    """
    number = surface.upper()
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(map(mul, map(int, number[:17]), _RESIDENT_WEIGHTS))
    return born.year >= 1850 and number[17] == _RESIDENT_DIGITS[total % 11]


def email(surface: str) -> bool:
    """Local part and domain of RFC 5321 without quoted parts: no empty part, none too long."""
    local, _, domain = surface.rpartition("@")
    parts = domain.split(".")
    return (
        0 < len(local) <= 64
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in local
        and all(0 < len(part) <= 63 and part[0] != "-" and part[-1] != "-" for part in parts)
    )


CHECKS: dict[str, Check] = {
    "luhn": luhn,
    "card": card,
    "email": email,
    "ip": ip,
    "resident_id": resident_id,
}
"""Our own, by the names that rule files use."""


@cache
def check_named(name: str) -> Check:
    """A check by its name: one of `CHECKS`, or a module of python-stdnum (`stdnum.es.dni`).

    Raises:
        UsageError: there is none.
        MissingExtraError: python-stdnum is not installed.
    """
    if name in CHECKS:
        return CHECKS[name]
    if not name.startswith(STANDARD_NUMBERS) or not all(
        part.isidentifier() for part in name.split(".")
    ):
        raise unknown_name(
            "check", name, CHECKS, ", and modules of python-stdnum such as stdnum.es.dni"
        )
    try:
        import_module("stdnum")
    except ModuleNotFoundError:
        raise MissingExtraError("python-stdnum", "rules") from None
    try:
        module = import_module(name)
    except ModuleNotFoundError:
        raise UsageError(f"python-stdnum has no module {name!r}.") from None
    valid = getattr(module, "is_valid", None)
    if valid is None:
        raise UsageError(f"The module {name!r} of python-stdnum checks nothing.")
    return lambda surface: bool(valid(surface))
