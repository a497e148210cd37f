"""Training by a recipe, through LLaMA-Factory's own entry point."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from pii_sft import __version__
from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.files import write_json
from pii_sft.findings import Finding
from pii_sft.recipe import Recipe, load_recipe, refuse_remote_code
from pii_sft.recipe_lint import RecipeContext, check, gather
from pii_sft.recipe_lint.known_keys import known_keys
from pii_sft.records.checkpoints import is_finished, last_checkpoint, set_incomplete_aside
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.run import RUN_NAME, Run, read_run
from pii_sft.targets import TARGETS
from pii_sft.tokens import token_counter
from pii_sft.training.explain_failure import explained
from pii_sft.training.loop_settings import (
    LoopSettings,
    applied,
    checked_loop,
    evaluates,
    loop_options,
)
from pii_sft.training.metrics_log import Watch
from pii_sft.training.quiet import quiet_libraries
from pii_sft.training.torchrun import distributed_command, launch, needs_launcher

PACKAGES = ("llamafactory", "torch", "transformers", "peft")
OPTIONAL_PACKAGES = (
    ("quantization_bit", "bitsandbytes", "qlora"),
    ("deepspeed", "deepspeed", "deepspeed"),
)
"""Key of a recipe, the package it needs, and the extra that brings it."""

TOKENIZER_NAME = "tokenizer.json"

DEFAULT_LOOP = LoopSettings()


def ignore(told: object) -> None:
    """Ignore a message."""
    del told


@contextmanager
def unwatched(recipe: Recipe) -> Iterator[Watch]:
    """Show nothing of a run."""
    del recipe
    yield ignore


def check_startable(recipe: Recipe, path: Path, answers: bool = True) -> list[Finding]:
    """Stop a run that can't work before anything heavy is loaded.

    Tokens of rows are counted if the model is a folder with a tokenizer.

    Args:
        recipe: its settings.
        path: of the recipe file.
        answers: whether documents are answered at each evaluation.

    Returns:
        Warnings.

    Raises:
        UsageError: there is no data set where the recipe looks, or the recipe has an error.
        MissingExtraError: the training stack is not installed.
    """
    tokenizer = Path(str(recipe.get("model_name_or_path") or "")) / TOKENIZER_NAME
    count = token_counter(tokenizer) if tokenizer.is_file() else None
    data = gather(recipe, count)
    findings = check(RecipeContext(recipe, data=data, trainer="pii-sft", answers=answers))
    errors = [each for each in findings if each.severity == "error"]
    if errors:
        lines = [f"{path} would not train as it should, by {known_keys().source}:"]
        lines += [f"  {each.id}: {each.evidence}. Fix: {each.fix}." for each in errors]
        raise UsageError("\n".join(lines))
    folder = DatasetFolder(Path(str(recipe.get("dataset_dir", "data"))))
    if not folder.info_path.exists():
        raise UsageError(
            f"There is no data set in {folder.path} (dataset_dir of {path}, seen from this "
            "folder). Run 'pii-sft convert' first."
        )
    for package in PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package, "train")
    for key, package, extra in OPTIONAL_PACKAGES:
        if recipe.get(key) and find_spec(package) is None:
            raise MissingExtraError(package, extra)
    return [each for each in findings if each.severity == "warning"]


def train(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    loop: LoopSettings = DEFAULT_LOOP,
    dry_run: bool = False,
    quiet: bool = False,
    watched: Callable[[Recipe], AbstractContextManager[Watch]] = unwatched,
    warn: Callable[[Finding], None] = ignore,
    tell: Callable[[str], None] = ignore,
) -> list[str] | None:
    """Train by a recipe; with several GPUs, through torchrun.

    A folder that holds checkpoints of the same run is continued from the last complete one; one
    that holds the same run, finished, is left as it is.

    Args:
        path: the recipe.
        overrides: `key=value` words that replace its settings.
        loop: settings of the training loop.
        dry_run: only say which command would run.
        quiet: whether the processes that torchrun starts show only errors.
        watched: context manager around the run; its value is called with every row of the log as
            it is written. With several processes, the first of them shows the run instead.
        warn: called with each warning about the recipe.
        tell: called with a message on what happens to an earlier run in the folder.

    Returns:
        The command, for a dry run.

    Raises:
        UsageError: the recipe can't work, see `check_startable`, or its folder holds another run.
        TrainingError: the run ended early for a known reason.
    """
    recipe = applied(checked_loop(loop), load_recipe(path, overrides))
    refuse_remote_code(recipe, overrides)
    for finding in check_startable(recipe, path, answers=loop.eval_documents > 0):
        warn(finding)
    folder = Path(str(recipe["output_dir"]))
    words = [str(path), *overrides]
    if dry_run:
        if needs_launcher():
            return distributed_command(words, loop)
        return plain_command([*words, *loop_options(loop)])
    os.umask(0o077)
    set_incomplete_aside(folder)
    if not recipe.get("overwrite_output_dir"):
        if _is_this_run(folder, recipe, loop) and is_finished(folder):
            tell(f"The run in {folder} is finished; to train again, name another output_dir.")
            return None
        if (last := last_checkpoint(folder)) is not None:
            tell(f"Going on from {last}.")
    if needs_launcher():
        launch(distributed_command(words, loop, quiet=quiet))
    else:
        with watched(recipe) as watch:
            run_in_process(recipe, path, loop, watch)
    return None


def _is_this_run(folder: Path, recipe: Recipe, loop: LoopSettings) -> bool:
    """True if a folder records this run: all its settings are equal."""
    before = read_run(folder)
    return (
        before is not None
        and before.settings == recipe
        and before.loop == msgspec.to_builtins(loop)
        and before.manifest_sha256 == DatasetFolder.trained_on(recipe).digest()
    )


def plain_command(words: Sequence[str]) -> list[str]:
    """The command that trains in one process."""
    return [sys.executable, "-m", "pii_sft", "train", *words]


def run_in_process(
    recipe: Recipe,
    path: Path,
    loop: LoopSettings = DEFAULT_LOOP,
    watch: Watch = ignore,
    callbacks: Sequence[Any] = (),
) -> None:
    """Hand a recipe to LLaMA-Factory in this process, with its printing of examples silenced.

    The run is recorded in its folder once LLaMA-Factory has accepted the recipe.

    Args:
        recipe: with the keys that the loop decides.
        path: of the recipe file.
        loop: settings of the training loop.
        watch: called with every row of the log.
        callbacks: more callbacks of transformers.

    Raises:
        TrainingError: the run ended early for a known reason.
    """
    data = DatasetFolder.trained_on(recipe)
    keep_quiet(data.path)
    from llamafactory.train.tuner import run_exp

    from pii_sft.training.trainer import Plan, install

    _check_by_trainer(recipe)
    if os.environ.get("LOCAL_RANK", "0") == "0":
        record(recipe, path, loop)
    _print_no_example()
    folder = Path(str(recipe["output_dir"]))
    manifest = data.manifest
    spans = None
    if loop.eval_documents and evaluates(recipe):
        target = TARGETS.get(manifest.target)
        from pii_sft.training.span_evaluation import SpanEvaluation, draw

        labels = [label.name for label in manifest.labels]
        spans = SpanEvaluation(
            draw(data, loop), target, manifest.prompt, labels, manifest.nesting, loop
        )
    install(Plan(loop, manifest.target, spans, folder, watch))
    try:
        with redirect_stdout(sys.stderr):
            run_exp({"disable_tqdm": True, **recipe}, list(callbacks))
    except Exception as error:
        known = explained(error, folder)
        if known is None:
            raise
        raise known from error


def _check_by_trainer(recipe: Recipe) -> None:
    """Let LLaMA-Factory and transformers check settings and model before any data is read.

    Their error messages here contain no document text, so they can be shown.

    Raises:
        UsageError: they refuse the settings or the model.
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
    """Keep document text out of logs and shared caches; to be called before any heavy import."""
    os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "ERROR")
    os.environ.setdefault("HF_DATASETS_CACHE", str((dataset / ".cache").absolute()))


