"""The page of an audit: findings first, both languages, no text unless asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pii_sft.dataset.audit import AuditOptions
from pii_sft.report.audit_page import audit_page
from pii_sft.report.language import Language
from tests.conftest import ROOT, annotated
from tests.dataset.audit.planted import healthy, in_splits, run

ODD = annotated("odd", "Tell Zebulon <b>Quark</b> now", ("Zebulon <b>Qua", "PERSON"), split="train")


@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("code", ["en", "zh"])
def test_it_shows_what_was_found(code: str, texts: bool, tmp_path: Path) -> None:
    options = AuditOptions(near=False, show_text=texts)
    documents = in_splits(healthy(60))
    again = documents[0].replaced(id="again", meta={"split": "train"})
    html = audit_page(run(tmp_path, [*documents, again, ODD], options), code)  # type: ignore[arg-type]
    assert "leaked-documents" in html
    assert "--fix dedupe" in html
    assert ("Test texts that were trained on" in html) == (code == "en")
    assert ("测试文本出现在训练集中" in html) == (code == "zh")
    assert ("Zebulon" in html) == texts
    assert "<b>Quark" not in html
    assert not re.search(r"(src|href)=.https?:", html)


def test_every_rule_is_said_in_chinese() -> None:
    page = (ROOT / "docs/auditing.md").read_text("utf-8")
    rules = set(re.findall(r"^\| (`[a-z`, -]+`) \|", page, re.MULTILINE))
    listed = {name for row in rules for name in re.findall(r"`([a-z-]+)`", row)}
    chinese = Language("zh")._catalogue.findings
    fixes = {"empty", "dedupe", "ids", "relabel", "trim", "snap", "bounds", "overlaps", "flatten",
             "complete"}  # fmt: skip
    assert len(listed) > 40
    assert listed - chinese.keys() == fixes
