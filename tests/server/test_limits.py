"""Limits on bodies, texts and waiting."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from pii_sft.server.app import create_app
from pii_sft.server.limits import Limits
from tests.server.detecting import PatternDetector

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(PatternDetector()), base_url=HERE) as client:
        yield client


def test_limits() -> None:
    limits = Limits(body_bytes=200, texts=2)
    with TestClient(create_app(PatternDetector(), limits=limits), base_url=HERE) as client:
        long = {"text": "x" * 300, "language": "en"}
        assert client.post("/analyze", json=long).status_code == 413

        def pieces() -> Iterator[bytes]:
            yield b'{"text": "'
            for _ in range(30):
                yield b"x" * 10
            yield b'", "language": "en"}'

        assert client.post("/analyze", content=pieces()).status_code == 413
        many = {"text": ["a", "b", "c"], "language": "en"}
        assert client.post("/analyze", json=many).status_code == 413


def test_a_full_queue_is_said_with_429_and_a_late_answer_with_503() -> None:
    detector = PatternDetector()
    limits = Limits(batch_size=1, waiting=1, seconds=0.5)
    with TestClient(create_app(detector, limits=limits), base_url=HERE) as client:
        detector.hold.clear()
        body = {"text": "Bob", "language": "en"}
        status: list[int] = []

        def ask() -> None:
            status.append(client.post("/analyze", json=body).status_code)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        detector.hold.set()
        assert sorted(set(status)) == [429, 503]
        for _ in range(1000):  # the one that waits may not have left the queue yet
            code = client.post("/analyze", json=body).status_code
            if code == 200:
                break
            time.sleep(0.01)
        assert code == 200


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    app = create_app(PatternDetector(), limits=Limits(seconds=0.1))
    messages = iter([{"type": "http.request", "body": b'{"te', "more_body": True}])
    sent = []

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-length", b"100")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/analyze",
        "raw_path": b"/analyze",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 408
