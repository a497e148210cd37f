"""Redaction: nothing of a span is left, nothing else changes, and the new spans are exact."""

from __future__ import annotations

import base64
import hmac
import json
import re
import stat
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.align import splits_character
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import read_documents
from pii_sft.redaction.named_styles import style_named
from pii_sft.redaction.redact import Redacted, mask_all, redact, regions
from pii_sft.redaction.redact_files import Annotated, redact_files
from pii_sft.redaction.styles import (
    BLOCK,
    KEY_VARIABLE,
    STYLES,
    Hash,
    Key,
    Label,
    Mask,
    Pseudonym,
    Style,
)
from pii_sft.redaction.surrogates import INVENTED, Surrogate
from pii_sft.spans import Document, Span, reading_order
from tests.conftest import Program, annotated

KEY = b"0123456789abcdef"
EVERY = [Label(), Mask(), Pseudonym(), Hash(KEY)]


def redacted(text: str, *spans: tuple[int, int, str], style: Style | None = None) -> str:
    document = Document("d", text)
    done = redact(document, [Span(*each) for each in spans], style or Label())
    return done.document.text


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


def test_a_mask_keeps_every_span_where_it_was() -> None:
    spans = (Span(0, 12, "ORG"), Span(8, 12, "CITY"))
    done = redact(Document("d", "Bank\nof Rome."), spans, Mask())
    assert done.document == Document("d", f"{BLOCK * 12}.", spans)


@pytest.mark.parametrize(
    "same",
    ["ann lee", "ANN  LEE", "Ａｎｎ Ｌｅｅ", "Ann\nLee", "Ann\u00a0Lee", "Änn Lée"],
)
def test_pseudonyms_are_those_of_the_same_string(same: str) -> None:
    text = f"Ann Lee; Bob; {same}"
    spans = ((0, 7, "P"), (9, 12, "P"), (14, len(text), "P"))
    assert redacted(text, *spans, style=Pseudonym()) == "P_1; P_2; P_1"


def test_pseudonyms_begin_anew_in_each_document() -> None:
    style = Pseudonym()
    for _ in range(2):
        assert redacted("Ann", (0, 3, "P"), style=style) == "P_1"


def test_pseudonyms_count_by_label() -> None:
    spans = ((0, 4, "CITY"), (5, 9, "PERSON"))
    assert redacted("Rome Rome", *spans, style=Pseudonym()) == "CITY_1 PERSON_1"


def test_pseudonyms_that_the_text_holds_are_passed_over() -> None:
    assert redacted("Ann is not P_1", (0, 3, "P"), style=Pseudonym()) == "P_2 is not P_1"


def test_hashes_need_the_key() -> None:
    one, other = Hash(KEY), Hash(KEY[::-1])
    first = redacted("Ann", (0, 3, "P"), style=one)
    assert redacted("ann", (0, 3, "P"), style=Hash(KEY)) == first
    assert redacted("Ann", (0, 3, "P"), style=other) != first
    assert redacted("Bob", (0, 3, "P"), style=one) != first


def test_hashes_link_a_string_under_two_labels() -> None:
    done = redacted("Rome Rome", (0, 4, "CITY"), (5, 9, "ORG"), style=Hash(KEY))
    city, org = done.split()
    assert city.removeprefix("CITY") == org.removeprefix("ORG")


@pytest.mark.parametrize("key", [b"a" * 32, b"abcdefg" * 9, b"\0" * 16])
def test_keys_that_repeat_are_refused(key: bytes) -> None:
    for make in (Hash, Key):
        with pytest.raises(UsageError, match="could be guessed"):
            make(key)


def test_pseudonyms_with_a_key_are_the_same_in_every_document(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    style = style_named("pseudonym", file)
    first = redacted("Ann Lee", (0, 7, "P"), style=style)
    assert re.fullmatch(r"P_[A-Z2-7]{10}", first)
    assert redacted("Hi ANN LEE", (3, 10, "P"), style=Pseudonym(Key(KEY))) == f"Hi {first}"
    assert redacted("Ann Lee", (0, 7, "P"), style=Pseudonym(Key(KEY[::-1]))) != first
    assert redacted("Ann Lea", (0, 7, "P"), style=style) != first


def test_codes_are_hmac() -> None:
    digest = hmac.new(KEY, b"code\0annlee", "sha256").digest()
    assert Key(KEY).code("Ann Lee") == base64.b32encode(digest).decode()[:10]


@pytest.mark.parametrize("label", sorted(set(INVENTED)))
def test_values_invented_with_a_key_are_the_same_in_every_run(label: str) -> None:
    texts = {redacted("#Ann#", (1, 4, label), style=Surrogate("en_US", Key(KEY))) for _ in range(3)}
    assert len(texts) == 1
    assert redacted("#Bob#", (1, 4, label), style=Surrogate("en_US", Key(KEY))) not in texts


def test_two_strings_of_a_document_never_get_one_invented_value() -> None:
    names = [f"Name{number}x" for number in range(60)]
    text = " ".join(names)
    starts = [text.index(f"{name}") for name in names]
    spans = [Span(at, at + len(name), "CITY") for at, name in zip(starts, names, strict=True)]
    done = redact(Document("d", text), spans, Surrogate("en_US", Key(KEY)))
    assert len({each.replacement for each in done.replacements}) == len(names)


def test_long_keys_count_as_a_whole() -> None:
    long = KEY * 8
    texts = {redacted("Ann", (0, 3, "P"), style=Hash(long + end)) for end in (b"", b"0", b"1")}
    assert len(texts) == 3


def test_short_keys_are_refused() -> None:
    with pytest.raises(UsageError, match="15 bytes"):
        Hash(KEY[1:])


def test_the_key_comes_from_the_file_then_the_environment_then_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)

    def hashed(key_file: Path | None = None) -> str:
        return redacted("Ann", (0, 3, "P"), style=style_named("hash", key_file))

    assert hashed() != hashed()
    monkeypatch.setenv(KEY_VARIABLE, KEY.decode())
    assert hashed() == hashed() == redacted("Ann", (0, 3, "P"), style=Hash(KEY))
    file = tmp_path / "key"
    file.write_bytes(b"another key of some length\n")
    assert hashed(file) == redacted("Ann", (0, 3, "P"), style=Hash(b"another key of some length"))
    with pytest.raises(UsageError, match="No such file"):
        hashed(tmp_path / "none")


