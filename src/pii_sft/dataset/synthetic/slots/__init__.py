"""The values that stand in a template's slots: invented people, numbers and addresses.

A slot that belongs to a person (a name, an e-mail address, a birth date, a Chinese resident id)
is made from a `Person`, so that one document tells one story; every other slot is made from a
random generator alone. The tables below say which slots a language has and who makes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pii_sft.dataset.synthetic.slots import (
    addresses,
    dates,
    europe,
    ids,
    japanese,
    money,
    names,
    network,
    people,
    phones,
)
from pii_sft.dataset.synthetic.slots.languages import Language

_ENGLISH = Language(
    person=people.english_person,
    personal={
        "PERSON": names.full_name,
        "PERSON.first": names.first_name,
        "PERSON.last": names.last_name,
        "PERSON.lower": names.lower_name,
        "PERSON.firstlower": names.lower_first_name,
        "PERSON.formal": names.formal_name,
        "PERSON.initial": names.initial_name,
        "PERSON.capitals": names.capital_name,
        "EMAIL": network.english_email,
        "USERNAME": network.username,
        "BIRTH_DATE": dates.english_birth_date,
        "BIRTH_DATE.child": dates.english_child_birth_date,
        "BIRTH_DATE.day": dates.english_birth_day,
        "BIRTH_DATE.iso": dates.iso_birth_date,
    },
    values={
        "PHONE": phones.english_phone,
        "PHONE.us": phones.us_phone,
        "PHONE.uk": phones.uk_phone,
        "ADDRESS": addresses.english_address,
        "ADDRESS.lines": addresses.english_address_lines,
        "ADDRESS.street": addresses.english_street,
        "ID_NUMBER": ids.english_id,
        "ID_NUMBER.ssn": ids.social_security_number,
        "ID_NUMBER.nino": ids.national_insurance_number,
        "ID_NUMBER.sin": ids.social_insurance_number,
        "ID_NUMBER.nhs": ids.nhs_number,
        "ID_NUMBER.passport": ids.english_passport,
        "ID_NUMBER.licence": ids.english_licence,
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": money.iban,
        "BANK_ACCOUNT.number": money.english_account,
        "IP_ADDRESS": network.ip_address,
    },
)

_CHINESE = Language(
    person=people.chinese_person,
    personal={
        "PERSON": names.full_name,
        "PERSON.first": names.first_name,
        "PERSON.last": names.last_name,
        "PERSON.nick": names.chinese_nickname,
        "PERSON.latin": names.latin_name,
        "EMAIL": network.chinese_email,
        "USERNAME": network.username,
        "BIRTH_DATE": dates.chinese_birth_date,
        "BIRTH_DATE.child": dates.chinese_child_birth_date,
        "BIRTH_DATE.day": dates.chinese_birth_day,
        "BIRTH_DATE.iso": dates.iso_birth_date,
        "ID_NUMBER.resident": ids.resident_id,
    },
    values={
        "PHONE": phones.chinese_phone,
        "ADDRESS": addresses.chinese_address,
        "ADDRESS.lines": addresses.chinese_address_lines,
        "ADDRESS.home": addresses.chinese_home,
        "ID_NUMBER.passport": ids.chinese_passport,
        "ID_NUMBER.permit": ids.travel_permit,
        "ID_NUMBER.credit": ids.credit_code,
        "BANK_CARD": money.chinese_card,
        "BANK_ACCOUNT.number": money.chinese_account,
        "BANK_ACCOUNT.iban": money.iban,
        "IP_ADDRESS": network.ip_address,
    },
)

LANGUAGES: Mapping[str, Language] = {
    **europe.LANGUAGES,
    "en": _ENGLISH,
    "ja": japanese.LANGUAGE,
    "zh": _CHINESE,
}
"""People of the documents of a language, and makers of its slots."""
