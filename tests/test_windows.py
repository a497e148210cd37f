"""Where long documents are cut, and which of two opinions counts where windows overlap."""

from __future__ import annotations

import pytest

from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span, checked
from pii_sft.windows import cut, merge, placed, window_of
from tests.conftest import annotated


def texts(text: str, limit: int, overlap: int = 0) -> list[str]:
    return [window.text for window in cut(Document("d", text), limit, overlap)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One two. Three four. Five.", ["One two. ", "Three four. ", "Five."]),
        ("One two\nThree four\r\nFive", ["One two\n", "Three four\r\n", "Five"]),
        ('He said "no." Then he left.', ['He said "no." ', "Then he left."]),
        ("今天天气好。明天呢？“好！”他说。", ["今天天气好。明天呢？", "“好！”他说。"]),
        ("كيف حالك؟ بخير الآن", ["كيف حالك؟ ", "بخير الآن"]),
        ("वह आया। वह गया। हाँ", ["वह आया। ", "वह गया। हाँ"]),
        ("costs 3.50 or 4.75 each", ["costs 3.50 or ", "4.75 each"]),
        ("甲乙丙丁戊，己庚辛壬癸子丑寅", ["甲乙丙丁戊，", "己庚辛壬癸子丑寅"]),
        ("甲乙丙丁戊己庚辛壬癸子丑寅卯", ["甲乙丙丁戊己庚辛壬癸子丑", "寅卯"]),
    ],
)
def test_windows_end_where_a_reader_would_pause(text: str, pieces: list[str]) -> None:
    assert texts(text, 14 if text.isascii() else 12) == pieces


def test_what_fits_stays_as_it_is() -> None:
    document = annotated("d", "Ann Lee", ("Ann Lee", "PERSON"))
    assert cut(document, 7) == (document,)


def test_an_empty_text_stays_as_it_is() -> None:
    document = Document("d", "")
    assert cut(document, 1) == (document,)


def test_windows_overlap_by_whole_sentences() -> None:
    assert texts("Aa bb. Cc dd. Ee ff. Gg hh.", 21, 8) == [
        "Aa bb. Cc dd. Ee ff. ",
        "Ee ff. Gg hh.",
    ]


def test_no_overlap_begins_inside_a_word() -> None:
    assert texts("Some long sentence here.\nAnother one follows it.\n", 25, 4) == [
        "Some long sentence here.\n",
        "Another one follows it.\n",
    ]


def test_a_window_is_named_after_its_document_and_says_where_it_stands() -> None:
    document = annotated("a", "First line\nBob came\n", ("Bob", "PERSON"), group="g")
    first, second = cut(document, 12)
    assert (first.id, second.id) == ("a#w1", "a#w2")
    assert second.spans == (Span(0, 3, "PERSON"),)
    assert second.meta == {
        "group": "g",
        "window": {"document": "a", "start": 11, "end": 20},
    }


def test_a_sentence_end_inside_a_span_is_none() -> None:
    document = annotated("d", "He saw Dr. Who. Then left", ("Dr. Who", "PERSON"))
    assert [each.text for each in cut(document, 17)] == ["He saw Dr. Who. ", "Then left"]
    assert [each.text for each in cut(document, 10)] == ["He saw ", "Dr. Who. ", "Then left"]


def test_a_span_longer_than_the_limit_gets_a_window_of_its_own() -> None:
    document = annotated("d", "to 1 Long Lane, Rome now", ("1 Long Lane, Rome", "ADDRESS"))
    assert [each.text for each in cut(document, 6, 3)] == ["to ", "1 Long Lane, Rome", " now"]


def test_characters_stay_whole() -> None:
    family = "👩\u200d👩\u200d👧"
    assert texts(family * 3, 7) == [family] * 3
    assert texts("e\u0301" * 3, 3) == ["e\u0301"] * 3


def test_a_character_longer_than_the_limit_is_cut_at_last() -> None:
    assert "".join(texts("a" + "\u0301" * 9, 4)) == "a" + "\u0301" * 9


@pytest.mark.parametrize(("limit", "overlap"), [(0, 0), (-1, 0), (5, 5), (5, -1)])
def test_limits_that_can_not_be(limit: int, overlap: int) -> None:
    with pytest.raises(UsageError, match="can't be"):
        cut(Document("d", "text"), limit, overlap)


LONG = Document("d", "0123456789" * 3)


def predicted(*spans: tuple[int, int, str], start: int, end: int) -> Document:
    """A window of LONG with spans whose offsets are those of the document."""
    place = {"document": "d", "start": start, "end": end}
    moved = [Span(left - start, right - start, label) for left, right, label in spans]
    return checked(f"w{start}", LONG.text[start:end], moved, {"window": place})


def test_the_span_farther_from_an_edge_counts() -> None:
    first = predicted((14, 20, "NAME"), start=0, end=20)
    second = predicted((14, 23, "NAME"), start=10, end=30)
    assert merge(LONG, [first, second]) == (Span(14, 23, "NAME"),)


def test_so_does_its_label() -> None:
    first = predicted((16, 20, "CITY"), start=0, end=20)
    second = predicted((16, 20, "NAME"), start=10, end=30)
    assert merge(LONG, [first, second]) == (Span(16, 20, "NAME"),)


def test_what_both_found_is_there_once_and_comes_from_the_better_window() -> None:
    first = predicted((2, 4, "X"), (16, 18, "NAME"), start=0, end=20)
    second = predicted((16, 18, "NAME"), start=10, end=30)
    found = placed(LONG, [first, second])
    assert [(each.span.start, each.window, each.index) for each in found] == [(2, 0, 0), (16, 1, 0)]


def test_what_only_one_found_is_kept() -> None:
    first = predicted((12, 14, "NAME"), start=0, end=20)
    second = predicted(start=10, end=30)
    assert merge(LONG, [first, second]) == (Span(12, 14, "NAME"),)


def test_nesting_is_kept_where_one_window_has_both() -> None:
    first = predicted((12, 18, "PLACE"), start=0, end=20)
    second = predicted((12, 18, "PLACE"), (12, 14, "CITY"), start=10, end=30)
    assert len(merge(LONG, [first, second])) == 2


def test_the_edges_of_the_document_are_no_cuts() -> None:
    first = predicted((0, 5, "NAME"), start=0, end=20)
    second = predicted((4, 8, "NAME"), start=3, end=30)
    assert merge(LONG, [first, second]) == (Span(0, 5, "NAME"),)


def test_a_document_that_was_not_cut_is_its_own_window() -> None:
    document = annotated("d", "Ann met Ann", ("Ann", "P"))
    assert merge(document, [document]) == document.spans
    assert window_of(document) is None


def test_windows_of_another_document_are_refused() -> None:
    with pytest.raises(UsageError, match="is not of document"):
        merge(Document("e", LONG.text), [predicted(start=0, end=20)])
