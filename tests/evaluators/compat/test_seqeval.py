"""What is handed to seqeval, how its answer is shown, and the command for both tools."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.evaluators import Prediction, read_pairs
from pii_sft.evaluators.compat import COMPAT, compat
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS
from tests.conftest import Program

Pair = tuple[Document, Prediction]


def document(text: str, *rows: tuple[int, int, str]) -> Document:
    return Document("d", text, tuple(Span(*row) for row in rows))


def prediction(*rows: tuple[int, int, str]) -> Prediction:
    return Prediction(tuple(Span(*row) for row in rows))


def f1(name: str, pairs: list[Pair]) -> float:
    value: float = compat(name, pairs).values["micro avg"]["f1-score"]
    return value


@pytest.mark.parametrize("name", ["seqeval", "seqeval-strict"])
def test_the_example_of_its_readme(name: str) -> None:
    pairs = [
        (document("a b c d e f g", (6, 11, "MISC")), prediction((4, 11, "MISC"))),
        (document("h i j", (0, 3, "PER")), prediction((0, 3, "PER"))),
    ]
    half = {"precision": 0.5, "recall": 0.5, "f1-score": 0.5}
    assert compat(name, pairs).values == {
        "MISC": {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 1},
        "PER": {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 1},
        **{each: {**half, "support": 2} for each in ("micro avg", "macro avg", "weighted avg")},
    }


def test_nothing_scores_zero() -> None:
    for name in ("seqeval", "seqeval-strict", "seqeval-words"):
        for pairs in ([], [(document("Rome"), prediction())]):
            assert compat(name, pairs).values["macro avg"]["f1-score"] == 0.0


def test_neighbours_of_one_label_stay_two() -> None:
    pairs = [(document("AnnLee", (0, 3, "PER"), (3, 6, "PER")), prediction((0, 6, "PER")))]
    assert compat("seqeval", pairs).values["PER"]["support"] == 2
    assert f1("seqeval", pairs) == 0.0


def test_a_span_that_cuts_a_word_covers_it_among_words() -> None:
    pairs = [(document("Ann Lee, Rome", (0, 7, "PER")), prediction((0, 8, "PER")))]
    assert f1("seqeval", pairs) == 0.0
    assert f1("seqeval-words", pairs) == 1.0


def test_words_end_at_any_white_space() -> None:
    pairs = [(document("a\u3000b\n c", (0, 1, "A"), (2, 3, "B")), prediction((2, 6, "B")))]
    assert compat("seqeval-words", pairs).values["micro avg"]["support"] == 2
    assert f1("seqeval-words", pairs) == 0.0


def test_what_does_not_fit_into_tags_is_said() -> None:
    nested = document("Bank of Rome  ", (0, 12, "ORG"), (8, 12, "LOC"))
    pairs = [(nested, prediction((0, 4, "ORG"), (12, 14, "X")))]
    characters, words = compat("seqeval", pairs), compat("seqeval-words", pairs)
    assert list(characters.values)[:2] == ["ORG", "X"]
    assert characters.notes == ("1 gold and 0 predicted spans do not fit into one row of tags",)
    assert list(words.values)[:2] == ["ORG", "micro avg"]
    assert words.notes == ("1 gold and 1 predicted spans do not fit into one row of tags",)


def test_a_repeated_prediction_counts_once() -> None:
    pairs = [(document("Rome", (0, 4, "LOC")), prediction((0, 4, "LOC"), (0, 4, "LOC")))]
    assert compat("seqeval", pairs).values["micro avg"]["precision"] == 1.0
    assert compat("seqeval", pairs).notes == ()


def test_strict_mode_strips_hyphens_from_labels() -> None:
    pairs = [(document("Rome", (0, 4, "-A-")), prediction((0, 4, "A")))]
    assert f1("seqeval", pairs) == 0.0
    assert f1("seqeval-strict", pairs) == 1.0


def test_an_unknown_tool_is_refused() -> None:
    with pytest.raises(UsageError, match="Known: nervaluate"):
        compat("sequal", [])


@pytest.mark.parametrize("name", ["nervaluate", "seqeval"])
def test_without_the_tool_its_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(module: str, *rest: Any) -> Any:
        if module.partition(".")[0] == name:
            raise ImportError(module)
        return real(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pii-sft\[compat\]"):
        compat(name, [(document("Rome", (0, 4, "LOC")), prediction())])


@pytest.mark.parametrize("name", COMPAT)
def test_every_tool_takes_pairs(name: str) -> None:
    numbers = compat(name, [(document("Rome", (0, 4, "LOC")), prediction((0, 4, "LOC")))])
    assert json.loads(json.dumps(numbers.values)) == numbers.values
    assert all(table.rows for table in numbers.tables)


def test_files_have_the_numbers_of_their_pairs(tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    pred.write_text('{"id":"a","output":"[[\\"NAME\\",\\"Ann\\"]]"}\n')
    target = TARGETS.get("json")
    found = compat("seqeval", read_pairs(pred, gold, target)).values
    assert found["micro avg"]["f1-score"] == 0.0
    labels = LabelMap({"PER": "PERSON", "NAME": "PERSON"})
    mapped = compat("seqeval", read_pairs(pred, gold, target), labels=labels).values
    assert mapped["PERSON"] == {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 1}


@pytest.mark.parametrize("name", COMPAT)
def test_labels_that_a_model_made_up_are_not_shown(name: str, tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann in Rome","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    spans = [(0, 3, "Ann"), (4, 6, "in Rome"), (7, 11, "CITY")]
    rows = [{"start": start, "end": end, "label": label} for start, end, label in spans]
    pred.write_text(json.dumps({"id": "a", "spans": rows}))
    numbers = compat(name, read_pairs(pred, gold, TARGETS.get("json")), known={"CITY", "PER"})
    text = json.dumps(numbers.values) + repr(numbers.tables)
    assert "Ann" not in text
    assert "Rome" not in text
    assert "CITY" in text
    assert "(unknown) 2" in text


def test_the_command_shows_both(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    words = ["score", "--pred", people_file, "--gold", people_file, "--ci", "0"]
    for name in COMPAT:
        done = pii_sft(*words, "--compat", name, "--json", f"{name}.json")
        assert done.returncode == 0, done.stderr
        assert name.partition("-")[0] in done.stdout
        assert max(map(len, done.stdout.splitlines()[1:])) <= 80
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert written["documents"] == 40
        assert list(written["compat"]) == [name]
    assert "compat" not in json.loads(pii_sft(*words, "--json", "-").stdout)
    assert f"[{'|'.join(COMPAT)}]" in "".join(pii_sft("score", "--help").stdout.split())
