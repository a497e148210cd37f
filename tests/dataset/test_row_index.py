"""What is remembered of documents comes back as it was, however it is packed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pii_sft.dataset import row_index as row_index_module
from pii_sft.dataset.blocks import encode as encode_module
from pii_sft.dataset.blocks import proved_answers as answers
from pii_sft.dataset.blocks.encode import encode_block, encoded_job
from pii_sft.dataset.blocks.input_blocks import Records
from pii_sft.dataset.options import BlockJob, Limits
from pii_sft.dataset.row_index import EncodedBlock, RowIndex
from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span, checked
from tests.conftest import annotated


def prepared(*documents: Document, **job: object) -> EncodedBlock:
    name = encoded_job(BlockJob("lenient", **job))  # type: ignore[arg-type]
    return encode_block(name, Records(Path("f.jsonl"), documents))


@pytest.fixture(autouse=True)
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that can't fail, so that documents may be of any kind."""
    from pii_sft.targets import TARGETS, Proof

    class Lenient:
        name = "lenient"

        def render(self, document: Document) -> str:
            return str(len(document.spans))

    monkeypatch.setattr(TARGETS, "get", lambda _: Lenient())
    monkeypatch.setattr(answers, "prove", lambda *_: Proof((), ()))
    encode_module._preparation.cache_clear()


def counts(row_index: RowIndex) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = [{} for _ in range(row_index.rows)]
    for part in row_index.occurrences():
        for row, label, spans in zip(
            *map(np.ndarray.tolist, (part.rows, part.labels, part.spans)), strict=True
        ):
            name = row_index.names[label]
            rows[row][name] = rows[row].get(name, 0) + spans
    return rows


MANY = [
    annotated("a", "Ann Bob", ("Ann", "P"), ("Bob", "Q")),
    annotated("b", "nothing"),
    annotated("c", "Cleo Dan", ("Cleo", "P"), ("Dan", "P")),
]


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_labels_of_rows(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_index_module, "ROWS_AT_ONCE", at_once)
    row_index = RowIndex()
    row_index.add(prepared(*MANY))
    row_index.add(prepared(annotated("d", "Eve", ("Eve", "A"))))
    assert row_index.names == ["A", "P", "Q"]
    assert counts(row_index) == [{"P": 1, "Q": 1}, {}, {"P": 2}, {"A": 1}]
    assert row_index.bare.tolist() == [False, True, False, False]


def test_more_spans_of_a_label_than_a_number_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_index_module, "MOST_SPANS", 3)
    spans = [Span(place, place + 1, "P") for place in range(10)] + [Span(0, 2, "Q")]
    row_index = RowIndex()
    row_index.add(prepared(checked("a", "x" * 20, spans), *MANY))
    assert counts(row_index) == [{"P": 10, "Q": 1}, {"P": 1, "Q": 1}, {}, {"P": 2}]


def test_more_labels_than_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_index_module, "MOST_LABELS", 1)
    with pytest.raises(UsageError, match="right column"):
        RowIndex().add(prepared(*MANY))


def test_groups_may_begin_late() -> None:
    row_index = RowIndex()
    row_index.add(prepared(*MANY))
    assert row_index.groups.tolist() == row_index.texts[0].tolist()
    row_index.add(prepared(annotated("d", "x", group="g"), annotated("e", "y", group="g")))
    row_index.add(prepared(annotated("f", "nothing")))
    groups = row_index.groups.tolist()
    assert groups[:3] == row_index.texts[0][:3].tolist()
    assert groups[3] == groups[4]
    assert groups[5] == groups[1]
    assert len(set(groups)) == 4


def test_windows_may_begin_late() -> None:
    row_index = RowIndex()
    row_index.add(prepared(*MANY))
    assert not row_index.windowed
    assert row_index.document_of_row().tolist() == [0, 1, 2]
    row_index.add(prepared(annotated("d", "One. Two. Six."), MANY[1], limits=Limits(5, 0)))
    row_index.add(prepared(annotated("e", "Two. ")))
    assert row_index.windowed
    assert (row_index.documents, row_index.rows) == (6, 9)
    assert row_index.document_of_row().tolist() == [0, 1, 2, 3, 3, 3, 4, 4, 5]
    texts = row_index.row_texts.tolist()
    assert texts[:3] == row_index.texts[0][:3].tolist()
    assert texts[4] == texts[-1]


@pytest.mark.parametrize(
    ("value", "same"),
    [("7", True), (7, True), ([7], False), ({"a": 7}, False), (None, False)],
)
def test_groups_are_told_apart_by_value(value: object, same: bool) -> None:
    row_index = RowIndex()
    row_index.add(
        prepared(Document("a", "x", (), {"group": "7"}), Document("b", "y", (), {"group": value}))
    )
    one, other = row_index.groups.tolist()
    assert (one == other) is same


def test_no_text_in_a_repr() -> None:
    made = prepared(annotated("a", "secret Ann", ("Ann", "P")))
    assert "secret" not in repr(made)
