"""A detector on a backend that knows its answers: order, dial, redaction, threads, and the command.

The same on a real model stands in the integration tests.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from pii_sft import Detection, Detector
from pii_sft.cli.detect import command
from pii_sft.inference.backends import Generation, Token
from pii_sft.inference.detector import Dial
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.prompt import Message
from pii_sft.redaction.named_styles import style_named
from pii_sft.report.marked_text import marked_text
from tests.inference.known_backend import KnownBackend, known_run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return known_run(tmp_path, monkeypatch)


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


def test_labels_that_a_model_made_up_are_not_written() -> None:
    def select(text: str, proposals: object, dial: Dial) -> tuple[PredictedSpan, ...]:
        return (PredictedSpan(0, 3, "PERSON"), PredictedSpan(8, 11, "ZOE"))

    found = Detection("Ann met Zoe", (), select, Dial(), known={"PERSON"})
    assert found.redacted(style_named("label")) == "[PERSON] met [UNKNOWN]"
    assert found.at(threshold=0.5).redacted(style_named("label")) == "[PERSON] met [UNKNOWN]"


def test_a_second_look_takes_entities_away(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge confirms what stands at the beginning of its text."""

    def generate(self: KnownBackend, prompts: list[list[Message]]) -> Iterator[Generation]:
        for index, prompt in enumerate(prompts):
            said = "yes" if "[[Ann]] and" in prompt[-1].content else "no"
            yield Generation(index, said, "stop", (Token(0, len(said), math.log(0.8)),))

    monkeypatch.setattr(KnownBackend, "generate", generate)
    text = "Ann and Ann"
    (kept,) = Detector.load(run, verify=True).detect(text)
    assert (kept.start, kept.score) == (0, 0.8)
    assert len(Detector.load(run).detect(text)) == 2

    (run / "operating_point.json").write_text(json.dumps({"verify": 0.9}))
    assert len(Detector.load(run).detect(text)) == 0
    assert len(Detector.load(run, operating_point="off").detect(text)) == 2
    for words, number in (([], 0), (["--operating-point", "off", "--verify"], 1)):
        done = CliRunner().invoke(command, ["--run", str(run), "--json", *words, text])
        assert len(json.loads(done.stdout)["entities"]) == number, done.output


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
    done = CliRunner().invoke(command, ["--run", str(run), "--documents", "Dear Ann"])
    document = {
        "id": "text",
        "text": "Dear Ann",
        "spans": [{"start": 5, "end": 8, "label": "PERSON"}],
    }
    assert json.loads(done.stdout) == {**document, "meta": {}}
    for words in (["--json", "--redact", "label"], ["--json", "--documents"], ["--key-file", "k"]):
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
