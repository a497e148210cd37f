"""Redaction: nothing of a span is left, nothing else changes, and the new spans are exact."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.align import splits_character
from pii_sft.errors import UsageError
from pii_sft.files import read_documents
from pii_sft.redaction.redact import Redacted, mask_all, redact, regions
from pii_sft.redaction.redact_files import Annotated, redact_files
from pii_sft.redaction.styles import (
    BLOCK,
    Hash,
    Label,
    Mask,
    Pseudonym,
    Style,
)
from pii_sft.spans import Document, Span, reading_order
from tests.conftest import annotated
from tests.redaction.redacted import KEY, redacted

EVERY = [Label(), Mask(), Pseudonym(), Hash(KEY)]


def test_each_style() -> None:
    document = annotated("d", "Ann met ANN in Rome.", ("Ann", "PERSON"), ("Rome", "CITY"))
    spans = [*document.spans, Span(8, 11, "PERSON")]
    texts = [redact(document, spans, style).document.text for style in EVERY]
    assert texts[0] == "[PERSON] met [PERSON] in [CITY]."
    assert texts[1] == "███ met ███ in ████."
    assert texts[2] == "PERSON_1 met PERSON_1 in CITY_1."
    assert re.fullmatch(r"(PERSON_[0-9a-f]{16}) met \1 in CITY_[0-9a-f]{16}\.", texts[3])


def test_of_nested_spans_the_outermost_is_replaced() -> None:
    assert redacted("Bank of Rome.", (8, 12, "CITY"), (0, 12, "ORG")) == "[ORG]."


def test_spans_that_overlap_are_replaced_together_under_the_longest() -> None:
    assert redacted("abcdefgh", (0, 3, "A"), (2, 7, "B"), (6, 8, "C")) == "[B]"
    assert redacted("abcdef", (0, 3, "B"), (2, 5, "A")) == "[B]f"


def test_spans_that_touch_stay_apart() -> None:
    assert redacted("王伟北京", (0, 2, "人名"), (2, 4, "城市")) == "[人名][城市]"


def test_of_equal_bounds_the_first_label_is_taken() -> None:
    assert redacted("Rome", (0, 4, "PERSON"), (0, 4, "CITY")) == "[CITY]"


def test_meta_that_may_tell_who_it_is_about_is_dropped() -> None:
    document = Document("d", "x", meta={"language": "en", "group": "Ann", "source": "ann.txt"})
    assert redact(document, [], Label()).document.meta == {"language": "en"}
    kept = redact(document, [], Label(), keep_meta=["group", "none"]).document.meta
    assert kept == {"group": "Ann"}


def test_strings_that_stand_elsewhere_are_counted_or_replaced() -> None:
    document = Document("d", "Ann Lee met ann\n lee, Annalee and Bob.")
    spans = [Span(0, 7, "P"), Span(34, 37, "P")]
    once = redact(document, spans, Label())
    assert once.document.text == "[P] met ann\n lee, Annalee and [P]."
    assert once.standing == 1
    everywhere = redact(document, spans, Label(), everywhere=True)
    assert everywhere.document.text == "[P] met [P], Annalee and [P]."
    assert everywhere.standing == 0


def test_single_characters_are_not_sought_elsewhere() -> None:
    document = Document("d", "A is a b")
    assert (
        redact(document, [Span(0, 1, "X")], Label(), everywhere=True).document.text == "[X] is a b"
    )


@pytest.mark.parametrize("label", ["Ann", "AnnLee", "HIV patient", "HUMAN", "city", "\x1b[2J"])
def test_a_label_that_a_model_made_up_is_not_written(label: str) -> None:
    document, spans = Document("d", "Ann Lee of Rome"), [Span(0, 7, label), Span(11, 15, "CITY")]
    done = redact(document, spans, Label(), known=["CITY"])
    assert done.document.text == "[UNKNOWN] of [CITY]"
    assert [span.label for span in done.document.spans] == ["UNKNOWN", "CITY"]
    for known in (None, [label, "CITY"]):
        assert redact(document, spans, Label(), known=known).document.text == f"[{label}] of [CITY]"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Jose\u0301 came", (0, 4)),
        ("\U0001f1e9\U0001f1ea came", (0, 1)),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 came", (2, 3)),
        ("\U0001f44b\U0001f3fd came", (1, 2)),
    ],
)
def test_no_half_of_a_character_is_left(text: str, span: tuple[int, int]) -> None:
    assert redacted(text, (*span, "P")) == "[P] came"


def test_a_text_that_nobody_understood_is_masked_whole() -> None:
    done = mask_all(Document("ann", "Ann\nLee", meta={"language": "en", "split": "Ann"}))
    assert done.document.text == BLOCK * 7
    assert done.document.meta == {"language": "en"}
    assert done.id_tells
    assert mask_all(Document("d", "")).document.text == ""


def test_reprs_hold_no_text() -> None:
    done = redact(Document("d", "Ann"), [Span(0, 3, "P")], Hash(KEY))
    assert "Ann" not in repr(done)
    assert done.document.text not in repr(done)


ALPHABET = st.sampled_from("abA \n7é\u0301王🙂\u202eﷺ")
CASES = st.text(ALPHABET, max_size=40).flatmap(
    lambda text: st.tuples(
        st.just(text),
        st.lists(
            st.builds(
                lambda start, length, label: Span(start, min(start + length, len(text)), label),
                st.integers(0, max(0, len(text) - 1)),
                st.integers(1, 12),
                st.sampled_from(["P", "Q", "城市"]),
            ),
            max_size=8 if text else 0,
        ),
    )
)


@given(CASES, st.sampled_from(EVERY), st.booleans())
def test_what_every_style_promises(
    case: tuple[str, list[Span]], style: Style, everywhere: bool
) -> None:
    text, spans = case
    done = redact(Document("d", text), spans, style, everywhere=everywhere)
    _the_rest_is_unchanged(text, done)
    _every_span_is_covered(spans, done)
    if not everywhere:
        outside = {at for each in done.replacements for at in range(each.start, each.end)} - {
            at for span in spans for at in range(span.start, span.end)
        }
        assert all(splits_character(text, at) or splits_character(text, at + 1) for at in outside)
    if style.keeps_length:
        assert len(done.document.text) == len(text)
        for span in spans:
            wider = [each for each in done.document.spans if each.label == span.label]
            assert any(each.start <= span.start and span.end <= each.end for each in wider)
        assert all(set(done.document.surface(span)) == {BLOCK} for span in done.document.spans)
    else:
        surfaces = [done.document.surface(span) for span in done.document.spans]
        assert surfaces == [each.replacement for each in done.replacements]


def _the_rest_is_unchanged(text: str, done: Redacted) -> None:
    """Undoing the replacements, from the last on, gives the text back."""
    restored = done.document.text
    for each in reversed(done.replacements):
        end = each.new_start + len(each.replacement)
        assert restored[each.new_start : end] == each.replacement
        restored = restored[: each.new_start] + each.surface + restored[end:]
        assert text[each.start : each.end] == each.surface
    assert restored == text


def _every_span_is_covered(spans: Iterable[Span], done: Redacted) -> None:
    for span in spans:
        assert any(each.start <= span.start and span.end <= each.end for each in done.replacements)


@given(CASES)
def test_regions_are_apart_and_named_after_a_span_of_theirs(case: tuple[str, list[Span]]) -> None:
    _, spans = case
    found = regions(sorted(spans, key=reading_order))
    assert all(one.end <= other.start for one, other in pairwise(found))
    for region in found:
        inside = [each for each in spans if region.start <= each.start < region.end]
        longest = max(each.end - each.start for each in inside)
        assert region.label in {each.label for each in inside if each.end - each.start == longest}


def test_files(tmp_path: Path) -> None:
    out, mapping = tmp_path / "new" / "out.jsonl", tmp_path / "new" / "mapping.jsonl"
    document = annotated("d", "Ann is in Rome.", ("Ann", "PERSON"), ("Rome", "CITY"))
    done = redact_files([Annotated(document, document.spans)], out, Label(), mapping=mapping)
    assert (done.documents, done.replaced, done.labels) == (1, 2, {"PERSON": 1, "CITY": 1})
    (written,) = read_documents(out)
    assert written.text == "[PERSON] is in [CITY]."
    assert [written.surface(span) for span in written.spans] == ["[PERSON]", "[CITY]"]
    row = json.loads(mapping.read_text())
    assert row["id"] == "d"
    assert row["replacements"][1] == {
        "start": 10,
        "end": 14,
        "label": "CITY",
        "surface": "Rome",
        "new_start": 15,
        "replacement": "[CITY]",
    }
    for path in (out, mapping):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_file_for_both_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Two outputs"):
        redact_files([], tmp_path / "a", Label(), mapping=tmp_path / "a")


def test_nothing_is_written_when_a_document_fails(tmp_path: Path) -> None:
    def failing() -> Iterable[Annotated]:
        yield Annotated(Document("d", "Ann"), (Span(0, 3, "P"),))
        raise UsageError("stop")

    out, mapping = tmp_path / "out.jsonl", tmp_path / "mapping.jsonl"
    with pytest.raises(UsageError, match="stop"):
        redact_files(failing(), out, Label(), mapping=mapping)
    assert list(tmp_path.iterdir()) == []
