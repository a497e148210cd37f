"""What two annotations differ on goes out to a third person, and comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from pii_sft.converters.detect import read_annotations
from pii_sft.dataset.adjudication import DISPUTED, Keep, adjudication
from pii_sft.errors import UsageError
from pii_sft.evaluators.annotator_agreement.agreement import agreement
from pii_sft.files import read_documents, write_documents
from pii_sft.spans import Document, Span
from tests.conftest import Program, annotated

TEXT = "😀 Ann Lee of Acme met Bob in Rome"
BOTH = [annotated("same", "Ann was here", ("Ann", "PERSON")), annotated("none", "Nobody was here")]
A = annotated("d", TEXT, ("Ann Lee", "PERSON"), ("Acme", "ORG"), ("Bob", "PERSON"))
B = annotated("d", TEXT, ("Ann", "PERSON"), ("Acme", "PERSON"), ("Bob", "PERSON"), ("Rome", "CITY"))
SMALL = annotated("small", "Zed left", ("Zed", "PERSON"))
PAIRS = [*((each, each) for each in BOTH), (SMALL, SMALL.replaced(spans=())), (A, B)]


def read(folder: Path) -> list[Document]:
    files = [path for path in folder.iterdir() if path.name.startswith("documents.")]
    return list(read_annotations(files))


@pytest.mark.parametrize("to", ["doccano", "documents", "label_studio", "label_studio_predictions"])
def test_the_most_disputed_come_first_with_both_versions(to: str, tmp_path: Path) -> None:
    done = adjudication(PAIRS, tmp_path / "out", inputs=[], to=to)
    assert (done.disputed, done.agreed, done.decisions) == (2, 2, 4)
    assert list(read_documents(tmp_path / "out/agreed/documents.jsonl")) == BOTH
    if to == "label_studio_predictions":
        tasks = json.loads((tmp_path / "out/documents.json").read_text("utf-8"))
        assert [task["data"]["id"] for task in tasks] == ["d", "small"]
        assert len(tasks[0]["predictions"][0]["result"]) == 6
        return
    first, second = read(tmp_path / "out")
    assert (first.id, second.id) == ("d", "small")
    assert set(first.spans) == {*A.spans, *B.spans}
    assert second.spans == SMALL.spans


@pytest.mark.parametrize("keep", get_args(Keep))
def test_which_version_the_list_comes_with(keep: Keep, tmp_path: Path) -> None:
    adjudication(PAIRS, tmp_path / "out", inputs=[], to="documents", keep=keep)
    first, _ = read_documents(tmp_path / "out/documents.jsonl")
    common = set(A.spans) & set(B.spans)
    wanted = {"both": {*A.spans, *B.spans}, "a": set(A.spans), "b": set(B.spans), "agreed": common}
    assert set(first.spans) == wanted[keep]
    kinds = [each["kind"] for each in first.meta[DISPUTED]]
    assert sorted(kinds) == ["boundary", "label", "only_b"]
    assert first.meta[DISPUTED][0] == {
        "kind": "boundary",
        "a": {"start": 2, "end": 9, "label": "PERSON"},
        "b": {"start": 2, "end": 5, "label": "PERSON"},
    }


def test_label_studio_offers_every_disputed_label(tmp_path: Path) -> None:
    adjudication(PAIRS, tmp_path / "out", inputs=[], keep="a")
    config = (tmp_path / "out/label_config.xml").read_text("utf-8")
    assert [f'value="{label}"' in config for label in ("CITY", "ORG", "PERSON")] == [True] * 3


def test_only_an_earlier_list_is_replaced(tmp_path: Path) -> None:
    adjudication(PAIRS, tmp_path / "out", inputs=[])
    with pytest.raises(UsageError, match="--overwrite"):
        adjudication(PAIRS, tmp_path / "out", inputs=[])
    adjudication(PAIRS, tmp_path / "out", inputs=[], to="doccano", overwrite=True)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"documents.jsonl", "agreed", "manifest.json"}


def test_low_agreement_is_a_finding() -> None:
    (found,) = agreement(PAIRS * 9).findings("one.jsonl", "two.jsonl")
    assert (found.id, found.severity) == ("low-agreement", "warning")
    assert found.figures["f1"] < 0.9
    assert "pii-sft agree one.jsonl two.jsonl --adjudicate" in found.command
    assert agreement([(A, A)] * 5).findings() == []


def test_from_the_command_line_and_back(tmp_path: Path, pii_sft: Program) -> None:
    write_documents(tmp_path / "a.jsonl", [one for one, _ in PAIRS])
    write_documents(tmp_path / "b.jsonl", [other for _, other in PAIRS])
    done = pii_sft("agree", "a.jsonl", "b.jsonl", "--adjudicate", "list", "--to", "doccano")
    assert done.returncode == 0, done.stderr
    assert "2 documents with 4 questions in list, 2 agreed" in done.stderr
    assert "low-agreement" in done.stdout
    assert "Acme" not in done.stdout + done.stderr
    back = list(read_annotations([tmp_path / "list/documents.jsonl"], "doccano"))
    assert Span(13, 17, "ORG") in back[0].spans
    assert Span(13, 17, "PERSON") in back[0].spans
