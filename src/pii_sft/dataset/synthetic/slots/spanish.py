"""Spanish documents: people, numbers and addresses of Spain and Mexico."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.es import ccc, dni, nie
from stdnum.iso7064 import mod_97_10

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import NAMES, Language, Postal, filled, people
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits

if TYPE_CHECKING:
    from random import Random

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
)  # fmt: skip

_POSTAL = Postal(
    cities=(
        ("Madrid", "280##"), ("Barcelona", "080##"), ("Sevilla", "410##"), ("Valencia", "460##"),
        ("A Coruña", "150##"), ("Logroño", "260##"), ("Málaga", "290##"), ("Cádiz", "110##"),
        ("Ciudad de México", "0%##0"), ("Guadalajara", "44##0"), ("Mérida", "97##0"),
    ),
    streets=(
        "Calle Mayor", "C/ del Pino", "Avda. de la Constitución", "Plaza de España",
        "Paseo de Gracia", "Calle San Sebastián", "Ronda de Atocha", "Camino Viejo",
        "Travesía del Olmo", "Calle Niña Bonita",
    ),
    street="{street}, {number}",
    place="{code} {city}",
    numbers=("%", "%#", "1##", "%#, %º ?", "%, bajo izda.", "nº %#"),
)  # fmt: skip


def identity_number(rng: Random) -> str:
    """Return a Spanish DNI, or one time in five the NIE of a foreigner, with its letter."""
    if rng.random() < 0.2:
        body = rng.choice("XYZ") + digits(rng, 7)
        return rng.choice(("-", "")).join((body, nie.calc_check_digit(body)))
    body = digits(rng, 8)
    return rng.choice(("-", " ", "", "")).join((body, dni.calc_check_digit(body)))


def iban(rng: Random) -> str:
    """Return a Spanish bank account number with both kinds of check digits."""
    account = digits(rng, 18)
    national = account[:8] + ccc.calc_check_digits(account[:8] + "00" + account[8:]) + account[8:]
    check = mod_97_10.calc_check_digits(national + "ES")
    return money.grouped(f"ES{check}{national}", (4,) * 8, rng.choice((" ", "")))


LANGUAGE = Language(
    person=people(
        ("es_ES", "es_ES", "es_MX"),
        ("hotmail.es", "telefonica.es", "yahoo.es", "gmail.com", "outlook.es"),
    ),
    personal={
        **NAMES,
        "BIRTH_DATE": dates_as(
            ("{dd}/{mm}/{yyyy}", "{d} de {month} de {yyyy}", "{dd}-{mm}-{yyyy}", "{d}/{m}/{yy}"),
            _MONTHS,
        ),
        "BIRTH_DATE.iso": dates.iso_birth_date,
    },
    values={
        **_POSTAL.slots(),
        "PHONE": filled(
            "6## ### ###", "6## ## ## ##", "6########", "+34 6## ### ###", "91 ### ## ##",
            "0034 7## ### ###", "+52 55 #### ####", "(954) ## ## ##",
        ),
        "ID_NUMBER.card": identity_number,
        "ID_NUMBER.passport": filled("???######", "PA######"),
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": iban,
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
