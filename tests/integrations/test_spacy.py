"""The component in a real pipeline."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pii_sft import Span, evaluate
from tests.conftest import ROOT
from tests.inference.known_backend import known_run

spacy = pytest.importorskip("spacy")

TEXT = "Annabel met Ann, not Bob."


GROUP = "spacy_factories"


@pytest.fixture(scope="module", autouse=True)
def _factory() -> None:
    """Do what spaCy does with entry points, whatever tree the installation is of."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    for name, value in points.items():
        EntryPoint(name, value, GROUP).load()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return known_run(tmp_path, monkeypatch)


def test_a_blank_pipeline_gets_entities(run: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("pii_sft", config={"run": str(run)})
    doc = nlp(TEXT)
    # A span of spaCy holds whole tokens: what was found in Annabel is all of it.
    assert [(each.text, each.label_) for each in doc.ents] == [
        ("Annabel", "PERSON"),
        ("Ann", "PERSON"),
    ]
    assert [each.text for each in doc.spans["pii"]] == ["Annabel", "Ann"]
    assert all(0.7 < each._.pii_score < 1 for each in doc.spans["pii"])
    assert nlp.analyze_pipes()["problems"] == {"pii_sft": []}


def test_settings_reach_the_detector(run: Path) -> None:
    nlp = spacy.blank("en")
    settings = {"recall_bias": 2.5}
    config = {"run": str(run), "spans_key": "found", "set_ents": False, "settings": settings}
    nlp.add_pipe("pii_sft", config=config)
    doc = nlp(TEXT)
    assert [each.text for each in doc.spans["found"]] == ["Annabel", "Ann", "Bob"]
    assert not doc.ents


def test_a_stream_is_answered_in_order_by_batches(run: Path) -> None:
    nlp = spacy.blank("en")
    component = nlp.add_pipe("pii_sft", config={"run": str(run)})
    texts = [f"{number} Ann" if number % 2 else str(number) for number in range(11)]
    docs = list(nlp.pipe(texts, batch_size=4))
    assert [doc.text for doc in docs] == texts
    assert [len(doc.ents) for doc in docs] == [number % 2 for number in range(11)]
    assert component._detector.finder._backend.calls == 3


def test_a_pipeline_is_stored_and_loaded(run: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("pii_sft", config={"run": str(run)})
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    assert [each.text for each in again(TEXT).ents] == ["Annabel", "Ann"]


def test_its_documents_are_scored_as_they_are(run: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("pii_sft", config={"run": str(run)})
    gold = [Span(0, 7, "PERSON"), Span(12, 15, "PERSON"), Span(21, 24, "PERSON")]
    for key in (None, "pii"):
        report = evaluate([gold], [nlp(TEXT)], ci=0.0, spans_key=key)
        assert report.scores.schemes["strict"].micro.rates["recall"] == pytest.approx(2 / 3)
