"""Settings for asking a trained model: model, adapter, template, prompt and target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.prompt import Prompt
from pii_sft.recipe import Recipe, load_recipe
from pii_sft.records.dataset_folder import MANIFEST_NAME, DatasetFolder
from pii_sft.records.run_folder import RunFolder


class Serving(msgspec.Struct, frozen=True):
    """Settings for asking a trained model.

    Attributes:
        model: folder or hub name of the base model.
        adapter: folder of the adapter; empty for none.
        template: name of the chat template in LLaMA-Factory.
        enable_thinking: its setting of the same name.
        target: how answers are written.
        prompt: what every document is asked with.
        labels: labels that an entity can have; empty if they are not known.
        window: most tokens of a text in one question; longer texts are cut into windows.
        nesting: how deeply entities may nest; 0 if it is not known.
        assumptions: settings that were not recorded and had to be inferred, one sentence each.
    """

    model: str
    adapter: str
    template: str
    enable_thinking: bool | None
    target: str
    prompt: Prompt
    labels: tuple[str, ...] = ()
    window: int = 768
    nesting: int = 0
    assumptions: tuple[str, ...] = ()


def serving_of_run(
    run: Path,
    data: Path | None = None,
    recipe: Path | None = None,
    model: str | None = None,
    *,
    elsewhere: bool = False,
) -> Serving:
    """Find the settings for asking the model of a run folder.

    A folder written by `pii-sft train` records all settings. For one written by
    `llamafactory-cli train`, the base model comes from the adapter; target and prompt from the
    manifest of the data set that its recipe names, else of the one around `data`; and the template
    from the recipe, else from the name of the model. Its recipe is `recipe`, else one whose
    `output_dir` is the folder.

    Args:
        run: folder of the run, or one of its checkpoints.
        data: Documents to predict on; the manifest is looked for around it.
        recipe: the recipe the run was trained by.
        model: base model, if not the recorded one.
        elsewhere: whether the model may be on another machine instead of this one.

    Raises:
        UsageError: a setting is not recorded and can't be inferred.
    """
    folder = RunFolder(run)
    folder.check()
    base = folder.base_model(model, needed=not elsewhere)
    adapter = str(run) if folder.has_adapter else ""
    record = folder.record
    if record is not None:
        template, thinking = _template_settings(record.settings)
        return Serving(
            base,
            adapter,
            template,
            thinking,
            record.target,
            record.prompt,
            tuple(record.labels) or _labels_around(data, folder),
            _window(record.settings),
            record.nesting,
        )
    settings, origin = _recipe_of(run, recipe)
    dataset = _dataset_of(settings) or _dataset_around(data)
    manifest = dataset.check()
    template, thinking = _template_settings(settings) if settings else _template_of_model(base)
    return Serving(
        base,
        adapter,
        template,
        thinking,
        manifest.target,
        manifest.prompt,
        tuple(label.name for label in manifest.labels),
        _window(settings),
        manifest.nesting,
        (
            f"base model {base}, from {folder.adapter_config}",
            f"target {manifest.target} and prompt {manifest.prompt.version}, "
            f"from {dataset.manifest_path}",
            f"template {template}, from {origin or 'the name of the model'}",
        ),
    )


def serving_of_model(model: str, adapter: str, template: str | None, data: Path) -> Serving:
    """Find the settings for asking a model that is not in a run folder.

    Args:
        model: folder or hub name.
        adapter: folder of an adapter; empty for none.
        template: chat template; None infers it from the model's name.
        data: Documents to predict on; target and prompt come from the manifest around it.
    """
    manifest = _dataset_around(data).check()
    name, thinking = (template, False) if template else _template_of_model(model)
    note = () if template else (f"template {name}, from the name of the model",)
    labels = tuple(label.name for label in manifest.labels)
    return Serving(
        *(model, adapter, name, thinking, manifest.target, manifest.prompt, labels),
        nesting=manifest.nesting,
        assumptions=note,
    )


def _template_settings(settings: Mapping[str, Any]) -> tuple[str, bool | None]:
    template = settings.get("template")
    if not template:
        return _template_of_model(str(settings["model_name_or_path"]))
    return str(template), settings.get("enable_thinking", True)


_FAMILIES = (
    ("smollm2", "smollm2"),
    ("qwen3-4b-instruct-2507", "qwen3_nothink"),
    ("qwen3", "qwen3"),
    ("qwen2", "qwen"),
)


def _template_of_model(model: str) -> tuple[str, bool | None]:
    """Template of a model by its name; thinking is off, as in every recipe here."""
    name = model.lower().replace("_", "-")
    for part, template in _FAMILIES:
        if part in name:
            return template, False
    raise UsageError(
        f"The chat template of {model} is not known. Name the recipe it was trained by: --recipe."
    )


def _recipe_of(run: Path, recipe: Path | None) -> tuple[Recipe, str]:
    """The recipe of a run and where it was found; empty where there is none."""
    if recipe is not None:
        return load_recipe(recipe), str(recipe)
    for path in sorted(Path("recipes").glob("*.yaml")):
        candidate = load_recipe(path)
        if Path(str(candidate.get("output_dir", ""))) == run:
            return candidate, f"{path}, which writes to {run}"
    return {}, ""


_USUAL_CUTOFF = 2048
"""Longest row in tokens if a recipe does not set it: LLaMA-Factory's default."""


def _window(settings: Mapping[str, Any]) -> int:
    """Tokens of a text that fit into a row; with tags, the answer repeats the text."""
    return 3 * int(settings.get("cutoff_len") or _USUAL_CUTOFF) // 8


def _labels_around(data: Path | None, run: RunFolder) -> tuple[str, ...]:
    """Labels of a run that does not record them, from its data set; none if that is gone."""
    around = DatasetFolder.around(data) if data is not None else None
    folder = run.dataset or around
    return () if folder is None else tuple(label.name for label in folder.manifest.labels)


def _dataset_of(recipe: Mapping[str, Any]) -> DatasetFolder | None:
    """The data set that a recipe names; None if it names none that `convert` wrote."""
    folder = DatasetFolder.trained_on(recipe) if recipe.get("dataset_dir") else None
    return folder if folder is not None and folder.exists else None


def _dataset_around(data: Path | None) -> DatasetFolder:
    folder = None if data is None else DatasetFolder.around(data)
    if folder is None:
        where = "no data" if data is None else f"no {MANIFEST_NAME} around {data}"
        raise UsageError(
            f"No recipe in recipes/ writes to this run, and there is {where}, so the prompt of the "
            "training is unknown. Start where the training was started, predict Documents of the "
            "converted data set (--data), or train with pii-sft train, which records it."
        )
    return folder
