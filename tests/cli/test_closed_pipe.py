"""A reader that has enough, such as `head`, is no failure of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_a_closed_output_ends_quietly() -> None:
    for command in (
        "recipes show qwen3_0_6b",
        "recipes list",
        "synth --language zh --count 200 --out - --quiet",
    ):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            [sys.executable, "-m", "pii_sft", *command.split()],
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (141, ""), command


@pytest.mark.grid
@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("formats", "1"),
        ("synth --language zh --count 200 --out - --quiet", "1"),
        ("convert - --from documents --out o --quiet", "0"),
        ("convert g.jsonl --out p --to documents --quiet", ""),
    ],
)
@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1", "1 2", "0 1 2"])
def test_closed_streams_are_no_bug(closed: str, words: str, needed: str, tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text('{"id":"a","text":"Ann","spans":[]}\n')
    shut = " ".join(f"{number}<&-" for number in closed.split())
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m pii_sft {words} {shut}"],
        input="",
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    code = 2 if needed in closed.split() or words.startswith("convert -") else 0
    assert done.returncode == code, done.stderr
    assert "bug" not in done.stderr
    assert "Exception" not in done.stderr
    if not needed:
        assert (tmp_path / "p" / "documents.jsonl").read_text().startswith('{"id":"a"')
