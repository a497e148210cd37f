"""A reader that has enough, such as `head`, is no failure of ours."""

from __future__ import annotations

import os
import subprocess
import sys


def test_a_closed_output_ends_quietly() -> None:
    for command in ("recipes show qwen3_0_6b", "recipes list", "synth --count 200 --out - --quiet"):
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
