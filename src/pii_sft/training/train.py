"""Training by a recipe, through LLaMA-Factory's own entry point."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pii_sft import __version__
from pii_sft.converters.writers.llamafactory import DATASET_INFO
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import digest, write_json
from pii_sft.manifest import MANIFEST_NAME, read_manifest
from pii_sft.recipe import Recipe, load_recipe
from pii_sft.run import RUN_NAME, Run
from pii_sft.training.keys import known_keys, unknown_keys
from pii_sft.training.launch import distributed_command, needs_launcher

PACKAGES = ("llamafactory", "torch", "transformers", "peft")
OPTIONAL_PACKAGES = (
    ("quantization_bit", "bitsandbytes", "qlora"),
    ("deepspeed", "deepspeed", "deepspeed"),
)
"""Key of a recipe, the package it needs, and the extra that brings it."""


def check_startable(recipe: Recipe, path: Path) -> None:
    """Stop before anything heavy is loaded, if the run can't work.

    Raises:
        UsageError: an unknown key, no output folder, or no data set where the recipe looks.
        MissingExtraError: the training stack is not installed.
    """
    unknown = unknown_keys(recipe)
    if unknown:
        lines = [f"{path} would be refused by {known_keys().source}:"]
        raise UsageError("\n".join([*lines, *(f"  {each}" for each in unknown)]))
    if not recipe.get("output_dir"):
        raise UsageError(f"{path} has no output_dir.")
    if not recipe.get("model_name_or_path"):
        raise UsageError(f"{path} has no model_name_or_path.")
    folder = dataset_folder(recipe)
    if not (folder / DATASET_INFO).exists():
        raise UsageError(
            f"There is no data set in {folder} (dataset_dir of {path}, seen from this folder). "
            "Run 'pii-sft convert' first."
        )
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    for key, package, extra in OPTIONAL_PACKAGES:
        if recipe.get(key) and find_spec(package) is None:
            raise MissingExtraError(package, extra)


def dataset_folder(recipe: Recipe) -> Path:
    """Where a recipe looks for its data set, seen from the working folder."""
    return Path(str(recipe.get("dataset_dir", "data")))


def train(path: Path, overrides: Sequence[str] = (), *, dry_run: bool = False) -> list[str] | None:
    """Train by a recipe; with several GPUs, through torchrun.

    Args:
        path: the recipe.
        overrides: `key=value` words that replace its settings.
        dry_run: only say which command would run.

    Returns:
        The command, for a dry run.

    Raises:
        UsageError: the recipe can't work, see `check_startable`.
    """
    recipe = load_recipe(path, overrides)
    check_startable(recipe, path)
    words = [str(path), *overrides]
    if dry_run:
        return distributed_command(words) if needs_launcher() else plain_command(words)
    os.umask(0o077)
    record(recipe, path)
    if needs_launcher():
        os.execvp(sys.executable, distributed_command(words))
    run_in_process(recipe)
    return None


def plain_command(words: Sequence[str]) -> list[str]:
    """The command that trains in one process."""
    return [sys.executable, "-m", "pii_sft", "train", *words]


def run_in_process(recipe: Recipe) -> None:
    """Hand a recipe to LLaMA-Factory in this process, with its printing of examples silenced."""
    keep_quiet(dataset_folder(recipe))
    from llamafactory.data.processor import SupervisedDatasetProcessor, UnsupervisedDatasetProcessor
    from llamafactory.train.tuner import run_exp

    _check_by_trainer(recipe)
    for processor in (SupervisedDatasetProcessor, UnsupervisedDatasetProcessor):
        processor.print_data_example = _print_nothing
    run_exp(dict(recipe))


def _check_by_trainer(recipe: Recipe) -> None:
    """Let LLaMA-Factory and transformers refuse settings and model before any data is read.

    Their messages about these hold no document text, so they can be shown.

    Raises:
        UsageError: they refuse.
    """
    from llamafactory.hparams import get_train_args
    from transformers import AutoConfig

    try:
        model = get_train_args(dict(recipe))[0]
        AutoConfig.from_pretrained(
            model.model_name_or_path, trust_remote_code=model.trust_remote_code
        )
    except (ValueError, AssertionError, ImportError) as error:
        raise UsageError(f"LLaMA-Factory refuses the recipe: {error}") from None
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"Can't load the model {recipe['model_name_or_path']}: {reason} "
            "Name a folder with model_name_or_path=FOLDER, or check the network."
        ) from None


def keep_quiet(dataset: Path) -> None:
    """Set what keeps document text out of logs and shared caches; before any heavy import."""
    os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "ERROR")
    os.environ.setdefault("HF_DATASETS_CACHE", str((dataset / ".cache").absolute()))


def _print_nothing(self: object, example: dict[str, Any]) -> None:
    del self, example


def record(recipe: Recipe, path: Path) -> None:
    """Write `pii_sft.json` into the run's folder."""
    folder = dataset_folder(recipe)
    manifest = read_manifest(folder)
    run = Run(
        recipe=str(path),
        settings=recipe,
        dataset=str(folder),
        manifest_sha256=digest(folder / MANIFEST_NAME),
        target=manifest.target,
        prompt=manifest.prompt,
        versions={"pii-sft": __version__, **{name: metadata.version(name) for name in PACKAGES}},
    )
    write_json(Path(str(recipe["output_dir"])) / RUN_NAME, run, overwrite=True)
