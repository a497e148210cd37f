"""Export of recipes to other trainers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from pii_sft.converters.writers.axolotl import data_set
from pii_sft.errors import UsageError, unknown_name
from pii_sft.recipe import Recipe, load_recipe, recipe_file

SCRIPTS = "scripts"


class Exported(msgspec.Struct, frozen=True):
    """A recipe as another trainer reads it.

    Attributes:
        text: the config or the script.
        left_out: keys of the recipe that the other trainer does not have.
    """

    text: str
    left_out: list[str]


SAME = (
    "output_dir",
    "learning_rate",
    "weight_decay",
    "max_grad_norm",
    "lr_scheduler_kwargs",
    "max_steps",
    "logging_steps",
    "save_total_limit",
    "save_steps",
    "eval_steps",
    "eval_strategy",
    "save_strategy",
    "load_best_model_at_end",
    "metric_for_best_model",
    "gradient_accumulation_steps",
    "neftune_noise_alpha",
    "seed",
    "deepspeed",
    "bf16",
    "fp16",
)
"""Keys that mean the same in transformers, and so in every trainer built on it."""

OURS = frozenset(
    {
        "stage",
        "do_train",
        "finetuning_type",
        "dataset",
        "eval_dataset",
        "dataset_dir",
        "template",
        "preprocessing_num_workers",
        "overwrite_output_dir",
        "logging_nan_inf_filter",
        "report_to",
        "quantization_method",
        "neat_packing",
        "use_cpu",
        "flash_attn",
        "ddp_timeout",
        "save_on_each_node",
    }
)
"""Keys of LLaMA-Factory that the other config expresses by its kind."""

AXOLOTL = {
    "model_name_or_path": "base_model",
    "lora_rank": "lora_r",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "cutoff_len": "sequence_len",
    "per_device_train_batch_size": "micro_batch_size",
    "per_device_eval_batch_size": "eval_batch_size",
    "num_train_epochs": "num_epochs",
    "lr_scheduler_type": "lr_scheduler",
    "use_dora": "peft_use_dora",
    "use_rslora": "peft_use_rslora",
    "loraplus_lr_ratio": "loraplus_lr_ratio",
    "packing": "sample_packing",
}
TRAINER = {
    "cutoff_len": "max_length",
    "per_device_train_batch_size": "per_device_train_batch_size",
    "per_device_eval_batch_size": "per_device_eval_batch_size",
    "num_train_epochs": "num_train_epochs",
    "lr_scheduler_type": "lr_scheduler_type",
    "warmup_steps": "warmup_steps",
    "packing": "packing",
}
ADAPTER = {
    "lora_rank": "r",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "use_dora": "use_dora",
    "use_rslora": "use_rslora",
}
ELSEWHERE = frozenset(
    {
        "model_name_or_path",
        "quantization_bit",
        "lora_target",
        "enable_thinking",
        "train_sampling_strategy",
        "disable_gradient_checkpointing",
        "warmup_steps",
    }
)
"""Keys that are put into the config by other means than their name."""


def exported(name: str, overrides: Sequence[str], trainer: str) -> Exported:
    """A recipe for another trainer.

    Args:
        name: a shipped recipe, or a file.
        overrides: overlays and `key=value` words.
        trainer: `axolotl`, `trl` or `unsloth`.

    Raises:
        UsageError: there is no such recipe or trainer, or it is no LoRA recipe.
    """
    make = TRAINERS.get(trainer)
    if make is None:
        raise unknown_name("export to", trainer, TRAINERS)
    # null is how YAML leaves a setting to the trainer
    recipe = {k: v for k, v in load_recipe(recipe_file(name), overrides).items() if v is not None}
    if recipe.get("finetuning_type", "lora") != "lora":
        raise UsageError("Only LoRA recipes can be exported.")
    return make(recipe)


def _axolotl(recipe: Recipe) -> Exported:
    data = Path(str(recipe.get("dataset_dir", "data")))
    bits = recipe.get("quantization_bit")
    settings: dict[str, Any] = {
        **_renamed(recipe, AXOLOTL),
        "adapter": "qlora" if bits == 4 else "lora",
        "load_in_4bit": bits == 4,
        "load_in_8bit": bits == 8,
        **_targets(recipe, "lora_target_linear", "lora_target_modules"),
        "datasets": [data_set(data / "train.jsonl")],
        "test_datasets": [data_set(data / "dev.jsonl") | {"split": "train"}],
        "dataset_prepared_path": str(Path(str(recipe.get("output_dir", "runs"))) / "prepared"),
        "chat_template": "tokenizer_default",
        "train_on_inputs": False,
        "excess_length_strategy": "raise",
        "gradient_checkpointing": not recipe.get("disable_gradient_checkpointing"),
        "group_by_length": recipe.get("train_sampling_strategy") == "group_by_length",
        "optimizer": "adamw_torch",
        **_warmup(recipe),
        **{key: recipe[key] for key in SAME if key in recipe},
    }
    if "enable_thinking" in recipe:
        settings["chat_template_kwargs"] = {"enable_thinking": recipe["enable_thinking"]}
    heading = (
        "# Made from a recipe of pii-sft. Rows: pii-sft convert DATA --to axolotl\n"
        "# (those of --to llamafactory are the same). Start: axolotl train THIS_FILE\n"
    )
    text = heading + yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    return Exported(text, _left_out(recipe, AXOLOTL))


def _warmup(recipe: Recipe) -> dict[str, Any]:
    steps = recipe.get("warmup_steps")
    if not steps:
        return {}
    return {"warmup_ratio": steps} if steps < 1 else {"warmup_steps": int(steps)}


def _targets(recipe: Recipe, every: str, some: str) -> dict[str, Any]:
    target = str(recipe.get("lora_target", "all"))
    return {every: True} if target == "all" else {some: target.replace(" ", "").split(",")}


def _script(trainer: str) -> Callable[[Recipe], Exported]:
    def make(recipe: Recipe) -> Exported:
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(  # noqa: S701 - Python, not HTML
            loader=PackageLoader("pii_sft.recipe_export", SCRIPTS),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
        )
        environment.filters["python"] = repr
        target = str(recipe.get("lora_target", "all"))
        text = environment.get_template(f"{trainer}.py.jinja").render(
            model=str(recipe.get("model_name_or_path")),
            data=str(recipe.get("dataset_dir", "data")),
            bits=recipe.get("quantization_bit"),
            cutoff=int(recipe.get("cutoff_len", 2048)),
            targets="all-linear" if target == "all" else target.replace(" ", "").split(","),
            thinking=recipe.get("enable_thinking"),
            adapter=_renamed(recipe, ADAPTER),
            checkpointing=not recipe.get("disable_gradient_checkpointing"),
            settings={
                **_renamed(recipe, TRAINER),
                **{key: recipe[key] for key in SAME if key in recipe},
                **_grouping(recipe),
                **({"use_cpu": True} if recipe.get("use_cpu") else {}),
            },
        )
        return Exported(text, _left_out(recipe, {**TRAINER, **ADAPTER}))

    return make


def _grouping(recipe: Recipe) -> dict[str, Any]:
    strategy = recipe.get("train_sampling_strategy")
    return {"train_sampling_strategy": strategy} if strategy else {}


def _renamed(recipe: Recipe, names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in recipe.items() if key in names}


def _left_out(recipe: Recipe, names: Mapping[str, str]) -> list[str]:
    return sorted(recipe.keys() - names.keys() - set(SAME) - OURS - ELSEWHERE)


TRAINERS: Mapping[str, Callable[[Recipe], Exported]] = {
    "axolotl": _axolotl,
    "trl": _script("trl"),
    "unsloth": _script("unsloth"),
}
