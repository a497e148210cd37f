"""The application over HTTP, with many clients; no text is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from pii_sft.redaction.named_styles import style_named
from pii_sft.server.app import create_app
from tests.server.detecting import PatternDetector

TEXT = "write to Ann Lee, perhaps, at ann@example.org"
HERE = "http://127.0.0.1:8080"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(PatternDetector()), base_url=HERE) as client:
        yield client


def test_the_page_asks_the_model_once() -> None:
    detector = PatternDetector()
    with TestClient(create_app(detector), base_url=HERE) as client:
        about = client.get("/about").json()
        assert about["labels"] == ["PERSON", "EMAIL"]
        assert about["anchored"] is True
        client.post("/analyze", json={"text": TEXT, "language": "en"})
        found = client.post("/detect", json={"text": TEXT}).json()
        assert detector.followed_up == [False, True]  # other dials are turned on the page alone
        assert [each["label"] for each in found["entities"]] == ["PERSON", "EMAIL"]
        body = {"text": TEXT, "proposals": found["proposals"]}
        more = client.post("/choose", json={**body, "recall_bias": 3}).json()["entities"]
        assert [TEXT[each["start"] : each["end"]] for each in more] == [
            "Ann Lee",
            "perhaps",
            "ann@example.org",
        ]
        fewer = client.post("/choose", json={**body, "thresholds": {"PERSON": 0.95}}).json()
        assert [each["label"] for each in fewer["entities"]] == ["EMAIL"]
        assert detector.batches == [1, 1]
        entities = [{key: each[key] for key in ("start", "end", "label")} for each in more]
        redacted = client.post("/redact", json={"text": TEXT, "entities": entities}).json()
        assert redacted == {"text": "write to [PERSON], [PERSON], at [EMAIL]"}


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/choose", {"proposals": [{"start": 0, "end": 99, "label": "P", "open": 1.0}]}),
        ("/redact", {"entities": [{"start": 2, "end": 1, "label": "P"}]}),
        ("/redact", {"entities": [], "style": "shout"}),
    ],
)
def test_what_the_page_can_not_ask(client: TestClient, route: str, body: dict[str, object]) -> None:
    done = client.post(route, json={"text": "short", **body})
    assert done.status_code == 400


def test_files_of_the_page(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for line in page.text.splitlines():
        assert "http" not in line or "http-equiv" in line
    assert client.get("/page.js").status_code == client.get("/page.css").status_code == 200


def test_a_text_that_breaks_the_model_is_nobody_elses_trouble(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with TestClient(create_app(PatternDetector()), base_url=HERE) as client:
        body = {"text": ["Bob", "POISON secretword"], "language": "en"}
        done = client.post("/analyze", json=body)
        assert (done.status_code, done.json()) == (500, {"error": "Internal server error"})
        assert client.post("/analyze", json={"text": "Bob", "language": "en"}).status_code == 200
        metrics = client.get("/metrics").text
    assert 'pii_sft_failures_total{kind="ValueError"} 1.0' in metrics
    assert 'pii_sft_requests_total{route="/analyze",status="500"} 1.0' in metrics
    assert 'pii_sft_entities_total{label="PERSON"}' in metrics
    seen = metrics + caplog.text + "".join(capfd.readouterr())
    assert "secretword" not in seen
    assert "Bob" not in seen


def test_a_failed_answer_is_no_clean_text(client: TestClient) -> None:
    done = client.post("/analyze", json={"text": "GARBLED Bob", "language": "en"})
    assert done.status_code == 502
    [garbled] = PatternDetector().detect_many(["GARBLED Bob"])
    assert garbled.redacted(style_named("label")) == "\N{FULL BLOCK}" * 11


def test_many_clients_at_once_each_get_their_own() -> None:
    """Five hundred clients; each answer is that of its text alone."""
    app = create_app(PatternDetector())

    async def run() -> None:
        async with app_started(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:

                async def one(number: int) -> None:
                    text = f"{'x' * (number % 7)} Name{'abcdefg'[number % 7]} and Bob"
                    body = {"text": text, "language": "en"}
                    done = await client.post("/analyze", json=body)
                    assert done.status_code == 200
                    [detection] = PatternDetector().detect_many([text])
                    assert [(e["start"], e["end"]) for e in done.json()] == [
                        (e.start, e.end) for e in detection.entities
                    ]

                await asyncio.gather(*map(one, range(500)))

    asyncio.run(run())


class app_started:  # noqa: N801 - a context of the tests alone
    """Runs the application's beginning and end around a block, as a server does."""

    def __init__(self, app: object) -> None:
        self._app = app

    async def __aenter__(self) -> None:
        self._told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.create_task(
            self._app(scope, self._told.get, self._said.put)  # type: ignore[operator]
        )
        await self._told.put({"type": "lifespan.startup"})
        assert (await self._said.get())["type"] == "lifespan.startup.complete"

    async def __aexit__(self, *error: object) -> None:
        await self._told.put({"type": "lifespan.shutdown"})
        assert (await self._said.get())["type"] == "lifespan.shutdown.complete"
        await self._task
