"""The ways a birth date is written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from pii_sft.dataset.synthetic.slots.people import Person

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _ordinal(day: int) -> str:
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


def _english_date(day: date, rng: Random) -> str:
    """Return a date in one of the many ways English writes dates."""
    month = _MONTHS[day.month - 1]
    return rng.choice(
        (
            day.isoformat(),
            f"{day:%d/%m/%Y}",
            f"{day:%m/%d/%Y}",
            f"{day.month}/{day.day}/{day:%y}",
            f"{day:%d.%m.%Y}",
            f"{day:%d-%m-%Y}",
            f"{month} {day.day}, {day.year}",
            f"{month} {_ordinal(day.day)}, {day.year}",
            f"{day.day} {month} {day.year}",
            f"{_ordinal(day.day)} {month} {day.year}",
            f"{_ordinal(day.day)} of {month} {day.year}",
            f"{day.day} {month[:3]} {day.year}",
            f"{month[:3]} {day.day} {day.year}",
            f"{day.day:02}-{month[:3].upper()}-{day.year}",
        )
    )


def _as_child(born: date) -> date:
    """Return the same day in a year that makes its owner a school child."""
    return date(2010 + born.year % 10, born.month, min(born.day, 28))


def english_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date in English."""
    return _english_date(person.born, rng)


def english_child_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date, in English, of somebody who goes to school."""
    return _english_date(_as_child(person.born), rng)


def english_birth_day(person: Person, rng: Random) -> str:
    """Return the birth date without its year."""
    month, day = _MONTHS[person.born.month - 1], person.born.day
    return rng.choice((f"{month} {day}", f"{month} {_ordinal(day)}", f"{_ordinal(day)} of {month}"))


def iso_birth_date(person: Person, _rng: Random) -> str:
    """Return the birth date as `YYYY-MM-DD`, for records and code."""
    return person.born.isoformat()


def _chinese_date(day: date, rng: Random) -> str:
    """Return a date in one of the ways Chinese writes dates."""
    year = str(day.year).translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    return rng.choice(
        (
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year} 年 {day.month} 月 {day.day} 日",
            f"{day:%y}年{day.month}月{day.day}号",
            day.isoformat(),
            f"{day.year}.{day.month}.{day.day}",
            f"{day:%Y/%m/%d}",
            f"{day:%Y%m%d}",
            f"{year}年{_small_numeral(day.month)}月{_small_numeral(day.day)}日",
        )
    )


def chinese_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date in Chinese."""
    return _chinese_date(person.born, rng)


def chinese_child_birth_date(person: Person, rng: Random) -> str:
    """Return the birth date, in Chinese, of somebody who goes to school."""
    return _chinese_date(_as_child(person.born), rng)


def chinese_birth_day(person: Person, rng: Random) -> str:
    """Return the birth date without its year."""
    return f"{person.born.month}月{person.born.day}{rng.choice('日号')}"


def _small_numeral(number: int) -> str:
    """Return a number below 100 in Chinese numerals."""
    ones = " 一二三四五六七八九"
    tens, rest = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else ones[tens] + "十"
    return head + ones[rest].strip()
