"""Repeated texts and ids, and groups and templates in several splits."""

from __future__ import annotations

from pathlib import Path

from pii_sft.dataset.audit import AuditOptions, audit
from pii_sft.dataset.convert import convert
from pii_sft.files import write_documents
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, ids, in_splits, one, person, run


def test_duplicates_and_leaks(tmp_path: Path) -> None:
    documents = in_splits(healthy())
    train = [each for each in documents if each.meta["split"] == "train"]
    test = [each for each in documents if each.meta["split"] == "test"]
    again = train[1].replaced(id="again")
    leaked = test[1].replaced(id="leak", meta={"split": "train"})
    other = train[2].replaced(id="other", spans=train[2].spans[:1])
    assert train[2].spans[:1] != train[2].spans
    taken = train[0].replaced(text=train[0].text + " Bye.")
    found = run(tmp_path, [*documents, again, leaked, other, taken])
    assert [each.id for each in one(found, "exact-duplicates").places] == ["again", "other"]
    assert one(found, "leaked-documents").finding.severity == "error"
    assert [each.id for each in one(found, "leaked-documents").places] == [test[1].id]
    assert "leak in train" in one(found, "leaked-documents").places[0].note
    assert [each.id for each in one(found, "conflicting-duplicates").places] == ["other"]
    assert [each.id for each in one(found, "repeated-ids").places] == [train[0].id]


def test_groups_on_both_sides(tmp_path: Path) -> None:
    documents = [
        each.replaced(meta={**each.meta, "group": f"g{at // 2}"})
        for at, each in enumerate(in_splits(healthy(), every=2))
    ]
    found = one(run(tmp_path, documents), "leaked-groups")
    assert found.count == 120
    assert "--split-by group" in found.finding.command
    kept = [each.replaced(meta={**each.meta, "group": each.id}) for each in documents]
    assert "leaked-groups" not in ids(run(tmp_path, kept))


def test_templates_on_both_sides(tmp_path: Path) -> None:
    surfaces = [person(number) for number in range(60)]
    made = [
        annotated(f"t{n}", f"{each} leaves from stop {n // 3 % 3} now.", (each, "PERSON"))
        for n, each in enumerate(surfaces)
    ]
    documents = [*in_splits(made, every=3)]
    found = one(run(tmp_path, documents), "leaked-templates")
    assert found.count == sum(each.meta["split"] != "train" for each in documents)
    assert "--split-by template" in found.finding.command
    apart = [
        each.replaced(meta={"split": "test" if "stop 2" in each.text else "train"})
        for each in documents
    ]
    assert "leaked-templates" not in ids(run(tmp_path, apart))
    assert "leaked-templates" not in ids(run(tmp_path, made))


def test_advice_keeps_groups_on_one_side(tmp_path: Path) -> None:
    made = [
        annotated(f"t{n}", f"{person(n)} leaves from stop {n % 9}.", (person(n), "PERSON"))
        for n in range(45)
    ]
    write_documents(tmp_path / "in.jsonl", made)
    for split_by in ("template", "group"):
        convert([tmp_path / "in.jsonl"], out=tmp_path / split_by, split_by=split_by)
        found = audit([tmp_path / split_by], options=AuditOptions(near=False))
        assert ("leaked-templates" in ids(found)) == (split_by == "group")
        command = one(found, "rare-labels").finding.command
        assert command.endswith(f"{split_by} --oversample auto --split keep")


def test_copies_for_training_are_no_duplicates(tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", healthy())
    convert([tmp_path / "in.jsonl"], oversample="auto", augment="swap=0.5", out=tmp_path / "pii")
    found = audit([tmp_path / "pii"], AuditOptions(near=False))
    assert found.documents == 240
    assert "copies that convert made" in found.notes[-1]
    assert found.passes
