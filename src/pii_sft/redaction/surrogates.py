"""Surrogates: invented values in place of spans, so that a text still reads naturally."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.redaction.same_strings import same
from pii_sft.redaction.styles import Key, Pseudonym, Write

ATTEMPTS = 20
"""Most times an invented value may stand in the text already before a number is taken instead."""

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
"""Faker's names of the values of a label, which is written without case and punctuation."""


_UNTIL: Mapping[str, Mapping[str, Any]] = {"date": {"end_datetime": date(2025, 1, 1)}}
"""A fixed last date, so that the dates do not depend on the day on which they are drawn."""


class Surrogate:
    """An invented value of the same kind, the same for the same string within a document.

    Labels that nothing can be invented for get a `Pseudonym`. Surrogates are random: the same input
    gives different ones each time. With a key they are the same in every document and every run
    with that key, locale and version of Faker. Only if a document already has the value, or two
    strings would get the same one, the later one gets another.

    Args:
        locale: of the values, such as `en_US` or `zh_CN`.
        key: secret that the values are drawn by; None draws at random.

    Raises:
        MissingExtraError: Faker is not installed.
        UsageError: Faker does not know the locale.
    """

    keeps_length = False

    def __init__(self, locale: str, key: Key | None = None) -> None:
        self._key = key
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
        """Begin a document with an empty table of surrogates."""
        known: dict[tuple[str, str], str] = {}
        numbered = Pseudonym(self._key).of(text)
        given = set[str]()

        def write(label: str, surface: str) -> str:
            key = (label, same(surface))
            if key not in known:
                known[key] = self._invented(label, surface, text, given) or numbered(label, surface)
                given.add(known[key])
            return known[key]

        return write

    def _invented(self, label: str, surface: str, text: str, given: set[str]) -> str | None:
        provider = INVENTED.get("".join(filter(str.isalnum, label.casefold())))
        if provider is None:
            return None
        values = (self._value(provider, surface, attempt) for attempt in range(ATTEMPTS))
        lines = (" ".join(value.split()) for value in values)
        return next((value for value in lines if value not in text and value not in given), None)

    def _value(self, provider: str, surface: str, attempt: int) -> str:
        if self._key is not None:
            self._faker.seed_instance(self._key.seed(f"{provider} {attempt}", surface))
        return str(self._faker.format(provider, **_UNTIL.get(provider, {})))
