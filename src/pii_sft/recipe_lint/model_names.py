"""Names of models that can't exist: families whose sizes are known, and near misses of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from pii_sft.findings import Finding
from pii_sft.recipe_lint.context import RecipeContext

SIZES: dict[str, tuple[str, ...]] = {
    "Qwen/Qwen2": ("0.5B", "1.5B", "7B", "57B-A14B", "72B"),
    "Qwen/Qwen2.5": ("0.5B", "1.5B", "3B", "7B", "14B", "32B", "72B"),
    "Qwen/Qwen2.5-Coder": ("0.5B", "1.5B", "3B", "7B", "14B", "32B"),
    "Qwen/Qwen2.5-Math": ("1.5B", "7B", "72B"),
    "Qwen/Qwen3": ("0.6B", "1.7B", "4B", "8B", "14B", "32B", "30B-A3B", "235B-A22B"),
    "HuggingFaceTB/SmolLM2": ("135M", "360M", "1.7B"),
}
"""Sizes of families that are complete, so that no other size will come."""

_OPEN = ("Qwen/Qwen3.5-0.8B", "Qwen/Qwen3.5-2B", "Qwen/Qwen3.5-4B", "HuggingFaceTB/SmolLM3-3B")
_ORGANISATIONS = {family.rsplit("/", 1)[1].lower(): family for family in SIZES}
_SIZE = re.compile(
    r"(?P<family>.+?)-(?P<size>\d+(?:\.\d+)?[BMbm](?:-A\d+(?:\.\d+)?[Bb])?)(?P<rest>(?:-.*)?)"
)
_PATH = re.compile(r"[./~\\]|[A-Za-z]:|models?/|runs/|checkpoints?/")


def unknown_model(case: RecipeContext) -> Iterator[Finding]:
    """A name that no hub has is found out after the queue, or on a machine without a network."""
    name = case.model
    if not name or _PATH.match(name) or Path(name).exists():
        return
    found = _SIZE.fullmatch(name)
    family = found["family"] if found else ""
    sizes = SIZES.get(family)
    if found is not None and sizes is not None:
        if found["size"] not in sizes:
            size = _nearest(found["size"], sizes)
            yield Finding(
                "unknown-model",
                "error",
                f"{family} has no size {found['size']}: it comes with {', '.join(sizes)}",
                f"did you mean {family}-{size}{found['rest']}",
            )
        return
    known = [f"{each}-{size}" for each, sizes in SIZES.items() for size in sizes] + list(_OPEN)
    plain = name.split("/", 1)[-1]
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
    yield Finding(
        "unknown-model",
        "error" if near or "/" not in name else "warning",
        f"there is no folder {name}, and models of the hub are named with their owner"
        if "/" not in name
        else f"{name} is no model that is known",
        f"did you mean {guess}" if guess else "name a folder, or OWNER/MODEL",
    )


def _nearest(size: str, sizes: tuple[str, ...]) -> str:
    """The size nearest in number."""

    def millions(each: str) -> float:
        found = re.match(r"([\d.]+)([BM])", each.upper())
        return 0.0 if found is None else float(found[1]) * (1 if found[2] == "M" else 1000)

    return min(sizes, key=lambda each: abs(millions(each) - millions(size)))
