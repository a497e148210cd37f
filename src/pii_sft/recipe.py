"""Recipes: the YAML files that LLaMA-Factory trains by, shipped and the user's own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pii_sft.errors import UsageError

Recipe = dict[str, Any]

OVERLAY = "+"
"""What the name of an overlay begins with among overrides."""


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


def overlays() -> dict[str, Traversable]:
    """Small files of settings that change a recipe, by name."""
    folder = resources.files("pii_sft.recipes") / "overlays"
    files = [each for each in folder.iterdir() if each.name.endswith(".yaml")]
    return {each.name.removesuffix(".yaml"): each for each in sorted(files, key=lambda f: f.name)}


def overlay(name: str) -> str:
    """The text of an overlay, comments included.

    Args:
        name: with or without its leading plus sign.

    Raises:
        UsageError: there is none of that name.
    """
    known = overlays()
    key = name.removeprefix(OVERLAY)
    if key not in known:
        raise UsageError(f"There is no overlay {name!r}. Known: {', '.join(map(_plus, known))}.")
    return known[key].read_text("utf-8")


def _plus(name: str) -> str:
    return f"{OVERLAY}{name}"


def laid_over(text: str, names: Sequence[str]) -> str:
    """A recipe with overlays, as YAML with the comments of both.

    Args:
        text: YAML of a recipe.
        names: overlays; a later one decides over an earlier one.

    Raises:
        UsageError: there is no such overlay.
    """
    from ruamel.yaml import YAML

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 1000
    settings = editor.load(text)
    for name in names:
        for key, value in editor.load(overlay(name)).items():
            settings[key] = value
    stream = io.StringIO()
    editor.dump(settings, stream)
    heads = "".join(f"# with {name}: {_heading(overlay(name))}\n" for name in names)
    return heads + stream.getvalue()


def _heading(text: str) -> str:
    return text.splitlines()[0].removeprefix("#").strip()


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe as LLaMA-Factory does, with OmegaConf.

    Args:
        path: a YAML file.
        overrides: `key=value` words, where dotted keys reach into mappings, and overlays such as
            `+dora`; overlays come first.

    Raises:
        UsageError: the file is missing, is no YAML, or is no mapping, or an override has no `=`,
            or there is no such overlay.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    layers = [OmegaConf.create(overlay(word)) for word in overrides if word.startswith(OVERLAY)]
    words = [word for word in overrides if not word.startswith(OVERLAY)]
    for word in words:
        if "=" not in word:
            raise UsageError(f"Can't read the override {word!r}: write key=value.")
    values: Any = None
    try:
        loaded = OmegaConf.load(path)
        if OmegaConf.is_dict(loaded):
            merged = OmegaConf.merge(loaded, *layers, OmegaConf.from_cli(words))
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
