"""PaddleNLP UIE."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters import Note, Rejected
from pii_sft.converters.readers.paddlenlp_uie import READER
from pii_sft.spans import Document

TEXT = "😀 王小明在北京，王小明很好。"


def row(prompt: Any, *results: Any, content: Any = TEXT) -> dict[str, Any]:
    return {"content": content, "result_list": list(results), "prompt": prompt}


def result(surface: str, start: int) -> dict[str, Any]:
    return {"text": surface, "start": start, "end": start + len(surface)}


def read(folder: Path, *rows: Any) -> tuple[list[Document], list[Rejected], list[str]]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows))
    made = list(READER.read(path))
    return (
        [each for each in made if isinstance(each, Document)],
        [each for each in made if isinstance(each, Rejected)],
        [each.text for each in made if isinstance(each, Note)],
    )


def test_rows_about_a_content_are_one_document(tmp_path: Path) -> None:
    documents, problems, notes = read(
        tmp_path,
        row("人名", result("王小明", 2), result("王小明", 9)),
        row("人名", content="没有人。"),
        row("地名", result("北京", 6)),
        row("电话"),
    )
    assert not problems
    empty, full = documents
    assert (empty.text, empty.spans, empty.meta) == ("没有人。", (), {"negative_labels": ["人名"]})
    assert [(full.surface(each), each.start, each.label) for each in full.spans] == [
        ("王小明", 2, "人名"),
        ("北京", 6, "地名"),
        ("王小明", 9, "人名"),
    ]
    assert full.meta == {"negative_labels": ["电话"]}
    assert notes[0].startswith("offsets count code points, ends excluded (verified on 3 spans")


def test_the_unit_is_that_of_the_file(tmp_path: Path) -> None:
    """UTF-16 units, as of an export by a browser."""
    documents, _, notes = read(tmp_path, row("人名", result("王小明", 3), result("王小明", 10)))
    assert [each.start for each in documents[0].spans] == [2, 9]
    assert notes[0].startswith("offsets count UTF-16 units")


@pytest.mark.parametrize(
    "prompt",
    [
        "王小明的住址",
        "北京的天气",
        "情感倾向[正向，负向]",
        "王小明的情感倾向[正向,负向]",
        "age of 王小明",
    ],
)
def test_relations_and_choices_are_left_out(prompt: str, tmp_path: Path) -> None:
    documents, problems, notes = read(
        tmp_path,
        row(prompt, {"text": "正向", "start": -7, "end": -5}),
        row(prompt, content=f"只有{TEXT}"),
        row("人名", result("王小明", 2)),
    )
    assert not problems
    assert [len(each.spans) for each in documents] == [1]
    assert "2 rows ask for relations or choices and were left out" in notes


def test_labels_with_a_possessive_stay(tmp_path: Path) -> None:
    documents, _, _ = read(
        tmp_path, row("公司的名称", result("北京", 6)), row("的", result("很好", 12))
    )
    assert [each.label for each in documents[0].spans] == ["公司的名称", "的"]


def test_results_without_offsets_are_located(tmp_path: Path) -> None:
    documents, _, _ = read(tmp_path, row("人名", {"text": "王小明"}))
    assert [each.start for each in documents[0].spans] == [2, 9]


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (row("人名", result("王小明", 3), content="坏王小明"), "offsets"),
        (row("人名", {"text": "王小明", "start": "x", "end": 3}, content="坏"), "offsets"),
        (row("人名", {"text": "", "start": 0, "end": 1}, content="坏"), "wrong shape"),
        (row("人名", {"start": 0, "end": 1}, content="坏"), "wrong shape"),
        (row("人名", "王小明", content="坏"), "wrong shape"),
        (row("", content="坏"), "no label"),
        (row(None, content="坏"), "no label"),
        (row("人名", content=""), "no text"),
        (row("人名", content=None), "no text"),
        ({"content": "坏", "prompt": "人名"}, "not annotated"),
        ({"content": "坏", "prompt": "人名", "result_list": {}}, "not annotated"),
    ],
)
def test_refused(bad: dict[str, Any], kind: str, tmp_path: Path) -> None:
    good = row("人名", result("王小明", 2), result("王小明", 9))
    documents, (problem,), _ = read(tmp_path, good, bad)
    assert len(documents) == 1
    assert (problem.problem.kind, problem.problem.line) == (kind, 2)
    assert "王" not in problem.problem.reason


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "shapes_from_docs" / "paddle_uie.jsonl"
    document, note = READER.read(path)
    assert isinstance(document, Document)
    assert [(each.start, each.end, each.label) for each in document.spans] == [
        (0, 3, "name"),
        (5, 8, "city"),
        (11, 22, "phone"),
        (23, 26, "name"),
    ]
    assert document.meta == {"negative_labels": ["email"]}
    assert isinstance(note, Note)
    assert "verified on 4 spans" in note.text
