"""Requests of Presidio over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from pii_sft.server.app import create_app
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
