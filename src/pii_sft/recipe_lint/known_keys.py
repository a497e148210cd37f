"""The keys that LLaMA-Factory accepts in a recipe."""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from functools import cache
from importlib import metadata, resources

import msgspec

from pii_sft.recipe import Recipe

SNAPSHOT = "llamafactory_keys.json"

_ASK = """
import dataclasses, json, typing
from llamafactory.hparams.parser import _TRAIN_ARGS
named = lambda kind: kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")
print(json.dumps({
    f.name: named(typing.get_type_hints(c)[f.name])
    for c in _TRAIN_ARGS for f in dataclasses.fields(c) if f.init
}))
"""

RENAMED = {
    "evaluation_strategy": "eval_strategy",
    "group_by_length": "train_sampling_strategy: group_by_length",
    "no_cuda": "use_cpu",
    "early_stopping_patience": "early_stopping_steps (counted in evaluations)",
    "lora_r": "lora_rank",
    "lora_target_modules": "lora_target",
    "max_seq_length": "cutoff_len",
    "max_length": "cutoff_len",
}


class Keys(msgspec.Struct, frozen=True):
    """The known keys with the types of their values, and where the knowledge comes from."""

    types: dict[str, str]
    source: str


class UnknownKey(msgspec.Struct, frozen=True):
    """A key of a recipe that would end training at its start.

    Attributes:
        key: as it stands in the recipe.
        advice: what to write instead; empty where nothing is close.
    """

    key: str
    advice: str

    def __str__(self) -> str:
        return f"{self.key}: LLaMA-Factory has no such key." + (
            f" Write {self.advice} instead." if self.advice else ""
        )


@cache
def known_keys() -> Keys:
    """The keys of the installed LLaMA-Factory, or those of the shipped snapshot.

    Another version than the snapshot's is asked in a process of its own, so that the core
    commands never import it.
    """
    text = (resources.files("pii_sft.recipe_lint") / SNAPSHOT).read_text("utf-8")
    snapshot = json.loads(text)
    shipped = Keys(snapshot["keys"], f"the snapshot of LLaMA-Factory {snapshot['llamafactory']}")
    try:
        installed = metadata.version("llamafactory")
    except metadata.PackageNotFoundError:
        return shipped
    if installed == snapshot["llamafactory"]:
        return Keys(shipped.types, f"LLaMA-Factory {installed}")
    answer = subprocess.run(
        [sys.executable, "-c", _ASK], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        return shipped
    types = json.loads(answer.stdout.splitlines()[-1])
    return Keys(types, f"LLaMA-Factory {installed}")


def unknown_keys(recipe: Recipe) -> list[UnknownKey]:
    """The keys of a recipe that LLaMA-Factory would refuse, in order."""
    known = known_keys().types
    found = []
    for key in recipe:
        if key in known:
            continue
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
        found.append(UnknownKey(key, RENAMED.get(key) or (close[0] if close else "")))
    return found
