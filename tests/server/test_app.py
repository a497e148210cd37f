"""The application over HTTP: Presidio's requests, limits, the token; no text is kept."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from pii_sft.redaction.named_styles import style_named
from pii_sft.server.app import create_app
from pii_sft.server.limits import Limits
from tests.server.detecting import PatternDetector

TEXT = "write to Ann Lee, perhaps, at ann@example.org"
HERE = "http://127.0.0.1:8080"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(PatternDetector()), base_url=HERE) as client:
        yield client


def test_analyze_as_presidio_answers(client: TestClient) -> None:
    done = client.post("/analyze", json={"text": TEXT, "language": "en"})
    assert done.status_code == 200
    assert done.json() == [
        {
            "analysis_explanation": None,
            "end": 16,
            "entity_type": "PERSON",
            "score": pytest.approx(0.86, abs=0.01),
            "start": 9,
        },
        {
            "analysis_explanation": None,
            "end": 45,
            "entity_type": "EMAIL_ADDRESS",
            "score": pytest.approx(0.90, abs=0.01),
            "start": 30,
        },
    ]


def test_analyze_takes_several_texts(client: TestClient) -> None:
    done = client.post("/analyze", json={"text": [TEXT, "nothing", "Bob"], "language": "en"})
    assert [len(each) for each in done.json()] == [2, 0, 1]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"entities": ["EMAIL_ADDRESS"]}, ["EMAIL_ADDRESS"]),
        ({"entities": ["EMAIL"]}, ["EMAIL_ADDRESS"]),
        ({"entities": ["PHONE_NUMBER"]}, []),
        ({"score_threshold": 0.88}, ["EMAIL_ADDRESS"]),
        ({"correlation_id": "123", "trace": "1"}, ["PERSON", "EMAIL_ADDRESS"]),
        ({"allow_list": ["Ann Lee"]}, ["EMAIL_ADDRESS"]),
        ({"allow_list": ["Ann"]}, ["PERSON", "EMAIL_ADDRESS"]),
        ({"allow_list": [r".*@example\.org"], "allow_list_match": "regex"}, ["PERSON"]),
        ({"return_decision_process": 0}, ["PERSON", "EMAIL_ADDRESS"]),
    ],
)
def test_what_a_request_may_ask(
    client: TestClient, more: dict[str, object], names: list[str]
) -> None:
    done = client.post("/analyze", json={"text": TEXT, "language": "en", **more})
    assert [each["entity_type"] for each in done.json()] == names


def test_the_decision_is_explained(client: TestClient) -> None:
    body = {"text": "Bob", "language": "en", "return_decision_process": True}
    [found] = client.post("/analyze", json=body).json()
    assert found["analysis_explanation"]["recognizer"] == "PiiSftRecognizer"
    assert found["analysis_explanation"]["score"] == found["score"]


def test_ad_hoc_recognizers_are_presidios(client: TestClient) -> None:
    pytest.importorskip("presidio_analyzer")
    pattern = {"name": "zip code (weak)", "regex": r"(\b\d{5}(?:\-\d{4})?\b)", "score": 0.01}
    recognizer = {
        "name": "Zip code Recognizer",
        "supported_language": "en",
        "patterns": [pattern],
        "supported_entity": "ZIP",
    }
    body = {"text": "Bob, 10023", "language": "en", "ad_hoc_recognizers": [recognizer]}
    names = [each["entity_type"] for each in client.post("/analyze", json=body).json()]
    assert names == ["PERSON", "ZIP"]
    recognizer["patterns"] = [{"type": "zip", "bebex": "secret", "confidence": 0.01}]
    done = client.post("/analyze", json=body)
    assert done.status_code == 400
    assert "secret" not in done.text


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{}", 400, "No text provided"),
        (b'{"language": "en"}', 400, "No text provided"),
        (b'{"text": "Ann Secret"}', 400, "No language provided"),
        (b'{"text": ', 400, "not readable JSON"),
        (b'{"text": 7, "language": "en"}', 400, "`str | array"),
        (b'{"text": "Ann Secret", "language": "en", "entities": 7}', 400, "$.entities"),
        (b'{"text": "Ann Secret", "language": "en", "allow_list_match": "x"}', 400, "exact or"),
        (b"\xff\xfe", 400, "not readable JSON"),
    ],
)
def test_what_can_not_be_analyzed(client: TestClient, body: bytes, status: int, said: str) -> None:
    done = client.post("/analyze", content=body)
    assert done.status_code == status
    assert said in done.json()["error"]
    assert "Secret" not in done.text


ANONYMIZE = {
    "text": "hello world, my name is Jane Doe. My number is: 034453334",
    "anonymizers": {
        "DEFAULT": {"type": "replace", "new_value": "ANONYMIZED"},
        "PHONE_NUMBER": {
            "type": "mask",
            "masking_char": "*",
            "chars_to_mask": 4,
            "from_end": True,
        },
    },
    "analyzer_results": [
        {"start": 24, "end": 32, "score": 0.8, "entity_type": "NAME"},
        {"start": 24, "end": 28, "score": 0.8, "entity_type": "FIRST_NAME"},
        {"start": 29, "end": 32, "score": 0.6, "entity_type": "LAST_NAME"},
        {"start": 48, "end": 57, "score": 0.95, "entity_type": "PHONE_NUMBER"},
    ],
}
"""The example of Presidio's documentation."""


def test_anonymize_as_presidio_documents_it(client: TestClient) -> None:
    done = client.post("/anonymize", json=ANONYMIZE)
    assert done.status_code == 200
    value = done.json()
    assert value["text"] == "hello world, my name is ANONYMIZED. My number is: 03445****"
    assert {item["operator"] for item in value["items"]} == {"replace", "mask"}


