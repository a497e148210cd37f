"""Runs an exported script, and prints what Unsloth trained on; runs where Unsloth is installed.

Argument: the script. The last line of the output is JSON.
"""

from __future__ import annotations

import json
import runpy
import sys
from importlib import import_module
from typing import Any


def main(script: str) -> None:
    import_module("unsloth")  # before all others, as it patches them
    import trl

    trained: list[Any] = []
    train = trl.SFTTrainer.train

    def keep(trainer: Any) -> Any:
        trained.append(trainer)
        return train(trainer)

    trl.SFTTrainer.train = keep
    runpy.run_path(script, run_name="__main__")
    [trainer] = trained
    print(json.dumps([_seen(trainer, row) for row in trainer.train_dataset]))


def _seen(trainer: Any, row: dict[str, Any]) -> dict[str, list[int]]:
    batch = trainer.data_collator([row])
    return {"ids": batch["input_ids"][0].tolist(), "labels": batch["labels"][0].tolist()}


if __name__ == "__main__":
    main(*sys.argv[1:])
