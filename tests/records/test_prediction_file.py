"""Predictions are compared with, and applied to, the texts that they were made for alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError
from pii_sft.evaluators import read_pairs
from pii_sft.files import write_documents
from pii_sft.records.prediction_file import record_path
from pii_sft.spans import Document, Span, texts_digest
from pii_sft.targets import TARGETS
from tests.conftest import Program

DOCUMENTS = [
    Document("a", "Ann Lee lives in Rome.", (Span(0, 7, "PERSON"),)),
    Document("b", "Bob Ray lives in Oslo.", (Span(0, 7, "PERSON"),)),
    Document("c", "Cid Poe lives in Bonn.", (Span(0, 7, "PERSON"),)),
]
CHANGED = [DOCUMENTS[0], DOCUMENTS[1].replaced(text="Dear Bob Ray, hi."), DOCUMENTS[2]]
CORRECTED = [each.replaced(spans=(Span(17, 21, "CITY"),)) for each in DOCUMENTS]


class Folder:
    """Predictions for documents, with what a row or the record says about the texts."""

    def __init__(self, path: Path) -> None:
        self.gold = path / "gold.jsonl"
        self.pred = path / "pred.jsonl"
        write_documents(self.gold, DOCUMENTS)

    def predict(self, *, digests: bool, record: bool, texts: bool = True, output: str = "") -> None:
        rows = []
        for document in DOCUMENTS:
            row: dict[str, Any] = {"id": document.id, "output": output, "finish_reason": "stop"}
            row["spans"] = [{"start": 0, "end": 7, "label": "PERSON"}]
            if digests:
                row["text_digest"] = document.text_digest
            rows.append(row)
        self.pred.write_text("".join(json.dumps(row) + "\n" for row in rows))
        if record:
            kept = {
                "gold": str(self.gold),
                "gold_sha256": hashlib.sha256(self.gold.read_bytes()).hexdigest(),
                "texts_digest": texts_digest(DOCUMENTS) if texts else "",
                "serving": {"target": "json"},
            }
            record_path(self.pred).write_text(json.dumps(kept))

    def pairs(self, documents: list[Document] | None = None, name: str = "gold") -> list[Any]:
        gold = self.gold.with_name(f"{name}.jsonl")
        if documents is not None:
            write_documents(gold, documents, overwrite=True)
        return list(read_pairs(self.pred, gold, TARGETS.get("json")))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


KINDS = [
    {"digests": True, "record": False},
    {"digests": True, "record": True},
    {"digests": False, "record": True},
    {"digests": False, "record": True, "texts": False},
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_texts_that_were_predicted(folder: Folder, kind: dict[str, bool]) -> None:
    folder.predict(**kind)
    assert len(folder.pairs()) == 3
    assert len(folder.pairs(DOCUMENTS, "copy")) == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["gold", "other"])
def test_another_text_under_the_same_id_is_refused(
    folder: Folder, kind: dict[str, bool], name: str
) -> None:
    folder.predict(**kind)
    with pytest.raises(InputError) as refused:
        folder.pairs(CHANGED, name)
    named = {problem.id for problem in refused.value.problems}
    assert named == {"b"} or (name == "gold" and not kind["digests"] and named == {None})
    assert "Bob" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("name", ["gold", "other"])
def test_annotation_may_be_corrected(folder: Folder, kind: dict[str, bool], name: str) -> None:
    folder.predict(**kind)
    assert len(folder.pairs(CORRECTED, name)) == 3


def test_a_file_that_says_nothing_about_texts_is_told_by_its_answers(folder: Folder) -> None:
    answer = '[["PERSON","Ann Lee"],["PERSON","Bob Ray"],["PERSON","Cid Poe"]]'
    folder.predict(digests=False, record=False, output=answer)
    assert len(folder.pairs()) == 3
    with pytest.raises(InputError, match="count in another text"):
        folder.pairs(CHANGED)


def test_every_document_that_differs_is_named(folder: Folder) -> None:
    folder.predict(digests=True, record=True)
    with pytest.raises(InputError) as refused:
        folder.pairs([each.replaced(text=f"Dear {each.text}") for each in DOCUMENTS])
    assert [problem.id for problem in refused.value.problems] == ["a", "b", "c"]


@pytest.mark.parametrize("words", ["score --ci 0 --pred", "redact --out red.jsonl --pred"])
def test_commands_refuse_other_texts(folder: Folder, pii_sft: Program, words: str) -> None:
    folder.predict(digests=True, record=True)
    write_documents(folder.gold, CHANGED, overwrite=True)
    done = pii_sft(*words.split(), folder.pred)
    assert done.returncode == 2
    assert "[b] has another text" in done.stderr
    assert not folder.gold.with_name("red.jsonl").exists()


def test_digests_tell_texts_apart() -> None:
    assert DOCUMENTS[0].text_digest != DOCUMENTS[1].text_digest
    assert DOCUMENTS[0].text_digest == CORRECTED[0].text_digest
    assert texts_digest(DOCUMENTS) == texts_digest(CORRECTED) != texts_digest(CHANGED)
    assert texts_digest(DOCUMENTS) != texts_digest(DOCUMENTS[::-1])
