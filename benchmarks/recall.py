"""Which way of asking finds most: `json`, `lines`, `tags` written freely, and `tags` forced.

    python benchmarks/recall.py DATA --minutes 10

DATA is annotated data of any format, such as presidio-research's synth_dataset_v2.json. Same
recipe, same seeds and the same minutes of a processor for the training of each target; documents of
unseen templates are answered, and scored beside each other. Where documents name no group, those
that differ in nothing but their entities are one. Every finished piece is kept in
runs/benchmark/recall, so the same command goes on after an interruption, and a call with more seeds
or targets adds to what is there; results say what they were made with. With --ablation, `tags` is
trained once for each lever on the loss or on the rows instead, for as many steps, and each is
compared with the plain recipe. It may share the machine: a processor's time is counted, not the
clock's.

Run it in the training environment (`make` sets it up as .venv-train), from the root of the
repository. OMP_NUM_THREADS=1 is the faster way on a busy machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shlex
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pii_sft import read
from pii_sft.evaluators import evaluate_pairs, read_pairs
from pii_sft.evaluators.comparison.compare import compare_files
from pii_sft.files import read_documents, read_json, write_documents, write_json
from pii_sft.hardware import cpu_computes_in_bfloat16
from pii_sft.spans import Document
from pii_sft.targets import TARGETS

RECIPE = "recipes/smollm2_135m.yaml"
RESULTS = Path("benchmarks/results/recall.json")
WORK = Path("runs/benchmark/recall")
WAYS = {"json": ("free",), "lines": ("free",), "tags": ("free", "anchored")}
"""How the answers of each target are decoded."""

PROBES = (3, 13)
"""Steps of two short trainings; their difference is what steps cost without loading."""

NO_EVALUATION = (
    "eval_strategy='no'",
    "save_strategy='no'",
    "load_best_model_at_end=false",
    "metric_for_best_model=null",
)
PLAIN = "plain"
LOSS: dict[str, tuple[str, ...]] = {
    "entity weight 3": ("--entity-weight", "3"),
    "focal loss 2": ("--focal-gamma", "2"),
    "opening weight 3": ("--role-weight", "more=3"),
    "label weight 3": ("--role-weight", "label=3"),
}
"""Levers on the loss, and the words of `pii-sft train` that pull them."""

ROWS: dict[str, tuple[str, ...]] = {
    "oversampled": ("--oversample", "auto"),
    "half of the rows swapped": ("--augment", "swap=0.5"),
    "labels in the prompt": ("--prompt", "labels-1"),
    "half of the negatives": ("--negatives", "0.5"),
}
"""Levers on the rows, and the words of `pii-sft convert` that pull them."""

NO_SPANS = ("--eval-documents", "0", "--select-by", "eval_loss")


def run(*words: str | Path) -> float:
    """Run a command of this program; gives the seconds of a processor that it took."""
    command = [sys.executable, "-m", "pii_sft", *map(str, words)]
    print(f"$ pii-sft {shlex.join(map(str, words))}", flush=True)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "LLAMAFACTORY_VERBOSITY": "ERROR"}
    child = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"failed: {shlex.join(map(str, words))}")
    return usage.ru_utime + usage.ru_stime


def in_group(document: Document) -> Document:
    """The document with its template as its group, if it names none."""
    if "group" in document.meta or document.template is None:
        return document
    group = hashlib.sha256(document.template.encode()).hexdigest()[:16]
    return document.replaced(meta={**document.meta, "group": group})


class Place:
    """A target on a data set: its converted data, and a run for each seed.

    Args:
        name: of the data set.
        source: its file.
        target: how answers are written.
    """

    def __init__(self, name: str, source: Path, target: str) -> None:
        self.name = name
        self.target = target
        self._folder = WORK / name / target
        self._source = source

    def data(self, lever: str = PLAIN) -> Path:
        """The converted data, split by template, the same for every target and lever."""
        changes = ROWS.get(lever, ())
        folder = self._folder / (f"data-{_joined(lever)}" if changes else "data")
        if not (folder / "manifest.json").exists():
            grouped = WORK / self.name / "documents.jsonl"
            if not grouped.exists():
                write_documents(grouped, map(in_group, read(self._source)))
            words = ("--target", self.target, "--split", "train=0.8,dev=0.1,test=0.1")
            run("convert", grouped, *words, *changes, "--out", folder, "--quiet")
        return folder

    def gold(self, documents: int) -> Path:
        """Documents of unseen templates, from test and dev in turn."""
        path = self._folder / f"gold-{documents}.jsonl"
        if not path.exists():
            chosen = list(islice(_in_turn(self.data()), documents))
            write_documents(path, chosen)
        return path

    def train(self, seed: int, minutes: float, lever: str = PLAIN) -> tuple[Path, dict[str, Any]]:
        """Train for some minutes of a processor; gives the run and what it cost."""
        name = f"seed-{seed}-minutes-{minutes:g}"
        if lever != PLAIN:
            name += f"-{_joined(lever)}"
        folder = self._folder / name
        note = folder / "cost.json"
        if note.exists():
            return folder, read_json(note, dict)
        steps = self._steps(minutes)
        seconds = run(*self._training(folder, steps, seed, lever), *LOSS.get(lever, ()))
        cost = {"steps": steps, "cpu_seconds_with_loading": round(seconds, 1)}
        write_json(note, cost)
        return folder, cost

    def _steps(self, minutes: float) -> int:
        note = self._folder / "seconds_a_step.json"
        if not note.exists():
            few, many = (run(*self._training(self._folder / "probe", steps, 0)) for steps in PROBES)
            write_json(note, {"cpu_seconds": round((many - few) / (PROBES[1] - PROBES[0]), 3)})
        return max(1, int(60 * minutes / read_json(note, dict)["cpu_seconds"]))

    def _training(
        self, folder: Path, steps: int, seed: int, lever: str = PLAIN
    ) -> tuple[str | Path, ...]:
        return (
            *("train", RECIPE, f"dataset_dir={self.data(lever)}", f"output_dir={folder}"),
            *(f"max_steps={steps}", f"seed={seed}", "overwrite_output_dir=true"),
            *(f"bf16={str(cpu_computes_in_bfloat16()).lower()}", "preprocessing_num_workers=1"),
            *(*NO_EVALUATION, *NO_SPANS),
        )


def _joined(lever: str) -> str:
    return lever.replace(" ", "-")


def _in_turn(data: Path) -> Iterator[Document]:
    streams = [read_documents(data / f"gold/{split}.jsonl") for split in ("test", "dev")]
    while streams:
        for stream in list(streams):
            document = next(stream, None)
            if document is None:
                streams.remove(stream)
            else:
                yield document


def predicted(folder: Path, gold: Path, decode: str) -> tuple[Path, float]:
    """Predictions of a run, and the seconds of a processor that a document took."""
    out = folder / f"{gold.stem}-{decode}.jsonl"
    note = folder / f"{gold.stem}-{decode}-cost.json"
    if not note.exists():
        words = ("--run", folder, "--data", gold, "--out", out, "--decode", decode)
        seconds = run("predict", *words, "--operating-point", "off", "--overwrite", "--quiet")
        documents = sum(1 for _ in read_documents(gold))
        write_json(note, {"cpu_seconds_a_document": round(seconds / documents, 3)})
    return out, read_json(note, dict)["cpu_seconds_a_document"]


def scores(pred: Path, gold: Path, target: str) -> dict[str, Any]:
    """Score a prediction strictly, by touch, and in characters."""
    pairs = list(read_pairs(pred, gold, TARGETS.get(target)))
    found = evaluate_pairs(pairs, schemes=("strict",)).to_dict()
    micro = found["schemes"]["strict"]["micro"]
    touched = total = 0
    for document, prediction in pairs:
        for span in document.spans:
            total += 1
            touched += any(
                each.start < span.end and span.start < each.end for each in prediction.spans
            )
    strict = {name: round(micro[name], 4) for name in ("precision", "recall", "f1", "f2")}
    characters = found["characters"]
    return {
        "documents": found["documents"],
        "spans": total,
        "strict": {**strict, "ci": micro["ci"]},
        "any_overlap_recall": round(touched / total, 4) if total else None,
        "characters": {name: round(characters[name], 4) for name in ("precision", "recall", "f1")},
        "false_alarms": found["documents_without_pii"],
        "parsing": found["parsing"],
    }


def paired(first: Path, second: Path, gold: Path, target: str = "json") -> dict[str, Any]:
    """The gain of the second, in tags, over the first, and its chance."""
    files = ((first, TARGETS.get(target)), (second, TARGETS.get("tags")))
    found = compare_files(*files, gold, schemes=("strict",), resamples=2000)
    return found.to_dict()


def ablation(
    place: Place, levers: Iterable[str], seed: int, minutes: float, documents: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Train plainly and once for each lever, for as many steps; gives its key and its figures."""
    gold = place.gold(documents)
    plain: Path | None = None
    for lever in (PLAIN, *levers):
        folder, cost = place.train(seed, minutes, lever)
        pred, _ = predicted(folder, gold, "anchored")
        key = f"{place.name}: tags anchored, {lever}, {minutes:g} minutes, seed {seed}"
        found = {"lever": lever, "cpu_minutes": minutes, "seed": seed, **cost}
        found |= scores(pred, gold, "tags")
        if plain is None:
            plain = pred
        else:
            found["against_plain"] = paired(plain, pred, gold, "tags")["schemes"]["strict"]
        yield key, found


