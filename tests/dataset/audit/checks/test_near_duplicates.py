"""Texts that are nearly the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.dataset.audit import AuditOptions
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, in_splits, one, run


def test_near_duplicates_and_near_leaks(tmp_path: Path) -> None:
    pytest.importorskip("datasketch")
    long = "The committee met on the second floor to speak about the budget of the coming year "
    texts = {"a": "train", "b": "train", "c": "test"}
    near = [
        annotated(id, f"{long * 2}and ended at {at} pm.", split=split)
        for at, (id, split) in enumerate(texts.items(), 3)
    ]
    found = run(tmp_path, near + in_splits(healthy())[:24], AuditOptions(near=True))
    assert [each.id for each in one(found, "near-duplicates").places] == ["b"]
    leak = one(found, "leaked-near-duplicates")
    assert [each.id for each in leak.places] == ["c"]
    assert found.figures["near_duplicates"] == {"documents": 2, "leaking": 1}
