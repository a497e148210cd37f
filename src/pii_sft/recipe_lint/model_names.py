"""Checks of model names: families whose sizes are known, and near misses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from pii_sft.findings import Finding
from pii_sft.recipe_lint.context import RecipeContext, error, warning

SIZES: dict[str, tuple[str, ...]] = {
    "Qwen/Qwen2": ("0.5B", "1.5B", "7B", "57B-A14B", "72B"),
    "Qwen/Qwen2.5": ("0.5B", "1.5B", "3B", "7B", "14B", "32B", "72B"),
    "Qwen/Qwen2.5-Coder": ("0.5B", "1.5B", "3B", "7B", "14B", "32B"),
    "Qwen/Qwen2.5-Math": ("1.5B", "7B", "72B"),
    "Qwen/Qwen3": ("0.6B", "1.7B", "4B", "8B", "14B", "32B", "30B-A3B", "235B-A22B"),
    "HuggingFaceTB/SmolLM2": ("135M", "360M", "1.7B"),
}
"""Sizes of families that are complete, so that no other size will appear."""

_SUFFIXES: dict[str, tuple[str, ...]] = {
    "Qwen/Qwen3": ("Base",),
    **dict.fromkeys(
        ("Qwen/Qwen3-4B", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-235B-A22B"),
        ("Base", "Instruct-2507", "Thinking-2507"),
    ),
    **dict.fromkeys(("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-14B"), ("Instruct", "Instruct-1M")),
}
"""Suffixes behind the size of a model, by model or family; all others have `Instruct`."""

_CHATTY = ("-Instruct", "-Chat", "-it")
"""Suffixes of models that answer; where there is none, the model without it does."""

_QUANTIZED = re.compile(
    r"(?:-(?:GPTQ-Int[48]|AWQ|FP8|GGUF|MLX(?:-\w+)?|bnb-4bit|unsloth-bnb-4bit|[48]bit|bf16|\w*ONNX))*",
    re.IGNORECASE,
)

_OPEN = ("Qwen/Qwen3.5-0.8B", "Qwen/Qwen3.5-2B", "Qwen/Qwen3.5-4B", "HuggingFaceTB/SmolLM3-3B")
_ORGANISATIONS = {family.rsplit("/", 1)[1].lower(): family for family in SIZES}
_SIZE = re.compile(
    r"(?P<family>.+?)-(?P<size>\d+(?:\.\d+)?[BMbm](?:-A\d+(?:\.\d+)?[Bb])?)(?P<rest>(?:-.*)?)"
)
_PATH = re.compile(r"[./~\\]|[A-Za-z]:|models?/|runs/|checkpoints?/")


def unknown_model(context: RecipeContext) -> Iterator[Finding]:
    """A wrong model name would fail only after waiting for a GPU, or without a network."""
    name = context.model
    if not name or _PATH.match(name) or Path(name).exists():
        return
    found = _SIZE.fullmatch(name)
    family = found["family"] if found else ""
    sizes = SIZES.get(family)
    if found is not None and sizes is not None:
        if found["size"] not in sizes:
            size = _nearest(found["size"], sizes)
            yield error(
                f"{family} has no size {found['size']}: it comes with {', '.join(sizes)}",
                f"did you mean {family}-{size}{found['rest']}",
            )
        else:
            yield from _unknown_suffix(f"{family}-{found['size']}", found["rest"], family)
        return
    known = [f"{each}-{size}" for each, sizes in SIZES.items() for size in sizes] + list(_OPEN)
    plain = name.split("/", 1)[-1]
    family = _ORGANISATIONS.get(family.lower(), "") if "/" not in name else ""
    if found is not None and found["size"] in SIZES.get(family, ()):
        model = f"{family}-{found['size']}"
        wrong = next(_unknown_suffix(model, found["rest"], family), None)
        yield error(
            f"there is no folder {name}, and models of the hub are named with their owner",
            f"did you mean {model}{found['rest']}" if wrong is None else wrong.fix,
        )
        return
    owner = _ORGANISATIONS.get(plain.rsplit("-", 1)[0].lower()) if "/" not in name else None
    shortened = {each.split("/", 1)[1]: each for each in known}
    whole = name if "/" in name else plain
    candidates = known if "/" in name else list(shortened)
    near = get_close_matches(whole, candidates, 1, 0.85)
    of_open_family = any(name.startswith(each.rsplit("-", 1)[0] + "-") for each in _OPEN)
    if name in known or ("/" in name and not near) or of_open_family:
        return
    guess = shortened.get(near[0], near[0]) if near else owner
    if "/" in name and near and name.lower().startswith(near[0].lower()):
        return
    yield (error if near or "/" not in name else warning)(
        f"there is no folder {name}, and models of the hub are named with their owner"
        if "/" not in name
        else f"{name} is no model that is known",
        f"did you mean {guess}" if guess else "name a folder, or OWNER/MODEL",
    )


def _unknown_suffix(model: str, rest: str, family: str) -> Iterator[Finding]:
    """The suffix behind the size, if it is no variant that the family has."""
    suffixes = _SUFFIXES.get(model) or _SUFFIXES.get(family, ("Instruct",))
    known = ("", *(f"-{each}" for each in suffixes))
    if any(_QUANTIZED.fullmatch(rest.removeprefix(each)) for each in known):
        return
    near = get_close_matches(rest, known, 1, 0.5)
    if not near and get_close_matches(rest, _CHATTY, 1, 0.5):
        near = [""]
    yield (error if near else warning)(
        f"{model} has no variant {rest.removeprefix('-')}: there is {model} alone, or with "
        f"{', '.join(known[1:])} behind it",
        f"did you mean {model}{near[0]}" if near else f"name {model}, a variant, or a folder",
    )


def _nearest(size: str, sizes: tuple[str, ...]) -> str:
    """The size nearest in number."""

    def millions(each: str) -> float:
        found = re.match(r"([\d.]+)([BM])", each.upper())
        return 0.0 if found is None else float(found[1]) * (1 if found[2] == "M" else 1000)

    return min(sizes, key=lambda each: abs(millions(each) - millions(size)))
