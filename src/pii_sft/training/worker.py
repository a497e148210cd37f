"""One process of a distributed run; torchrun starts it as a module."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pii_sft.recipe import load_recipe
from pii_sft.training.train import run_in_process


def main(words: list[str]) -> None:
    """Train by the recipe named in the first word, with the others as overrides."""
    os.umask(0o077)
    run_in_process(load_recipe(Path(words[0]), words[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
