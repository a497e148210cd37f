"""Costs and limits of each target, on published data; and what becomes of cut answers.

    python benchmarks/targets.py ../shared/data/*_en ../shared/data/*_zh* --tokenizer FOLDER

reads every set (a folder) with the reader that recognises it, writes every document in every
target, reads the answers back as `convert` does, and counts characters and tokens. `--tokenizer` is
the folder of a model, or its tokenizer.json. `--cuts N` also cuts the answers of the first N
documents of each set at every place, and counts where a fragment became an entity: ours beside
json_repair, if that is installed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from pii_sft.converters import READERS
from pii_sft.converters.detect import detect
from pii_sft.errors import UsageError
from pii_sft.files import write_json
from pii_sft.prompt import guarded
from pii_sft.spans import Document
from pii_sft.targets import TARGETS, Target, prove
from pii_sft.tokens import token_counter

NOT_DATA = {".md", ".txt", ""}


class Row(msgspec.Struct):
    """One target on one set.

    Attributes:
        data: name of the set.
        target: name of the target.
        documents: how many documents were written.
        spans: how many spans they have.
        refused: how many documents `convert` would refuse.
        f1: strict F1 of what comes back, refused documents included.
        characters: of an answer, on average.
        tokens: of an answer, on average; None without a tokenizer.
        text_tokens: of a text, on average; None without a tokenizer.
    """

    data: str
    target: str
    documents: int
    spans: int
    refused: int
    f1: float
    characters: float
    tokens: float | None
    text_tokens: float | None


class Cuts(msgspec.Struct):
    """Answers of the `json` target that were cut inside an item.

    Attributes:
        data: name of the set.
        places: how many cuts were made.
        ours: in how many of them we found an entity that was not whole.
        json_repair: in how many json_repair did; None if it is not installed.
    """

    data: str
    places: int
    ours: int
    json_repair: int | None


def documents(folder: Path) -> Iterator[Document]:
    """All documents of a set, from the files that a reader recognises."""
    for path in sorted(folder.iterdir()):
        if path.suffix in NOT_DATA:
            continue
        try:
            reader = READERS.get(detect(path))
        except UsageError as error:
            sys.exit(str(error))
        yield from (each for each in reader.read(path) if isinstance(each, Document))


def measure(
    data: str, target: Target, sample: Sequence[Document], count: Callable[[str], int] | None
) -> Row:
    """Write and read back every document of a set."""
    refused = kept = added = characters = tokens = 0
    for document in sample:
        answer = guarded(target.render(document))
        proof = prove(target, document, answer)
        refused += not proof
        kept += len(document.spans) - len(proof.lost)
        added += len(proof.added)
        characters += len(answer)
        tokens += count(answer) if count else 0
    spans = sum(len(document.spans) for document in sample)
    text_tokens = sum(count(document.text) for document in sample) if count else 0
    return Row(
        data=data,
        target=target.name,
        documents=len(sample),
        spans=spans,
        refused=refused,
        f1=2 * kept / (spans + kept + added) if spans else 1.0,
        characters=characters / len(sample),
        tokens=tokens / len(sample) if count else None,
        text_tokens=text_tokens / len(sample) if count else None,
    )


def measure_cuts(data: str, sample: Sequence[Document]) -> Cuts:
    """Cut answers at every place inside an item; the spans of the whole items are known."""
    target = TARGETS.get("json")
    with_json_repair = find_spec("json_repair") is not None
    places = ours = theirs = 0
    for document in sample:
        answer = target.render(document)
        found = sorted(target.parse(document.text, answer).found, key=lambda each: each.output)
        for number, item in enumerate(found):
            rows = [list(row[:2]) for row in msgspec.json.decode(answer)[:number]]
            for cut in range(item.output[0] + 1, item.output[1]):
                places += 1
                spans = target.parse(document.text, answer[:cut]).spans
                ours += len(spans) > number
                theirs += with_json_repair and _invents(answer[:cut], rows)
    return Cuts(data, places, ours, theirs if with_json_repair else None)


def _invents(answer: str, whole: Sequence[list[str]]) -> bool:
    """True if json_repair makes an item of two strings out of the fragment at the end."""
    import json_repair

    value = json_repair.loads(answer)
    pairs = [row[:2] for row in value if isinstance(row, list) and len(row) > 1]
    return len(pairs) > len(whole)


def main() -> None:
    """Measure, print two tables, and write them if asked to."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folders", type=Path, nargs="+")
    arguments.add_argument("--tokenizer", type=Path)
    arguments.add_argument("--cuts", type=int, default=0)
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    count = token_counter(options.tokenizer) if options.tokenizer else None
    rows: list[Row] = []
    cuts: list[Cuts] = []
    print("| set | target | documents | spans | refused | F1 | characters | tokens | of a text |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    for folder in options.folders:
        sample = list(documents(folder))
        for name in TARGETS.names():
            row = measure(folder.name, TARGETS.get(name), sample, count)
            rows.append(row)
            print(
                f"| {row.data} | `{name}` | {row.documents:,} | {row.spans:,} | {row.refused} | "
                f"{row.f1:.4f} | {row.characters:.1f} | {_shown(row.tokens)} | "
                f"{_shown(row.text_tokens)} |"
            )
        if options.cuts:
            cuts.append(measure_cuts(folder.name, sample[: options.cuts]))
    if cuts:
        print("\n| set | cuts inside an item | ours | json_repair |\n|---|---:|---:|---:|")
    for each in cuts:
        print(
            f"| {each.data} | {each.places:,} | {_share(each.ours, each.places)} | "
            f"{_share(each.json_repair, each.places)} |"
        )
    if options.json:
        write_json(options.json, {"targets": rows, "cuts": cuts}, overwrite=True)


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"


def _share(part: int | None, whole: int) -> str:
    return "" if part is None or not whole else f"{part / whole:.1%}"


if __name__ == "__main__":
    main()
