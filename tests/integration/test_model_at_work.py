"""A run with a real model at work: what starting it imports, and how a server of it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.train

ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def test_starting_imports_only_what_it_needs(run: Path) -> None:
    code = """
import json, sys
from pii_sft import Detector
found = Detector.load(sys.argv[1]).detect("Ann met Bob in Rome")
imported = [name for name in ("bitsandbytes", "sklearn") if name in sys.modules]
import peft.tuners.lora.model as lora
from transformers.utils import is_sklearn_available
print(json.dumps([len(found), imported, lora.is_bnb_available(), is_sklearn_available()]))
"""
    words = [sys.executable, "-c", code, str(run)]
    done = subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    _, imported, *known = json.loads(done.stdout.splitlines()[-1])
    assert imported == []
    # Whoever asks later is told the truth.
    assert known == [find_spec(name) is not None for name in ("bitsandbytes", "sklearn")]


class Server:
    """`pii-sft serve` in a process of its own."""

    def __init__(self, run: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        words = ["serve", "--run", str(run), "--port", str(port)]
        words += ["--batch-size", "1", "--timeout", "3600"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pii_sft", *words], env=ENVIRONMENT, stderr=subprocess.PIPE
        )

    def ask(self, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data)
        with urllib.request.urlopen(request) as answer:
            content: bytes = answer.read()
        return content

    def wait_until_ready(self) -> None:
        while True:
            assert self.process.poll() is None, "the server did not start"
            try:
                self.ask("/health")
            except urllib.error.URLError:
                time.sleep(0.2)
            else:
                return


@pytest.fixture
def server(run: Path) -> Iterator[Server]:
    server = Server(run)
    server.wait_until_ready()
    yield server
    if server.process.returncode is None:
        server.process.kill()
        server.process.communicate()


def test_a_request_in_flight_is_answered_after_term(server: Server) -> None:
    texts = [f"Ann met Bob {number} times in Rome." for number in range(2)]
    answers: list[list[Any]] = []
    client = threading.Thread(
        target=lambda: answers.append(
            json.loads(server.ask("/analyze", {"text": texts, "language": "en"}))
        )
    )
    client.start()
    while b"\npii_sft_waiting_texts 0.0\n" in server.ask("/metrics"):
        assert client.is_alive()
    server.process.send_signal(signal.SIGTERM)
    client.join()
    _, said = server.process.communicate()
    [answer] = answers
    assert len(answer) == len(texts)
    assert server.process.returncode == 0
    assert b"Traceback" not in said
    with pytest.raises(urllib.error.URLError):
        server.ask("/health")
