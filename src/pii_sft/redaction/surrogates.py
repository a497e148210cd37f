"""Invented values in the place of spans, so that a text reads on as if it were untouched."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.redaction.styles import Pseudonym, Write, folded

ATTEMPTS = 20
"""How often an invented value may stand in the text already before a number is taken instead."""

INVENTED: Mapping[str, str] = {
    "person": "name",
    "per": "name",
    "name": "name",
    "fullname": "name",
    "personname": "name",
    "firstname": "first_name",
    "givenname": "first_name",
    "lastname": "last_name",
    "surname": "last_name",
    "familyname": "last_name",
    "username": "user_name",
    "email": "email",
    "emailaddress": "email",
    "phone": "phone_number",
    "phonenumber": "phone_number",
    "telephone": "phone_number",
    "telephonenum": "phone_number",
    "telephonenumber": "phone_number",
    "mobile": "phone_number",
    "address": "address",
    "streetaddress": "street_address",
    "street": "street_name",
    "streetname": "street_name",
    "city": "city",
    "country": "country",
    "postcode": "postcode",
    "zipcode": "postcode",
    "zip": "postcode",
    "organization": "company",
    "organisation": "company",
    "org": "company",
    "company": "company",
    "companyname": "company",
    "jobtitle": "job",
    "job": "job",
    "date": "date",
    "dateofbirth": "date",
    "dob": "date",
    "birthday": "date",
    "iban": "iban",
    "ibancode": "iban",
    "creditcard": "credit_card_number",
    "creditcardnumber": "credit_card_number",
    "ip": "ipv4",
    "ipaddress": "ipv4",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "mac": "mac_address",
    "macaddress": "mac_address",
    "url": "url",
    "ssn": "ssn",
    "usssn": "ssn",
}
"""What Faker calls the values of a label, which is written without case and punctuation."""


class Surrogate:
    """An invented value of the same kind, the same for the same string within a document.

    Labels that nothing can be invented for get a `Pseudonym`. What is invented is random: not even
    the same input gives the same surrogates twice.

    Args:
        locale: of the values, such as `en_US` or `zh_CN`.

    Raises:
        MissingExtraError: Faker is not installed.
        UsageError: Faker does not know the locale.
    """

    keeps_length = False

    def __init__(self, locale: str) -> None:
        try:
            from faker import Faker
        except ModuleNotFoundError:
            raise MissingExtraError("faker", "synth") from None
        try:
            self._faker: Any = Faker(locale)
        except AttributeError:
            raise UsageError(
                f"Faker has no locale {locale!r}. Known: en_US, de_DE, zh_CN and many more."
            ) from None
        self._faker.seed_instance(secrets.randbits(64))

    def of(self, text: str) -> Write:
        """Begin to remember what stands for what."""
        known: dict[tuple[str, str], str] = {}
        numbered = Pseudonym().of(text)
        given = set[str]()

        def write(label: str, surface: str) -> str:
            key = (label, folded(surface))
            if key not in known:
                known[key] = self._invented(label, text, given) or numbered(label, surface)
                given.add(known[key])
            return known[key]

        return write

    def _invented(self, label: str, text: str, given: set[str]) -> str | None:
        provider = INVENTED.get("".join(filter(str.isalnum, label.casefold())))
        if provider is None:
            return None
        values = (str(self._faker.format(provider)) for _ in range(ATTEMPTS))
        lines = (" ".join(value.split()) for value in values)
        return next((value for value in lines if value not in text and value not in given), None)
