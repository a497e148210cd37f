"""Faults of a server, and what is done about each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Server, Settings, connection
from pii_sft.inference.backends.connection import KEY_VARIABLE, RefusedError, Request
from pii_sft.inference.backends.server import ServerBackend
from pii_sft.prompt import Message
from tests.inference.backends.openai_server import Body, Reply, StandIn, completion, serving

CANARY = "Zyxwvu Canary-4711"
KEY = "sk-secret-0815"


def turn(text: str) -> list[Message]:
    return [Message("user", text)]


def said(body: Body) -> str:
    return str(body["messages"][-1]["content"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """One that repeats what it is told."""
    monkeypatch.setattr(connection, "_FIRST_PAUSE", 0.01)
    with serving(said) as made:
        yield made


def asked(server: StandIn, *texts: str, at_once: int = 1, **how: float) -> dict[int, str]:
    settings = Settings("folder", "", "qwen3", batch_size=at_once)
    backend = ServerBackend(settings, Server(server.url, **how))  # type: ignore[arg-type]
    return {each.index: each.text for each in backend.generate([turn(text) for text in texts])}


@pytest.mark.parametrize(
    "failure",
    [
        Reply(429),
        Reply(500, CANARY.encode()),
        Reply(503, b"<html>"),
        Reply(200, b'{"choices": [', cut=True),
    ],
    ids=["429", "500", "503", "cut"],
)
def test_what_may_pass_is_asked_again(server: StandIn, failure: Reply) -> None:
    server.failures = [failure] * 3
    assert asked(server, "a", "b") == {0: "a", 1: "b"}
    assert len(server.asked) == 5


def test_a_server_that_hangs_is_asked_again(server: StandIn) -> None:
    release = threading.Event()
    server.before = lambda body: len(server.asked) == 1 and release.wait(60)
    assert asked(server, "a", timeout=0.5) == {0: "a"}
    release.set()
    assert len(server.asked) == 2


@pytest.mark.parametrize("as_date", [False, True])
def test_nobody_asks_before_the_server_wants_to_be_asked(server: StandIn, as_date: bool) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    server.failures = [Reply(429, headers={"Retry-After": when if as_date else "1"})]
    began = time.monotonic()
    assert asked(server, "a", "b") == {0: "a", 1: "b"}
    assert time.monotonic() - began >= 1


def test_a_server_that_wants_an_hour_is_given_up(server: StandIn) -> None:
    server.failures = [Reply(429, headers={"Retry-After": "3600"})]
    with pytest.raises(UsageError, match="asks to wait 3600 s"):
        asked(server, "a")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("failure", "reason", "times"),
    [
        (Reply(400, CANARY.encode()), "--max-new-tokens", 1),
        (Reply(401, CANARY.encode()), KEY_VARIABLE, 1),
        (Reply(404, CANARY.encode()), "no model of that name", 1),
        (Reply(307, headers={"Location": "http://127.0.0.1:9/"}), "answers 307", 1),
        (Reply(200, CANARY.encode()), "not that of an OpenAI-compatible", 1),
        (Reply(200, f'{{"error": "{CANARY}"}}'.encode()), "not that of an OpenAI-compatible", 1),
        (Reply(200, f'{{"choices": "{CANARY}"}}'.encode()), "not that of an OpenAI-compatible", 1),
        (Reply(500, CANARY.encode()), "answers 500, 3 times", 3),
        (Reply(200, CANARY.encode(), cut=True), "the connection fails", 3),
    ],
)
def test_what_goes_wrong_is_said_without_text_or_key(
    server: StandIn,
    failure: Reply,
    reason: str,
    times: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    caplog.set_level(logging.DEBUG)
    server.failures = [failure] * 9
    with pytest.raises(UsageError) as caught:
        asked(server, CANARY, attempts=3)
    assert reason in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(server.asked) == times
    assert CANARY[:6] not in str(caught.value) + caplog.text
    assert KEY not in str(caught.value) + caplog.text
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert CANARY not in repr(Request("chat/completions", server.asked[0]))


@pytest.mark.parametrize("failure", [Reply(401), Reply(200, b"<html>")], ids=["401", "no answer"])
def test_nothing_is_sent_after_a_failure(server: StandIn, failure: Reply) -> None:
    server.failures = [Reply(200, completion("a")), failure]
    requests = [
        Request("chat/completions", {"messages": [{"content": each}]}) for each in "abcdefgh"
    ]
    with connection.connected(Server(server.url), 1) as made:
        answers = made.post(requests, dict)
        assert next(answers)[0] == 0
        with pytest.raises(RefusedError):
            made.get("models", dict)  # which waits behind all of them
    assert len(server.asked) == 2


def test_a_server_that_is_not_there() -> None:
    with serving(said) as gone:
        url = gone.url
    with pytest.raises(UsageError, match="the connection fails"):
        ServerBackend(Settings("folder", "", "qwen3"), Server(url, attempts=1))


def test_no_more_requests_at_once_than_were_asked_for(server: StandIn) -> None:
    both = threading.Barrier(2)
    server.before = lambda body: both.wait(60)
    texts = [str(number) for number in range(8)]
    assert asked(server, *texts, at_once=2) == dict(enumerate(texts))
    assert server.most == 2


def test_no_more_requests_a_minute_than_were_asked_for(server: StandIn) -> None:
    began = time.monotonic()
    asked(server, *"abcdef", at_once=6, requests_per_minute=600)
    assert time.monotonic() - began >= 0.5


def test_what_is_no_longer_wanted_is_not_waited_for(server: StandIn) -> None:
    release = threading.Event()
    server.before = lambda body: said(body) == "a" or release.wait(60)
    settings = Settings("folder", "", "qwen3", batch_size=3)
    answers = iter(
        ServerBackend(settings, Server(server.url, timeout=60)).generate(list(map(turn, "abc")))
    )
    assert next(answers).text == "a"
    answers.close()  # type: ignore[attr-defined]
    assert not release.is_set()
    release.set()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://models.example:8000", "another machine"),
        ("http://10.0.0.7/v1", "another machine"),
        (f"https://me:{KEY}@models.example", "put a key into"),
        (f"http://localhost/v1?key={KEY}", "put a key into"),
        ("ftp://localhost", "takes an address"),
        ("localhost:8000", "takes an address"),
        ("http://[", "takes an address"),
        ("http://localhost:port", "takes an address"),
    ],
)
def test_addresses_that_are_refused(url: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        ServerBackend(Settings("folder", "", "qwen3"), Server(url))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["https://models.example", "http://localhost:8000/", "http://[::1]:80/v1", "http://127.8.9.1"],
)
def test_addresses_that_are_not(url: str) -> None:
    with connection.connected(Server(url), 1):
        pass
    with connection.connected(Server("http://models.example", allow_http=True), 1):
        pass


def test_answers_are_read_whatever_else_is_in_them(server: StandIn) -> None:
    server.failures = [
        Reply(200, completion(None, "content_filter")),
        Reply(200, b'{"choices":[]}'),
    ]
    settings = Settings("folder", "", "qwen3", batch_size=1)
    found = list(ServerBackend(settings, Server(server.url)).generate([turn("a"), turn("b")]))
    assert [(each.text, each.finish_reason) for each in found] == [("", "length")] * 2
