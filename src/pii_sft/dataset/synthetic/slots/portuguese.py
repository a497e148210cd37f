"""Portuguese documents: people, numbers and addresses of Portugal and Brazil."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stdnum.pt import cc, nif

from pii_sft.dataset.synthetic.slots import dates, money, network
from pii_sft.dataset.synthetic.slots.languages import NAMES, Language, Postal, filled, ibans, people
from pii_sft.dataset.synthetic.slots.languages import dates as dates_as
from pii_sft.dataset.synthetic.slots.patterns import digits

if TYPE_CHECKING:
    from random import Random

_MONTHS = (
    "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
    "outubro", "novembro", "dezembro",
)  # fmt: skip

_POSTAL = Postal(
    cities=(
        ("Lisboa", "1%##-###"), ("Porto", "4%##-###"), ("Évora", "7000-###"),
        ("Guimarães", "4800-###"), ("Setúbal", "2900-###"), ("São Paulo - SP", "0%###-###"),
        ("Belém - PA", "66###-###"), ("Florianópolis - SC", "88###-###"), ("Faro", "8000-###"),
    ),
    streets=(
        "Rua das Flores", "Av. da Liberdade", "Travessa do Poço", "Largo de São João",
        "Rua 25 de Abril", "Praça da República", "Calçada do Monte", "Rua Conceição",
        "Estrada Nova", "Alameda dos Ipês",
    ),
    street="{street}, {number}",
    place="{code} {city}",
    numbers=("%", "%#", "n.º %#", "1##", "%#, %.º Esq.", "%##, apto %#"),
)  # fmt: skip


def tax_number(rng: Random) -> str:
    """Return a Portuguese tax number (NIF) with its check digit."""
    body = rng.choice("12") + digits(rng, 7)
    return money.grouped(body + nif.calc_check_digit(body), (3, 3, 3), rng.choice((" ", "")))


def citizen_card(rng: Random) -> str:
    """Return the number of a Portuguese citizen card with its check digit."""
    body = rng.choice("123") + digits(rng, 8) + "Z" + rng.choice("XYZ")
    number = body + cc.calc_check_digit(body)
    return money.grouped(number, (8, 1), rng.choice((" ", "")))


def person_number(rng: Random) -> str:
    """Return a Brazilian person number (CPF) with its check digits."""
    number = [int(each) for each in digits(rng, 9)]
    for length in (10, 11):
        total = sum(
            digit * weight for digit, weight in zip(number, range(length, 1, -1), strict=True)
        )
        number.append(-total % 11 % 10)
    text = "".join(map(str, number))
    return rng.choice((f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}", text))


LANGUAGE = Language(
    person=people(
        ("pt_PT", "pt_BR"),
        ("sapo.pt", "mail.pt", "gmail.com", "uol.com.br", "bol.com.br"),
    ),
    personal={
        **NAMES,
        "BIRTH_DATE": dates_as(
            ("{dd}/{mm}/{yyyy}", "{d} de {month} de {yyyy}", "{dd}-{mm}-{yyyy}", "{dd}.{mm}.{yy}"),
            _MONTHS,
        ),
        "BIRTH_DATE.iso": dates.iso_birth_date,
    },
    values={
        **_POSTAL.slots(),
        "PHONE": filled(
            "91# ### ###", "96#######", "+351 93# ### ###", "21 ### ## ##", "(11) 9####-####",
            "+55 21 9#### ####", "00351 22# ### ###",
        ),
        "ID_NUMBER.card": citizen_card,
        "ID_NUMBER.tax": tax_number,
        "ID_NUMBER.cpf": person_number,
        "BANK_CARD": money.english_card,
        "BANK_ACCOUNT.iban": ibans("PT#####################"),
        "IP_ADDRESS": network.ip_address,
    },
)  # fmt: skip
