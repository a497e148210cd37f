"""Strings that are the same to a reader are found in whatever spelling, as words of their own."""

from __future__ import annotations

import unicodedata

import pytest

from pii_sft.redaction.redact import redact
from pii_sft.redaction.same_strings import Places, parts_of, same
from pii_sft.redaction.styles import Label, Pseudonym
from pii_sft.spans import Document, Span

SAME = [
    ("José", "José"),
    ("José", "JOSE"),
    ("Jose", "José"),
    ("Ann Lee", "Ａｎｎ　Ｌｅｅ"),
    ("Straße", "STRASSE"),
    ("STRASSE", "straße"),
    ("İpek", "ipek"),
    ("ışık", "IŞIK"),
    ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
    ("Ⴌino", "ⴌino"),
    ("ПЁТР", "Петр"),
    ("Łukasz", "lukasz"),
    ("Sørensen", "Sorensen"),
    ("Æthel", "Aethel"),
    ("ﬁona", "FIONA"),
    ("555-1234", "5551234"),
    ("5551234", "555–1234"),
    ("+1 (555) 123-4567", "1 555.123.4567"),
    ("１２３４５６", "123456"),
    ("٣٤٥٦٧٨", "345678"),
    ("Jean-Luc", "Jean Luc"),
    ("Jean-Luc", "Jeanluc"),
    ("Jean-Luc", "Jean\N{NON-BREAKING HYPHEN}Luc"),
    ("Anna", "An\u00adna"),
    ("Anna", "An\u200bna"),
    ("O'Brien", "O’Brien"),
    ("O'Brien", "OBrien"),
    ("Ann Lee", "Ann\n\t Lee"),
    ("Ann Lee", "ann_lee"),
    ("ガス", "ｶﾞｽ"),
    ("李", "李"),
    ("Müller", "Mueller"),
    ("Mueller", "MÜLLER"),
    ("김민준", unicodedata.normalize("NFD", "김민준")),
]


@pytest.mark.parametrize(("surface", "other"), SAME)
def test_every_spelling_is_found(surface: str, other: str) -> None:
    text = f"{surface} / {other}."
    document = Document("d", text)
    spans = [Span(0, len(surface), "P")]
    assert redact(document, spans, Label()).standing == 1
    done = redact(document, spans, Label(), everywhere=True)
    assert done.document.text == "[P] / [P]."
    assert done.standing == 0


@pytest.mark.parametrize(("surface", "other"), SAME)
def test_pseudonyms_count_strings_as_they_are_sought(surface: str, other: str) -> None:
    text = f"{surface} / {other}."
    spans = [Span(0, len(surface), "P"), Span(len(surface) + 3, len(text) - 1, "P")]
    expected = "P_1 / P_1." if same(surface) == same(other) else "P_1 / P_2."
    assert redact(Document("d", text), spans, Pseudonym()).document.text == expected


@pytest.mark.parametrize(
    ("surface", "other"),
    [
        ("Ann", "Annabel"),
        ("Ann", "Joann"),
        ("Lee", "Lea"),
        ("A", "a"),
        ("7", "7"),
        ("1/11/1980", "11/1/1980"),
        ("555-1234", "15551234"),
        ("-", "--"),
        ("เก", "เกม"),
    ],
)
def test_other_strings_are_not(surface: str, other: str) -> None:
    document = Document("d", f"{surface} | {other} |")
    done = redact(document, [Span(0, len(surface), "P")], Label(), everywhere=True)
    assert done.document.text.endswith(f" | {other} |") or surface == "เก"


@pytest.mark.parametrize("edge", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff"])
def test_what_nobody_sees_hides_no_word(edge: str) -> None:
    document = Document("d", f"Ann; {edge}Ann{edge} lives.")
    done = redact(document, [Span(0, 3, "P")], Label(), everywhere=True)
    assert done.document.text == "[P]; [P] lives."


def test_no_number_of_longer_words_hides_the_string_behind_them() -> None:
    text = f"Ann. {'Annabel ' * 2000}Ann."
    done = redact(Document("d", text), [Span(0, 3, "P")], Label(), everywhere=True)
    assert done.document.text.endswith("Annabel [P].")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ann Lee", ["Ann", "Lee"]),
        ("J. R. R. Tolkien", ["Tolkien"]),
        ("Juan de la Cruz", ["Juan", "Cruz"]),
        ("Anne-Marie Lee", ["Anne", "Marie", "Lee"]),
        ("ann lee", ["ann", "lee"]),
        ("Ann", []),
        ("王伟", []),
    ],
)
def test_parts_of_names(name: str, parts: list[str]) -> None:
    assert parts_of(name) == parts


def test_parts_are_replaced_where_asked() -> None:
    text = "Ann Lee, LEE and Ann of Lee Street, Rome; Rome's Lees"
    document, spans = Document("d", text), [Span(0, 7, "PERSON"), Span(36, 40, "CITY")]
    whole = redact(document, spans, Label(), everywhere=True).document.text
    assert whole == "[PERSON], LEE and Ann of Lee Street, [CITY]; [CITY]'s Lees"
    parts = redact(document, spans, Label(), everywhere=True, parts=["PERSON"]).document.text
    assert parts == "[PERSON], [PERSON] and [PERSON] of [PERSON] Street, [CITY]; [CITY]'s Lees"


def test_a_string_without_letters_keeps_a_form_of_its_own() -> None:
    assert same("--") == "--"
    assert list(Places("-- --").of("--")) == []
