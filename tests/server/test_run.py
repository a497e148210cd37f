"""Addresses and tokens, and how a server ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.server.limits import Limits
from pii_sft.server.run import check_exposure, read_token
from tests.conftest import ROOT


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="--token-file"):
        check_exposure(host, None)
    check_exposure(host, "x" * 16)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_none(host: str) -> None:
    check_exposure(host, None)


def test_a_token_is_read_and_has_to_be_long(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" 0123456789abcdef\n")
    assert read_token(file) == "0123456789abcdef"
    assert read_token(None) is None
    file.write_text("short")
    with pytest.raises(UsageError, match="16 ASCII"):
        read_token(file)
    with pytest.raises(UsageError, match="can't be read"):
        read_token(tmp_path / "none")


def test_limits_that_let_nothing_through_are_refused() -> None:
    with pytest.raises(UsageError, match="waiting"):
        Limits(waiting=0)


SERVING = """
import sys
from pii_sft.server.run import serve
from tests.server.detecting import PatternDetector

class Slow(PatternDetector):
    def detect_many(self, texts, *, follow_up=True):
        print("asked", flush=True)
        sys.stdin.readline()
        return super().detect_many(texts)

serve(Slow, port=int(sys.argv[1]))
"""


def test_term_lets_what_is_in_flight_be_answered_and_ends_with_0() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/analyze"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVING, str(port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    client = subprocess.Popen([sys.executable, "-c", ASKING, url], stdout=subprocess.PIPE, cwd=ROOT)
    assert server.stdout.readline() == b"asked\n"
    server.send_signal(signal.SIGTERM)
    while _listens(port):
        pass
    server.stdin.write(b"answer\n")
    server.stdin.close()
    answer, _ = client.communicate()
    assert [each["entity_type"] for each in json.loads(answer)] == ["PERSON"]
    assert server.wait() == 0


ASKING = """
import sys, time, urllib.error, urllib.request
while True:
    try:
        request = urllib.request.Request(sys.argv[1], b'{"text": "Ann", "language": "en"}')
        print(urllib.request.urlopen(request).read().decode())
        break
    except urllib.error.URLError:
        time.sleep(0.1)
"""


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
