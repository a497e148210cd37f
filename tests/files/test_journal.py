"""A process killed at any step leaves the old set, or one that the next command finishes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.files import Staging, journal, locked_folder, recover, write_bytes
from pii_sft.files.journal import JOURNAL_NAME
from pii_sft.files.unnamed_files import new_token, part_name, sweep

OLD = {
    "home/index": b"old",
    "home/a": b"old a",
    "home/sub/b": b"old b",
    "home/gone": b"old",
    "home/sub/old": b"old",
}
NEW = {"home/index": b"new", "home/a": b"new a", "home/sub/b": b"new b", "home/sub/c": b"new c"}
INDEX = "home/index"
FOREIGN = {"home/other": b"not ours"}
CALLS = ("open", "link", "replace", "unlink", "fsync", "close", "write", "pwrite")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def store(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def replace(folder: Path) -> None:
    with Staging(overwrite=True) as staging:
        staging.succeed([folder / name for name in OLD])
        for name, content in NEW.items():
            staging.open(folder / name, index=name == INDEX).write(content)


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do some work in a child that is killed at a system call; False if it had fewer."""
    child = os.fork()
    if child == 0:
        left = [number]

        def dying(call: Callable[..., object]) -> Callable[..., object]:
            def wrapper(*given: object, **named: object) -> object:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*given, **named)

            return wrapper

        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_every_step(tmp_path: Path) -> None:
    outcomes = set()
    without_index = False
    for number in range(1, 200):
        folder = tmp_path / str(number)
        store(folder, OLD | FOREIGN)
        if not killed_at(number, lambda folder=folder: replace(folder)):
            break
        seen = contents(folder)
        if INDEX in seen:  # what a program sees that knows nothing of journals
            named = OLD if seen[INDEX] == b"old" else NEW
            assert seen.items() >= named.items(), number
        without_index |= INDEX not in seen
        recover(folder / ("home", "home/sub")[number % 2])
        for each in (folder / "home", folder / "home/sub"):
            recover(each)
            sweep(each)
        found = contents(folder)
        assert found in (OLD | FOREIGN, NEW | FOREIGN), number
        outcomes.add(found == NEW | FOREIGN)
        with Staging(overwrite=True) as staging:
            for name, content in NEW.items():
                staging.open(folder / name).write(content)
        assert contents(folder).items() >= (NEW | FOREIGN).items()
    else:
        pytest.fail("it was killed two hundred times")
    assert number > 20
    assert without_index
    assert outcomes == {False, True}


def test_a_journal_from_elsewhere_reaches_nothing(tmp_path: Path) -> None:
    store(tmp_path, {"precious": b"x", "data/own": b"y", "data/.own2.aaaaaaaaaaaaaaaa.part": b"z"})
    (tmp_path / "data" / "out").symlink_to(tmp_path)
    crafted = {
        "token": "a" * 16,
        "places": [[str(tmp_path / "data"), "../precious"], [str(tmp_path), "precious"]],
        "indexes": [[str(tmp_path / "data"), "../precious"], [str(tmp_path), "precious"]],
        "removed": ["../precious", "out/precious"],
    }
    (tmp_path / "data" / JOURNAL_NAME).write_text(json.dumps(crafted))
    recover(tmp_path / "data")
    assert (tmp_path / "precious").read_bytes() == b"x"
    assert (tmp_path / "data/own").read_bytes() == b"y"


def test_a_damaged_journal_is_removed(tmp_path: Path) -> None:
    (tmp_path / JOURNAL_NAME).write_bytes(b"{")
    assert not recover(tmp_path)
    assert not (tmp_path / JOURNAL_NAME).exists()


def test_parts_of_the_dead_go_and_of_the_living_stay(tmp_path: Path) -> None:
    dead = tmp_path / part_name("train.jsonl", new_token())
    store(tmp_path, {dead.name: b"text", ".mine.part": b"", ".a.abc.part": b"old version"})
    with locked_folder(tmp_path), Staging() as staging:
        staging.take(tmp_path / "sub")
        handle = os.open(tmp_path / part_name("b", new_token()), os.O_CREAT | os.O_RDWR)
        fcntl.flock(handle, fcntl.LOCK_EX)
        write_bytes(tmp_path / "a", b"new")
        names = {path.name for path in tmp_path.iterdir()}
        os.close(handle)
    assert dead.name not in names
    assert ".mine.part" in names
    assert ".a.abc.part" not in names
    assert any(name.startswith(".b.") for name in names)


def test_a_set_waits_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SECONDS_TO_WAIT", 0.05)
    store(tmp_path, OLD)
    handle = os.open(tmp_path / "home" / JOURNAL_NAME, os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match="wait for it"):
        replace(tmp_path)
    os.close(handle)
    replace(tmp_path)
    assert contents(tmp_path) == NEW
