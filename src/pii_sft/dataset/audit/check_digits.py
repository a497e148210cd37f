"""Kinds of numbers with check digits: their labels, their form, and their validation."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import msgspec

from pii_sft.rules.checks import STANDARD_NUMBERS, check_named, luhn, resident_id

_SEPARATORS = (" ", "-", ".", "\u00a0")


class Kind(msgspec.Struct, frozen=True):
    """A kind of number.

    Attributes:
        name: of the kind.
        labels: usual labels of such numbers, in lower case and without separators.
        shape: pattern of a number without separators; only what matches is checked.
        check: true for valid numbers.
    """

    name: str
    labels: frozenset[str]
    shape: re.Pattern[str]
    check: Callable[[str], bool]

    def fits(self, number: str) -> bool:
        """True if a number without separators has the form; masked or cut numbers do not."""
        return self.shape.fullmatch(number) is not None


def bare(surface: str) -> str:
    """A number without separators, in capitals, with narrow digits."""
    if surface.isalnum() and surface.isascii():
        return surface.upper()
    if not surface.isascii():
        surface = unicodedata.normalize("NFKC", surface)
    for separator in _SEPARATORS:  # a table for str.translate takes ten times as long
        surface = surface.replace(separator, "")
    return surface.upper()


def iban(number: str) -> bool:
    """Verify the check digits of an account number (ISO 13616)."""
    return int("".join(map(_VALUES.__getitem__, number[4:] + number[:4]))) % 97 == 1


_VALUES = {each: str(int(each, 36)) for each in string.digits + string.ascii_uppercase}


def _labelled(names: str) -> frozenset[str]:
    return frozenset(names.split())


_OWN = (
    Kind(
        "chinese_id",
        _labelled(
            "idcard idcardnum idnumber idnum nationalid identitycard "
            "身份证 身份证号 身份证号码 证件号 证件号码"
        ),
        re.compile(r"[1-9]\d{5}(?:19|20)\d{9}[\dX]"),
        resident_id,
    ),
    Kind(
        "card",
        _labelled(
            "creditcard creditcardnumber bankcard cardnumber debitcard debitcardnumber "
            "银行卡 银行卡号 信用卡 信用卡号"
        ),
        re.compile(r"\d{12,19}"),
        luhn,
    ),
    Kind(
        "iban",
        _labelled("iban ibancode bankaccount accountnumber bankaccountnumber 银行账号"),
        re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}"),
        iban,
    ),
    Kind("imei", _labelled("imei phoneimei"), re.compile(r"\d{15}"), luhn),
)

_STDNUM = (
    ("us_ssn", "us.ssn", "ssn usssn socialsecurity socialsecuritynumber", r"\d{9}"),
    ("uk_nhs", "gb.nhs", "uknhs nhs nhsnumber", r"\d{10}"),
    ("credit_code", "cn.uscc", "uscc creditcode 统一社会信用代码", r"[0-9A-Z]{18}"),
    ("cpf", "br.cpf", "cpf brcpf", r"\d{11}"),
    ("nif", "es.nif", "nif esnif dni", r"[0-9A-Z]{9}"),
    ("nir", "fr.nir", "nir frnir", r"[12]\d{12}(?:\d{2})?"),
    ("fiscal_code", "it.codicefiscale", "codicefiscale itfiscalcode", r"[0-9A-Z]{16}"),
    ("pesel", "pl.pesel", "pesel plpesel", r"\d{11}"),
    ("aadhaar", "in_.aadhaar", "aadhaar inaadhaar", r"\d{12}"),
    ("sin", "ca.sin", "casin socialinsurancenumber", r"\d{9}"),
    ("tfn", "au.tfn", "tfn autfn", r"\d{8,9}"),
    ("bsn", "nl.bsn", "bsn nlbsn", r"\d{9}"),
    ("steuer_id", "de.idnr", "steuerid deidnr", r"\d{11}"),
)
"""Name, module of python-stdnum, labels, and shape."""


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds that can be verified; more if python-stdnum is installed."""
    if find_spec("stdnum") is None:
        return _OWN
    more = (
        Kind(
            name,
            _labelled(labels),
            re.compile(shape),
            check_named(f"{STANDARD_NUMBERS}{module}"),
        )
        for name, module, labels, shape in _STDNUM
    )
    return (*_OWN, *more)


def kinds_of_label(label: str) -> tuple[Kind, ...]:
    """The kinds of numbers for a label."""
    plain = "".join(filter(str.isalnum, label)).casefold()
    return tuple(kind for kind in kinds() if plain in kind.labels)


def proven_kind(surface: str) -> str:
    """Give the kind of number that an unlabelled string certainly is; empty if it is not certain.

    A tenth of all numbers passes Luhn's check, so a card has to have the length and the first
    digits of one, too.
    """
    number = bare(surface)
    for kind in _PROVING:
        if kind.fits(number) and kind.check(number):
            return kind.name
    return ""


_ISSUED = re.compile(r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|62\d{14,17}|6011\d{12}")
_PROVING = (_OWN[0], _OWN[2], Kind("card", frozenset(), _ISSUED, luhn))
