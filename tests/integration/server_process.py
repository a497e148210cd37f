"""A server of a model in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def server_process(words: Sequence[str], port: int, **environment: str) -> Iterator[str]:
    """The address of a server, while it runs.

    Args:
        words: its command line.
        port: on which that makes it listen.
        environment: variables beside those of this process.
    """
    url = f"http://127.0.0.1:{port}"
    child = subprocess.Popen(
        words,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(url):
            assert child.poll() is None
            time.sleep(0.2)
        yield url
    finally:
        child.terminate()
        child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v1/models", timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False
