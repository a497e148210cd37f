"""Costs and gains of training: overhead, padding, and ten minutes of a CPU.

    python benchmarks/train.py PART ../shared/data/presidio_research_en/synth_dataset_v2.json

PART is overhead, padding or minutes.

Run it on an otherwise idle machine, in the training environment (`make` sets it up as .venv-train),
from the root of the repository. Each part works in a folder of its own under runs/benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pii_sft.evaluators import evaluate_pairs, read_pairs
from pii_sft.files import write_json
from pii_sft.hardware import cpu_computes_in_bfloat16
from pii_sft.targets import TARGETS
from pii_sft.training.metrics_log import read_metrics

RECIPE = "recipes/smollm2_135m.yaml"
WORK = Path("runs/benchmark")
RESULTS = Path("benchmarks/results")
BF16 = f"bf16={str(cpu_computes_in_bfloat16()).lower()}"
NO_SPANS = ("--eval-documents", "0", "--select-by", "eval_loss")
NO_EVALUATION = (
    "eval_strategy='no'",
    "save_strategy='no'",
    "load_best_model_at_end=false",
    "metric_for_best_model=null",
)
SEED_BATCHES = (
    "per_device_train_batch_size=4",
    "gradient_accumulation_steps=8",
    "train_sampling_strategy=random",
)
PADDING_ROWS = 576
"""How many rows are trained on to count their padding; about half of an epoch."""
NAIVE = (
    "per_device_train_batch_size=8",
    "gradient_accumulation_steps=1",
    "train_sampling_strategy=random",
    "lora_rank=16",
    "lora_alpha=32",
    "learning_rate=2e-4",
    "lr_scheduler_type=cosine",
    "lr_scheduler_kwargs=null",
)


def run(*words: str | Path) -> float:
    """Run a program of this environment; gives the seconds it took, stops if it fails."""
    command = shlex.join(map(str, words))
    print(f"$ {command}", flush=True)
    program = Path(sys.executable).with_name(str(words[0]))
    began = time.monotonic()
    done = subprocess.run(
        [program, *map(str, words[1:])],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "LLAMAFACTORY_VERBOSITY": "ERROR"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"failed: {command}")
    return time.monotonic() - began


def converted(data: Path, folder: Path, *options: str) -> Path:
    """A data set split by template."""
    run("pii-sft", "convert", data, "--out", folder, "--overwrite", *options)
    return folder


def spaced(folder: Path) -> Path:
    """Answers as `json.dumps` writes a list of objects, instead of our compact ones."""
    for split in ("train", "dev", "test"):
        gold = [
            json.loads(line) for line in (folder / f"gold/{split}.jsonl").read_text().splitlines()
        ]
        rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
        for row, document in zip(rows, gold, strict=True):
            found = [
                {"label": span["label"], "text": document["text"][span["start"] : span["end"]]}
                for span in document["spans"]
            ]
            row["messages"][-1]["content"] = json.dumps(found, ensure_ascii=False)
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def history(folder: Path) -> list[dict[str, Any]]:
    """The rows of the training steps."""
    state = json.loads((folder / "trainer_state.json").read_text())
    return [row for row in state["log_history"] if "loss" in row]


def overhead(data: Path) -> dict[str, Any]:
    """Our loop against plain LLaMA-Factory: same recipe, same seed, several times in turn."""
    folder = converted(data, WORK / "data")
    fixed = (f"dataset_dir={folder}", BF16, "max_steps=30", "logging_steps=1", *NO_EVALUATION)
    seconds: dict[str, list[float]] = {"llamafactory-cli": [], "pii-sft": []}
    for program, options in (("llamafactory-cli", ()), ("pii-sft", NO_SPANS)) * 3:
        out = WORK / f"overhead_{program}"
        run(
            program,
            "train",
            RECIPE,
            *fixed,
            f"output_dir={out}",
            "overwrite_output_dir=true",
            *options,
        )
        seconds[program].append(
            json.loads((out / "train_results.json").read_text())["train_runtime"]
        )
    theirs, ours = (history(WORK / f"overhead_{program}") for program in seconds)
    apart = [abs(a["loss"] - b["loss"]) / b["loss"] for a, b in zip(ours, theirs, strict=True)]
    return {
        "seconds": seconds,
        "ratio": round(median(seconds["pii-sft"]) / median(seconds["llamafactory-cli"]), 4),
        "largest_relative_difference_of_loss": max(apart),
        "steps": len(apart),
    }


def padding(data: Path) -> dict[str, Any]:
    """Padded tokens and speed: the recipe against batches of 4 x 8 in random order."""
    folder = converted(data, WORK / "data")
    found = {}
    for name, rows, batches in (("recipe", 4, ()), ("seed", 32, SEED_BATCHES)):
        out = WORK / f"padding_{name}"
        steps = PADDING_ROWS // rows
        run(
            *("pii-sft", "train", RECIPE, f"dataset_dir={folder}", BF16, f"output_dir={out}"),
            *("overwrite_output_dir=true", f"max_steps={steps}", f"logging_steps={steps}"),
            *(*NO_EVALUATION, *batches, *NO_SPANS),
        )
        [row] = [row for row in read_metrics(out) if "padding" in row]
        share = row["padding"]
        found[name] = {
            "padding": share,
            "padded_tokens_for_each_other": round(share / (1 - share), 4),
            "tokens_per_second": row["tokens_per_second"],
        }
    seed, recipe = found["seed"], found["recipe"]
    return {
        **found,
        "padded_tokens_ratio": round(
            seed["padded_tokens_for_each_other"] / recipe["padded_tokens_for_each_other"], 2
        ),
        "speed_ratio": round(recipe["tokens_per_second"] / seed["tokens_per_second"], 2),
    }


def steps_in(seconds: float, words: Sequence[str | Path], out: Path) -> int:
    """How many steps of a run fit, by the time of its first ones."""
    probe = 25
    run(
        *words,
        f"output_dir={out}",
        f"max_steps={probe}",
        "logging_steps=1",
        *NO_EVALUATION,
        *NO_SPANS,
    )
    runtime = json.loads((out / "train_results.json").read_text())["train_runtime"]
    return int(seconds / (runtime / probe))


def trained(name: str, folder: Path, minutes: float, *settings: str) -> dict[str, Any]:
    """Train as long as asked for, answer the test split, and score it."""
    words = ("pii-sft", "train", RECIPE, f"dataset_dir={folder}", BF16, *settings)
    steps = steps_in(minutes * 60, (*words, "overwrite_output_dir=true"), WORK / f"{name}_probe")
    out = WORK / name
    seconds = run(
        *(*words, f"output_dir={out}", f"max_steps={steps}", "overwrite_output_dir=true"),
        *(*NO_EVALUATION, *NO_SPANS),
    )
    run("pii-sft", "predict", "--run", out, "--data", folder / "gold/test.jsonl", "--overwrite")
    pairs = read_pairs(out / "predictions.jsonl", folder / "gold/test.jsonl", TARGETS.get("json"))
    micro = evaluate_pairs(pairs, schemes=("strict",)).to_dict()["schemes"]["strict"]["micro"]
    runtime = json.loads((out / "train_results.json").read_text())["train_runtime"]
    rates = {key: round(micro[key], 4) for key in ("precision", "recall", "f1")}
    return {
        "settings": list(settings),
        "steps": steps,
        "train_seconds": runtime,
        "with_loading_seconds": round(seconds, 1),
        **rates,
        "ci": micro["ci"]["f1"],
    }


def minutes(data: Path) -> dict[str, Any]:
    """Strict F1 on held-out templates after ten minutes: the recipe, and the naive one."""
    compact = converted(data, WORK / "data")
    long = spaced(converted(data, WORK / "data_naive", "--prompt", "labels-1"))
    found = {
        "recipe": trained("recipe", compact, 10.0),
        "naive": trained("naive", long, 10.0, *NAIVE),
    }
    gain = found["recipe"]["f1"] - found["naive"]["f1"]
    return {**found, "gain_in_points": round(100 * gain, 1)}


PARTS = {"overhead": overhead, "padding": padding, "minutes": minutes}


def main() -> None:
    """Run one part and write what it found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("part", choices=PARTS)
    arguments.add_argument("data", type=Path)
    options = arguments.parse_args()
    found = PARTS[options.part](options.data)
    print(json.dumps(found, indent=2))
    write_json(RESULTS / f"train_{options.part}.json", found, overwrite=True)


if __name__ == "__main__":
    main()
