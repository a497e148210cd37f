"""Hosts and tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from pii_sft.server.app import create_app
from tests.server.detecting import PatternDetector

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(PatternDetector()), base_url=HERE) as client:
        yield client


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
