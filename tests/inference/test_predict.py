"""Predicting with a backend that knows its answers: what is asked, recorded and resumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import UsageError
from pii_sft.inference import predict as module
from pii_sft.inference.backends import Generation, Settings
from pii_sft.inference.predict import predict
from pii_sft.inference.serving import Serving
from pii_sft.prompt import Message, Prompt
from pii_sft.records.prediction_file import record_path

TEXTS = ("Ann met Ann.", "Nobody", "Ann")


class _Backend:
    """Names Ann wherever she is."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def generate(self, prompts: Sequence[Sequence[Message]]) -> Iterator[Generation]:
        for index, prompt in enumerate(prompts):
            named = "Ann" in prompt[-1].content
            yield Generation(index, '[["P","Ann"]]' if named else "[]", "stop", ())


class _Interrupted(_Backend):
    """Stops after one answer."""

    def generate(self, prompts: Sequence[Sequence[Message]]) -> Iterator[Generation]:
        yield next(super().generate(prompts))
        raise KeyboardInterrupt


class _Backends:
    def __init__(self, made: type[_Backend]) -> None:
        self.made = made

    def get(self, name: str) -> type[_Backend]:
        assert name == "example"
        return self.made


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Backend))
    rows = [{"id": f"d{at}", "text": text, "spans": []} for at, text in enumerate(TEXTS)]
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def serving(target: str = "json") -> Serving:
    prompt = Prompt("short-1", "", "", "")
    return Serving("m", "", "qwen3", None, target, prompt)


def spans(out: Path) -> list[list[tuple[int, int]]]:
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == ["d0", "d1", "d2"]
    return [[(span["start"], span["end"]) for span in row["spans"]] for row in rows]


@pytest.mark.parametrize(
    ("options", "first"), [({}, [(0, 3)]), ({"align_by": "all"}, [(0, 3), (8, 11)])]
)
def test_answers_are_aligned_by_a_policy(
    data: Path, tmp_path: Path, options: dict[str, Any], first: list[tuple[int, int]]
) -> None:
    out = tmp_path / "p.jsonl"
    done = predict(serving(), data, out, backend="example", **options)
    assert spans(out) == [first, [], [(0, 3)]]
    record = json.loads(record_path(out).read_text())
    assert record["align_by"] == done.align_by == options.get("align_by", "next")


def test_a_target_without_a_choice_is_refused_before_anything_is_written(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "p.jsonl"
    with pytest.raises(UsageError, match="Leave out --align-by"):
        predict(serving("tags"), data, out, backend="example", align_by="all")
    assert list(tmp_path.iterdir()) == [data]


def test_answers_of_one_policy_are_not_resumed_under_another(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "p.jsonl"
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Interrupted))
    with pytest.raises(KeyboardInterrupt):
        predict(serving(), data, out, backend="example", align_by="all")
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Backend))
    with pytest.raises(UsageError, match="other options"):
        predict(serving(), data, out, backend="example", resume=True)
    done = predict(serving(), data, out, backend="example", resume=True, align_by="all")
    assert done.documents == 2
    assert spans(out) == [[(0, 3), (8, 11)], [], [(0, 3)]]