def test_analyze_and_anonymize_together(client: TestClient) -> None:
    results = client.post("/analyze", json={"text": TEXT, "language": "en"}).json()
    done = client.post("/anonymize", json={"text": TEXT, "analyzer_results": results})
    assert done.json()["text"] == "write to <PERSON>, perhaps, at <EMAIL_ADDRESS>"


def test_what_is_encrypted_can_be_decrypted(client: TestClient) -> None:
    key = {"type": "encrypt", "key": "1" * 16}
    body = {
        "text": "Ann Lee",
        "anonymizers": {"DEFAULT": key},
        "analyzer_results": [{"start": 0, "end": 7, "score": 1.0, "entity_type": "PERSON"}],
    }
    hidden = client.post("/anonymize", json=body).json()
    assert "Ann" not in hidden["text"]
    back = client.post(
        "/deanonymize",
        json={
            "text": hidden["text"],
            "anonymizer_results": hidden["items"],
            "deanonymizers": {"DEFAULT": {**key, "type": "decrypt"}},
        },
    )
    assert back.json()["text"] == "Ann Lee"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": "hello"}, 422),
        ({"text": "", "analyzer_results": [ANONYMIZE["analyzer_results"][0]]}, 422),  # type: ignore[index]
        ({**ANONYMIZE, "anonymizers": {"DEFAULT": {"type": "custom"}}}, 400),
    ],
)
def test_what_can_not_be_anonymized(
    client: TestClient, body: dict[str, object], status: int
) -> None:
    done = client.post("/anonymize", json=body)
    assert done.status_code == status
    assert done.json()["error"]


def test_the_other_routes_of_presidio(client: TestClient) -> None:
    assert client.get("/health").text == "Presidio Analyzer service is up"
    assert client.get("/supportedentities?language=en").json() == ["EMAIL_ADDRESS", "PERSON"]
    assert client.get("/recognizers").json() == ["PiiSftRecognizer"]
    assert "mask" in client.get("/anonymizers").json()
    assert "decrypt" in client.get("/deanonymizers").json()


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


def test_other_hosts_are_not_answered_without_a_token() -> None:
    with TestClient(create_app(PatternDetector()), base_url="http://evil.example") as client:
        assert client.post("/analyze", json={"text": "x", "language": "en"}).status_code == 421
    for host in ("localhost:8080", "127.0.0.1", "[::1]:9"):
        with TestClient(create_app(PatternDetector()), base_url=f"http://{host}") as client:
            assert client.get("/health").status_code == 200


def test_with_a_token_everything_but_page_and_health_needs_it() -> None:
    app = create_app(PatternDetector(), token="correct horse battery")
    with TestClient(app, base_url="http://pii.example") as client:
        assert client.get("/health").status_code == 200
        assert client.get("/").status_code == 200
        for path in ("/metrics", "/about", "/supportedentities"):
            assert client.get(path).status_code == 401
        body = {"text": "Bob", "language": "en"}
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}):
            assert client.post("/analyze", json=body, headers=header).status_code == 401
        right = {"authorization": "Bearer correct horse battery"}
        assert len(client.post("/analyze", json=body, headers=right).json()) == 1


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
        ask = lambda: status.append(client.post("/analyze", json=body).status_code)  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        detector.hold.set()
        assert sorted(set(status)) == [429, 503]
        assert client.post("/analyze", json=body).status_code == 200


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


def test_label_studio_is_served(client: TestClient) -> None:
    config = (
        '<View><Labels name="ner" toName="body"><Label value="PERSON"/></Labels>'
        '<Text name="body" value="$letter"/></View>'
    )
    assert client.get("/label-studio/health").json()["status"] == "UP"
    assert client.post("/label-studio/setup", json={"project": "1"}).status_code == 200
    body = {"tasks": [{"data": {"letter": "\U0001f600 Ann"}}], "label_config": config}
    [result] = client.post("/label-studio/predict", json=body).json()["results"]
    [region] = result["result"]
    assert (region["from_name"], region["to_name"]) == ("ner", "body")
    assert region["value"] == {"start": 3, "end": 6, "text": "Ann", "labels": ["PERSON"]}
    for broken in ("<View", "<View/>", '<!DOCTYPE a [<!ENTITY b "c">]><View/>'):
        body["label_config"] = broken
        assert client.post("/label-studio/predict", json=body).status_code == 400


def test_replacements_that_would_fill_the_memory_are_refused(client: TestClient) -> None:
    entities = [
        {"start": at, "end": at + 1, "score": 0.5, "entity_type": "P"} for at in range(3000)
    ]
    bomb = {"DEFAULT": {"type": "replace", "new_value": "x" * 100_000}}
    body = {"text": "a" * 3000, "analyzer_results": entities, "anonymizers": bomb}
    assert client.post("/anonymize", json=body).status_code == 413


def test_patterns_that_never_end_are_refused(client: TestClient) -> None:
    body = {"text": f"Ann{'n' * 200}", "language": "en", "allow_list_match": "regex"}
    done = client.post("/analyze", json={**body, "allow_list": ["An(?:n|nn)+[x-z]"]})
    assert done.status_code == 400
    assert "too long" in done.json()["error"]
    pytest.importorskip("presidio_analyzer")
    pattern = {"name": "endless", "regex": "(?:n|nn)+[x-z]", "score": 0.5}
    recognizer = {"name": "r", "supported_language": "en", "patterns": [pattern]}
    asked = {**body, "ad_hoc_recognizers": [{**recognizer, "supported_entity": "X"}]}
    done = client.post("/analyze", json=asked)
    assert done.status_code == 400
    assert "too long" in done.json()["error"]


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
