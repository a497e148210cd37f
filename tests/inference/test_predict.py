"""Predicting with a backend that knows its answers: what is asked, recorded and resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pii_sft.align import Policy
from pii_sft.decoding.proposals import Anchored, Anchoring, Proposal
from pii_sft.errors import InputError, UsageError
from pii_sft.inference import finder as module
from pii_sft.inference.backends import Generation, Question, Settings
from pii_sft.inference.detector import Dial
from pii_sft.inference.finder import FinderSettings
from pii_sft.inference.predict import Predicting, is_predicted, predict
from pii_sft.inference.serving import Serving
from pii_sft.prompt import Message, Prompt
from pii_sft.records.prediction_file import record_path

TEXTS = ("Ann met Ann.", "Nobody", "Ann")


class _Backend:
    """Names Ann wherever she is; is less sure of Bob."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def generate(self, prompts: Sequence[Sequence[Message]]) -> Iterator[Generation]:
        for index, prompt in enumerate(prompts):
            named = "Ann" in prompt[-1].content
            yield Generation(index, '[["P","Ann"]]' if named else "[]", "stop", ())

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        assert labels == ("P",)
        for index, each in enumerate(questions):
            found = [
                Proposal(at, at + 3, "P", odds, -0.1, -0.1, taken=odds > 0)
                for name, odds in (("Ann", 3.0), ("Bob", -2.0))
                for at in range(len(each.text))
                if each.text.startswith(name, at) and odds >= settings.floor_odds
            ]
            found.sort(key=lambda proposal: proposal.start)
            yield index, Anchored(tuple(found), 1, len(each.text))

    def count(self, text: str) -> int:
        return len(text)


class _Interrupted(_Backend):
    """Stops after one answer."""

    def generate(self, prompts: Sequence[Sequence[Message]]) -> Iterator[Generation]:
        yield next(super().generate(prompts))
        raise KeyboardInterrupt


class _Absent(_Backend):
    """Can't be loaded."""

    def __init__(self, settings: Settings) -> None:
        raise UsageError(f"no {settings.model}")


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


def serving(target: str = "json", window: int = 768) -> Serving:
    prompt = Prompt("short-1", "", "", "")
    return Serving("m", "", "qwen3", None, target, prompt, ("P",), window)


def settings(align_by: Policy = "next", resume: bool = False, **others: Any) -> Predicting:
    finding = FinderSettings(backend="example", align_by=align_by)
    return Predicting(finding, resume=resume, **others)


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def places(out: Path) -> list[list[tuple[int, int]]]:
    return [[(span["start"], span["end"]) for span in row["spans"]] for row in rows_of(out)]


def spans(out: Path) -> list[list[tuple[int, int]]]:
    assert [row["id"] for row in rows_of(out)] == ["d0", "d1", "d2"]
    return places(out)


@pytest.mark.parametrize(("policy", "first"), [("next", [(0, 3)]), ("all", [(0, 3), (8, 11)])])
def test_answers_are_aligned_by_a_policy(
    data: Path, tmp_path: Path, policy: Policy, first: list[tuple[int, int]]
) -> None:
    out = tmp_path / "p.jsonl"
    done = predict(serving(), data, out, settings(policy))
    assert spans(out) == [first, [], [(0, 3)]]
    record = json.loads(record_path(out).read_text())
    assert record["align_by"] == done.align_by == policy
    assert record["labels"] == ["P"]


def test_a_target_without_a_choice_is_refused_before_anything_is_written(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "p.jsonl"
    with pytest.raises(UsageError, match="Leave out --align-by"):
        predict(serving("tags"), data, out, settings("all"))
    assert list(tmp_path.iterdir()) == [data]


def test_answers_of_one_policy_are_not_resumed_under_another(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "p.jsonl"
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Interrupted))
    with pytest.raises(KeyboardInterrupt):
        predict(serving(), data, out, settings("all"))
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Backend))
    with pytest.raises(UsageError, match="other options"):
        predict(serving(), data, out, settings(resume=True))
    done = predict(serving(), data, out, settings("all", resume=True))
    assert done.documents == 2
    assert spans(out) == [[(0, 3), (8, 11)], [], [(0, 3)]]


def test_ids_that_come_twice_are_refused_before_the_model_is_loaded(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Absent))
    data.write_text(data.read_text().replace("d1", "d0"))
    with pytest.raises(InputError, match="id of an earlier document"):
        predict(serving(), data, tmp_path / "p.jsonl", settings())


def test_a_call_that_fails_before_its_first_answer_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Absent))
    with pytest.raises(UsageError, match="no m"):
        predict(serving(), data, tmp_path / "run" / "p.jsonl", settings())
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize(
    ("foreign", "overwrite"),
    [("p.jsonl.part", False), ("p.jsonl.part", True), ("p.meta.json", False)],
)
def test_what_no_call_wrote_stays(
    data: Path, tmp_path: Path, foreign: str, overwrite: bool
) -> None:
    (tmp_path / foreign).write_text("precious")
    for resume in (False, True):
        with pytest.raises(UsageError, match=r"in the way|exists"):
            predict(
                serving(), data, tmp_path / "p.jsonl", settings(resume=resume, overwrite=overwrite)
            )
    assert (tmp_path / foreign).read_text() == "precious"
    assert not (tmp_path / "p.jsonl").exists()


@pytest.mark.parametrize("name", ["p.jsonl", "p.meta.json"])
def test_an_input_is_no_output(data: Path, tmp_path: Path, name: str) -> None:
    given = data.rename(tmp_path / name)
    before = given.read_bytes()
    with pytest.raises(UsageError, match="is an input"):
        predict(serving(), given, tmp_path / "p.jsonl", settings(overwrite=True))
    assert given.read_bytes() == before


