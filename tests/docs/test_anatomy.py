"""The anatomy names functions that are there."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs/anatomy.md").read_text("utf-8")
FILES = (".json", ".jsonl", ".yaml", ".py")
NAMES = {name for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", TEXT) if not name.endswith(FILES)}


def is_there(name: str) -> bool:
    """True if a dotted name leads to a module, or to something in one; imports no heavy package."""
    room, _, thing = f"pii_sft.{name}".rpartition(".")
    spec = find_spec(room)
    if spec is None or spec.origin is None:
        return False
    defined = re.compile(rf"^(?:def|class) {thing}\b", re.MULTILINE)
    return (
        defined.search(Path(spec.origin).read_text("utf-8")) is not None
        or (
            spec.submodule_search_locations is not None and find_spec(f"pii_sft.{name}") is not None
        )
        or hasattr(import_module(room), thing)
    )


@pytest.mark.parametrize("name", sorted(NAMES))
def test_it_is_there(name: str) -> None:
    assert is_there(name)
