"""Prints what Axolotl makes of configs and of their rows; runs in Axolotl's own environment.

Arguments: a folder with a tokenizer, then configs. Every config is checked against Axolotl's
schema and its rows are prepared as for training. The last line of the output is JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["AXOLOTL_IS_PREPROCESS"] = "1"
os.environ["AXOLOTL_DO_NOT_TRACK"] = "1"


def checked(path: str, tokenizer: str) -> Any:
    import yaml
    from axolotl.utils.config import validate_config
    from axolotl.utils.dict import DictDefault
    from axolotl.utils.schemas.config import AxolotlInputConfig

    settings = yaml.safe_load(Path(path).read_text("utf-8"))
    unknown = sorted(settings.keys() - AxolotlInputConfig.model_fields.keys())
    if unknown:
        raise SystemExit(f"{path}: Axolotl has no keys {unknown}")
    return validate_config(DictDefault({**settings, "base_model": tokenizer}))


def prepared(config: Any, tokenizer: str) -> list[dict[str, list[int]]]:
    from axolotl.utils.config import normalize_cfg_datasets
    from axolotl.utils.data.sft import prepare_datasets
    from transformers import AutoTokenizer

    normalize_cfg_datasets(config)
    rows, _, _, _ = prepare_datasets(config, AutoTokenizer.from_pretrained(tokenizer))
    return [{"ids": row["input_ids"], "labels": row["labels"]} for row in rows]


def main(tokenizer: str, *paths: str) -> None:
    configs = {path: checked(path, tokenizer) for path in paths}
    print(json.dumps({path: prepared(each, tokenizer) for path, each in configs.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
