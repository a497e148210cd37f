"""Shares of labels that differ between splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import annotated
from tests.dataset.audit.planted import ids, run


def test_shares_that_drift_and_what_that_costs(tmp_path: Path) -> None:
    """A training set with 80 % positives and a balanced test: 15 points for a classifier that is
    right in 72 % of balanced cases, as was reported from practice."""
    documents = []
    for n in range(1000):
        split, positive = ("train", n % 10 < 8) if n < 800 else ("test", n % 2 == 0)
        text = f"Case {n} is about {'fraud' if positive else 'rates'} of kind {n * 7 % 13}"
        marked = (("fraud", "TOPIC"),) if positive else ()
        documents.append(annotated(f"d{n}", text, *marked, split=split))
    found = [each for each in run(tmp_path, documents).found if each.finding.id == "share-drift"]
    assert {each.finding.figures["what"] for each in found} == {"any entity", "TOPIC"}
    for each in found:
        assert each.finding.figures["poor"] == pytest.approx(15.5, abs=1.5)
        assert 0 < each.finding.figures["good"] < 5
    same = [each.replaced(meta={"split": "test" if n % 5 == 0 else "train"})
            for n, each in enumerate(documents[:800])]  # fmt: skip
    assert "share-drift" not in ids(run(tmp_path, same))
