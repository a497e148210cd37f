"""Lazy tables of implementations."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from pii_sft.converters import READERS, WRITERS
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.registry import Registry
from pii_sft.targets import TARGETS

BUILTIN = {"json": "json:loads", "joined": "os.path:join", "gone": "no_such_package.sub:X"}


def registry(extra: str | None = None) -> Registry[Any]:
    return Registry("thing", "pii_sft.tests", BUILTIN, extra)


def test_get() -> None:
    import json

    assert registry().get("json") is json.loads
    assert registry().names() == ["gone", "joined", "json"]


def test_a_wrong_name_gets_help() -> None:
    with pytest.raises(UsageError) as caught:
        registry().get("jsno")
    assert "no thing 'jsno'" in str(caught.value)
    assert "Did you mean json" in str(caught.value)
    assert "Known: gone, joined, json." in str(caught.value)
    with pytest.raises(UsageError) as caught:
        registry().get("something else")
    assert "Did you mean" not in str(caught.value)


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"no_such_package .*pii-sft\[data\]"):
        registry("data").get("gone")
    with pytest.raises(ModuleNotFoundError):
        registry().get("gone")


def test_a_fault_of_our_own_is_no_missing_extra() -> None:
    broken: Registry[Any] = Registry("thing", "g", {"x": "pii_sft.no_such_module:X"}, "data")
    with pytest.raises(ModuleNotFoundError):
        broken.get("x")


def test_entry_points_add_but_do_not_replace(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def entry_points(group: str) -> list[EntryPoint]:
        asked.append(group)
        return [
            EntryPoint("mine", "os.path:split", group),
            EntryPoint("json", "os.path:basename", group),
        ]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    import json
    import os.path

    extended = registry()
    assert extended.names() == ["gone", "joined", "json", "mine"]
    assert extended.get("mine") is os.path.split
    assert extended.get("json") is json.loads
    assert asked == ["pii_sft.tests"]


@pytest.mark.parametrize("real", [READERS, WRITERS, TARGETS], ids=lambda each: each.kind)
def test_every_builtin_can_be_had(real: Registry[Any]) -> None:
    assert real.names()
    for name in real.names():
        assert real.get(name).name == name
    assert real.group == f"pii_sft.{real.kind}s"


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    program = (
        "import sys, pii_sft.converters, pii_sft.targets\n"
        "loaded = [m for m in sys.modules if '.readers.' in m or '.writers.' in m]\n"
        "assert not loaded, loaded\n"
        "assert 'json_repair' not in sys.modules\n"
        "assert not {'torch', 'transformers', 'llamafactory', 'datasets'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
