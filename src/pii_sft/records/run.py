"""`pii_sft.json`: what a training run was made of, kept beside what it produced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from pii_sft.files import read_json
from pii_sft.prompt import Prompt

RUN_NAME = "pii_sft.json"
CARD = "README.md"


class Run(msgspec.Struct):
    """A training run.

    Attributes:
        recipe: path of the recipe, as given.
        settings: everything the trainer was told, overrides included.
        loop: settings of our training loop; empty for a run of an older version.
        labels: of the data set; empty for a run of an older version.
        nesting: of the data set's spans; 0 for a run of an older version.
        model_folder: where the base model was, if it was a folder; then no hub is asked for it.
        dataset: folder of the data set.
        manifest_sha256: digest of the data set's manifest.
        target: how answers are written.
        prompt: what every row was asked with.
        versions: of the packages that took part.
    """

    recipe: str
    settings: dict[str, Any]
    dataset: str
    manifest_sha256: str
    target: str
    prompt: Prompt
    versions: dict[str, str]
    loop: dict[str, Any] = {}
    labels: list[str] = []
    nesting: int = 0
    model_folder: str = ""


def read_run(folder: Path) -> Run | None:
    """Read the record of a run; None for a folder that was trained without `pii-sft train`.

    Raises:
        InputError: the record is damaged.
    """
    path = folder / RUN_NAME
    return read_json(path, Run) if path.exists() else None