def main() -> None:
    """Train, answer and score what is not there yet, and write everything."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--name", default="presidio_research_en")
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--seeds", default="42")
    arguments.add_argument("--targets", default="json,lines,tags")
    arguments.add_argument("--documents", type=int, default=215)
    arguments.add_argument("--out", type=Path, default=RESULTS)
    arguments.add_argument("--ablation", choices=("loss", "rows"))
    options = arguments.parse_args()
    results: dict[str, Any] = read_json(options.out, dict) if options.out.exists() else {}
    run("model")
    if options.ablation:
        place = Place(options.name, options.data, "tags")
        levers = LOSS if options.ablation == "loss" else ROWS
        for seed in map(int, options.seeds.split(",")):
            for key, found in ablation(place, levers, seed, options.minutes, options.documents):
                results[key] = found
                write_json(options.out, results, overwrite=True)
        return
    for seed in map(int, options.seeds.split(",")):
        files: dict[str, Path] = {}
        gold = None
        for target in options.targets.split(","):
            place = Place(options.name, options.data, target)
            gold = place.gold(options.documents)
            folder, cost = place.train(seed, options.minutes)
            for decode in WAYS[target]:
                pred, seconds = predicted(folder, gold, decode)
                files[f"{target} {decode}"] = pred
                key = f"{options.name}: {target} {decode}, {options.minutes:g} minutes, seed {seed}"
                results[key] = {
                    "data": options.name,
                    "target": target,
                    "decode": decode,
                    "cpu_minutes": options.minutes,
                    "seed": seed,
                    "machine": platform.machine(),
                    **cost,
                    "cpu_seconds_a_document_with_loading": seconds,
                    **scores(pred, gold, target),
                }
                write_json(options.out, results, overwrite=True)
        if gold is not None and {"json free", "tags anchored"} <= files.keys():
            key = f"{options.name}: tags anchored against json, {options.minutes:g} minutes, "
            results[f"{key}seed {seed}"] = paired(files["json free"], files["tags anchored"], gold)
            write_json(options.out, results, overwrite=True)
    print(json.dumps({key: each.get("strict") for key, each in results.items()}, indent=2))


if __name__ == "__main__":
    main()
