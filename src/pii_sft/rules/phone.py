"""Telephone numbers of any country, by the numbering plans that `phonenumbers` knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import regex

from pii_sft.errors import MissingExtraError
from pii_sft.rules.base import Candidate, Proof
from pii_sft.rules.context import Context

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

KIND = "PHONE"

REGIONS = (
    *("US", "GB", "DE", "FR", "IT", "ES", "PT", "BR", "NL", "BE", "CH", "AT", "PL", "SE", "NO"),
    *("DK", "FI", "IE", "CZ", "HU", "CN", "JP", "IN", "AU", "NZ", "ZA", "MX", "IL"),
)
"""Whose national numbers are known without a country code; the first that fits decides."""

FEWEST_DIGITS = 7
MOST_DIGITS = 15
"""Of a number with its country code (E.164)."""

_FORM = regex.compile(
    r"""(?<![\p{Latin}\d]|\d[-.,:/]|[$€£¥#=@_-])
    (?<value>[(+]{0,2}\d(?:\)?[ \u00a0./-]{0,2}\(?\d){5,17}
      (?:[ ]?,?(?:x|ext\.?|extension|转)[ .:]?\d{1,6})?)
    (?![\p{Latin}\d]|[-.,:/]\d|[%€£@])""",
    regex.VERBOSE | regex.IGNORECASE,
)
_NO_PHONE = regex.compile(
    r"""(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?:\D+\d\d?)*
    |(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d(?:\D+\d\d?)*
    |\d{1,3}(?:\.\d{1,3}){3}
    |(?:1\d|20)\d\d[ ]?[-/][ ]?(?:1\d|20)\d\d
    |\d{3}-\d\d-\d{4}
    |\d+\.\d{1,2}
    |\d{1,3}(?:\.\d{3})+
    |\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?
    """,
    regex.VERBOSE,
)
"""Dates, IPv4 addresses, ranges of years, social security numbers, amounts and card numbers."""

_SEPARATED = regex.compile(r"\d[) \u00a0./-]+\(?\d")
_DIGITS = regex.compile(r"\d+")
_EXTENSION = regex.compile(r"[ ]?,?(?:x|ext|转).*", regex.IGNORECASE | regex.DOTALL)

WORDS = (
    *("phone", "phones", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "call", "dial"),
    *("ring", "sms", "direct line", "whatsapp", "reach", "contact", "office", "desk", "hotline"),
    *("answering", "voicemail", "landline", "callback", "messages", "ext", "extension"),
    *("telefon", "handy", "mobil", "téléphone", "portable", "appeler", "teléfono", "móvil"),
    *("telefono", "cellulare", "telefone", "celular", "telemóvel", "電話", "携帯", "电话", "手机"),
    *("联系", "致电", "拨打", "来电", "传真", "座机", "联系方式", "热线"),
)
_OTHER_NUMBERS = (
    *(
        "ssn",
        "social security",
        "iban",
        "nhs",
        "sin",
        "dni",
        "nif",
        "account",
        "card",
        "order",
        "invoice",
        "isbn",
        "passport",
    ),
    *("tracking", "zip", "postcode", "case", "ticket", "reference", "ref", "serial", "licence"),
    *("license", "imei", "id number", "订单", "单号", "运单", "编号", "流水号", "工号", "卡号"),
    *("账号", "身份证", "邮编"),
)


class Phones:
    """Numbers in international form, and national ones of `regions`.

    A number that no numbering plan has is still found where the text calls it a telephone number.

    Args:
        regions: two-letter codes.

    Raises:
        MissingExtraError: phonenumbers is not installed.
    """

    def __init__(self, regions: Sequence[str] = REGIONS) -> None:
        try:
            import phonenumbers
        except ModuleNotFoundError:
            raise MissingExtraError("phonenumbers", "rules") from None
        self.kinds: dict[str, tuple[str, ...]] = {
            KIND: ("PHONE", "PHONE_NUMBER", "PHONENUMBER", "PHONE_NUM", "TELEPHONENUM", "TEL")
        }
        self._plans = phonenumbers
        self._regions = tuple(regions)
        self._context = Context(WORDS, _OTHER_NUMBERS)

    def find(self, text: str) -> Iterator[Candidate]:
        """Telephone numbers in a text."""
        for match in _FORM.finditer(text):
            start, end = match.span("value")
            while text[start] == "(" and text.count("(", start, end) > text.count(")", start, end):
                start += 1
            surface = text[start:end]
            digits = sum(each.isdecimal() for each in _EXTENSION.sub("", surface))
            if not FEWEST_DIGITS <= digits <= MOST_DIGITS or _NO_PHONE.fullmatch(surface):
                continue
            said = self._context.says(text, start, end)
            proof = self._proof(surface) + bool(said) - (said is False)
            if proof > 0:
                yield Candidate(start, end, KIND, Proof(min(proof, Proof.CERTAIN)))

    def _proof(self, surface: str) -> int:
        """Strength of a number itself as proof; 0 for digits that no plan has, in no groups."""
        dialled = surface.lstrip("(")
        if dialled.startswith("+"):
            return Proof.CERTAIN if self._number(surface, None) else Proof.LIKELY
        if dialled.startswith("00"):
            return Proof.LIKELY if self._number("+" + dialled[2:], None) else Proof.FORM
        if _SEPARATED.search(surface) is None:
            return Proof.FORM if any(self._number(surface, each) for each in self._regions) else 0
        grouped = any(self._grouped(surface, region) for region in self._regions)
        return Proof.LIKELY if grouped else Proof.FORM

    def _grouped(self, surface: str, region: str) -> bool:
        """True if a region writes the number in these groups."""
        number = self._number(surface, region)
        if number is None:
            return False
        written = self._plans.format_number(number, self._plans.PhoneNumberFormat.NATIONAL)
        return _groups(written) == _groups(surface)

    def _number(self, surface: str, region: str | None) -> PhoneNumber | None:
        try:
            number = self._plans.parse(surface, region)
        except self._plans.NumberParseException:
            return None
        return number if self._plans.is_valid_number(number) else None


def _groups(surface: str) -> list[str]:
    return list(_DIGITS.findall(_EXTENSION.sub("", surface)))


def phones() -> Phones:
    """The rule with its default regions."""
    return Phones()
