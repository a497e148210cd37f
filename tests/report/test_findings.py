from __future__ import annotations

import pytest

from pii_sft.findings import Finding
from pii_sft.report.findings import show_findings


def test_a_finding_is_shown_with_its_title_evidence_fix_examples_and_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = Finding(
        "exact-duplicates",
        "warning",
        "12 of 100 documents stand twice",
        "remove the copies",
        title="duplicates",
        command="pii-sft audit data.jsonl --fix dedupe",
        examples=("d1", "d\n2"),
    )
    show_findings("data.jsonl", [whole])
    assert capsys.readouterr().out.splitlines() == [
        "data.jsonl: 1 finding",
        "  warning exact-duplicates  duplicates",
        "          12 of 100 documents stand twice",
        "          remove the copies",
        "          for example 'd1', 'd\\n2'",
        "          $ pii-sft audit data.jsonl --fix dedupe",
    ]


def test_without_a_title_the_evidence_is_the_head(capsys: pytest.CaptureFixture[str]) -> None:
    show_findings("r.yaml", [Finding("k", "note", "why", "how", {"a": 1})], mended=True)
    assert capsys.readouterr().out.splitlines() == [
        "r.yaml: 1 finding",
        "  note    k  why",
        "          mended: how",
    ]
