"""Rules about numbers that are out of range."""

from __future__ import annotations

from collections.abc import Iterator

from pii_sft.findings import Finding
from pii_sft.recipe_lint.context import RecipeContext, error

_ABOVE_0 = ("num_train_epochs", "learning_rate", "logging_steps", "eval_steps", "save_steps")
_FROM_0 = ("warmup_steps", "weight_decay", "max_grad_norm")
_FROM_1 = (
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "gradient_accumulation_steps",
    "cutoff_len",
    "lora_rank",
    "lora_alpha",
)
_SHARES = ("lora_dropout", "warmup_ratio", "label_smoothing_factor")
USUAL = {
    "num_train_epochs": 3.0,
    "learning_rate": 2e-4,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 8,
    "gradient_accumulation_steps": 1,
    "cutoff_len": 2048,
    "lora_rank": 16,
    "lora_alpha": 32,
    "lora_dropout": 0.05,
    "warmup_steps": 0.05,
}
"""Usual values, which replace those out of range."""


def out_of_range(context: RecipeContext) -> Iterator[Finding]:
    """Find values that transformers takes and then divides by zero, or trains backwards."""
    for key in context.recipe:
        wanted = _refused(key, context.number(key, float("nan")))
        if wanted and not (key == "num_train_epochs" and context.number("max_steps", -1) > 0):
            yield error(
                f"{key} is {context.recipe[key]}, and has to be {wanted}",
                f"{USUAL[key]:g} is usual" if key in USUAL else f"make it {wanted}",
                {key: USUAL[key]} if key in USUAL else {},
            )


def _refused(key: str, value: float) -> str:
    """The range that a number should have been in; empty if it is right, or no number."""
    if key in _ABOVE_0 and value <= 0:
        return "above 0"
    if key in _FROM_1 and value < 1:
        return "at least 1"
    if key in _FROM_0 and value < 0:
        return "at least 0"
    if key in _SHARES and (value < 0 or value >= 1):
        return "from 0 to below 1"
    return ""
