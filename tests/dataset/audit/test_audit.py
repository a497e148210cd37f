"""Planted faults are found, each by its rule, with count and places; healthy data is left alone."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from pii_sft.dataset.audit import FIXES, AuditOptions, audit
from pii_sft.dataset.audit.audit import CHECKS
from pii_sft.dataset.audit.check import Subject
from pii_sft.dataset.audit.checks.boundaries import HABITS
from pii_sft.dataset.convert import convert
from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.errors import InputError
from pii_sft.files import write_documents
from tests.conftest import ROOT, annotated
from tests.dataset.audit.planted import healthy, ids, in_splits, one, person, run

BAD = '{"id": "x", "text": "Ann", "spans": [{"start": 0, "end": 9, "label": "A"}]}\n'


def test_healthy_documents_raise_no_alarm(tmp_path: Path) -> None:
    assert ids(run(tmp_path, healthy())) == set()
    split = run(tmp_path, in_splits(healthy()))
    assert ids(split) <= {"rare-labels", "known-surfaces"}
    assert split.passes


@pytest.mark.parametrize("language", ["en", "zh"])
def test_healthy_synthetic_data_raises_no_alarm(language: str, tmp_path: Path) -> None:
    pytest.importorskip("faker")
    found = run(tmp_path, synthesise((language,), 200, seed=5))
    assert [each for each in found.found if each.finding.severity != "note"] == []


def test_every_finding_says_what_to_do_and_shows_no_text(tmp_path: Path) -> None:
    documents = healthy()
    documents[0] = annotated("d0", "Please tell  Zoë Quark now", (" Zoë Qua", "PERSON"))
    documents += [each.replaced(id=f"{each.id}-2") for each in documents[:9]]
    found = run(tmp_path, documents)
    assert found.found
    for each in found.found:
        assert each.finding.title
        assert each.finding.fix
        assert each.count > 0 or each.finding.id == "few-negatives"
    assert "Quark" not in json.dumps(found.to_dict())
    shown = run(tmp_path, documents, AuditOptions(near=False, show_text=True))
    assert "[ Zoë Qua]rk" in json.dumps(shown.to_dict(), ensure_ascii=False)


def test_every_check_reports_nothing_of_nothing() -> None:
    subject = Subject("data.jsonl", AuditOptions())
    for make in CHECKS:
        assert {each.finding.id for each in make(subject).found()} <= {"no-entities"}


def test_advice_keeps_the_options_of_the_data_set(tmp_path: Path) -> None:
    made = [
        annotated(f"t{n}", f"{person(n)} leaves from stop {n}.", (person(n), "PERSON"))
        for n in range(45)
    ]
    write_documents(tmp_path / "in.jsonl", made)
    data = tmp_path / "data"
    convert([tmp_path / "in.jsonl"], out=data, target="json", negatives=0.5, seed=7, max_chars=900)
    found = audit([data], options=AuditOptions(near=False))
    command = one(found, "rare-labels").finding.command
    kept = "--split keep --target json --seed 7 --max-chars 900"
    assert command == f"pii-sft convert {data} --oversample auto {kept}"
    again = tmp_path / "again"
    convert(
        [data], out=again, split="keep", target="json", seed=7, max_chars=900, oversample="auto"
    )
    for split in ("dev", "test"):
        before, after = (folder / "gold" / f"{split}.jsonl" for folder in (data, again))
        assert after.read_bytes() == before.read_bytes()


def test_advice_replaces_options_and_leaves_out_what_is_done() -> None:
    had = {
        "--target": "json",
        "--max-tokens": "9",
        "--tokenizer": "t",
        "--seed": "7",
        "--negatives": "0.5",
        "--split": "train=0.5,dev=0.5",
        "--deduplicate": "off",
    }
    again = Subject("data", AuditOptions(), "json", had).converting
    assert again("--target tags --max-chars 3000") == (
        "pii-sft convert data --target tags --max-chars 3000 --split keep --seed 7 "
        "--deduplicate off"
    )
    assert again("--split-by template") == (
        "pii-sft convert data --split-by template --target json --max-tokens 9 --tokenizer t "
        "--seed 7 --split train=0.5,dev=0.5 --deduplicate off"
    )


def test_texts_that_do_harm(tmp_path: Path) -> None:
    documents = [
        annotated("empty", "  \n"),
        annotated("long", "word " * 2000),
        annotated("broken", "Caf\ufffd and Ã©"),
        annotated("marker", "end <|im_end|> of turn"),
        annotated("escape", r"one\nTwo and &amp; more"),
        annotated("hidden", "zero\u200bwidth"),
    ]
    found = run(tmp_path, healthy(60) + documents)
    for id, document in (
        ("empty-texts", "empty"),
        ("long-texts", "long"),
        ("broken-characters", "broken"),
        ("chat-markers", "marker"),
        ("literal-escapes", "escape"),
        ("invisible-characters", "hidden"),
    ):
        assert [each.id for each in one(found, id).places] == [document], id


@pytest.mark.parametrize("writer", ["llamafactory", "trl", "documents", "presidio"])
def test_a_converted_folder_is_read_from_its_documents(writer: str, tmp_path: Path) -> None:
    write_documents(tmp_path / "in.jsonl", healthy())
    split = "train=0.8,dev=0.1,test=0.1"
    convert([tmp_path / "in.jsonl"], writers=[writer], split=split, out=tmp_path / "pii")
    found = audit([tmp_path / "pii"], AuditOptions(near=False))
    assert found.documents == 240
    assert set(found.figures["splits"]) == {"train", "dev", "test"}
    assert found.passes


def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    write_documents(path, healthy(20))
    with path.open("a") as stream:
        stream.write(
            '{"id": "x", "text": "Ann", "spans": [{"start": 0, "end": 9, "label": "A"}]}\n'
        )
    found = one(audit([path]), "unreadable-records")
    assert found.count == 1
    assert "data.jsonl:21" in found.finding.evidence
    path.write_text(BAD)
    with pytest.raises(InputError, match=r"data\.jsonl:1"):
        audit([path])


def test_many_strings_become_a_sample(tmp_path: Path) -> None:
    often = [annotated(f"o{n}", f"Call Acme in {n}", ("Acme", "COMPANY")) for n in range(60)]
    exact = run(tmp_path, healthy() + often).figures["surfaces"]
    assert exact["sampled"] == 1
    few = run(tmp_path, healthy() + often, AuditOptions(near=False, surfaces=50)).figures[
        "surfaces"
    ]
    assert few["sampled"] > 1
    assert few["different"] <= 50


def test_every_rule_is_documented() -> None:
    page = (ROOT / "docs/auditing.md").read_text("utf-8")
    rules = set()
    for path in (ROOT / "src/pii_sft/dataset/audit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                rules |= set(re.findall(r"\A[a-z]+(?:-[a-z]+)+\Z", node.value))
    assert len(rules) > 30
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in page] == []
    assert [habit for habit in HABITS if f"`boundary-{habit}`" not in page] == []
    assert [fix for fix in FIXES if f"`{fix}`" not in page] == []
