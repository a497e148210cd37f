"""One process of a distributed run; torchrun starts it as a module."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from pii_sft.errors import PiiSftError
from pii_sft.recipe import load_recipe
from pii_sft.training.loop import Loop, applied
from pii_sft.training.train import run_in_process

FAILED = 2


def main(words: list[str]) -> None:
    """Train by the settings in the first word and the recipe in the second, with overrides."""
    os.umask(0o077)
    loop = msgspec.json.decode(words[0], type=Loop)
    recipe = applied(loop, load_recipe(Path(words[1]), words[2:]))
    try:
        run_in_process(recipe, loop)
    except PiiSftError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(FAILED)


if __name__ == "__main__":
    main(sys.argv[1:])
