"""What data calls itself is shown on one line, and nothing of it commands a terminal."""

from __future__ import annotations

import json
import pickle
import re
import sys
from pathlib import Path

import pytest

from pii_sft.cli import main
from pii_sft.errors import LONGEST_ID, InputError, Problem, RecordError, UsageError
from pii_sft.terminal import ShownPath, counted, printable, printable_lines

EVIL = "\x1b]0;owned\x07\x1b[2K\r\u202eAll fine.\u009b31m\nAll 5000 documents are fine."
RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CITY", "CITY"),
        ("a\x1b[0mb", r"a\x1b[0mb"),
        ("a\nb", r"a\x0ab"),
        ("城市", "城市"),
        ("\udcff", r"\xdcff"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_long_names_are_cut() -> None:
    assert printable("a" * 9, 4) == "aaaa..."
    assert printable("aaaa", 4) == "aaaa"


def test_messages_keep_their_lines() -> None:
    assert printable_lines("a\n\x1bb") == "a\n\\x1bb"


def test_a_path_is_printable_in_messages_and_itself_elsewhere(tmp_path: Path) -> None:
    path = ShownPath(tmp_path / EVIL.replace("/", ""))
    path.write_text("x")
    assert path.read_text() == "x"
    assert path == Path(str(path))
    (child,) = ShownPath(tmp_path).iterdir()
    for each in (path, child, ShownPath(tmp_path) / path.name, pickle.loads(pickle.dumps(path))):
        assert f"{each}" == printable(str(path))


def test_errors_show_names_on_one_line() -> None:
    problem = Problem("kind", f"{EVIL}.jsonl", 3, EVIL, f"the label {EVIL} is not known")
    for error in (InputError([problem], f"Look at {EVIL}."), RecordError("kind", EVIL)):
        assert not RAW.search(str(error))
        assert not any(line.startswith("All") for line in str(error).splitlines())
    assert not RAW.search(str(UsageError(EVIL)))


def test_an_id_that_is_a_text_is_not_shown_whole() -> None:
    shown = str(Problem("kind", "a.jsonl", 1, "Ann Lee lives in Rome. " * 50, "is wrong"))
    assert len(shown) < LONGEST_ID + 50


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def doc(id: str, label: str, number: int = 0) -> dict[str, object]:
    spans = [{"start": 0, "end": 7, "label": label}]
    return {"id": id, "text": f"Ann Lee came, {number}.", "spans": spans}


@pytest.fixture
def evil_files(tmp_path: Path) -> dict[str, Path]:
    name = EVIL.replace("/", "")
    folder = tmp_path / f"in{name}"
    folder.mkdir()
    many = [doc(f"d{number}{EVIL}", f"L{EVIL}", number) for number in range(20)]
    write(folder / f"good{name}.jsonl", *many)
    return {
        "folder": folder,
        "gold": write(tmp_path / f"gold{name}.jsonl", *many),
        "bad": write(tmp_path / f"bad{name}.jsonl", {**doc(EVIL, EVIL), "text": "A"}),
        "unknown": write(tmp_path / f"unknown{name}.jsonl", {"Margaret": 1}),
        "labels": write(tmp_path / f"labels{name}.yaml", {"labels": {"X": {}}}),
        "pred": write(tmp_path / f"pred{name}.jsonl", *many[1:]),
    }


@pytest.mark.parametrize(
    "words",
    [
        "convert folder --out out[/new] --oversample auto",
        "convert bad --to documents --out out",
        "convert unknown --out out",
        "convert gold --out out --labels labels",
        "convert nowhere --out out",
        "convert gold --out out --labels nowhere",
        "score --pred gold --gold gold --ci 0",
        "score --pred gold --gold gold --ci 0 --format csv",
        "score --pred gold --gold gold --ci 0 --format markdown",
        "score --pred pred --gold gold --ci 0",
        "score --pred nowhere",
        "score --pred gold --gold gold --ci 0 --fail-under nowhere=1",
        "compare gold gold --gold gold --ci 0 --randomisations 10",
        "agree gold gold --ci 0",
        "redact --data gold --out red.jsonl",
        "recipes check nowhere",
        "recipes show nowhere",
        "audit folder",
        "audit bad",
        "audit gold --predictions pred",
        "diagnose nowhere",
        "runs list nowhere",
        "runs compare nowhere nowhere",
        "tune --pred gold --data gold --out op.json",
        "rules --data gold",
        "detect --run nowhere gold",
        "predict --model nowhere --data gold",
        "export --run nowhere --out x",
        "synth --labels nowhere --out s.jsonl",
        "convert gold --task verify --mined pred --out v",
    ],
)
def test_commands_show_nothing_that_commands_a_terminal(
    words: str,
    evil_files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    paths = {"nowhere": Path(f"no{EVIL}.jsonl"), **evil_files}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pii-sft", *(str(paths.get(w, w)) for w in words.split())])
    with pytest.raises(SystemExit):
        main()
    for shown in capfd.readouterr():
        assert not RAW.search(shown)
        assert not any(line.startswith("All ") for line in shown.splitlines())
        assert "This is a bug" not in shown


def test_one_is_singular() -> None:
    assert [counted(number, "span") for number in (0, 1, 2)] == ["0 spans", "1 span", "2 spans"]
