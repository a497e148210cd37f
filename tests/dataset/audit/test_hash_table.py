"""Tests of hashes on disk, of which equal ones come together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pii_sft.dataset.audit import hash_table
from pii_sft.dataset.audit.hash_table import HashTable
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, run

ROW = np.dtype([("key", np.uint64), ("value", np.uint64)])


@pytest.mark.parametrize("at_once", [7, 100, 1 << 18])
def test_equal_rows_stand_in_one_part_in_order(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(hash_table, "AT_ONCE", at_once)
    monkeypatch.setattr(hash_table, "_READ_AT_ONCE", 13)
    rows = np.zeros(200, ROW)
    rows["key"] = np.random.default_rng(1).integers(0, 40, len(rows))
    rows["value"] = np.arange(len(rows))
    table = HashTable(ROW)
    for at in range(0, len(rows), 17):
        table.add(rows[at : at + 17])
    parts = list(table.alike("key", but=3))
    seen: set[int] = set()
    for part, numbers in parts:
        assert part.tolist() == rows[numbers].tolist()
        assert numbers.tolist() == sorted(numbers.tolist())
        assert not seen & set(part["key"].tolist())
        seen |= set(part["key"].tolist())
    assert len(table) == len(rows)
    assert seen == set(rows["key"].tolist()) - {3}
    assert sum(map(len, (part for part, _ in parts))) == int((rows["key"] != 3).sum())


def test_findings_do_not_depend_on_how_many_are_compared_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = []
    for number, each in enumerate(healthy(120)):
        split = ("train", "dev", "test")[number % 3]
        group = {"split": split, "group": f"g{number // 2}"}
        documents.append(each.replaced(meta=group))
        if number % 5 == 0:
            again = {"split": "dev" if number % 2 else "train"}
            documents.append(each.replaced(id=f"again{number}", meta=again))
        if number % 7 == 0:
            documents.append(each.replaced(spans=each.spans[:1], meta={"split": split}))
        if number % 3 == 0:
            name = each.surface(each.spans[0])
            text = f"{name} has gone."
            sides = {"split": ("train", "dev")[number // 3 % 2]}
            documents.append(annotated(f"made{number}", text, (name, "PERSON"), **sides))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = run(tmp_path / "a", documents)
    monkeypatch.setattr(hash_table, "AT_ONCE", 10)
    parted = run(tmp_path / "b", documents)
    assert all(whole.figures["duplicates"].values())
    assert parted.figures == whole.figures
    assert [each.places for each in parted.found] == [each.places for each in whole.found]
