"""Telephone numbers in their written forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pii_sft.dataset.synthetic.slots.patterns import fill

if TYPE_CHECKING:
    from random import Random

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
