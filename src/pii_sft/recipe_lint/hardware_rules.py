"""Rules about memory, number formats and several processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error, note, warning
from pii_sft.recipe_lint.memory import estimate


def half_precision(context: RecipeContext) -> Iterator[Finding]:
    """fp16 overflows where bf16 does not."""
    if context.on("fp16") and context.on("bf16"):
        yield error("fp16 and bf16 exclude each other", "keep bf16", {"fp16": REMOVED})
    elif context.on("fp16"):
        yield warning(
            "fp16 overflows at 65,504; Qwen models were trained in bf16",
            "set bf16: true where the GPU has it (Ampere or later)",
            {"fp16": REMOVED, "bf16": True},
        )


def memory(context: RecipeContext) -> Iterator[Finding]:
    """The estimated peak has to fit into the memory of the GPU."""
    if not context.gpu_gb or not context.trains:
        return
    longest = max(context.data.lengths, default=None) if context.data else None
    need = estimate(context.recipe, longest)
    if need is None:
        yield note(
            "the size of the model is not known, so its memory can't be estimated",
            "name a local folder with its config.json, or one of the models of the recipes",
        )
        return
    if need.total > context.gpu_gb:
        batch = int(context.number("per_device_train_batch_size", 8))
        yield (warning if longest is None else error)(
            f"about {need.total:.1f} GB are needed ({need}) where rows "
            + ("are as long as cutoff_len" if longest is None else f"have {longest} tokens")
            + f", and the GPU has {context.gpu_gb:g}",
            "halve per_device_train_batch_size and double gradient_accumulation_steps, or take a "
            "QLoRA recipe",
            _smaller(context, batch, longest),
        )


def _smaller(context: RecipeContext, batch: int, longest: int | None) -> dict[str, Any]:
    steps = int(context.number("gradient_accumulation_steps", 1))
    while batch > 1:
        batch, steps = batch // 2, steps * 2
        changes = {"per_device_train_batch_size": batch, "gradient_accumulation_steps": steps}
        need = estimate({**context.recipe, **changes}, longest)
        if need is not None and need.total <= context.gpu_gb:
            return changes
    return {}


def deepspeed_launch(context: RecipeContext) -> Iterator[Finding]:
    """DeepSpeed wants a distributed launch even for one GPU."""
    if context.on("deepspeed") and context.processes < 2 and not _said(context, "FORCE_TORCHRUN"):
        yield note("deepspeed with one process", "start with FORCE_TORCHRUN=1")


def deepspeed_config(context: RecipeContext) -> Iterator[Finding]:
    """The DeepSpeed configuration has to exist, and its stage has to suit the other settings."""
    path = context.recipe.get("deepspeed")
    if not path or not isinstance(path, str):
        return
    try:
        stage = json.loads(Path(path).read_text("utf-8"))["zero_optimization"]["stage"]
    except (OSError, ValueError, KeyError, TypeError):
        yield error(
            f"deepspeed names {path}, which is no DeepSpeed configuration seen from this folder",
            "copy the recipe with one of ours: pii-sft recipes copy NAME --with zero2",
        )
        return
    if stage == 3 and context.on("quantization_bit"):
        yield warning("ZeRO-3 with quantised weights", "take recipes/deepspeed/zero2.json")
    if stage == 3 and context.trainer == "pii-sft" and context.evaluates and context.answers:
        yield error(
            "under ZeRO-3 no process has the whole model, so spans can't be measured by generation",
            "take zero2.json, or --eval-documents 0 --select-by eval_loss",
        )


def ray(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory trains in processes of Ray's own, and reserves much for them."""
    if not _said(context, "USE_RAY"):
        return
    if context.trainer == "pii-sft":
        yield error(
            "USE_RAY=1: LLaMA-Factory trains in processes of Ray, without span metrics",
            "start llamafactory-cli train, and choose the checkpoint with pii-sft sweep",
        )
    else:
        yield note(
            "USE_RAY=1: LLaMA-Factory 0.9.5 asks Ray for ten CPUs beside every GPU of the cluster, "
            "and waits without a word while there are fewer",
            "give the cluster ten CPUs for each GPU; it can't train on CPUs alone",
        )
        relative = [key for key in ("dataset_dir", "output_dir") if _is_relative(context, key)]
        if Path(context.model).exists() and _is_relative(context, "model_name_or_path"):
            relative.append("model_name_or_path")
        if relative:
            yield note(
                f"relative {', '.join(relative)}: a Ray cluster sees them from the folder it was "
                "started in",
                "name them in full where the cluster was started elsewhere, as in "
                "output_dir=$PWD/runs/my_run",
            )


def _is_relative(context: RecipeContext, key: str) -> bool:
    return context.on(key) and not Path(str(context.recipe[key])).is_absolute()


def _said(context: RecipeContext, variable: str) -> bool:
    """True if an environment variable is on, as LLaMA-Factory reads it."""
    return context.environment.get(variable, "0").lower() in ("1", "true", "y")


def unsloth(context: RecipeContext) -> Iterator[Finding]:
    """Unsloth is for one GPU."""
    if context.on("use_unsloth") and (context.processes > 1 or context.on("deepspeed")):
        yield error("use_unsloth with several processes", "take it out", {"use_unsloth": REMOVED})
