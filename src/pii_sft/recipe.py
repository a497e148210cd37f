"""Recipes: the YAML files that LLaMA-Factory trains by, shipped and the user's own."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from pii_sft.errors import UsageError, unknown_name
from pii_sft.registry import shipped, shipped_text
from pii_sft.terminal import ShownPath

Recipe = dict[str, Any]

OVERLAY = "+"
"""The prefix of an overlay's name among overrides."""

DEEPSPEED = "recipes/deepspeed/"
"""Folder in which overlays look for the DeepSpeed configurations, from the repository."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


def shipped_recipes() -> dict[str, Traversable]:
    """The recipes that come with the package, by name."""
    return shipped(resources.files("pii_sft.recipes"))


def shipped_recipe(name: str) -> str:
    """The text of a shipped recipe, comments included.

    Raises:
        UsageError: there is none of that name.
    """
    return shipped_text("recipe", name.removesuffix(".yaml"), shipped_recipes())


def overlays() -> dict[str, Traversable]:
    """Small files of settings that change a recipe, by name."""
    return shipped(resources.files("pii_sft.recipes") / "overlays")


def overlay(name: str) -> str:
    """The text of an overlay, comments included.

    Args:
        name: with or without its leading plus sign.

    Raises:
        UsageError: there is none of that name.
    """
    known = {_plus(each): file for each, file in overlays().items()}
    return shipped_text("overlay", _plus(name), known)


def _plus(name: str) -> str:
    return f"{OVERLAY}{name.removeprefix(OVERLAY)}"


def summary(text: str) -> str:
    """The description of a recipe or an overlay: its first line, and those that go on with it.

    A line that goes on with a sentence begins with a small letter.
    """
    first, *others = text.splitlines()
    words = [first]
    for line in others:
        if not line.startswith("# ") or not line[2].islower():
            break
        words.append(line)
    return " ".join(line.removeprefix("#").strip() for line in words)


def laid_over(text: str, names: Sequence[str], settings: Mapping[str, Any] = NOTHING) -> str:
    """A recipe with overlays and single settings, as YAML with the comments of the recipe.

    Args:
        text: YAML of a recipe.
        names: overlays; a later one decides over an earlier one.
        settings: decide over the overlays; mappings are merged.

    Raises:
        UsageError: there is no such overlay, or the recipe is no YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 1000
    try:
        recipe = editor.load(text)
    except YAMLError as error:
        raise UsageError(f"The recipe can't be read as YAML: {error}") from None
    for name in names:
        _lay(recipe, editor.load(overlay(name)))
    _lay(recipe, _quoted(settings))
    stream = io.StringIO()
    editor.dump(recipe, stream)
    heads = "".join(f"# with {_plus(name)}: {summary(overlay(name))}\n" for name in names)
    return heads + stream.getvalue()


def _lay(recipe: Any, changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(recipe.get(key), Mapping):
            _lay(recipe[key], value)
        else:
            recipe[key] = value


def _quoted(value: Any) -> Any:
    """A value whose strings stay strings for every YAML reader, also `no` and `1e-4`."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, str):
        return DoubleQuotedScalarString(value)
    if isinstance(value, Mapping):
        return {key: _quoted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_quoted(each) for each in value]
    return value


def shipped_deepspeed(recipe: Recipe) -> Traversable | None:
    """The DeepSpeed configuration of this package that a recipe names; None if it names none."""
    value = str(recipe.get("deepspeed") or "")
    if not value.startswith(DEEPSPEED):
        return None
    file = resources.files("pii_sft.recipes") / "deepspeed" / value.removeprefix(DEEPSPEED)
    return file if file.is_file() else None


def recipe_file(name: str) -> Path:
    """File of a recipe: one of the user, or a shipped one by its name.

    Raises:
        UsageError: there is neither.
    """
    if Path(name).exists():
        return ShownPath(name)
    recipes = shipped_recipes()
    key = name.removesuffix(".yaml")
    if key not in recipes:
        raise unknown_name("recipe", name, recipes, ", or a file of your own")
    with resources.as_file(recipes[key]) as path:
        return path


REMOTE_CODE = "trust_remote_code"
"""The setting that lets code which comes with a model run."""

ALLOW_REMOTE_CODE = f"{REMOTE_CODE}=true"
"""The override that the option --trust-remote-code stands for."""


def refuse_remote_code(recipe: Recipe, overrides: Sequence[str]) -> None:
    """Stop before a file can have code run that comes with a model: only the user can.

    Args:
        recipe: with its overrides.
        overrides: those of the command line.

    Raises:
        UsageError: the recipe says so, and the command line does not.
    """
    named = any(word.startswith(f"{REMOTE_CODE}=") for word in overrides)
    if recipe.get(REMOTE_CODE) not in (None, False) and not named:
        raise UsageError(
            f"The recipe sets {REMOTE_CODE}, which runs code that comes with the model. If you "
            "have read that code and want it to run, say so: --trust-remote-code."
        )


def split_words(words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Overrides apart: the overlays, and the settings, where dotted keys reach into mappings.

    Args:
        words: overlays such as `+dora`, and `key=value`.

    Raises:
        UsageError: a word is neither.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    names = [word for word in words if word.startswith(OVERLAY)]
    assignments = [word for word in words if not word.startswith(OVERLAY)]
    for word in assignments:
        if "=" not in word:
            raise UsageError(f"Can't read the override {word!r}: write key=value.")
    try:
        settings = OmegaConf.to_container(OmegaConf.from_cli(assignments))
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise UsageError(f"Can't read the overrides {' '.join(assignments)}: {error}") from None
    return names, cast("dict[str, Any]", settings)


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe as LLaMA-Factory does, with OmegaConf.

    Args:
        path: a YAML file.
        overrides: `key=value` words, where dotted keys reach into mappings, and overlays such as
            `+dora`; overlays come first.

    Raises:
        UsageError: the file is missing, can't be read, is no YAML, or is no mapping, or an override
            has no `=`, or there is no such overlay.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import MappingNode, YAMLError, compose

    names, settings = split_words(overrides)
    layers = [OmegaConf.create(overlay(name)) for name in names]
    values: Any = None
    try:
        loaded = OmegaConf.load(path)
        # a file of plain words is a mapping of these words to nothing for OmegaConf
        if OmegaConf.is_dict(loaded) and isinstance(compose(path.read_text("utf-8")), MappingNode):
            merged = OmegaConf.merge(loaded, *layers, settings)
            values = OmegaConf.to_container(merged)
    except FileNotFoundError:
        raise UsageError(
            f"There is no recipe file {path}. "
            "'pii-sft recipes copy NAME' writes a shipped one into this folder."
        ) from None
    except OSError as error:
        if error.strerror:  # OmegaConf raises the same type, without it, for what is no mapping
            raise UsageError(
                f"{path} can't be read: {error.strerror}. Name the files of recipes."
            ) from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply to be a recipe.") from None
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise UsageError(f"{path} can't be read as a recipe: {error}") from None
    if not isinstance(values, dict) or not values:
        raise UsageError(f"{path} is not a recipe: it has to map keys to values.")
    return {str(key): value for key, value in values.items()}
