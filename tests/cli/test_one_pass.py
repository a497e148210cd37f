"""Every file is read once, whatever is made of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

COUNTING = """
import collections, json, sys
opened = collections.Counter()
sys.addaudithook(
    lambda event, args: opened.update([str(args[0])])
    if event == "open" and str(args[0]).endswith((".jsonl",))
    else None
)
from pii_sft.cli import cli
for words in json.loads(sys.argv[1]):
    opened.clear()
    cli(words, standalone_mode=False)
    print(json.dumps(opened), file=sys.stderr)
"""


def test_score_reads_predictions_and_gold_once(tmp_path: Path) -> None:
    """With a page twice, as it holds digests of both."""
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    pred.write_text('{"id":"a","output":"[[\\"PER\\",\\"Ann\\"]]"}\n')
    words = ["score", "--pred", str(pred), "--gold", str(gold), "--compat", "seqeval"]
    words += ["--json", str(tmp_path / "r.json")]
    runs = [words, [*words, "--html", str(tmp_path / "r.html"), "--overwrite"]]
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, json.dumps(runs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert opened == [{str(gold): times, str(pred): times} for times in (1, 2)]
