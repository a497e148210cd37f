"""Every file is read once, whatever is made of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COUNTING = """
import collections, sys
opened = collections.Counter()
sys.addaudithook(
    lambda event, args: opened.update([str(args[0])])
    if event == "open" and str(args[0]).endswith((".jsonl",))
    else None
)
from pii_sft.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(dict(opened), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("page", "times"),
    [pytest.param(False, 1, id="tables"), pytest.param(True, 2, id="page, with digests of both")],
)
def test_score_reads_predictions_and_gold_once(page: bool, times: int, tmp_path: Path) -> None:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id":"a","text":"Ann","spans":[{"start":0,"end":3,"label":"PER"}]}\n')
    pred.write_text('{"id":"a","output":"[[\\"PER\\",\\"Ann\\"]]"}\n')
    words = ["score", "--pred", pred, "--gold", gold, "--compat", "seqeval"]
    words += ["--json", tmp_path / "r.json", *(["--html", tmp_path / "r.html"] if page else [])]
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened = json.loads(done.stderr.splitlines()[-1].replace("'", '"'))
    assert opened == {str(gold): times, str(pred): times}
