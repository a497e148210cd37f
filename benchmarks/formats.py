"""Speed of one reader and two writers beside the tools of their own formats.

Run with `python benchmarks/formats.py [--documents N] [--runs N] [--label-studio PYTHON] [--json
FILE]` where spaCy is installed. PYTHON is the interpreter of an environment with
`label-studio-sdk`, whose pins don't fit beside ours; without it that comparison is left out.

Each tool runs as a process of its own over the same synthetic documents of 1.3 kB, taking turns,
and its least processor time counts: what else the machine does only slows. `spacy convert` reads
the same words and tags as IOB and makes the same DocBin; the SDK makes JSON-MIN of the same tasks.
Neither checks a span. Ours verifies, drops repeated texts and writes a manifest as well.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

import msgspec
from convert import PARTS, documents

from pii_sft.converters.tokens.word_spans import outermost, words_of
from pii_sft.files import write_documents, write_json
from pii_sft.spans import Document

_SDK = """
import sys
from label_studio_sdk.converter import Converter
Converter(sys.argv[2], None, download_resources=False).convert_to_json_min(
    sys.argv[1], sys.argv[3], is_dir=False)
"""


def iob(document: Document) -> str:
    """The words of a document with their tags, as `spacy convert -c iob` reads them."""
    layer = list(outermost(document.spans))
    cells = []
    for start, end in words_of(document):
        word = document.text[start:end].strip().replace("|", "/")
        span = next((each for each in layer if each.start <= start < each.end), None)
        tag = "O" if span is None else f"{'B' if span.start == start else 'I'}-{span.label}"
        if word:
            cells.append(f"{word}|{tag}")
    return " ".join(cells) + "\n"


def seconds_of(command: list[str]) -> float:
    """Processor seconds of a command."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    spent = (after.children_user, after.children_system)
    return sum(spent) - before.children_user - before.children_system


def commands(folder: Path, number: int, label_studio: str | None) -> dict[str, list[str]]:
    """The commands by name; their inputs are written first."""
    made = list(islice(documents(PARTS["medium"], 1 << 40), number))
    write_documents(folder / "documents.jsonl", made)
    (folder / "words.iob").write_text("".join(map(iob, made)), "utf-8")
    (folder / "converted").mkdir()
    ours = [sys.executable, "-m", "pii_sft", "convert", "--quiet", "--split", "off", "--overwrite"]
    subprocess.run(
        [
            *ours,
            str(folder / "documents.jsonl"),
            "--to",
            "label_studio",
            "--out",
            str(folder / "tasks"),
        ],
        check=True,
    )
    tasks = folder / "tasks" / "train.json"
    _number(tasks)
    source = str(folder / "documents.jsonl")
    found = {
        "ours, documents to spacy": [*ours, source, "--to", "spacy", "--out", str(folder / "s")],
        "spacy convert": [
            *(sys.executable, "-m", "spacy", "convert", str(folder / "words.iob")),
            *(str(folder / "converted"), "-c", "iob", "-n", "1"),
        ],
        "ours, documents to conll": [*ours, source, "--to", "conll", "--out", str(folder / "c")],
        "ours, Label Studio to documents": [
            *(*ours, str(tasks), "--from", "label_studio", "--to", "documents"),
            *("--out", str(folder / "d")),
        ],
    }
    if label_studio is not None:
        config = str(folder / "tasks" / "label_config.xml")
        arguments = [str(tasks), config, str(folder / "min")]
        found["label-studio-sdk, JSON-MIN"] = [label_studio, "-c", _SDK, *arguments]
    return found


def _number(tasks: Path) -> None:
    """Give tasks and annotations their numbers, as an export of a server has them."""
    given = msgspec.json.decode(tasks.read_bytes())
    for number, task in enumerate(given, 1):
        task["id"] = number
        for annotation in task["annotations"]:
            annotation |= {"id": number, "completed_by": 1, "lead_time": 1.0}
            annotation |= {"created_at": _TIME, "updated_at": _TIME}
    write_json(tasks, given, overwrite=True)


_TIME = "2026-01-01T00:00:00Z"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--label-studio", metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs = commands(Path(name), options.documents, options.label_studio)
        seconds: dict[str, list[float]] = {each: [] for each in runs}
        for _ in range(options.runs):
            for each, command in runs.items():
                seconds[each].append(seconds_of(command))
    best = {each: min(of_each) for each, of_each in seconds.items()}
    for each, least in best.items():
        print(f"{each:34}{least:8.2f} s{options.documents / least:10,.0f} documents/s")
    if options.json:
        found = {"documents": options.documents, "seconds": best}
        write_json(options.json, found, overwrite=True)


if __name__ == "__main__":
    main()
