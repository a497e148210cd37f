"""A demo replaces what a demo wrote, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft import demo as module
from pii_sft.demo import MARK, demo
from pii_sft.errors import MissingExtraError, UsageError


def made(folder: Path) -> None:
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "pii_sft.json").write_text("{}")
    (folder / "run" / "adapter_model.safetensors").write_text("weights")
    (folder / "smollm2_135m.yaml").write_text("mine: true")


def contents(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_run_that_is_no_demo_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEEDED", {})
    made(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match="no demo wrote"):
        demo(tmp_path)
    assert contents(tmp_path) == before


def test_nothing_is_touched_where_it_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEEDED", {"no_such_package": "train"})
    made(tmp_path)
    (tmp_path / MARK).touch()
    before = contents(tmp_path)
    with pytest.raises(MissingExtraError):
        demo(tmp_path)
    assert contents(tmp_path) == before


def test_an_earlier_demo_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NEEDED", {})
    monkeypatch.setattr(module, "steps", lambda *_: iter([module.Step("", ("--version",))]))
    demo(tmp_path / "d")
    (tmp_path / "d" / "run").mkdir()
    demo(tmp_path / "d")
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [MARK, "smollm2_135m.yaml"]
