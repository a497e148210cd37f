"""Italian documents: people, numbers and addresses of Italy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.it import codicefiscale

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import NAMES, Language, Postal, filled, ibans, people
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person

_MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
    "ottobre", "novembre", "dicembre",
)  # fmt: skip

_POSTAL = Postal(
    cities=(
        ("Roma (RM)", "001##"), ("Milano (MI)", "201##"), ("Torino (TO)", "101##"),
        ("Forlì (FC)", "47121"), ("Cantù (CO)", "22063"), ("Napoli (NA)", "801##"),
        ("L'Aquila (AQ)", "67100"), ("Bari (BA)", "701##"), ("Trieste (TS)", "341##"),
    ),
    streets=(
        "Via Garibaldi", "Via dell'Università", "Corso Italia", "Piazza San Marco",
        "Viale della Libertà", "Via XX Settembre", "Largo Augusto", "Vicolo Corto",
        "Via Monte Nero", "Strada Maggiore",
    ),
    street="{street}, {number}",
    place="{code} {city}",
    numbers=("%", "%#", "1##", "%#/A", "% int. %"),
)  # fmt: skip

_VOWELS = "aeiou"
_BIRTH_MONTHS = "ABCDEHLMPRST"
_TOWNS = ("H501", "F205", "L219", "D704", "F839", "A345", "A662", "L424", "Z112", "D612")


def _three(name: str, skip_second: bool) -> str:
    consonants = [each for each in name if each not in _VOWELS]
    if skip_second and len(consonants) > 3:
        del consonants[1]
    letters = consonants + [each for each in name if each in _VOWELS] + ["x"] * 3
    return "".join(letters[:3]).upper()


def fiscal_code(person: Person, rng: Random) -> str:
    """Return an Italian fiscal code of the person's name and birth date, with its check letter."""
    day = person.born.day + rng.choice((0, 40))
    body = (
        _three(person.latin_last, skip_second=False)
        + _three(person.latin_first, skip_second=True)
        + f"{person.born:%y}{_BIRTH_MONTHS[person.born.month - 1]}{day:02}"
        + rng.choice(_TOWNS)
    )
    return f"{body}{codicefiscale.calc_check_digit(body)}"


LANGUAGE = Language(
    person=people(
        ("it_IT",),
        ("libero.it", "tiscali.it", "virgilio.it", "alice.it", "gmail.com", "pec.it"),
    ),
    personal={
        **NAMES,
        "BIRTH_DATE": dates_as(
            ("{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}", "{dd}-{mm}-{yyyy}", "{d}.{m}.{yyyy}"),
            _MONTHS,
        ),
        "BIRTH_DATE.iso": dates.iso_birth_date,
        "ID_NUMBER.fiscal": fiscal_code,
    },
    values={
        **_POSTAL.slots(),
        "PHONE": filled(
            "333 #######", "347/#######", "328 ## ## ###", "+39 34# ### ####", "06 #### ####",
            "02-########", "0039 39# #######",
        ),
        "ID_NUMBER.card": filled("CA#####??", "??#######"),
        "ID_NUMBER.passport": filled("Y?#######"),
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": ibans("IT?######################"),
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
