"""Schemes of tags, and the rule by which all of them are read."""

from __future__ import annotations

from collections import Counter

import pytest

from pii_sft.converters.tokens.tag_schemes import TagDecoder, form_of, looks_tagged
from pii_sft.errors import RecordError


def decoded(tags: str) -> list[tuple[int, int, str]]:
    return TagDecoder(form_of(Counter(tags.split()))).spans(tags.split())


def learned(*sentences: str) -> TagDecoder:
    decoder = TagDecoder(form_of(Counter(" ".join(sentences).split())))
    for sentence in sentences:
        decoder.spans(sentence.split())
    return decoder


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O O", []),
        ("B-A I-A O", [(0, 2, "A")]),
        ("B-A B-A", [(0, 1, "A"), (1, 2, "A")]),
        ("I-A I-A I-B O B-A I-B", [(0, 2, "A"), (2, 3, "B"), (4, 5, "A"), (5, 6, "B")]),
        ("O I-A", [(1, 2, "A")]),
        ("B-A E-A S-A O", [(0, 2, "A"), (2, 3, "A")]),
        ("B-A L-A U-A I-A L-A", [(0, 2, "A"), (2, 3, "A"), (3, 5, "A")]),
        ("B-A M-A M-A E-A W-B", [(0, 4, "A"), (4, 5, "B")]),
        ("E-A E-A", [(0, 1, "A"), (1, 2, "A")]),
        ("S-A I-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-HOSP-NAME I-HOSP-NAME", [(0, 2, "HOSP-NAME")]),
        ("B_PER I_PER", [(0, 2, "PER")]),
        ("B-PER.NAM O", [(0, 1, "PER.NAM")]),
        ("B-人名 I-人名", [(0, 2, "人名")]),
        ("PER PER O LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("B-A|U-B L-A O", [(0, 1, "B"), (0, 2, "A")]),
        ("B-A|B-B I-A|L-B L-A|U-C", [(0, 2, "B"), (0, 3, "A"), (2, 3, "C")]),
        ("B-A|B-B I-B O", [(0, 1, "A"), (0, 2, "B")]),
        ("B-A;B-B I-B;O", [(0, 1, "A"), (0, 2, "B")]),
        ("O|O B-A|O I-A|B-A", [(1, 3, "A"), (2, 3, "A")]),
        ("B-LOC/ORG O", [(0, 1, "LOC/ORG")]),
        ("B I O B", [(0, 2, "ENTITY"), (3, 4, "ENTITY")]),
        ("E-MAIL NAME NAME O PHONE", [(0, 1, "E-MAIL"), (1, 3, "NAME"), (4, 5, "PHONE")]),
    ],
)
def test_spans(tags: str, spans: list[tuple[int, int, str]]) -> None:
    assert decoded(tags) == spans


def test_no_tags() -> None:
    assert TagDecoder().spans([]) == []


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        (["I-A I-A O I-B"], "IO"),
        (["I-A I-A B-A O I-B"], "IOB1"),
        (["B-A I-A B-A O B-B"], "IOB2"),
        (["B-A O B-B"], "IOB2"),
        (["I-A E-A I-A O I-B"], "IOE1"),
        (["I-A E-A E-A O E-B"], "IOE2"),
        (["B-A I-A E-A S-B O"], "BIOES"),
        (["S-B O"], "BIOES"),
        (["B-A I-A L-A U-B O"], "BILUO"),
        (["B-A M-A E-A S-B O"], "BMES"),
        (["B-A M-A E-A W-B O"], "BMEWO"),
        (["B-A I-A E-A S-A", "B-A I-A L-A U-A"], "BIOES"),
        (["PER O LOC"], "plain"),
        (["B I O B B"], "IOB2"),
        (["O O"], "IO"),
    ],
)
def test_scheme(sentences: list[str], scheme: str) -> None:
    assert learned(*sentences).scheme == scheme


def test_the_scheme_is_that_of_the_whole_file() -> None:
    assert learned("I-A O I-B", "I-A O", "I-A I-A B-A").scheme == "IOB1"
    assert learned("B-A I-A", "B-B O", "O I-A I-A").scheme == "IOB2"


def test_a_rare_scheme_has_to_fit_far_better() -> None:
    assert learned("I-A I-B O B-C I-D").scheme == "IOB2"
    assert learned(*["I-A I-B O I-D"] * 10, "O B-A").scheme == "IOB1"


def test_report_counts_what_breaks_the_scheme() -> None:
    report = learned("B-A I-A O I-B", "B-A O").report()
    assert report.startswith("tags are IOB2 (3 entities); 1 break the scheme")
    assert "break" not in learned("B-A I-A O B-B").report()
    assert learned("O").report() == "no tag but O"
    assert "can't be told apart" in learned("I-A I-A").report()
    assert "can't be told apart" in learned("PER O").report()
    assert "ENTITY" in learned("B I O").report()


def test_a_given_scheme_is_what_is_measured_against() -> None:
    decoder = TagDecoder(scheme="IOB2")
    assert decoder.spans(["I-A", "O"]) == [(0, 1, "A")]
    assert decoder.scheme == "IOB2"
    assert "1 break the scheme" in decoder.report()
    decoder = TagDecoder(scheme="BILUO")
    decoder.spans(["B-A", "L-A", "B-A"])
    assert "tags are BILUO (2 entities); 1 break" in decoder.report()


def test_plain_by_option() -> None:
    assert TagDecoder(scheme="plain").spans(["E-MAIL", "E-MAIL", "O"]) == [(0, 2, "E-MAIL")]


@pytest.mark.parametrize(
    ("form", "odd"), [("prefixed", "Rome"), ("prefixed", "B-"), ("bare", "X"), ("plain", " ")]
)
def test_odd_tags_are_errors_that_show_no_words(form: str, odd: str) -> None:
    tags = ["O", odd]
    with pytest.raises(RecordError) as caught:
        TagDecoder(form).spans(tags)  # type: ignore[arg-type]
    assert caught.value.kind == "tag"
    assert "token 2" in caught.value.reason
    assert odd in (" ", "X", "B-") or odd not in caught.value.reason


def test_odd_tags_may_be_read_as_outside() -> None:
    decoder = TagDecoder(odd="outside")
    assert decoder.spans(["B-A", "P", "I-A"]) == [(0, 1, "A"), (2, 3, "A")]
    assert "1 odd tags were read as O" in decoder.report()


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        ("O", True),
        ("B-PER", True),
        ("U_x", True),
        ("S", True),
        ("", False),
        ("B-", False),
        ("B- ", False),
        ("PER", False),
        ("b-per", False),
        ("X-PER", False),
        ("BB-PER", False),
        ("_", False),
    ],
)
def test_looks_tagged(tag: str, is_one: bool) -> None:
    assert looks_tagged(tag) is is_one
