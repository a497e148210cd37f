"""A detector on a backend that knows its answers: order, dial, redaction, threads, and the command.

The same on a real model stands in the integration tests.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from pii_sft import Detector
from pii_sft.cli.detect import command
from pii_sft.decoding.proposals import Anchored, Anchoring, Proposal
from pii_sft.inference import finder as module
from pii_sft.inference.backends import Question, Settings
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.report.marked_text import marked_text
from tests.records.test_run_folder import write_model, write_run


class _Backend:
    """Is sure of Ann, and not of Bob."""

    def __init__(self, settings: Settings) -> None:
        self.calls = 0
        self.working = False

    def generate(self, prompts: object) -> Iterator[object]:
        raise AssertionError("anchored runs are not asked to write")

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        assert not self.working, "asked by two threads at once"
        self.working = True
        self.calls += 1
        for index in reversed(range(len(questions))):
            text = questions[index].text
            found = [
                Proposal(at, at + 3, "PERSON", odds, -0.1, -0.1, taken=odds > 0)
                for name, odds in (("Ann", 3.0), ("Bob", -2.0))
                for at in range(len(text))
                if text.startswith(name, at)
            ]
            found.sort(key=lambda each: each.start)
            yield index, Anchored(tuple(found), 1, 1)
        self.working = False

    def count(self, text: str) -> int:
        return len(text)


class _Backends:
    def get(self, name: str) -> type[_Backend]:
        return _Backend


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "BACKENDS", _Backends())
    model = write_model(tmp_path / "models/tiny")
    return write_run(tmp_path / "r", "models/tiny", model_folder=str(model), labels=["PERSON"])


def test_texts_are_answered_in_order_a_batch_at_a_time(run: Path) -> None:
    detector = Detector.load(run, batch_size=4)
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for number in range(10):
            taken += 1
            yield "Ann " * (number % 3) + str(number)

    detections = detector.detect_many(texts())
    assert next(detections).text == "0"
    assert taken == 4
    assert [each.text[-1] for each in detections] == [str(number) for number in range(1, 10)]


def test_another_dial_asks_no_model(run: Path) -> None:
    detector = Detector.load(run)
    found = detector.detect("Ann and Bob")
    assert [found.surface(each) for each in found] == ["Ann"]
    asked = detector.finder._backend.calls  # type: ignore[attr-defined]
    more = found.at(recall_bias=2.5)
    assert [more.surface(each) for each in more] == ["Ann", "Bob"]
    assert len(found.at(threshold=0.9)) == 0
    assert len(more.at(recall_bias=0.0)) == 1
    assert detector.finder._backend.calls == asked  # type: ignore[attr-defined]
    assert [each.label for each in Detector.load(run, recall_bias=2.5).detect("Bob")] == ["PERSON"]


def test_no_text_is_shown_unasked(run: Path) -> None:
    found = Detector.load(run).detect("<b>Ann</b> met Zoe")
    assert "Ann" not in repr(found)
    assert "Ann" not in json.dumps(found.to_dict())
    page = found._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert ">Ann <small>PERSON</small></mark>" in page


@pytest.mark.parametrize(
    ("style", "redacted"), [("label", "[PERSON] met Zoe"), ("mask", "███ met Zoe")]
)
def test_texts_are_redacted(run: Path, style: str, redacted: str) -> None:
    assert Detector.load(run).redact("Ann met Zoe", style=style) == redacted


def test_threads_share_a_detector(run: Path) -> None:
    detector = Detector.load(run)
    texts = [f"{'x' * number} Ann" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        for text, found in zip(texts, pool.map(detector.detect, texts), strict=True):
            assert [(each.start, each.end) for each in found] == [(len(text) - 3, len(text))]


def test_the_command_shows_texts_and_files(run: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann,\nBob")
    done = CliRunner().invoke(
        command, ["--run", str(run), "--json", "Ann", str(tmp_path / "letter.txt")]
    )
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["text", "letter"]
    assert [each["text"] for row in rows for each in row["entities"]] == ["Ann", "Ann"]
    assert rows[0]["entities"][0].keys() == {"start", "end", "label", "text", "score", "source"}
    for words in (["--json", "--redact", "label"], ["--key-file", "k"]):
        assert CliRunner().invoke(command, ["--run", str(run), *words]).exit_code == 2


def test_marks_stand_in_the_text_with_and_without_colour() -> None:
    text = "Dr. Ann\x1b[2J met\nBob"
    entities = [PredictedSpan(4, 7, "P"), PredictedSpan(4, 7, "Q"), PredictedSpan(16, 19, "P")]
    assert marked_text(text, entities, colour=False).plain == ("Dr. [Ann P]\\x1b[2J met\n[Bob P]")
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard")
    console.print(marked_text(text, entities, colour=True))
    assert "\x1b[1;3" in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()
