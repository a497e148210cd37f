"""Folders of models appear whole, and what was killed leaves nothing for long."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.training.models.atomic_folder import atomic_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_or_nothing(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "model") as unfinished:
        (unfinished / "a").write_text("a")
        assert not (tmp_path / "model").exists()
    assert names(tmp_path / "model") == ["a"]
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "other") as unfinished:  # noqa: PT012
        (unfinished / "a").write_text("a")
        raise RuntimeError
    assert names(tmp_path) == ["model"]


def test_what_came_meanwhile_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="by now"), atomic_folder(tmp_path / "model"):
        (tmp_path / "model").mkdir()
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == []


def test_leftovers_of_the_killed_go_and_those_of_the_living_stay(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with atomic_folder(tmp_path / "model") as unfinished:
            (unfinished / "a").write_text("a")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = names(tmp_path)
    (tmp_path / ".model.mine").mkdir()
    with atomic_folder(tmp_path / "model") as living:
        assert left not in names(tmp_path)
        with atomic_folder(tmp_path / "model"):
            assert living.exists()
        (tmp_path / "model").rmdir()
    assert names(tmp_path) == [".model.mine", "model"]
