"""Predictions for Label Studio over HTTP."""

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
