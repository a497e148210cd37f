"""Published data through the rows of a trainer and back: spans that are lost or moved.

    python -m benchmarks.round_trips ../shared/data/* [--json FILE]

converts each set (a file, or a folder of files that are read) to documents, writes them as rows
for LLaMA-Factory in every target, and reads those rows, not the gold beside them, with the reader
of rows. What `convert` refuses of a set is counted; what it wrote has to come back to the span.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec

from pii_sft.cli import main as command
from pii_sft.files import write_json
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.targets import TARGETS


class Trip(msgspec.Struct):
    """One target on one set.

    Attributes:
        data: name of the set.
        target: name of the target.
        documents: how many documents were written.
        spans: how many spans they have.
        refused: how many records of the set were set aside.
        changed: how many documents came back with another text, or not at all.
        lost: how many spans did not come back.
        added: how many spans came back that were not there.
    """

    data: str
    target: str
    documents: int = 0
    spans: int = 0
    refused: int = 0
    changed: int = 0
    lost: int = 0
    added: int = 0


class _Span(msgspec.Struct, frozen=True):
    start: int
    end: int
    label: str


class _Document(msgspec.Struct):
    text: str
    spans: list[_Span]


def run(*arguments: str | Path) -> str:
    """Run a command of the program; what it said, if it failed."""
    said = io.StringIO()
    before, sys.argv = sys.argv, ["pii-sft", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            command()
    except SystemExit as error:
        return said.getvalue() if error.code else ""
    finally:
        sys.argv = before
    return ""


def documents(path: Path) -> list[_Document]:
    """The documents of a file, in order; rows have the order of their documents, and no ids."""
    decoder = msgspec.json.Decoder(_Document)
    return [decoder.decode(line) for line in path.read_bytes().split(b"\n") if line]


AS_FAR_AS_READ = ("--unrecognised", "skip")
OFF = ("--split", "off", "--deduplicate", "off", "--on-error", "quarantine", "--overwrite")


def trip(source: Path, target: str, folder: Path) -> Trip | str:
    """There and back; why not, if nothing of a set can be read."""
    rows, back = folder / "rows", folder / "back"
    if failed := run("convert", source, *OFF, *AS_FAR_AS_READ, "--target", target, "--out", rows):
        return failed
    data_set = DatasetFolder(rows)
    refused = data_set.rejected_path
    count = len(refused.read_bytes().splitlines()) if refused.is_file() else 0
    gold = documents(data_set.gold("train"))
    made = Trip(source.name, target, len(gold), sum(len(each.spans) for each in gold), count)
    written = data_set.rows("train")
    if failed := run("convert", written, "--from", "sft", *OFF, "--to", "documents", "--out", back):
        return failed
    found = documents(back / "documents.jsonl")
    for each, other in zip_longest(gold, found):
        if each is None or other is None:
            raise SystemExit(f"{source}: {len(found)} of {len(gold)} rows came back.")
        if other.text != each.text:
            made.changed += 1
            made.lost += len(each.spans)
            continue
        made.lost += len(set(each.spans) - set(other.spans))
        made.added += len(set(other.spans) - set(each.spans))
    return made


FIXTURES = "fixtures"


def sets(paths: Sequence[Path]) -> list[Path]:
    """Each path, or the folders of one that holds files of many formats."""
    found: list[Path] = []
    for path in paths:
        inner = [each for each in sorted(path.iterdir()) if each.is_dir()] if path.is_dir() else []
        found += inner if path.name == FIXTURES else [path]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    made: list[Trip] = []
    unread: dict[str, str] = {}
    for source in sets(options.paths):
        for target in TARGETS.names():
            with tempfile.TemporaryDirectory() as folder:
                result = trip(source, target, Path(folder))
            if isinstance(result, str):
                unread[source.name] = " ".join(result.split())[:200]
                print(f"{source.name:36} {unread[source.name]}", flush=True)
                break
            made.append(result)
            print(
                f"{result.data:36} {target:6} {result.documents:7,} documents {result.spans:7,} "
                f"spans, {result.refused} refused, {result.changed} changed, {result.lost} lost, "
                f"{result.added} added",
                flush=True,
            )
    if options.json:
        write_json(options.json, {"trips": made, "unread": sorted(unread)}, overwrite=True)


if __name__ == "__main__":
    main()
