"""Strings with several labels, and strings that lack theirs."""

from __future__ import annotations

from pathlib import Path

from pii_sft.spans import Span
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, ids, one, person, run


def test_the_odd_label_out(tmp_path: Path) -> None:
    often = [annotated(f"o{n}", f"Call Acme in {n}", ("Acme", "COMPANY")) for n in range(60)]
    wrong = annotated("wrong", "Acme says no", ("Acme", "CITY"))
    found = run(tmp_path, [*healthy(), *often, wrong])
    odd = one(found, "odd-labels")
    assert odd.count == 1
    assert odd.places[0].id == "wrong"
    (suspect,) = found.suspects
    assert (suspect.kind, suspect.expected) == ("label", "COMPANY")
    assert suspect.score > 0.9
    assert suspect.reason == "60× COMPANY, 1× CITY"


def test_ambiguous_strings_are_no_errors(tmp_path: Path) -> None:
    both = [
        annotated(f"o{n}", f"Paris number {n}", ("Paris", "CITY" if n % 2 else "PERSON"))
        for n in range(120)
    ]
    assert ids(run(tmp_path, healthy() + both)) == set()


def test_strings_that_lack_their_label(tmp_path: Path) -> None:
    documents = healthy()
    twice = [
        annotated(f"t{n}", f"{person(0)} met Zoltan Kodaly at {n}", (person(0), "PERSON"),
                  ("Zoltan Kodaly", "PERSON"))
        for n in range(3)
    ]  # fmt: skip
    missed = annotated("missed", "The score by Zoltan Kodaly is lost.")
    part = annotated("part", "Zoltan Kodalys are many; see Bob")
    found = run(tmp_path, [*documents, *twice, missed, part])
    lacking = one(found, "unlabelled-surfaces")
    assert lacking.count == 1
    assert lacking.places[0].id == "missed"
    assert lacking.places[0].span == Span(13, 26, "")
    assert found.suspects[0].expected == "PERSON"


def test_chinese_strings_that_lack_their_label(tmp_path: Path) -> None:
    known = [
        annotated(f"z{n}", f"请联系欧阳明华，第{n}号。", ("欧阳明华", "姓名")) for n in range(60)
    ]
    missed = annotated("missed", "昨天欧阳明华没有来。")
    found = run(tmp_path, [*known, missed])
    assert [each.id for each in one(found, "unlabelled-surfaces").places] == ["missed"]


def test_common_words_do_not_need_a_label(tmp_path: Path) -> None:
    """`May` is a name eight times, and a month sixty times."""
    names = [annotated(f"n{n}", f"May was here on day {n}", ("May", "PERSON")) for n in range(8)]
    months = [annotated(f"m{n}", f"Rain in May of year {n}") for n in range(60)]
    assert "unlabelled-surfaces" not in ids(run(tmp_path, healthy() + names + months))
