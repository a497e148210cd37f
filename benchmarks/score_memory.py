"""Memory and time of `pii-sft score` on many small documents.

Run with `PYTHONPATH=src python benchmarks/score_memory.py [--documents 100000,1000000]`. Gold and
predictions are written to a temporary folder, scored from there by a process of its own with
everything on, and deleted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pii_sft.files import write_json

CHILD = "--child"


def write(folder: Path, documents: int) -> None:
    """Documents of about 80 characters with two spans; one in ten predictions is wrong."""
    draw = random.Random(11)
    with (folder / "gold.jsonl").open("w") as gold, (folder / "pred.jsonl").open("w") as pred:
        for number in range(documents):
            name, city = f"Ann Lee{number}", draw.choice(["Rome", "Oslo", "Lima"])
            text = f"{name} lives in {city} and has no plans to move to any other place so far."
            start = len(name) + 10
            spans = [
                {"start": 0, "end": len(name), "label": "PERSON"},
                {"start": start, "end": start + 4, "label": "CITY"},
            ]
            row: dict[str, Any] = {"id": f"document-{number}", "text": text, "spans": spans}
            gold.write(json.dumps(row) + "\n")
            found = spans[:1] if draw.random() < 0.1 else spans
            pred.write(json.dumps({"id": row["id"], "spans": found, "issues": []}) + "\n")


def score(folder: Path, ci: float) -> None:
    """Score, and print what it cost."""
    from pii_sft.evaluators import score_files
    from pii_sft.targets import TARGETS

    begin = time.perf_counter()
    target = TARGETS.get("json")
    report = score_files(folder / "pred.jsonl", folder / "gold.jsonl", target, ci=ci)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "documents": report.scores.documents,
        "seconds": round(time.perf_counter() - begin, 1),
        "peak_memory_mb": round(peak, 1),
        "strict_recall": report.scores.schemes["strict"].micro.rates["recall"],
    }
    print(json.dumps(found))


def measure(documents: int, ci: float) -> dict[str, Any]:
    """Write, score in another process, delete."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), documents)
        command = [sys.executable, __file__, CHILD, folder, "--ci", str(ci)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "ci": ci}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", default="1000,100000,1000000")
    parser.add_argument("--ci", type=float, default=0.95)
    parser.add_argument("--json", type=Path)
    parser.add_argument(CHILD, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        score(options.child, options.ci)
        return
    rows = []
    for documents in map(int, options.documents.split(",")):
        for ci in (0.0, options.ci):
            rows.append(measure(documents, ci))
            print(rows[-1], flush=True)
    if options.json:
        write_json(options.json, rows, overwrite=True)


if __name__ == "__main__":
    main()
