"""The space of a search: a YAML file of settings with choices or ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.recipe import Recipe
from pii_sft.recipe_lint.known_keys import RENAMED, known_keys

DEFAULT = "default"
"""Name of the space that comes with the package."""

OFF = "off"
OVERSAMPLE = "oversample"
LOOP_SETTINGS = ("entity_weight", "focal_gamma")
"""Settings of the training loop that a space may hold beside those of a recipe."""

FIXED = frozenset(
    {
        "dataset",
        "dataset_dir",
        "do_train",
        "eval_dataset",
        "eval_on_each_dataset",
        "eval_steps",
        "eval_strategy",
        "model_name_or_path",
        "output_dir",
        "overwrite_output_dir",
        "resume_from_checkpoint",
        "stage",
        "template",
    }
)
"""Settings that trials have to share to be comparable, or that the search decides itself."""

Choice = bool | int | float | str | None
Values = dict[str, Choice]
"""The values of a trial, by setting."""

_HOW = "Write a list of choices, such as [8, 16], or {low: 1.0e-5, high: 1.0e-3, log: true}."


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers between two ends, both included; whole ones if both ends are.

    Attributes:
        low: lowest number.
        high: highest number.
        log: whether to sample evenly on a logarithmic scale.
    """

    low: int | float
    high: int | float
    log: bool = False


Space = dict[str, Range | list[Choice]]
"""The choices and ranges, by setting."""


def load_space(name: str) -> Space:
    """Read a space.

    Args:
        name: `default`, or the path of a YAML file.

    Raises:
        UsageError: there is no such file, or it does not describe a space.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        loaded = OmegaConf.create(_text(name))
        values = OmegaConf.to_container(loaded, resolve=True)
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise UsageError(f"{name} can't be read as a search space: {error}") from None
    if not isinstance(values, dict) or not values:
        raise UsageError(f"{name} is no search space: it has to map settings to choices. {_HOW}")
    return {str(key): _checked(str(key), value, name) for key, value in values.items()}


def _text(name: str) -> str:
    if name == DEFAULT:
        folder = resources.files("pii_sft.recipes") / "search"
        return (folder / f"{DEFAULT}.yaml").read_text("utf-8")
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"There is no readable search space {name}. Name a YAML file, or '{DEFAULT}'."
        ) from None


def _checked(key: str, value: object, name: str) -> Range | list[Choice]:
    if key in FIXED:
        raise UsageError(f"{name}: {key} has to be the same in all trials; take it out.")
    known = known_keys()
    if key not in {*LOOP_SETTINGS, OVERSAMPLE, *known.types}:
        advice = f" Write {RENAMED[key]} instead." if key in RENAMED else ""
        raise UsageError(
            f"{name}: {key} is no setting of a recipe ({known.source}), and none of "
            f"{', '.join(LOOP_SETTINGS)}, {OVERSAMPLE}.{advice}"
        )
    if key == OVERSAMPLE and isinstance(value, list):
        value = [OFF if each is False else each for each in value]
    try:
        wanted: Range | list[Choice] = msgspec.convert(value, Range | list[Choice])
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: {key}: {error}. {_HOW}") from None
    problem = _range_problem(wanted) if isinstance(wanted, Range) else _list_problem(wanted)
    if key == OVERSAMPLE and isinstance(wanted, Range):
        problem = "takes a list of choices"
    if problem:
        raise UsageError(f"{name}: {key} {problem}. {_HOW}")
    return wanted


def _range_problem(wanted: Range) -> str:
    if not (math.isfinite(wanted.low) and math.isfinite(wanted.high)):
        return "has an end that is no finite number"
    if wanted.low >= wanted.high:
        return "has to go upwards, from low to high"
    if wanted.log and wanted.low <= 0:
        return "has to begin above 0, with log: true"
    return ""


def _list_problem(wanted: Sequence[Choice]) -> str:
    if len({(isinstance(each, bool), each) for each in wanted}) < len(wanted):
        return "names a choice twice"
    return "" if wanted else "has no choices"


def assignments(values: Mapping[str, Choice], recipe: Recipe) -> list[str]:
    """Give the `key=value` words that set the values of a trial in a recipe.

    With a LoRA rank, alpha changes in proportion, so that the scale of the adapter stays the same;
    with rsLoRA, which is designed for a constant alpha, it does not.

    Args:
        values: what the trial uses.
        recipe: without these values.
    """
    settings: dict[str, Any] = {
        key: value for key, value in values.items() if key not in (*LOOP_SETTINGS, OVERSAMPLE)
    }
    rank, alpha = recipe.get("lora_rank", 8), recipe.get("lora_alpha")
    if "lora_rank" in values and alpha is not None and not recipe.get("use_rslora"):
        settings.setdefault("lora_alpha", max(1, round(alpha * settings["lora_rank"] / rank)))
    return [f"{key}={_written(value)}" for key, value in settings.items()]


def _written(value: Choice) -> str:
    """A value as YAML on one line."""
    return msgspec.json.encode(value).decode()


def described(values: Mapping[str, Choice]) -> str:
    """The values of a trial, for people."""
    return "  ".join(
        f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )
