"""Speed and memory of `pii-sft convert`: documents to LLaMA-Factory rows, every row proved.

Run with `python benchmarks/convert.py [--megabytes N] [--runs N] [--bare] [--json FILE]`.
Documents are synthetic, of three lengths. Beside ours run a bare copy of the same bytes through
orjson, which verifies nothing, and the same rendering and proof, of many rows at once, as a
function for `datasets.map`: to training rows alone, and to all the files that ours writes;
`--bare` leaves `datasets` out. Runs take turns, and the best processor time of each is compared,
as whatever else the machine does only slows.

`--workers MB` compares one process with two by the clock on a file of that size instead, and
`--memory GB` reports the peak of resident memory while a file of that size is converted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pii_sft.dataset.blocks.proved_answers import Answers
from pii_sft.dataset.convert import convert
from pii_sft.dataset.synthetic.generate import synthesise
from pii_sft.files import encode, write_documents, write_json
from pii_sft.prompt import load_prompt
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS

TARGET = TARGETS.get("json")
ANSWER = Answers(TARGET)
PROMPT = load_prompt("short-1", TARGET.instruction, [])

PARTS = {"short": 1, "medium": 6, "long": 24}
"""How many synthetic texts, of some 110 characters each, make up a document."""


def documents(parts: int, size: int, seed: int = 7) -> Iterator[Document]:
    """Different documents of together at least `size` bytes."""
    pool = list(synthesise(["en", "zh", "de", "fr"], 4000, seed=seed))
    draw = random.Random(seed)
    number = written = 0
    while written < size:
        pieces, spans, length = [f"No. {number}\n"], [], len(f"No. {number}\n")
        for piece in draw.choices(pool, k=parts):
            spans += [Span(s.start + length, s.end + length, s.label) for s in piece.spans]
            pieces.append(piece.text + "\n\n")
            length += len(pieces[-1])
        document = checked(f"d{number}", "".join(pieces), spans, {"language": "xx"})
        written += len(encode(document)) + 1
        number += 1
        yield document


def copy_with_orjson(source: Path, folder: Path) -> None:
    """The floor of any converter: decode and encode each line, verify nothing."""
    import orjson

    with source.open("rb") as lines, (folder / "copy.jsonl").open("wb") as out:
        for line in lines:
            out.write(orjson.dumps(orjson.loads(line)) + b"\n")


def ours(source: Path, folder: Path, workers: int = 1, target: str | None = None) -> None:
    """`pii-sft convert`, as it is by default, or with another target."""
    convert(
        [source],
        source="documents",
        out=folder / "pii",
        workers=workers,
        overwrite=True,
        target=target,
    )


def to_rows(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rendering and the proof of many rows, as a function for a batched `datasets.map`."""
    documents = [
        checked(id, text, [Span(each["start"], each["end"], each["label"]) for each in spans])
        for id, text, spans in zip(batch["id"], batch["text"], batch["spans"], strict=True)
    ]
    answers, refused = ANSWER.of_all(SpanColumns(documents))
    if refused:
        raise next(iter(refused.values()))
    return {
        "messages": [
            [
                *({"role": m.role, "content": m.content} for m in PROMPT.messages(document.text)),
                {"role": "assistant", "content": answer},
            ]
            for document, answer in zip(documents, answers, strict=True)
        ]
    }


def rows_with_datasets(source: Path, folder: Path) -> None:
    """Training rows alone: no duplicates dropped, no split, no gold."""
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        rows = datasets.load_dataset("json", data_files=str(source), cache_dir=cache, split="train")
        made = rows.map(to_rows, batched=True, remove_columns=rows.column_names)
        made.to_json(folder / "datasets.jsonl", force_ascii=False)


def all_with_datasets(source: Path, folder: Path) -> None:
    """The same files as ours: duplicates dropped, three splits, rows and gold for each."""
    import datasets

    datasets.disable_progress_bars()
    seen: set[str] = set()

    def is_new(row: dict[str, Any]) -> bool:
        known = row["text"] in seen
        seen.add(row["text"])
        return not known

    with tempfile.TemporaryDirectory(dir=folder) as cache:
        rows = datasets.load_dataset("json", data_files=str(source), cache_dir=cache, split="train")
        made = rows.filter(is_new).map(to_rows, batched=True)
        train, rest = made.train_test_split(0.2, seed=42).values()
        dev, test = rest.train_test_split(0.5, seed=42).values()
        for name, part in (("train", train), ("dev", dev), ("test", test)):
            part.select_columns("messages").to_json(folder / f"{name}.jsonl", force_ascii=False)
            part.remove_columns("messages").to_json(folder / f"g-{name}.jsonl", force_ascii=False)


def count_up(_: int) -> None:
    """Some seconds of nothing but Python."""
    total = 0
    for number in range(30_000_000):
        total += number & 1023


def count_up_twice(processes: int) -> None:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(count_up, [0, 1], chunksize=1)


Runner = Callable[[Path, Path], None]

TOOLS: dict[str, Runner] = {
    "orjson copy": copy_with_orjson,
    "ours": ours,
    "ours, json": lambda source, folder: ours(source, folder, target="json"),
    "datasets, rows": rows_with_datasets,
    "datasets, all": all_with_datasets,
}
WORKERS: dict[str, Runner] = {
    "1 worker": ours,
    "2 workers": lambda source, folder: ours(source, folder, 2),
    "bare Python, one process": lambda *_: count_up_twice(1),
    "bare Python, two processes": lambda *_: count_up_twice(2),
}
"""Bare Python says how much two processes can bring on the machine at all."""


def measure(
    runners: dict[str, Runner],
    source: Path,
    folder: Path,
    runs: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Seconds of each runner at its best, taking turns: what else the machine does only slows."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(runs):
        for name, run in runners.items():
            begin = clock()
            run(source, folder)
            seconds[name].append(clock() - begin)
    return {name: min(each) for name, each in seconds.items()}


def compare(folder: Path, megabytes: int, runs: int, bare: bool) -> dict[str, Any]:
    """Every runner on every length of document."""
    tools = {name: run for name, run in TOOLS.items() if not (bare and "datasets" in name)}
    found: dict[str, Any] = {}
    print(f"{'':18}{'MB/s':>8}{'documents/s':>14}{'of orjson':>12}")
    for name, parts in PARTS.items():
        source = folder / f"{name}.jsonl"
        made = list(documents(parts, megabytes * 1_000_000))
        write_documents(source, made)
        size, count = source.stat().st_size, len(made)
        spans = sum(len(each.spans) for each in made)
        del made
        seconds = measure(tools, source, folder, runs)
        ratios = {
            f"{tool} of {other}": seconds[other] / seconds[tool]
            for tool in ("ours", "ours, json")
            for other in seconds
            if not other.startswith("ours")
        }
        found[name] = {
            "documents": count,
            "bytes": size,
            "spans": spans,
            "seconds": seconds,
            "ratios": ratios,
        }
        print(f"{name}: {size / count:,.0f} bytes, {spans / count:.1f} spans a document")
        for runner, each in seconds.items():
            share = seconds["orjson copy"] / each
            print(f"  {runner:16}{size / each / 1e6:8.1f}{count / each:14,.0f}{share:12.3f}")
        print("  " + ", ".join(f"{name} {value:.2f}" for name, value in ratios.items()))
    return found


def compare_workers(folder: Path, megabytes: int, runs: int) -> dict[str, Any]:
    """One process and two, on a file that takes long enough for the start of processes to fade."""
    source = folder / "workers.jsonl"
    write_documents(source, documents(PARTS["medium"], megabytes * 1_000_000))
    seconds = measure(WORKERS, source, folder, runs, time.perf_counter)
    ratio = seconds["1 worker"] / seconds["2 workers"]
    bare = seconds["bare Python, one process"] / seconds["bare Python, two processes"]
    print(f"{megabytes} MB: {seconds}")
    print(f"2 workers are {ratio:.2f} times as fast as one; bare Python {bare:.2f} times")
    size = source.stat().st_size
    return {"bytes": size, "seconds": seconds, "ratio": ratio, "bare": bare}


def peak_of(folder: Path, gigabytes: float) -> dict[str, Any]:
    """Peak of resident memory while a large file is converted in a process of its own."""
    source = folder / "large.jsonl"
    write_documents(source, documents(PARTS["medium"], int(gigabytes * 1e9)))
    command = [sys.executable, "-m", "pii_sft", "convert", str(source), "--out", str(folder / "o")]
    begin = time.perf_counter()
    subprocess.run([*command, "--from", "documents", "--quiet"], check=True)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    size = source.stat().st_size
    print(f"{size / 1e9:.2f} GB in {seconds:.0f} s, peak of {peak:.0f} MB of resident memory")
    return {"bytes": size, "seconds": seconds, "peak_megabytes": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=40)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, metavar="MB")
    parser.add_argument("--memory", type=float, metavar="GB")
    parser.add_argument("--bare", action="store_true", help="without `datasets`")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["HF_DATASETS_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.memory:
            found = peak_of(folder, options.memory)
        elif options.workers:
            found = compare_workers(folder, options.workers, options.runs)
        else:
            found = compare(folder, options.megabytes, options.runs, options.bare)
    if options.json:
        write_json(options.json, {"python": sys.version.split()[0], **found}, overwrite=True)


if __name__ == "__main__":
    main()
