"""The baseline: real documents, the recipe for a CPU, and the scores of two ways to predict.

Runs the commands of a user one after another on presidio-research's synth_dataset_v2.json, split by
template, and writes what they scored and cost:

    python benchmarks/baseline.py ../shared/data/presidio_research_en/synth_dataset_v2.json

Run it on an otherwise idle machine, in the training environment (`make` sets it up as .venv-train).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
import time
from pathlib import Path

import msgspec

from pii_sft.files import write_json
from pii_sft.hardware import cpu_computes_in_bfloat16

RECIPE = "recipes/smollm2_135m.yaml"
RUN = Path("runs/smollm2_135m")
THEIRS = Path("runs/smollm2_135m_do_predict")
GOLD = Path("data/pii/gold/test.jsonl")
RESULTS = Path("benchmarks/results")


class Cost(msgspec.Struct):
    """The cost of a command; memory is the peak of its largest process."""

    command: str
    seconds: float
    peak_memory_mb: int


def run(*words: str | Path) -> Cost:
    """Run a command with its output where ours goes; stop if it fails."""
    command = shlex.join(map(str, words))
    print(f"$ {command}", flush=True)
    program = str(Path(sys.executable).with_name(str(words[0])))
    began = time.monotonic()
    child = os.posix_spawn(
        program,
        [program, *map(str, words[1:])],
        {**os.environ, "HF_HUB_OFFLINE": "1", "LLAMAFACTORY_VERBOSITY": "ERROR"},
    )
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"failed: {command}")
    return Cost(command, round(time.monotonic() - began, 1), usage.ru_maxrss // 1024)


def cpu_name() -> str:
    """The name of the CPU; its architecture where it does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def tokens_per_second(log: Path, epochs: float, tokens_per_epoch: int) -> float:
    """Tokens trained on, padding left out, by the time between the first and the last step."""
    seconds = json.loads((log / "train_results.json").read_text())["train_runtime"]
    return round(tokens_per_epoch * epochs / seconds, 1)


def training_tokens() -> int:
    """Tokens of the training split as the trainer sees them."""
    from pii_sft.decoding.chat import load_chat
    from pii_sft.prompt import Message

    chat = load_chat("models/smollm2-135m", "smollm2", enable_thinking=None)
    total = 0
    for line in Path("data/pii/train.jsonl").read_text("utf-8").splitlines():
        *prompt, answer = [Message(**each) for each in json.loads(line)["messages"]]
        total += sum(map(len, chat.example_ids(prompt, answer.content)))
    return total


def main() -> None:
    """Convert, train, predict in two ways, score both."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--out", type=Path, default=RESULTS / "baseline.json")
    options = arguments.parse_args()
    bf16 = f"bf16={str(cpu_computes_in_bfloat16()).lower()}"
    costs = [
        run("pii-sft", "model"),
        run("pii-sft", "convert", options.data, "--overwrite"),
        run("llamafactory-cli", "train", RECIPE, bf16, "overwrite_output_dir=true"),
        run("pii-sft", "predict", "--run", RUN, "--overwrite"),
        run(
            *("llamafactory-cli", "train", RECIPE, "do_train=false", "do_predict=true"),
            *("predict_with_generate=true", "do_sample=false", "max_new_tokens=256"),
            *(f"adapter_name_or_path={RUN}", f"output_dir={THEIRS}", "eval_dataset=pii_test"),
            "train_sampling_strategy=sequential",
            *("eval_strategy='no'", "save_strategy='no'", "load_best_model_at_end=false"),
        ),
    ]
    ours, theirs = RESULTS / "baseline_scores.json", RESULTS / "baseline_do_predict_scores.json"
    run("pii-sft", "score", "--pred", RUN / "predictions.jsonl", "--json", ours, "--overwrite")
    generated = THEIRS / "generated_predictions.jsonl"
    run("pii-sft", "score", "--pred", generated, "--gold", GOLD, "--json", theirs, "--overwrite")
    predicted = json.loads((RUN / "predictions.meta.json").read_text())
    scores = {
        name: json.loads(path.read_text())
        for name, path in (("predict", ours), ("do_predict", theirs))
    }
    summary = {
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "bfloat16": cpu_computes_in_bfloat16(),
        },
        "costs": costs,
        "training_tokens_per_second": tokens_per_second(RUN, 2.0, training_tokens()),
        "generated_tokens_per_second": round(predicted["tokens"] / predicted["seconds"], 1),
        "strict_micro": {
            name: {
                key: each["schemes"]["strict"]["micro"][key]
                for key in ("precision", "recall", "f1", "ci")
            }
            for name, each in scores.items()
        },
        "parsing": {name: each["parsing"] for name, each in scores.items()},
    }
    write_json(options.out, summary, overwrite=True)


if __name__ == "__main__":
    main()