def _print_no_example() -> None:
    """Silence the examples that LLaMA-Factory prints at any log level, and the libraries."""
    import datasets
    from llamafactory.data import loader
    from llamafactory.data.processor import SupervisedDatasetProcessor, UnsupervisedDatasetProcessor

    for processor in (SupervisedDatasetProcessor, UnsupervisedDatasetProcessor):
        processor.print_data_example = _print_nothing
    loader.print = _print_nothing
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    quiet_libraries()


def _print_nothing(*arguments: object, **settings: object) -> None:
    del arguments, settings


def record(recipe: Recipe, path: Path, loop: LoopSettings = DEFAULT_LOOP) -> None:
    """Write `pii_sft.json` into the run's folder."""
    folder = DatasetFolder.trained_on(recipe)
    manifest = folder.manifest
    model = Path(str(recipe["model_name_or_path"]))
    run = Run(
        recipe=str(path),
        settings=recipe,
        dataset=str(folder.path),
        manifest_sha256=folder.digest(),
        target=manifest.target,
        prompt=manifest.prompt,
        versions={"pii-sft": __version__, **{name: metadata.version(name) for name in PACKAGES}},
        loop=msgspec.to_builtins(loop),
        labels=[label.name for label in manifest.labels],
        nesting=manifest.nesting,
        model_folder=str(model.resolve()) if model.is_dir() else "",
    )
    write_json(Path(str(recipe["output_dir"])) / RUN_NAME, run, overwrite=True)
