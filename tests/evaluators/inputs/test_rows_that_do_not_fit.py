"""Every shape of predictions with rows lost, repeated, moved or cut: right pairs, or an error."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import InputError
from pii_sft.evaluators import read_pairs
from pii_sft.targets import TARGETS

Row = dict[str, Any]
Shape = Callable[[str, str, int], Row]

TEXTS = {
    "a": "Ann lives in Rome.",
    "b": "Bob",
    "c": "Bob and Cid",
    "d": "List Dan.",
    "e": "Eve, Eve and Bob",
    "f": "user",
}


def answer(text: str, number: int) -> str:
    """Names a label that shows which document was answered."""
    return json.dumps([[f"L{number}", text]])


def spans(text: str, number: int) -> list[Row]:
    return [{"start": 0, "end": len(text), "label": f"L{number}"}]


def of_predict(id: str, text: str, number: int) -> Row:
    return {
        "id": id,
        "output": answer(text, number),
        "finish_reason": "stop",
        "spans": spans(text, number),
        "issues": [],
        "unplaced": [],
    }


def documents(id: str, text: str, number: int) -> Row:
    return {"id": id, "text": text, "spans": spans(text, number)}


def nameless_documents(_: str, text: str, number: int) -> Row:
    return {"text": text, "spans": spans(text, number)}


def answers(id: str, text: str, number: int) -> Row:
    return {"id": id, "output": answer(text, number)}


def do_predict(_: str, text: str, number: int) -> Row:
    prompt = (
        "<|im_start|>system\nList the personal data.<|im_end|>\n"
        f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    )
    return {"prompt": prompt, "predict": answer(text, number), "label": "[]\n"}


def vllm_script(_: str, text: str, number: int) -> Row:
    prompt = f"system\nList the personal data.\nuser\n{text}\nassistant\n"
    return {"prompt": prompt, "predict": answer(text, number), "label": "[]"}


def batch(id: str, text: str, number: int) -> Row:
    message = {"role": "assistant", "content": answer(text, number), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}
    return {
        "id": f"batch_req_{number}",
        "custom_id": id,
        "response": {"status_code": 200, "request_id": "r", "body": body},
        "error": None,
    }


SHAPES: Sequence[Shape] = (
    of_predict,
    documents,
    nameless_documents,
    answers,
    do_predict,
    vllm_script,
    batch,
)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


def made(shape: Shape) -> list[Row]:
    return [shape(id, text, at) for at, (id, text) in enumerate(TEXTS.items())]


def lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def joined(
    folder: Path, predictions: str, texts: dict[str, str] = TEXTS
) -> list[tuple[str, list[str]]]:
    """Ids of the gold, each with the labels that were predicted for it."""
    gold, pred = folder / "gold.jsonl", folder / "pred.jsonl"
    gold.write_text(lines([{"id": id, "text": t, "spans": []} for id, t in texts.items()]), "utf-8")
    pred.write_text(predictions, "utf-8")
    return [
        (document.id, [span.label for span in prediction.spans])
        for document, prediction in read_pairs(pred, gold, TARGETS.get("json"))
    ]


RIGHT = [(id, [f"L{at}"]) for at, id in enumerate(TEXTS)]


@every_shape
def test_in_order(shape: Shape, tmp_path: Path) -> None:
    assert joined(tmp_path, lines(made(shape))) == RIGHT


@every_shape
@pytest.mark.parametrize("seed", range(8))
def test_reordered(shape: Shape, seed: int, tmp_path: Path) -> None:
    rows = made(shape)
    random.Random(seed).shuffle(rows)
    assert joined(tmp_path, lines(rows)) == RIGHT


@every_shape
@pytest.mark.parametrize("lost", range(len(TEXTS)))
def test_dropped(shape: Shape, lost: int, tmp_path: Path) -> None:
    rows = made(shape)
    del rows[lost]
    with pytest.raises(InputError):
        joined(tmp_path, lines(rows))


@every_shape
@pytest.mark.parametrize("again", range(len(TEXTS)))
@pytest.mark.parametrize("place", [0, 3, len(TEXTS)])
def test_duplicated(shape: Shape, again: int, place: int, tmp_path: Path) -> None:
    rows = made(shape)
    rows.insert(place, rows[again])
    with pytest.raises(InputError):
        joined(tmp_path, lines(rows))


@every_shape
@pytest.mark.parametrize("lost", range(len(TEXTS)))
@pytest.mark.parametrize("again", range(len(TEXTS)))
def test_one_dropped_and_another_in_its_place(
    shape: Shape, lost: int, again: int, tmp_path: Path
) -> None:
    rows = made(shape)
    rows[lost] = rows[again]
    if lost == again:
        assert joined(tmp_path, lines(rows)) == RIGHT
        return
    with pytest.raises(InputError):
        joined(tmp_path, lines(rows))


@every_shape
def test_a_row_of_another_data_set(shape: Shape, tmp_path: Path) -> None:
    foreign = shape("z", "Zoe and Bob", 9)
    with pytest.raises(InputError):
        joined(tmp_path, lines([*made(shape), foreign]))
    with pytest.raises(InputError):
        joined(tmp_path, lines([*made(shape)[:-1], foreign]))


@every_shape
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_file_that_ends_too_early(shape: Shape, kept: float, tmp_path: Path) -> None:
    whole = lines(made(shape))
    with pytest.raises(InputError) as caught:
        joined(tmp_path, whole[: int(len(whole) * kept)])
    assert "lives" not in str(caught.value)


@every_shape
def test_an_empty_file(shape: Shape, tmp_path: Path) -> None:
    del shape
    with pytest.raises(InputError, match="no prediction"):
        joined(tmp_path, "")


@every_shape
@pytest.mark.parametrize("at", range(len(TEXTS)))
def test_a_row_cut_in_the_middle(shape: Shape, at: int, tmp_path: Path) -> None:
    rows = lines(made(shape)).splitlines()
    rows[at] = rows[at][: len(rows[at]) // 2]
    with pytest.raises(InputError, match="broken line"):
        joined(tmp_path, "\n".join(rows))


@pytest.mark.parametrize("shape", [answers, do_predict, vllm_script, batch])
def test_an_answer_cut_short_keeps_what_is_whole(shape: Shape, tmp_path: Path) -> None:
    rows = made(shape)
    cut = json.dumps([["L0", TEXTS["a"]], ["L0", "Rome"]])[:-4]
    rows[0] = json.loads(lines([rows[0]]).replace(json.dumps(answer(TEXTS["a"], 0)), "null"))
    for column in ("output", "predict"):
        if column in rows[0]:
            rows[0][column] = cut
    if "response" in rows[0]:
        rows[0]["response"]["body"]["choices"][0]["message"]["content"] = cut
    assert joined(tmp_path, lines(rows)) == RIGHT


@pytest.mark.parametrize("shape", [do_predict, vllm_script])
def test_prompts_of_several_templates_are_joined_by_order_alone(
    shape: Shape, tmp_path: Path
) -> None:
    def example(at: int) -> str:
        return f"Example {at}: nobody.\n" * at

    rows = [{**row, "prompt": example(at) + row["prompt"]} for at, row in enumerate(made(shape))]
    with pytest.raises(InputError, match="also in the prompt") as caught:
        joined(tmp_path, lines(rows))
    assert [problem.id for problem in caught.value.problems] == ["f"]
    clear = {id: text for id, text in TEXTS.items() if id != "f"}
    assert joined(tmp_path, lines(rows[:5]), clear) == RIGHT[:5]
    rows[1] = rows[2]
    with pytest.raises(InputError):
        joined(tmp_path, lines(rows[:5]), clear)


def test_one_prompt_can_not_serve_two_texts(tmp_path: Path) -> None:
    # both texts stand in the prompt, and no template tells them apart
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text(lines([{"text": text, "spans": []} for text in ("Bob", "Bob and Cid")]))
    pred.write_text(lines([{"prompt": "user: Bob and Cid", "predict": "[]"}] * 2))
    with pytest.raises(InputError, match="same prompt"):
        list(read_pairs(pred, gold, TARGETS.get("json")))


@pytest.mark.parametrize(
    ("texts", "suffix"),
    [
        (["Bob", "Bobx", "Bobxa"], "xyz"),
        (["aa", "aaa", "a"], "aab"),
        (["xx", "x", "xxx"], "x"),
        (["ab", "abab", "ababab"], "ab"),
        (["", "a", "aa"], "a"),
    ],
)
def test_templates_that_go_on_like_the_texts(texts: list[str], suffix: str, tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text(lines([{"text": text, "spans": []} for text in texts]))
    for seed in range(6):
        order = random.Random(seed).sample(range(3), 3)
        rows = [
            {"prompt": f"p{texts[at]}{suffix}", "predict": json.dumps([[f"L{at}", "Zed"]])}
            for at in order
        ]
        pred.write_text(lines(rows))
        found = [each.unplaced for _, each in read_pairs(pred, gold, TARGETS.get("json"))]
        assert found == [("L0",), ("L1",), ("L2",)]
