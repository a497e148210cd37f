"""`RecipeContext`, which rules look at, and the findings that they make."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.files import read_json, read_lines
from pii_sft.findings import Finding
from pii_sft.recipe import Recipe
from pii_sft.records.dataset_folder import DatasetFolder, Manifest
from pii_sft.spans import HoldsText

Trainer = Literal["pii-sft", "llamafactory"]


class DataFacts(HoldsText, msgspec.Struct, frozen=True):
    """The data set of a recipe, as far as it is known.

    Attributes:
        train_rows: rows of the training split.
        lengths: tokens of each training row, prompt and answer; empty if they were not counted.
        info: `dataset_info.json`; empty if there is none.
        manifest: of the conversion; None for a data set that `pii-sft convert` did not make.
        missing: names in `dataset_info.json` whose file is not there.
        samples: the first rows of each data set that the recipe names, as far as they can be read.
    """

    train_rows: int
    lengths: tuple[int, ...] = ()
    info: dict[str, Any] = {}
    manifest: Manifest | None = None
    missing: tuple[str, ...] = ()
    samples: dict[str, tuple[Mapping[str, Any], ...]] = {}


class RecipeContext:
    """A recipe with everything rules may look at.

    Args:
        recipe: its settings.
        data: what is known of its data set; None if it has none.
        trainer: who will run it: with `pii-sft`, span metrics exist.
        gpu_gb: memory of one GPU in GB; 0 if it was not said.
        processes: number of processes.
        environment: environment variables that the launcher reads.
        answers: whether the trainer answers documents at each evaluation.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        data: DataFacts | None = None,
        trainer: Trainer = "llamafactory",
        gpu_gb: float = 0.0,
        processes: int = 1,
        environment: Mapping[str, str] = os.environ,
        answers: bool = True,
    ) -> None:
        self.recipe = recipe
        self.data = data
        self.trainer = trainer
        self.gpu_gb = gpu_gb
        self.processes = processes
        self.environment = environment
        self.answers = answers

    def on(self, key: str) -> bool:
        """True if a setting is there and neither false, null, zero nor empty."""
        return bool(self.recipe.get(key))

    def number(self, key: str, default: float) -> float:
        """A numeric setting, also one written as text; the default where it is no number."""
        value = self.recipe.get(key)
        try:
            return default if value is None or isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return default

    @property
    def trains(self) -> bool:
        """True if the recipe trains."""
        return self.on("do_train")

    @property
    def model(self) -> str:
        """Name or folder of the model."""
        return str(self.recipe.get("model_name_or_path") or "")

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration of a local model; empty where there is none that can be read."""
        path = Path(self.model) / "config.json"
        try:
            return dict(msgspec.json.decode(path.read_bytes(), type=dict))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    @property
    def evaluates(self) -> bool:
        """True if the recipe evaluates while it trains."""
        return self.recipe.get("eval_strategy", "no") in ("steps", "epoch")

    @property
    def batch(self) -> int:
        """Rows of an optimizer step, over all processes."""
        rows = self.number("per_device_train_batch_size", 8)
        return int(rows * self.number("gradient_accumulation_steps", 1) * self.processes)

    @cached_property
    def steps_per_epoch(self) -> int | None:
        """Optimizer steps of an epoch; None where the data set is not known."""
        if self.data is None or not self.data.train_rows or self.on("packing"):
            return None
        return math.ceil(self.data.train_rows / max(1, self.batch))

    @cached_property
    def steps(self) -> int | None:
        """Optimizer steps of the whole run; None where they can't be known."""
        if self.number("max_steps", -1) > 0:
            return int(self.number("max_steps", -1))
        if self.steps_per_epoch is None:
            return None
        return math.ceil(self.steps_per_epoch * self.number("num_train_epochs", 3.0))

    @cached_property
    def cycles(self) -> int:
        """Cycles of the cosine schedule; 1 means that it never restarts."""
        settings = self.recipe.get("lr_scheduler_kwargs")
        cycles = settings.get("num_cycles", 1) if isinstance(settings, dict) else 1
        return int(cycles) if isinstance(cycles, (int, float)) else 1


