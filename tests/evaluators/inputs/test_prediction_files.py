"""Prediction files: every shape, and every way to be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError
from pii_sft.evaluators import Prediction, read_pairs, score_files
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

CANARY = "Xanthippe Quillfeather"
TEXT = f"{CANARY} lives in Oslo."
NAME = Span(0, 22, "PERSON")
CITY = Span(32, 36, "CITY")
GOLD = [{"id": "d1", "text": TEXT, "spans": [{"start": 0, "end": 22, "label": "PERSON"}]}]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def predicted(folder: Path, *rows: Any) -> Prediction:
    gold = write(folder / "gold.jsonl", GOLD)
    pred = write(folder / "pred.jsonl", list(rows))
    ((document, prediction),) = read_pairs(pred, gold, TARGETS.get("json"))
    assert document == Document("d1", TEXT, (NAME,))
    return prediction


def test_rows_of_predict(tmp_path: Path) -> None:
    row = {
        "id": "d1",
        "output": "[]",
        "finish_reason": "stop",
        "spans": [{"start": 32, "end": 36, "label": "CITY", "score": 0.75}],
        "issues": ["not_in_text"],
    }
    found = predicted(tmp_path, row)
    assert found == Prediction((CITY,), (0.75,), ("not_in_text",), "stop")


def test_documents(tmp_path: Path) -> None:
    row = {"id": "d1", "text": TEXT, "spans": [{"start": 0, "end": 22, "label": "PERSON"}]}
    assert predicted(tmp_path, row) == Prediction((NAME,), (None,))


def test_answers_with_ids(tmp_path: Path) -> None:
    row = {"id": "d1", "output": f'[["PERSON","{CANARY}"],["CITY","Bergen"]]'}
    assert predicted(tmp_path, row) == Prediction(
        (NAME,), (None,), ("not_in_text",), unplaced=("CITY",)
    )


def test_rows_of_llamafactory_and_its_label_is_not_the_gold(tmp_path: Path) -> None:
    row = {
        "prompt": f"<|im_start|>user\n{TEXT}<|im_end|>\n<|im_start|>assistant\n",
        "predict": '[["CITY","Oslo"]]',
        "label": '[["CITY","Oslo"]]<|im_end|>\n',
    }
    assert predicted(tmp_path, row) == Prediction((CITY,), (None,))


def test_numbers_serve_as_ids(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", [{**GOLD[0], "id": 7}])
    pred = write(tmp_path / "pred.jsonl", [{"id": 7, "spans": []}])
    ((document, _),) = read_pairs(pred, gold, TARGETS.get("json"))
    assert document.id == "7"


def test_repeated_predictions_are_kept(tmp_path: Path) -> None:
    span = {"start": 32, "end": 36, "label": "CITY"}
    assert predicted(tmp_path, {"id": "d1", "spans": [span, span]}).spans == (CITY, CITY)


@pytest.mark.parametrize("entities", [{"output": '[["CITY","Oslo"]]'}, {"spans": []}])
def test_an_answer_cut_at_the_length_limit_is_truncated(
    tmp_path: Path, entities: dict[str, Any]
) -> None:
    found = predicted(tmp_path, {"id": "d1", "finish_reason": "length", **entities})
    assert found.issues == ("truncated",)
    assert found.finish_reason == "length"


def test_a_truncation_is_counted_once(tmp_path: Path) -> None:
    row = {"id": "d1", "finish_reason": "length", "output": '[["CITY","Oslo"],["PER'}
    assert predicted(tmp_path, row).issues.count("truncated") == 1


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"id": "d1", "answer": CANARY}, "wrong shape"),
        ([CANARY], "wrong shape"),
        ({"id": "d1", "output": 3}, "wrong shape"),
        ({"id": "d1", "spans": [{"start": "0", "end": 3, "label": CANARY}]}, "wrong shape"),
        ({"id": "d1", "spans": [{"start": 0, "end": 99, "label": CANARY}]}, "offsets"),
        ({"id": "d1", "spans": [{"start": -1, "end": 3, "label": CANARY}]}, "offsets"),
        ({"id": "d1", "spans": [{"start": 3, "end": 3, "label": CANARY}]}, "offsets"),
        ({"id": "d1", "spans": [{"start": 0, "end": 3, "label": ""}]}, "no label"),
        ({"id": "d1", "text": TEXT + "!", "spans": []}, "other text"),
        ({"output": CANARY}, "wrong shape"),
    ],
)
def test_bad_rows_are_refused_without_their_text(tmp_path: Path, row: Any, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        predicted(tmp_path, row)
    assert [problem.kind for problem in caught.value.problems] == [kind]
    assert caught.value.problems[0].line == 1
    assert "Xanthippe" not in str(caught.value)


@pytest.mark.parametrize(
    "line", [b'{"id": "d1", "spans": [', b"\xff\xfe{}", b'{"id": "\xff", "spans": []}']
)
def test_broken_lines_are_refused(tmp_path: Path, line: bytes) -> None:
    gold = write(tmp_path / "gold.jsonl", GOLD)
    pred = tmp_path / "pred.jsonl"
    pred.write_bytes(line + b"\n")
    with pytest.raises(InputError, match="broken line"):
        list(read_pairs(pred, gold, TARGETS.get("json")))


def test_a_later_row_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pred\.jsonl:2"):
        predicted(tmp_path, {"id": "d1", "spans": []}, {"id": "d2", "output": "[]"})


@pytest.mark.parametrize("missing", ["gold.jsonl", "pred.jsonl"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    write(tmp_path / "gold.jsonl", GOLD)
    write(tmp_path / "pred.jsonl", [{"id": "d1", "spans": []}])
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=missing):
        list(read_pairs(tmp_path / "pred.jsonl", tmp_path / "gold.jsonl", TARGETS.get("json")))


def batch(content: str | None = "[]", **changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **changes.pop("message", {})}
    choice = {"index": 0, "message": message, "finish_reason": "stop", **changes.pop("choice", {})}
    body = {"object": "chat.completion", "model": "m", "choices": [choice]}
    response = {"status_code": 200, "request_id": "r1", "body": body}
    return {"id": "batch_req_1", "custom_id": "d1", "response": response, "error": None, **changes}


def test_batch_output(tmp_path: Path) -> None:
    found = predicted(tmp_path, batch(f'[["PERSON","{CANARY}"],["CITY","Bergen"]]'))
    assert found == Prediction(
        (NAME,), (None,), ("not_in_text",), finish_reason="stop", unplaced=("CITY",)
    )


def test_batch_output_of_text_completions(tmp_path: Path) -> None:
    choice = {"index": 0, "text": '[["CITY","Oslo"]]', "finish_reason": "stop"}
    response = {"status_code": 200, "body": {"choices": [choice]}}
    assert predicted(tmp_path, batch(response=response)).spans == (CITY,)


def test_batch_answers_cut_at_the_length_limit_are_truncated(tmp_path: Path) -> None:
    found = predicted(tmp_path, batch('[["CITY","Oslo"]]', choice={"finish_reason": "length"}))
    assert (found.spans, found.issues) == ((CITY,), ("truncated",))


@pytest.mark.parametrize(
    "changes",
    [
        {"response": None, "error": {"code": "batch_expired", "message": CANARY}},
        {"error": {"code": "invalid_request", "message": CANARY}},
        {"response": None},
        {"response": {"status_code": 429, "request_id": "r", "body": {"error": {"code": "x"}}}},
        {"response": {"status_code": 500, "request_id": "r", "body": None}},
        {"response": {"status_code": 502, "body": "<html>bad gateway</html>"}},
    ],
)
def test_requests_that_failed_stay_as_failed_answers(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    found = predicted(tmp_path, batch(**changes))
    assert found == Prediction(issues=("failed",), finish_reason="error")


def test_requests_that_failed_stay_in_the_denominators(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", [*GOLD, {**GOLD[0], "id": "d2"}])
    failed = batch(response=None, error={"code": "x"}, custom_id="d2")
    pred = write(tmp_path / "pred.jsonl", [batch(f'[["PERSON","{CANARY}"]]'), failed])
    report = score_files(pred, gold, TARGETS.get("json"), ci=0.0)
    assert report.scores.documents == 2
    assert report.scores.schemes["strict"].micro.rates["recall"] == 0.5
    assert report.parsing.failed == 1


@pytest.mark.parametrize("message", [{"refusal": "I can't help with that."}, {"refusal": None}])
def test_refusals_are_answers_without_entities(tmp_path: Path, message: dict[str, Any]) -> None:
    found = predicted(tmp_path, batch(None, message=message))
    assert found.spans == found.unplaced == ()
    assert found.issues


@pytest.mark.parametrize(
    ("body", "count"),
    [({"choices": []}, 0), ({"output": []}, 0), ("text", 0), (None, 0), ({"choices": [{}] * 2}, 2)],
)
def test_answers_are_never_guessed_from_other_bodies(tmp_path: Path, body: Any, count: int) -> None:
    with pytest.raises(InputError, match=f"holds {count} choices"):
        predicted(tmp_path, batch(response={"status_code": 200, "body": body}))