def test_two_calls_do_not_write_into_one_file(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "p.jsonl"

    class Second(_Backend):
        """Starts another call in the midst of this one."""

        def generate(self, prompts: Sequence[Sequence[Message]]) -> Iterator[Generation]:
            for number, answer in enumerate(super().generate(prompts)):
                yield answer
                if number == 0:
                    monkeypatch.setattr(module, "BACKENDS", _Backends(_Backend))
                    for resume in (False, True):
                        again = settings(resume=resume, overwrite=not resume)
                        with pytest.raises(UsageError, match="Another call"):
                            predict(serving(), data, out, again)

    monkeypatch.setattr(module, "BACKENDS", _Backends(Second))
    predict(serving(), data, out, settings())
    assert spans(out) == [[(0, 3)], [], [(0, 3)]]


@pytest.mark.parametrize("cut", [1, 20])
def test_a_row_that_a_full_disk_cut_is_asked_for_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    out, part = tmp_path / "p.jsonl", tmp_path / "p.jsonl.part"
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Interrupted))
    with pytest.raises(KeyboardInterrupt):
        predict(serving(), data, out, settings())
    first = part.read_bytes()
    torn = first.splitlines(keepends=True)[1]
    part.write_bytes(first + torn[:-cut] + torn)  # half a row, and a whole one behind it
    monkeypatch.setattr(module, "BACKENDS", _Backends(_Backend))
    assert predict(serving(), data, out, settings(resume=True)).documents == 2
    assert spans(out) == [[(0, 3)], [], [(0, 3)]]
    assert not part.exists()


def test_a_write_that_is_taken_in_part_is_gone_on_with(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: write(handle, data[:30], at))
    out = tmp_path / "p.jsonl"
    predict(serving(), data, out, settings())
    assert spans(out) == [[(0, 3)], [], [(0, 3)]]


def test_texts_without_annotation_are_predicted(data: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann,\n")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id":7,"text":"Ann"}\n{"text":"Nobody"}\n')
    out = tmp_path / "p.jsonl"
    predict(serving("tags"), [tmp_path / "letter.txt", rows, data], out, settings())
    assert [row["id"] for row in rows_of(out)] == ["letter", "7", "rows-2", "d0", "d1", "d2"]
    assert places(out)[:3] == [[(5, 8)], [(0, 3)], []]


def test_shards_together_are_everything(data: Path, tmp_path: Path) -> None:
    found = []
    for number in (1, 2):
        out = tmp_path / f"{number}.jsonl"
        predict(serving(), data, out, settings(shard=f"{number}/2"))
        found.append([row["id"] for row in rows_of(out)])
    assert found == [["d0", "d2"], ["d1"]]
    for wrong in ("0/2", "3/2", "2", "a/b"):
        with pytest.raises(UsageError, match="--shard"):
            predict(serving(), data, tmp_path / "w.jsonl", settings(shard=wrong))


def test_an_anchored_answer_is_written_at_its_bias(data: Path, tmp_path: Path) -> None:
    data.write_text('{"id":"d","text":"Ann < Bob","spans":[]}\n')
    finding = FinderSettings(backend="example", anchoring=Anchoring(floor=0.01))
    for bias, output, found in (
        (0.0, "<P>Ann</P> \\< Bob", [(0, 3)]),
        (2.5, "<P>Ann</P> \\< <P>Bob</P>", [(0, 3), (6, 9)]),
        (-4.0, "Ann \\< Bob", []),
    ):
        out = tmp_path / f"{bias}.jsonl"
        predict(serving("tags"), data, out, Predicting(finding, Dial(bias), keep_proposals=True))
        [row] = rows_of(out)
        assert (row["output"], places(out)) == (output, [found])
        assert [each["open"] for each in row["proposals"]] == [3.0, -2.0]
        assert all(each["source"] == "model" and 0 < each["score"] < 1 for each in row["spans"])


def test_a_bias_needs_a_forced_copy(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--recall-bias needs anchored decoding"):
        predict(serving("json"), data, tmp_path / "p.jsonl", settings(dial=Dial(1.0)))


@pytest.mark.parametrize("target", ["tags", "json"])
def test_long_texts_are_asked_in_windows(data: Path, tmp_path: Path, target: str) -> None:
    text = "\n".join(f"Line {number}, and Ann." for number in range(30))
    data.write_text(json.dumps({"id": "d", "text": text, "spans": []}) + "\n")
    out = tmp_path / "p.jsonl"
    finding = FinderSettings(backend="example", align_by="all" if target == "json" else "next")
    predict(serving(target, window=80), data, out, Predicting(finding))
    expected = [(at, at + 3) for at in range(len(text)) if text.startswith("Ann", at)]
    assert places(out) == [expected]


def test_rows_go_to_files_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    before = sorted(tmp_path.iterdir())
    for name in ("-", "pipe", "null"):
        with pytest.raises(UsageError, match="has to be a file"):
            predict(serving(), data, Path(name), settings(overwrite=True))
    assert sorted(tmp_path.iterdir()) == before


def test_what_a_call_killed_at_its_very_end_left_is_removed(data: Path, tmp_path: Path) -> None:
    out, part = tmp_path / "p.jsonl", tmp_path / "p.jsonl.part"
    predict(serving(), data, out, settings())
    part.write_bytes(b'{"fingerprint":"x"}\n' + out.read_bytes())
    assert is_predicted(out)
    assert not part.exists()
    other = out.read_bytes().replace(b'"d0"', b'"d9"')
    part.write_bytes(b'{"fingerprint":"x"}\n' + other)
    assert is_predicted(out)
    assert part.exists()  # rows that are stored nowhere else are gone on with
    assert not is_predicted(tmp_path / "none.jsonl")
