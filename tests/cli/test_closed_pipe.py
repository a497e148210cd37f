"""A reader that has enough, such as `head`, is no failure of ours."""

from __future__ import annotations

import subprocess
import sys


def test_a_closed_output_ends_quietly() -> None:
    command = f"{sys.executable} -m pii_sft recipes show qwen3_0_6b | true"
    script = f"for i in 1 2 3 4 5; do {command}; done; {command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 141)
    assert done.stderr == ""
