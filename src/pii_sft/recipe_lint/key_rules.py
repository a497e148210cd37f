"""Rules about the keys and the types of their values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error
from pii_sft.recipe_lint.known_keys import known_keys, unknown_keys

INTERVALS = ("eval_strategy", "save_strategy", "logging_strategy")
CHOICES = {
    "eval_strategy": ("no", "steps", "epoch"),
    "save_strategy": ("no", "steps", "epoch", "best"),
    "logging_strategy": ("no", "steps", "epoch"),
    "flash_attn": ("auto", "disabled", "sdpa", "fa2"),
    "train_sampling_strategy": ("random", "sequential", "group_by_length"),
    "lr_scheduler_type": (
        "linear",
        "cosine",
        "cosine_with_restarts",
        "polynomial",
        "constant",
        "constant_with_warmup",
        "inverse_sqrt",
        "reduce_lr_on_plateau",
        "cosine_with_min_lr",
        "cosine_warmup_with_min_lr",
        "warmup_stable_decay",
        "greedy",
    ),
    "quantization_method": (
        "bnb",
        "gptq",
        "awq",
        "aqlm",
        "quanto",
        "eetq",
        "hqq",
        "mxfp4",
        "fp8",
    ),
}
TRUTH, WHOLE, NUMBER, CHOICE = "true or false", "a whole number", "a number", "one of "
_TRUTHS = {"yes": True, "on": True, "1": True, "true": True, "no": False, "off": False, "0": False}
_BARE_KEY = re.compile(r"[\w.\-]+")
_QUOTED = re.compile(r"'([^']*)'")
_LITERAL = re.compile(r"Literal\[(.*)\]")


def unknown_key(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory stops at a key it does not know."""
    for each in unknown_keys(context.recipe):
        changes: dict[str, Any] = {each.key: REMOVED}
        replacement = each.advice.split(" ")[0].rstrip(":")
        value = context.recipe[each.key]
        if each.advice == "train_sampling_strategy: group_by_length":
            changes |= {"train_sampling_strategy": "group_by_length"} if value else {}
        elif _BARE_KEY.fullmatch(replacement) and replacement not in context.recipe:
            changes[replacement] = value
        yield error(
            f"{each.key} is no key of {known_keys().source}: training ends at its start",
            f"write {each.advice}" if each.advice else "take it out",
            changes,
        )


def unquoted_no(context: RecipeContext) -> Iterator[Finding]:
    """YAML reads a bare `no` as false."""
    for key in INTERVALS:
        if context.recipe.get(key) is False:
            yield error(
                f"{key} is false: YAML reads a bare no so, and the trainer refuses it",
                f'write {key}: "no"',
                {} if context.on("load_best_model_at_end") else {key: "no"},
            )


def wrong_type(context: RecipeContext) -> Iterator[Finding]:
    """A value of another type is refused, or silently taken for something else."""
    types = known_keys().types
    for key, value in context.recipe.items():
        kind = types.get(key)
        if kind is None or value is None or (key in INTERVALS and value is False):
            continue
        wanted = _refused(key, kind, value)
        if wanted:
            meant = _meant(wanted, value)
            yield error(
                f"{key} takes {wanted}, and is {_shown(value)} here",
                f"write {key} as {wanted}",
                {} if meant is None else {key: meant},
            )


def _refused(key: str, kind: str, value: Any) -> str:
    """The kind that a value should have been of; empty if it is right."""
    choices = CHOICES.get(key)
    literal = _LITERAL.search(kind)
    if literal and "|" not in kind:
        choices = tuple(_QUOTED.findall(literal[1]))
    if choices:
        return "" if value in choices else CHOICE + ", ".join(map(str, choices))
    base = kind.removesuffix(" | None")
    if base == "bool":
        return "" if isinstance(value, bool) else TRUTH
    if base == "int":
        is_int = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_int else WHOLE
    if base == "float":
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if is_number else NUMBER
    return ""


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"


def _meant(wanted: str, value: Any) -> Any:
    """The value of the right type that was most likely meant; None if there is none."""
    if wanted == TRUTH:
        return _TRUTHS.get(str(value).lower())
    if wanted.startswith(CHOICE):
        close = difflib.get_close_matches(str(value), wanted.removeprefix(CHOICE).split(", "), n=1)
        return close[0] if close else None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if wanted == WHOLE:
        return int(number) if number.is_integer() else None
    return number


def unresolved(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory does not resolve `${...}`."""
    for key, value in context.recipe.items():
        if isinstance(value, str) and "${" in value:
            yield error(
                f"{key} holds ${{...}}, which LLaMA-Factory takes as it stands",
                "write the value, or give it on the command line",
            )


def no_model(context: RecipeContext) -> Iterator[Finding]:
    """A run needs a model."""
    if not context.on("model_name_or_path"):
        yield error("there is no model_name_or_path", "name the model")