Rule = Callable[[RecipeContext], Iterator[Finding]]
"""Findings of a rule have no id: `lint` gives them the name of the function."""

error = partial(Finding, "", "error")
warning = partial(Finding, "", "warning")
note = partial(Finding, "", "note")


def gather(recipe: Recipe, count_tokens: Callable[[str], int] | None = None) -> DataFacts | None:
    """Look at the data set a recipe names, from the working folder.

    Args:
        recipe: its settings.
        count_tokens: counts the tokens of a text; None leaves lengths unknown.

    Returns:
        None if there is no `dataset_info.json` where the recipe looks.

    Raises:
        InputError: `dataset_info.json` is no JSON object, or the folder is not one data set.
    """
    folder = DatasetFolder(Path(str(recipe.get("dataset_dir", "data"))))
    if not folder.info_path.is_file():
        return None
    info = read_json(folder.info_path, dict[str, Any])
    home = DatasetFolder.trained_on(recipe)
    manifest = home.check() if home.exists else None
    files = {
        name: folder.path / str(entry["file_name"])
        for name, entry in info.items()
        if isinstance(entry, dict) and "file_name" in entry
    }
    missing = tuple(name for name, path in files.items() if not path.exists())
    trained = [name.strip() for name in str(recipe.get("dataset") or "").split(",")]
    paths = [files[name] for name in trained if name in files] or [folder.rows("train")]
    evaluated = [name.strip() for name in str(recipe.get("eval_dataset") or "").split(",")]
    samples = {
        name: _first_rows(files[name])
        for name in (*trained, *evaluated)
        if name in files and files[name].is_file()
    }
    whole = paths == [folder.rows("train")] and manifest is not None
    if whole and manifest is not None and "train" in manifest.splits and count_tokens is None:
        documents = manifest.splits["train"].documents
        return DataFacts(documents, (), info, manifest, missing, samples)
    lengths, number = [], 0
    for path in paths:
        for _, line in read_lines(path) if path.suffix == ".jsonl" and path.is_file() else ():
            number += 1
            if count_tokens is not None:
                lengths.append(_tokens(line, count_tokens))
    return DataFacts(number, tuple(lengths), info, manifest, missing, samples)


SAMPLE_ROWS = 300
"""Most rows of a data set that are looked at."""


def _first_rows(path: Path) -> tuple[Mapping[str, Any], ...]:
    """The first rows of a file of JSON lines, or of a JSON list; none of other files."""
    rows: list[Mapping[str, Any]] = []
    try:
        if path.suffix == ".json":
            head = path.read_bytes()
            decoded = msgspec.json.decode(head) if head.lstrip()[:1] == b"[" else None
            if isinstance(decoded, list):
                return tuple(row for row in decoded[:SAMPLE_ROWS] if isinstance(row, dict))
        if path.suffix in (".jsonl", ".json"):
            for _, line in islice(read_lines(path), SAMPLE_ROWS):
                row = msgspec.json.decode(line)
                if isinstance(row, dict):
                    rows.append(row)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return tuple(rows)
    return tuple(rows)


TEMPLATE_TOKENS = 16
"""Approximate number of tokens that a chat template adds to a conversation."""


class _Turn(HoldsText, msgspec.Struct):
    content: str


class _Rows(HoldsText, msgspec.Struct):
    messages: list[_Turn] = []
    instruction: str = ""
    input: str = ""
    output: str = ""
    system: str = ""


_decode_row = msgspec.json.Decoder(_Rows).decode


def _tokens(line: bytes, count_tokens: Callable[[str], int]) -> int:
    try:
        row = _decode_row(line)
    except msgspec.DecodeError:
        return 0
    texts = [turn.content for turn in row.messages]
    texts += [row.instruction, row.input, row.output, row.system]
    return TEMPLATE_TOKENS + sum(count_tokens(text) for text in texts if text)
