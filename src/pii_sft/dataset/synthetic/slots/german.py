"""German documents: people, numbers and addresses of Germany, Austria and Switzerland."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.iso7064 import mod_11_10

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import NAMES, Language, Postal, filled, ibans, people
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits, fill

if TYPE_CHECKING:
    from random import Random

_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip

_POSTAL = Postal(
    cities=(
        ("Berlin", "10###"), ("Hamburg", "20###"), ("München", "80###"), ("Köln", "50###"),
        ("Leipzig", "04###"), ("Freiburg im Breisgau", "79###"), ("Münster", "481##"),
        ("Görlitz", "028##"), ("Nürnberg", "90###"), ("Kiel", "241##"), ("Wien", "1##0"),
        ("Graz", "80##"), ("Zürich", "80##"), ("Bern", "30##"),
    ),
    streets=(
        "Hauptstraße", "Lindenallee", "Bahnhofstr.", "Goethestraße", "Am Mühlbach", "Schulgasse",
        "Kirchweg", "Rosenweg", "Königsplatz", "Bergstraße", "Alte Landstr.", "Ringstraße",
    ),
    street="{street} {number}",
    place="{code} {city}",
)  # fmt: skip


def tax_id(rng: Random) -> str:
    """Return a German tax number (Identifikationsnummer) with its check digit.

    One digit stands there twice, and one not at all, as in the numbers given out before 2016.
    """
    chosen = rng.sample("0123456789", 9)
    body = [*chosen, rng.choice(chosen)]
    rng.shuffle(body)
    while body[0] == "0":
        rng.shuffle(body)
    number = "".join(body)
    number += mod_11_10.calc_check_digit(number)
    return money.grouped(number, (2, 3, 3, 3), rng.choice((" ", "")))


def identity_card(rng: Random) -> str:
    """Return the number of a German identity card with its check digit (ICAO 9303)."""
    body = rng.choice("LMNPRTVWXY") + "".join(rng.choices("0123456789CFGHJKLMNPRTVWXYZ", k=8))
    return f"{body}{check_digit(body)}" if rng.random() < 0.6 else body


def check_digit(number: str) -> int:
    """Return the check digit of a number on an identity document (ICAO 9303, part 3)."""
    weights = (7, 3, 1) * 3
    return sum(int(each, 36) * weight for each, weight in zip(number, weights, strict=True)) % 10


def social_security(rng: Random) -> str:
    """Return a number of the form of a German social security number."""
    birth = f"{rng.randrange(1, 29):02}{rng.randrange(1, 13):02}{digits(rng, 2)}"
    return fill(f"%# {birth} ? ###", rng)


LANGUAGE = Language(
    person=people(
        ("de_DE", "de_DE", "de_AT"),
        ("web.de", "gmx.de", "t-online.de", "posteo.de", "freenet.de", "mailbox.org"),
    ),
    personal={
        **NAMES,
        "BIRTH_DATE": dates_as(
            ("{dd}.{mm}.{yyyy}", "{d}.{m}.{yyyy}", "{d}. {month} {yyyy}", "{d}.{m}.{yy}",
             "{yyyy}-{mm}-{dd}"),
            _MONTHS,
        ),
        "BIRTH_DATE.iso": dates.iso_birth_date,
    },
    values={
        **_POSTAL.slots(),
        "PHONE": filled(
            "0151 %#######", "0170/%######", "+49 176 %#######", "030 %######", "(089) %## ## ##",
            "0221-%######", "+49 (0)40 %#### ##", "0043 664 %######", "+41 79 ### ## ##",
        ),
        "ID_NUMBER.card": identity_card,
        "ID_NUMBER.tax": tax_id,
        "ID_NUMBER.social": social_security,
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": ibans(
            "DE##################", "DE##################", "AT################",
            "CH#################",
        ),
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
