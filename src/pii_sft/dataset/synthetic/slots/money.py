"""Payment cards and bank accounts, with valid check digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from pii_sft.dataset.synthetic.slots.patterns import digits, fill

if TYPE_CHECKING:
    from random import Random


def grouped(number: str, sizes: tuple[int, ...], separator: str) -> str:
    """Return a number in groups of the given sizes; the last one takes the rest."""
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
    body = prefix + digits(rng, length - 1 - len(prefix))
    number = body + luhn.calc_check_digit(body)
    sizes = (4, 4, 4) if length == 16 else (4, 6)
    return grouped(number, sizes, rng.choice((" ", " ", "-", "")))


_UNIONPAY_PREFIXES = (
    "621700", "622202", "622848", "621661", "622588", "621483", "622908", "625905",
)  # fmt: skip


def chinese_card(rng: Random) -> str:
    """Return a UnionPay card number with its Luhn digit, of 16 or 19 digits."""
    prefix = rng.choice(_UNIONPAY_PREFIXES)
    body = prefix + digits(rng, rng.choice((9, 12, 12)))
    number = body + luhn.calc_check_digit(body)
    return grouped(number, (4, 4, 4, 4), rng.choice((" ", "", "")))


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
    return grouped(f"{country}{check}{account}", (4,) * 8, rng.choice((" ", "")))


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
