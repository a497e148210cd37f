"""Recipes: the YAML files that LLaMA-Factory trains by, shipped and the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pii_sft.errors import UsageError

Recipe = dict[str, Any]


def shipped_recipes() -> dict[str, Traversable]:
    """The recipes that come with the package, by name."""
    folder = resources.files("pii_sft.recipes")
    files = [each for each in folder.iterdir() if each.name.endswith(".yaml")]
    return {each.name.removesuffix(".yaml"): each for each in sorted(files, key=lambda f: f.name)}


def shipped_recipe(name: str) -> str:
    """The text of a shipped recipe, comments included.

    Raises:
        UsageError: there is none of that name.
    """
    recipes = shipped_recipes()
    key = name.removesuffix(".yaml")
    if key not in recipes:
        raise UsageError(f"There is no recipe {name!r}. Known: {', '.join(recipes)}.")
    return recipes[key].read_text("utf-8")


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe as LLaMA-Factory does, with OmegaConf.

    Args:
        path: a YAML file.
        overrides: `key=value` words; dotted keys reach into mappings.

    Raises:
        UsageError: the file is missing, is no YAML, or is no mapping, or an override has no `=`.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    for word in overrides:
        if "=" not in word:
            raise UsageError(f"Can't read the override {word!r}: write key=value.")
    values: Any = None
    try:
        loaded = OmegaConf.load(path)
        if OmegaConf.is_dict(loaded):
            merged = OmegaConf.merge(loaded, OmegaConf.from_cli(list(overrides)))
            values = OmegaConf.to_container(merged)
    except FileNotFoundError:
        raise UsageError(
            f"There is no recipe file {path}. "
            "'pii-sft recipes copy NAME' writes a shipped one into this folder."
        ) from None
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise UsageError(f"{path} can't be read as a recipe: {error}") from None
    if not isinstance(values, dict) or not values:
        raise UsageError(f"{path} is not a recipe: it has to map keys to values.")
    return {str(key): value for key, value in values.items()}
