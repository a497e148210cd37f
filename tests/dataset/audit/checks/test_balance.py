"""Findings on the numbers of documents and labels, and on their spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, in_splits, one, run


def test_documents_without_entities_are_an_error(tmp_path: Path) -> None:
    bare = [each.replaced(spans=()) for each in healthy(30)]
    assert one(run(tmp_path, bare), "no-entities").finding.severity == "error"


def test_shares_of_documents_without_entities(tmp_path: Path) -> None:
    documents = healthy()
    mostly = [each for each in documents if not each.spans] * 3 + documents[:60]
    named = [each.replaced(id=f"n{at}") for at, each in enumerate(mostly)]
    found = one(run(tmp_path, named), "many-negatives")
    assert found.finding.figures["share"] == pytest.approx(260 / 300)
    assert "--negatives 0.15" in found.finding.command
    hardly = [each for each in documents if each.spans]
    assert one(run(tmp_path, hardly), "few-negatives").count == 0


def test_rare_labels_are_counted_in_train(tmp_path: Path) -> None:
    odd = annotated("odd", "Bus 7 to Rome", ("7", "LINE"), split="train")
    only_tested = annotated("new", "IP 10.0.0.1", ("10.0.0.1", "IP"), split="test")
    found = run(tmp_path, [*in_splits(healthy()), odd, only_tested])
    assert one(found, "labels-too-rare").finding.figures["labels"] == {"LINE": 1}
    missing = one(found, "labels-not-in-training")
    assert missing.finding.severity == "error"
    assert missing.finding.figures["labels"] == {"IP": 1}


def test_labels_that_are_spelled_alike(tmp_path: Path) -> None:
    more = [annotated(f"x{n}", f"Tell Wu Li{n}", (f"Wu Li{n}", "B-person")) for n in range(60)]
    found = one(run(tmp_path, healthy() + more), "labels-spelled-alike")
    assert found.finding.figures["listed"] == "B-person = PERSON"
