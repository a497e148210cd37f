"""What a run folder needs to be predicted with: model, adapter, template, prompt and target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.files import read_json
from pii_sft.prompt import Prompt
from pii_sft.recipe import Recipe, load_recipe
from pii_sft.records.dataset_folder import MANIFEST_NAME, DatasetFolder
from pii_sft.records.run import read_run

ADAPTER_CONFIG = "adapter_config.json"


class Serving(msgspec.Struct, frozen=True):
    """How a trained model has to be asked.

    Attributes:
        model: folder or hub name of the base model.
        adapter: folder of the adapter; empty for none.
        template: LLaMA-Factory's name of the chat template.
        enable_thinking: its setting of the same name.
        target: how answers are written.
        prompt: what every document is asked with.
        assumptions: what was not recorded and had to be concluded, one sentence each.
    """

    model: str
    adapter: str
    template: str
    enable_thinking: bool | None
    target: str
    prompt: Prompt
    assumptions: tuple[str, ...] = ()


class _AdapterConfig(msgspec.Struct):
    base_model_name_or_path: str


def serving_of_run(run: Path, data: Path, recipe: Path | None = None) -> Serving:
    """How to ask the model of a run folder.

    A folder written by `pii-sft train` says everything itself. For one written by
    `llamafactory-cli train`, the base model comes from the adapter, target and prompt from the
    manifest of the data set, and the template from `recipe`, else from a recipe whose
    `output_dir` is the folder, else from the name of the model.

    Args:
        run: folder of the run, or one of its checkpoints.
        data: Documents to predict on; the manifest is looked for around it.
        recipe: the recipe the run was trained by.

    Raises:
        UsageError: something is neither recorded nor to be concluded.
    """
    if not run.is_dir():
        raise UsageError(f"There is no run folder {run}. Train first: pii-sft train RECIPE.")
    record = read_run(run) or read_run(run.parent)
    adapter = str(run) if (run / ADAPTER_CONFIG).exists() else ""
    if record is not None:
        if not adapter and record.settings.get("finetuning_type", "lora") == "lora":
            raise UsageError(f"{run} holds no adapter. Did the training end?")
        model = str(record.settings["model_name_or_path"]) if adapter else str(run)
        template, thinking = _template_settings(record.settings)
        return Serving(model, adapter, template, thinking, record.target, record.prompt)
    if not adapter:
        raise UsageError(f"{run} holds neither an adapter nor the record of a run.")
    model = read_json(run / ADAPTER_CONFIG, _AdapterConfig).base_model_name_or_path
    dataset = _dataset_around(data)
    manifest = dataset.check()
    settings, origin = _recipe_of(run, recipe)
    template, thinking = _template_settings(settings) if settings else _template_of_model(model)
    return Serving(
        model,
        adapter,
        template,
        thinking,
        manifest.target,
        manifest.prompt,
        (
            f"base model {model}, from {run / ADAPTER_CONFIG}",
            f"target {manifest.target} and prompt {manifest.prompt.version}, "
            f"from {dataset.manifest_path}",
            f"template {template}, from {origin or 'the name of the model'}",
        ),
    )


def serving_of_model(model: str, adapter: str, template: str | None, data: Path) -> Serving:
    """How to ask a model that no run folder describes.

    Args:
        model: folder or hub name.
        adapter: folder of an adapter; empty for none.
        template: chat template; None concludes it from the model's name.
        data: Documents to predict on; target and prompt come from the manifest around it.
    """
    manifest = _dataset_around(data).check()
    name, thinking = (template, False) if template else _template_of_model(model)
    note = () if template else (f"template {name}, from the name of the model",)
    return Serving(model, adapter, name, thinking, manifest.target, manifest.prompt, note)


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


def _dataset_around(data: Path) -> DatasetFolder:
    folder = DatasetFolder.around(data)
    if folder is None:
        raise UsageError(
            f"There is no {MANIFEST_NAME} around {data}, so the prompt of the training is unknown. "
            "Name Documents of a converted data set with --data."
        )
    return folder
