"""Altered copies: exact offsets, one story a document, nothing from outside."""

from __future__ import annotations

from random import Random

import pytest

from pii_sft.dataset.options import parse_augment
from pii_sft.dataset.selection.augment import (
    KINDS,
    Alter,
    SurfacePool,
    alterations,
    script,
)
from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span, checked
from tests.conftest import annotated

DOCUMENT = annotated(
    "d",
    "Ann Lee 😀 met Bob Ray in Rome. ANN LEE left, ann lee stayed.",
    ("Ann Lee", "PERSON"),
    ("Bob Ray", "PERSON"),
    ("Rome", "CITY"),
    ("ANN LEE", "PERSON"),
    ("ann lee", "PERSON"),
)


def pool(*documents: Document) -> SurfacePool:
    made = SurfacePool()
    for document in documents:
        made.add(document)
    return made


OTHERS = pool(
    annotated("o", "Maximilian Stone of Oslo", ("Maximilian Stone", "PERSON"), ("Oslo", "CITY")),
    annotated("c", "王芳 in 北京", ("王芳", "PERSON"), ("北京", "CITY")),
)


def altered(
    kind: str, document: Document, source: SurfacePool = OTHERS, seed: int = 1
) -> Document | None:
    alter: Alter = alterations([kind], source)[kind]
    return alter(document, Random(seed))


def surfaces(document: Document) -> list[str]:
    return [document.surface(span) for span in document.spans]


def test_a_surface_becomes_the_same_other_one_throughout() -> None:
    made = altered("swap", DOCUMENT)
    assert made is not None
    assert surfaces(made) == [
        *("Maximilian Stone", "Maximilian Stone", "Oslo"),
        *("MAXIMILIAN STONE", "maximilian stone"),
    ]
    assert made.text == (
        "Maximilian Stone 😀 met Maximilian Stone in Oslo. "
        "MAXIMILIAN STONE left, maximilian stone stayed."
    )
    assert [span.label for span in made.spans] == [span.label for span in DOCUMENT.spans]


def test_different_people_stay_different_where_there_are_enough() -> None:
    names = [f"Person{number} Name" for number in range(50)]
    many = pool(*(annotated(name, name, (name, "PERSON")) for name in names))
    made = [altered("swap", DOCUMENT, many, seed) for seed in range(20)]
    different = [each for each in made if each and surfaces(each)[0] != surfaces(each)[1]]
    assert len(different) > 15


def test_a_surface_is_swapped_for_one_of_its_script() -> None:
    made = altered("swap", annotated("z", "李雷在上海", ("李雷", "PERSON"), ("上海", "CITY")))
    assert made is not None
    assert made.text == "王芳在北京"


def test_nothing_to_swap_with_is_no_copy() -> None:
    assert altered("swap", DOCUMENT, SurfacePool()) is None
    assert altered("swap", Document("n", "No entities here.")) is None


def test_spans_that_overlap_stay_and_move_along() -> None:
    text = "Ann Lee of New York Bank, Rome"
    spans = [Span(0, 7, "PERSON"), Span(11, 24, "ORG"), Span(11, 19, "CITY"), Span(26, 30, "CITY")]
    made = altered("swap", checked("d", text, spans))
    assert made is not None
    assert made.text == "Maximilian Stone of New York Bank, Oslo"
    assert surfaces(made) == ["Maximilian Stone", "New York Bank", "New York", "Oslo"]


def test_a_span_across_two_others_keeps_all_three() -> None:
    spans = [Span(0, 3, "P"), Span(2, 6, "P"), Span(5, 8, "P"), Span(9, 12, "CITY")]
    made = altered("swap", checked("d", "abcdefgh Rom", spans))
    assert made is not None
    assert made.text == "abcdefgh Oslo"
    assert made.spans[:3] == tuple(spans[:3])


@pytest.mark.parametrize("kind", ["case", "width", "ocr"])
@pytest.mark.parametrize("seed", range(8))
def test_other_changes_keep_every_offset(kind: str, seed: int) -> None:
    text = "İstanbul ﬁn 0O1l5S ß Straße: Ann Lee, 4 Long Lane 大人 e\u0301 😀 Zoë"
    document = annotated("d", text * 4, ("Ann Lee", "PERSON"), ("4 Long Lane", "ADDRESS"))
    made = altered(kind, document, seed=seed)
    assert made is not None
    assert len(made.text) == len(document.text)
    assert made.spans == document.spans
    assert made.text != document.text


def test_full_width_is_for_letters_and_digits() -> None:
    made = altered("width", Document("d", "No. 12, 王"))
    assert made is not None
    assert made.text == "Ｎｏ. １２, 王"


@pytest.mark.parametrize("kind", ["case", "width", "ocr"])
def test_what_can_not_be_changed_is_no_copy(kind: str) -> None:
    assert altered(kind, Document("d", "。！？ …")) is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_lot_gives_the_same_copy(kind: str) -> None:
    assert altered(kind, DOCUMENT, seed=5) == altered(kind, DOCUMENT, seed=5)


def test_shares_are_read() -> None:
    assert parse_augment("swap=0.3,case=1") == {"swap": 0.3, "case": 1.0}


@pytest.mark.parametrize(
    "text", ["", "swap", "swap=", "swap=0", "swap=1.1", "swap=x", "spin=0.1", "swap=0.1,swap=0.2"]
)
def test_shares_that_can_not_be(text: str) -> None:
    with pytest.raises(UsageError, match="--augment"):
        parse_augment(text)


@pytest.mark.parametrize(
    ("surface", "kind"),
    [
        ("Ann", "letters"),
        ("Иван 3", "letters"),
        ("555-1234", "digits"),
        ("王 Lee", "east asian"),
        ("김", "east asian"),
    ],
)
def test_scripts(surface: str, kind: str) -> None:
    assert script(surface) == kind


def test_a_pool_is_bounded_and_does_not_depend_on_order() -> None:
    documents = [annotated(str(n), f"n{n}", (f"n{n}", "P")) for n in range(9000)]
    forwards, backwards = pool(*documents), pool(*reversed(documents))
    assert len(forwards.of("P", "letters")) == 2000
    assert forwards.of("P", "letters") == backwards.of("P", "letters")
