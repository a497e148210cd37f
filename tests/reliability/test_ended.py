"""Commands that are ended from outside take their processes and files along."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.reliability.faults import contents


def processes_of(session: int) -> list[int]:
    """Processes of a session, from the table of the system; zombies left out."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                state, _, _, sid = path.joinpath("stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(sid) == session and state != "Z":
                found.append(int(path.name))
    return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So many documents that a busy machine sees the workers before the end."""
    row = {"spans": [{"start": 0, "end": 7, "label": "P"}]}
    some = "".join(
        json.dumps({"id": f"d{at}", "text": f"Ann Lee {at} " * 20, **row}) + "\n"
        for at in range(1_000)
    )
    path = tmp_path_factory.mktemp("given") / "in.jsonl"
    with path.open("w") as stream:
        for _ in range(400):
            stream.write(some)
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("number", "code"), [("TERM", 143), ("HUP", 129), ("KILL", -9)])
def test_workers_end_with_their_command(number: str, code: int, many: Path, tmp_path: Path) -> None:
    words = ["convert", many, "--from", "documents", "--out", "o", "--workers", "2"]
    heeding = ["env", "--default-signal=HUP"]  # which is ignored under nohup
    said = tmp_path / "said.txt"
    with (
        said.open("w") as stderr,
        subprocess.Popen(
            [*heeding, sys.executable, "-m", "pii_sft", *words, "--deduplicate", "off", "--quiet"],
            cwd=tmp_path,
            stderr=stderr,
            start_new_session=True,
        ) as process,
    ):
        until = time.monotonic() + 60
        while len(processes_of(process.pid)) < 4 and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(process.pid, getattr(signal, f"SIG{number}"))
        assert process.wait(60) == code, said.read_text()
    until = time.monotonic() + 30
    while (left := processes_of(process.pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []
    assert contents(tmp_path / "o") == {}
