"""French documents: people, numbers and addresses of France and Belgium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.fr import nir

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import NAMES, Language, Postal, filled, ibans, people
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person

_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip

_POSTAL = Postal(
    cities=(
        ("Paris", "750%#"), ("Lyon", "6900%"), ("Marseille", "1300%"), ("Nantes", "44000"),
        ("Rennes", "35000"), ("Besançon", "25000"), ("Aix-en-Provence", "13100"),
        ("Saint-Étienne", "42000"), ("Bruxelles", "1##0"), ("Liège", "4000"), ("Tours", "37000"),
    ),
    streets=(
        "rue Victor Hugo", "avenue de la République", "rue du Moulin", "boulevard Voltaire",
        "place de l'Église", "chemin des Vignes", "impasse des Lilas", "rue Jean-Jaurès",
        "allée des Tilleuls", "quai de la Fosse", "rue de l'Abbé-Grégoire",
    ),
    street="{number} {street}",
    place="{code} {city}",
    numbers=("%", "%#", "1##", "%# bis", "% ter", "%#,"),
)  # fmt: skip


def national_number(person: Person, rng: Random) -> str:
    """Return a French social security number (NIR) with its check digits."""
    department = f"{rng.choice([each for each in range(1, 96) if each != 20]):02}"
    commune, order = f"{rng.randrange(1, 600):03}", f"{rng.randrange(1, 999):03}"
    body = rng.choice("12") + f"{person.born:%y%m}" + department + commune + order
    number = body + nir.calc_check_digits(body)
    return money.grouped(number, (1, 2, 2, 2, 3, 3), rng.choice((" ", " ", "")))


def identity_card(rng: Random) -> str:
    """Return a number of the form of a French identity card."""
    return "".join(rng.choices("BCDFGHJKLMNPQRTVWXYZ0123456789", k=8)) + digits(rng, 1)


LANGUAGE = Language(
    person=people(
        ("fr_FR", "fr_FR", "fr_CA"),
        ("orange.fr", "free.fr", "laposte.net", "sfr.fr", "wanadoo.fr", "outlook.fr"),
    ),
    personal={
        **NAMES,
        "BIRTH_DATE": dates_as(
            ("{dd}/{mm}/{yyyy}", "{d} {month} {yyyy}", "{dd}.{mm}.{yyyy}", "{dd}/{mm}/{yy}"),
            _MONTHS,
        ),
        "BIRTH_DATE.iso": dates.iso_birth_date,
        "ID_NUMBER.social": national_number,
    },
    values={
        **_POSTAL.slots(),
        "PHONE": filled(
            "06 ## ## ## ##", "07.##.##.##.##", "06########", "+33 6 ## ## ## ##", "01 4# ## ## ##",
            "+33 (0)2 4# ## ## ##", "0033 7########", "+32 47# ## ## ##",
        ),
        "ID_NUMBER.card": identity_card,
        "ID_NUMBER.passport": filled("##??#####"),
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": ibans(
            "FR#######################", "FR##########0%#########0#", "BE############"
        ),
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
