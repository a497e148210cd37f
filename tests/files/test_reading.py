"""Files that do not hold still while they are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pii_sft.dataset.convert import convert
from pii_sft.errors import InputError
from pii_sft.files import unchanged

ROWS = [{"id": f"d{at}", "text": f"Ann {at} " * 40, "spans": []} for at in range(2000)]


def truncated(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes().replace(b"Ann", b"Bob"))
    other.replace(path)


def removed(path: Path) -> None:
    path.unlink()


def grown(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"\n" + json.dumps(ROWS[0]).encode())


@pytest.mark.parametrize("source", ["documents", "presidio", "folder"])
@pytest.mark.parametrize("change", [truncated, replaced, removed, grown])
def test_inputs_that_change_are_refused(
    source: str, change: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "in" / "in.jsonl"
    path.parent.mkdir()
    if source == "presidio":
        rows = [{"full_text": row["text"], "spans": [], "template_id": 1} for row in ROWS]
        path.write_text(json.dumps(rows))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    changed: list[bool] = []

    def meanwhile(_: object) -> None:
        if not changed:
            change(path)
            changed.append(True)

    with pytest.raises(InputError, match="changed while it was read"):
        convert(
            [path.parent if source == "folder" else path],
            source="documents" if source == "folder" else source,
            out=tmp_path / "out",
            on_progress=meanwhile,
        )
    assert not (tmp_path / "out").exists()


def test_files_at_rest(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with unchanged([tmp_path, Path("-")]):
        (tmp_path / "b").write_text("not read")
