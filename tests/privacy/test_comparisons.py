"""Commands that read two files at once show no text of either, whatever is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pii_sft.cli import cli

CANARY = "Zyxwvu Canary-4711"
GOOD = {"id": "a", "text": CANARY, "spans": [{"start": 0, "end": 6, "label": "PERSON"}]}
BROKEN = [
    {**GOOD, "spans": [{"start": 0, "end": 99, "label": "P"}]},
    {**GOOD, "spans": [{"start": CANARY, "end": 3, "label": "P"}]},
    {**GOOD, "spans": [{"start": 0, "end": 3, "label": ""}]},
    {**GOOD, "text": f"{CANARY} and more"},
    {**GOOD, "id": "b", "text": f"another {CANARY}"},
    {"id": "a", "text": CANARY},
    {"id": "a", "output": f"{CANARY} [[{CANARY}"},
    {"prompt": CANARY[:6], "predict": CANARY},
]
COMMANDS = [
    ["compare", "bad.jsonl", "good.jsonl", "--gold", "good.jsonl"],
    ["compare", "good.jsonl", "bad.jsonl", "--gold", "good.jsonl"],
    ["agree", "good.jsonl", "bad.jsonl"],
    ["redact", "--pred", "bad.jsonl", "--data", "good.jsonl", "--out", "out.jsonl"],
    ["redact", "--data", "bad.jsonl", "--out", "out.jsonl"],
    ["score", "--pred", "bad.jsonl", "--gold", "good.jsonl", "--compat", "seqeval"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_no_message_shows_text(
    number: int, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.jsonl").write_text(json.dumps(GOOD) + "\n")
    Path("bad.jsonl").write_text(json.dumps(BROKEN[number]) + "\n")
    done = CliRunner().invoke(cli, words)
    assert done.exit_code in (0, 1, 2), done.output
    assert "This is a bug" not in done.output
    for part in CANARY.split():
        assert part not in done.output
    if done.exit_code == 2:
        assert not Path("out.jsonl").exists()


def test_made_up_labels_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.jsonl").write_text(json.dumps(GOOD) + "\n")
    for name, end in (("one", 6), ("other", 9)):
        spans = [{"start": 0, "end": end, "label": CANARY}]
        Path(f"{name}.jsonl").write_text(json.dumps({**GOOD, "spans": spans}) + "\n")
    words = ["compare", "one.jsonl", "other.jsonl", "--gold", "good.jsonl"]
    done = CliRunner().invoke(cli, [*words, "--json", "c.json", "--randomisations", "9"])
    assert done.exit_code == 0, done.output
    assert "(unknown)" in Path("c.json").read_text()
    written = CliRunner().invoke(
        cli, ["redact", "--pred", "one.jsonl", "--data", "good.jsonl", "--out", "out.jsonl"]
    )
    assert json.loads(Path("out.jsonl").read_text())["text"] == "[UNKNOWN]" + CANARY[6:]
    assert written.exit_code == 0
    for output in (done.output, written.output, Path("c.json").read_text()):
        assert "Zyxwvu" not in output
