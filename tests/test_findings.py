from __future__ import annotations

from pii_sft.findings import Finding, ranked


def test_findings_are_ranked_by_severity_then_gain_then_as_they_came() -> None:
    found = [
        Finding("a", "note", "", "", gain=0.5),
        Finding("b", "warning", "", "", gain=0.1),
        Finding("c", "warning", "", "", gain=0.2),
        Finding("d", "error", "", ""),
        Finding("e", "warning", "", "", gain=0.2),
    ]
    assert [each.id for each in ranked(found)] == ["d", "c", "e", "b", "a"]
