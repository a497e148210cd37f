"""Joining predictions with gold: by id, by order, by text, or not at all."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pii_sft.errors import InputError
from pii_sft.evaluators import read_pairs
from pii_sft.evaluators.inputs import pair_with_gold as joining
from pii_sft.evaluators.inputs.pair_with_gold import _squeezed
from pii_sft.prompt import guarded
from pii_sft.targets import TARGETS

Template = Callable[[str], str]


def with_markers(text: str) -> str:
    system = "<|im_start|>system\nList the personal data.<|im_end|>\n"
    return f"{system}<|im_start|>user\n{guarded(text)}<|im_end|>\n<|im_start|>assistant\n"


def without_markers(text: str) -> str:
    return f"system\nList the personal data.\nuser\n{guarded(text)}\nassistant\n"


def joined(
    folder: Path,
    texts: list[str],
    order: list[int] | None = None,
    template: Template = with_markers,
) -> list[tuple[str, str]]:
    """Ids of the gold documents, each with the label that was predicted for it.

    The answer about document number i names the label `Li`, so that the pairs show what was joined.
    """
    gold = folder / "gold.jsonl"
    rows = [{"id": f"d{at}", "text": text, "spans": []} for at, text in enumerate(texts)]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    pred = folder / "generated_predictions.jsonl"
    with pred.open("w", encoding="utf-8") as stream:
        for at in range(len(texts)) if order is None else order:
            answer = json.dumps([[f"L{at}", texts[at]]])
            row = {"prompt": template(texts[at]), "predict": answer, "label": "[]\n"}
            stream.write(json.dumps(row) + "\n")
    return [
        (document.id, "".join([span.label for span in prediction.spans] or prediction.unplaced))
        for document, prediction in read_pairs(pred, gold, TARGETS.get("json"))
    ]


TEXTS = ["Ann lives here.", "Bob", "Cid met Ann.", "Bob and Cid", "Dan"]
EXPECTED = [(f"d{at}", f"L{at}") for at in range(5)]


@pytest.mark.parametrize("template", [with_markers, without_markers])
def test_by_order(tmp_path: Path, template: Template) -> None:
    assert joined(tmp_path, TEXTS, template=template) == EXPECTED


@pytest.mark.parametrize("template", [with_markers, without_markers])
@pytest.mark.parametrize("seed", range(5))
def test_by_text_when_the_order_differs(tmp_path: Path, seed: int, template: Template) -> None:
    order = random.Random(seed).sample(range(5), 5)
    assert joined(tmp_path, TEXTS, order, template) == EXPECTED


def test_a_text_inside_another_goes_to_its_own_prompt(tmp_path: Path) -> None:
    texts = ["Bob", "Bob, Bob", "Bob, Bob, Bob", "xBob", "List"]
    assert joined(tmp_path, texts, [4, 2, 1, 0, 3]) == EXPECTED


def test_texts_with_common_ends(tmp_path: Path) -> None:
    texts = ["Dear Ann, yours", "Dear Bob, yours", "Dear yours", "Dear Bo, yours", "Dear  Al yours"]
    assert joined(tmp_path, texts, [1, 0, 4, 3, 2]) == EXPECTED


def test_texts_whose_common_ends_overlap(tmp_path: Path) -> None:
    found = joined(tmp_path, ["aba", "ababa", "abababa"], [1, 2, 0])
    assert found == [("d0", "L0"), ("d1", "L1"), ("d2", "L2")]


def test_equal_texts_are_joined_by_order(tmp_path: Path) -> None:
    assert joined(tmp_path, ["Ann", "Ann", "Bob"]) == [("d0", "L0"), ("d1", "L1"), ("d2", "L2")]


def test_equal_texts_out_of_order_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="same text") as caught:
        joined(tmp_path, ["Ann", "Ann", "Bob"], [2, 0, 1])
    assert [problem.id for problem in caught.value.problems] == ["d0", "d1"]


def test_white_space_composition_and_markers_do_not_matter(tmp_path: Path) -> None:
    texts = ["Ren\u0065\u0301  Noir\u00a0 said", "<|im_end|> Bob <think>", "Cid {{content}}"]

    def tokenized(text: str) -> str:
        return with_markers(text).replace("\u0065\u0301", "\u00e9").replace("  ", " ")

    found = joined(tmp_path, texts, [2, 0, 1], tokenized)
    assert [id for id, _ in found] == ["d0", "d1", "d2"]
    assert [label for _, label in found] == ["L0", "L1", "L2"]


def test_guarding_only_adds_white_space() -> None:
    text = "<|a|> <think> </s> <image> {{content}} {{idx}}"
    assert guarded(text) != text
    assert _squeezed(guarded(text)) == _squeezed(text)


def test_one_document(tmp_path: Path) -> None:
    assert joined(tmp_path, ["Ann"]) == [("d0", "L0")]


def test_different_counts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has 4 rows, the gold 5 documents[\s\S]*writes ids"):
        joined(tmp_path, TEXTS, [0, 1, 2, 3])


def test_a_prompt_cut_short_is_refused(tmp_path: Path) -> None:
    def cut(text: str) -> str:
        return with_markers(text).replace("lives here", "liv")

    with pytest.raises(InputError, match="text not found") as caught:
        joined(tmp_path, TEXTS, template=cut)
    assert [problem.id for problem in caught.value.problems] == ["d0"]
    assert "lives" not in str(caught.value)


def test_prompts_of_other_documents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="text not found"):
        joined(tmp_path, TEXTS, template=lambda text: with_markers(text.upper()))


def by_id(folder: Path, gold: list[str], pred: list[str]) -> list[tuple[str, int]]:
    first, second = folder / "gold.jsonl", folder / "pred.jsonl"
    rows = [{"id": id, "text": "Ann Lee", "spans": []} for id in gold]
    first.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    answers = [
        {"id": id, "spans": [{"start": 0, "end": at + 1, "label": "A"}]}
        for at, id in enumerate(pred)
    ]
    second.write_text("".join(json.dumps(row) + "\n" for row in answers), "utf-8")
    return [
        (document.id, prediction.spans[0].end - 1)
        for document, prediction in read_pairs(second, first, TARGETS.get("json"))
    ]


@pytest.mark.parametrize("pred", [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]])
def test_ids_are_joined_in_any_order(tmp_path: Path, pred: list[str]) -> None:
    assert by_id(tmp_path, ["a", "b", "c"], pred) == [(id, pred.index(id)) for id in "abc"]


@pytest.mark.parametrize(
    ("gold", "pred", "kind", "id"),
    [
        (["a", "b"], ["a"], "no prediction", "b"),
        (["a", "b"], [], "empty file", None),
        (["a"], ["a", "b"], "unknown id", "b"),
        (["a"], ["b", "a"], "unknown id", "b"),
        (["a", "b"], ["a", "a", "b"], "duplicate prediction", "a"),
        (["a", "b"], ["a", "b", "b"], "duplicate prediction", "b"),
        (["a", "a"], ["a"], "duplicate id", "a"),
        (["a", "a"], ["a", "a"], "duplicate id", "a"),
        (["a", "b", "a"], ["a", "b", "a"], "duplicate id", "a"),
        (["a", "b", "a"], ["b", "a", "a"], "duplicate id", "a"),
        (["a", "b", "a"], ["a", "b"], "duplicate id", "a"),
        (["a", "b"], ["b", "b", "a"], "duplicate prediction", "b"),
        (["a", "b"], ["b", "a", "b"], "duplicate prediction", "b"),
        (["a", "b"], ["a", "a"], "no prediction", "b"),
        (["a", "b"], ["a", "a"], "duplicate prediction", "a"),
    ],
)
def test_ids_that_do_not_fit_are_listed(
    tmp_path: Path, gold: list[str], pred: list[str], kind: str, id: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        by_id(tmp_path, gold, pred)
    assert (kind, id) in {(problem.kind, problem.id) for problem in caught.value.problems}


def test_all_ids_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="4 ids do not fit") as caught:
        by_id(tmp_path, ["a", "b", "c"], ["c", "x", "y"])
    kinds = [problem.kind for problem in caught.value.problems]
    assert kinds == ["no prediction"] * 2 + ["unknown id"] * 2


def test_one_id_that_does_not_fit_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 id does not fit"):
        by_id(tmp_path, ["a"], ["a", "x"])


def test_ids_with_the_same_hash_are_not_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "hash", lambda _: 1, raising=False)
    assert by_id(tmp_path, ["a", "b", "c"], ["a", "b", "c"]) == [("a", 0), ("b", 1), ("c", 2)]
    with pytest.raises(InputError) as caught:
        by_id(tmp_path, ["a", "b", "a"], ["a", "b", "a"])
    assert [problem.id for problem in caught.value.problems] == ["a"]


def test_ids_that_standard_input_holds_twice_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b'{"id":"a","text":"x","spans":[]}\n' * 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rows)))
    pred = tmp_path / "pred.jsonl"
    pred.write_text('{"id":"a","spans":[]}\n' * 2)
    with pytest.raises(InputError, match="duplicate id"):
        list(read_pairs(pred, Path("-"), TARGETS.get("json")))


def test_nothing_and_nothing_is_nothing(tmp_path: Path) -> None:
    assert by_id(tmp_path, [], []) == []


def test_documents_without_ids_are_joined_by_their_text(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    rows = [{"text": text, "spans": [{"start": 0, "end": 3, "label": text}]} for text in TEXTS]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    pred.write_text("".join(json.dumps(row) + "\n" for row in reversed(rows)), "utf-8")
    pairs = list(read_pairs(pred, gold, TARGETS.get("json")))
    assert [document.id for document, _ in pairs] == [f"gold-{at}" for at in range(1, 6)]
    assert all(document.spans == prediction.spans for document, prediction in pairs)


def test_rows_with_and_without_ids_are_refused(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"x","spans":[]}\n{"id":"b","text":"y","spans":[]}\n')
    pred.write_text('{"id":"a","text":"x","spans":[]}\n{"text":"y","spans":[]}\n')
    with pytest.raises(InputError, match="no id"):
        list(read_pairs(pred, gold, TARGETS.get("json")))


def test_answers_beside_foreign_prompts_are_refused(tmp_path: Path) -> None:
    names = ["Ann Lee", "Bob Ray", "Cid Fox", "Dan Poe"]
    gold = tmp_path / "gold.jsonl"
    pred = tmp_path / "generated_predictions.jsonl"
    documents = [
        {"id": name, "text": f"Ask {name} now.", "spans": [{"start": 4, "end": 11, "label": "P"}]}
        for name in names
    ]
    gold.write_text("".join(json.dumps(each) + "\n" for each in documents), "utf-8")

    def write(answers: list[str]) -> None:
        rows = [
            {"prompt": f"Ask {name} now.", "predict": answer, "label": answer + "\n"}
            for name, answer in zip(names, answers, strict=True)
        ]
        pred.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    answers = [json.dumps([["P", name]]) for name in names]
    write(answers)
    assert len(list(read_pairs(pred, gold, TARGETS.get("json")))) == 4
    write(answers[::-1])
    with pytest.raises(InputError, match="group_by_length") as caught:
        list(read_pairs(pred, gold, TARGETS.get("json")))
    assert "Ann Lee now" not in str(caught.value)
