"""`pii-sft audit` from the outside: exit codes, JSON, and no text unless asked for."""

from __future__ import annotations

import json
from pathlib import Path

from pii_sft.files import write_documents
from tests.conftest import Program, annotated
from tests.dataset.audit.planted import healthy


def test_strict_ends_with_1_for_a_warning(tmp_path: Path, pii_sft: Program) -> None:
    write_documents(tmp_path / "good.jsonl", healthy())
    again = [each.replaced(id=f"{each.id}-2") for each in healthy()]
    write_documents(tmp_path / "bad.jsonl", [*healthy(), *again])
    assert pii_sft("audit", "good.jsonl", "--strict").returncode == 0
    strict = pii_sft("audit", "bad.jsonl", "--strict", "--no-near", "--json", "found.json")
    assert strict.returncode == 1
    assert "exact-duplicates" in strict.stdout
    assert "--fix dedupe" in strict.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["documents"] == 480
    (finding,) = found["findings"]
    assert (finding["id"], finding["count"]) == ("exact-duplicates", 240)
    assert finding["places"][0]["id"] == "d0-2"
    printed = pii_sft("audit", "bad.jsonl", "--no-near", "--json", "-")
    assert printed.returncode == 0
    assert json.loads(printed.stdout) == found


def test_texts_are_shown_when_asked_for(tmp_path: Path, pii_sft: Program) -> None:
    odd = annotated("odd", "Tell Zebulon Quark now", ("Zebulon Qua", "PERSON"))
    write_documents(tmp_path / "data.jsonl", [*healthy(30), odd])
    words = ("--json", "found.json", "--fix", "snap", "--out", "fixed")
    done = pii_sft("audit", "data.jsonl", *words)
    assert done.returncode == 0, done.stderr
    assert "Qua" not in done.stdout + done.stderr
    assert "Quark" not in (tmp_path / "found.json").read_text()
    assert "Quark" not in (tmp_path / "fixed/changes.jsonl").read_text()
    shown = pii_sft("audit", "data.jsonl", "--show-text")
    assert "Tell [Zebulon Qua]rk now" in shown.stdout


def test_bad_use_ends_with_2(tmp_path: Path, pii_sft: Program) -> None:
    write_documents(tmp_path / "data.jsonl", healthy(3))
    wrong = pii_sft("audit", "data.jsonl", "--fix", "trim,dedup", "--out", "fixed")
    assert wrong.returncode == 2
    assert "Did you mean dedupe?" in wrong.stderr
    assert not (tmp_path / "fixed").exists()