def test_styles_take_only_what_they_use(tmp_path: Path) -> None:
    for words in (("stars", None, None), ("label", tmp_path, None), ("mask", None, "en_US")):
        with pytest.raises(UsageError):
            style_named(*words)


def test_invented_values_read_like_values_and_stay_the_same() -> None:
    text = "Ann Lee, ann lee, Bob and ann@x.org, ref 7"
    spans = [Span(0, 7, "PERSON"), Span(9, 16, "PERSON"), Span(18, 21, "PERSON")]
    spans += [Span(26, 35, "EMAIL_ADDRESS"), Span(41, 42, "CASE_REF")]
    done = redact(Document("d", text), spans, Surrogate("en_US"))
    first, second, bob, mail, reference = (each.replacement for each in done.replacements)
    assert first == second != bob
    assert first not in text
    assert re.fullmatch(r"\S+@\S+\.\S+", mail)
    assert reference == "CASE_REF_1"


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "zh_CN"])
@pytest.mark.parametrize("label", INVENTED)
def test_every_invented_value_can_be_made(label: str, locale: str) -> None:
    value = redacted("#", (0, 1, label), style=Surrogate(locale))
    assert value
    assert "\n" not in value


def test_invented_values_need_faker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(MissingExtraError, match=r"pii-sft\[synth\]"):
        Surrogate("en_US")


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(UsageError, match="xx_XX"):
        Surrogate("xx_XX")


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


def test_the_command_redacts_gold(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    done = pii_sft("redact", "--data", people_file, "--out", "out.jsonl", "--style", "pseudonym")
    assert done.returncode == 0, done.stderr
    texts = [document.text for document in read_documents(tmp_path / "out.jsonl")]
    assert texts[0] == "PERSON_1 lives in CITY_1 and writes from EMAIL_1."
    assert texts[4] == "Order 4 was shipped."
    assert not any("Ann" in text for text in texts)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.jsonl", "people.jsonl"]
    assert "40 documents, 96 replacements" in done.stderr
    assert "Ann" not in done.stderr


def test_the_command_reads_any_format(tmp_path: Path, pii_sft: Program) -> None:
    row = {"input": "Ann in Rome", "output": {"entities": {"PERSON": ["Ann"]}}}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    for words in ([], ["--from", "gliner"]):
        done = pii_sft("redact", "--data", "rows.jsonl", *words, "--out", "-")
        assert json.loads(done.stdout)["text"] == "[PERSON] in Rome", done.stderr


def test_the_command_redacts_predictions(
    people_file: Path, tmp_path: Path, pii_sft: Program
) -> None:
    rows = [
        json.dumps({"id": row["id"], "spans": row["spans"][:1]})
        for row in map(json.loads, people_file.read_text().splitlines())
    ]
    (tmp_path / "pred.jsonl").write_text("\n".join(rows))
    done = pii_sft(
        "redact", "--pred", "pred.jsonl", "--data", people_file, "--out", "-", "--everywhere"
    )
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout.splitlines()[0])
    assert first["text"] == "[PERSON] lives in Rome and writes from ann0@x.org."
    assert first["spans"] == [{"start": 0, "end": 8, "label": "PERSON"}]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--data", "people.jsonl", "--style", "stars"],
        ["--data", "people.jsonl", "--invent", "en_US"],
        ["--data", "none.jsonl"],
        ["--data", "people.jsonl", "--mapping", "out.jsonl"],
    ],
)
def test_wrong_use_writes_nothing(
    words: list[str], people_file: Path, tmp_path: Path, pii_sft: Program
) -> None:
    done = pii_sft("redact", *words, "--out", "out.jsonl")
    assert done.returncode == 2, done.stderr
    assert [each.name for each in tmp_path.iterdir()] == [people_file.name]


def test_every_style_is_an_option_of_the_command(pii_sft: Program) -> None:
    assert f"[{'|'.join(STYLES)}]" in pii_sft("redact", "--help").stdout
