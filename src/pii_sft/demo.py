"""The whole road on embedded data and an embedded model, by the commands a user would type."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import write_bytes
from pii_sft.hardware import cpu_computes_in_bfloat16
from pii_sft.recipe import shipped_recipe

RECIPE = "smollm2_135m"
MODEL = Path("models/smollm2-135m")
MARK = ".pii_sft_demo"
"""A file that says that the folder around it is a demo's to replace."""

NEEDED = {
    **dict.fromkeys(("llamafactory", "torch", "transformers", "peft", "phonenumbers"), "train"),
    "faker": "synth",
}
"""Packages without which a step would fail in the end, and the extra that brings each."""


class Size(msgspec.Struct, frozen=True):
    """Size of a demo.

    Attributes:
        documents: how many are made; a fifth of their templates is held out for dev and test.
        epochs: how often the training split is gone through.
    """

    documents: int
    epochs: float


FULL = Size(documents=330, epochs=1.0)
QUICK = Size(documents=120, epochs=1.0)


class Step(msgspec.Struct, frozen=True):
    """One command of the demo, with a line that says what it is for."""

    title: str
    words: tuple[str, ...]


def steps(folder: Path, size: Size, bf16: bool) -> Iterator[Step]:
    """The commands, in order; paths are seen from the working folder."""
    documents, data, run = folder / "documents.jsonl", folder / "pii", folder / "run"
    yield Step("A real model of 135 million parameters", ("model", str(MODEL)))
    yield Step(
        "Synthetic documents, with hard negatives; English, which the embedded model knows best",
        (
            *("synth", "--language", "en", "--count", str(size.documents)),
            *("--negatives", "0.4", "--out", str(documents), "--overwrite"),
        ),
    )
    yield Step(
        "Training rows, each proved to decode to its annotation; each template stays in one split",
        ("convert", str(documents), "--out", str(data), "--overwrite"),
    )
    yield Step(
        "LoRA training, through LLaMA-Factory",
        (
            "train",
            str(folder / f"{RECIPE}.yaml"),
            f"dataset_dir={data}",
            f"output_dir={run}",
            "overwrite_output_dir=true",
            f"num_train_epochs={size.epochs}",
            *('eval_strategy="no"', 'save_strategy="no"', "load_best_model_at_end=false"),
            *("metric_for_best_model=null", f"bf16={str(bf16).lower()}"),
            *("--eval-documents", "0", "--select-by", "eval_loss"),
        ),
    )
    gold, predictions = data / "gold" / "test.jsonl", run / "predictions.jsonl"
    yield Step(
        "Recall dial, thresholds and rules with check digits, chosen on the development split",
        (
            *("tune", "--run", str(run), "--data", str(data / "gold" / "dev.jsonl")),
            *("--maximise", "f1", "--check", "off", "--overwrite"),
        ),
    )
    yield Step(
        "Prediction on templates the model has not seen",
        ("predict", "--run", str(run), "--data", str(gold), "--overwrite"),
    )
    yield Step(
        "The score, and a report to look at",
        (
            *("score", "--pred", str(predictions), "--gold", str(gold)),
            *("--html", str(folder / "report.html"), "--overwrite"),
        ),
    )


def demo(
    folder: Path = Path("runs/demo"),
    size: Size = FULL,
    on_step: Callable[[int, int, Step], None] = lambda *_: None,
) -> Path:
    """Run the demo as commands of their own, with their output where the caller's goes.

    What an earlier demo left in the folder is replaced; other folders have to be empty.

    Args:
        folder: where data and run go.
        size: how much to do.
        on_step: called before each step with its number, how many there are, and the step.

    Returns:
        The folder of the run.

    Raises:
        UsageError: the folder holds something else, or a step failed; it has said why.
        MissingExtraError: the training stack is not installed.
    """
    for package, extra in NEEDED.items():
        if find_spec(package) is None:
            raise MissingExtraError(package, extra)
    mark = folder / MARK
    if folder.exists() and any(folder.iterdir()) and not mark.is_file():
        raise UsageError(f"{folder} holds something that no demo wrote. Name an empty --folder.")
    write_bytes(mark, b"This folder is a demo's: the next demo replaces what is in it.\n", True)
    write_bytes(folder / f"{RECIPE}.yaml", shipped_recipe(RECIPE).encode(), overwrite=True)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    if (folder / "run").is_dir():
        shutil.rmtree(folder / "run")
    planned = list(steps(folder, size, cpu_computes_in_bfloat16()))
    for number, step in enumerate(planned, 1):
        on_step(number, len(planned), step)
        command = [sys.executable, "-m", "pii_sft", *step.words]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise UsageError(f"This step failed: pii-sft {shlex.join(step.words)}")
    return folder / "run"
