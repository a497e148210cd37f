"""Configuration of Axolotl beside its rows."""

from __future__ import annotations

from pathlib import Path

import yaml

from pii_sft.converters import WRITERS
from pii_sft.files import Staging
from tests.contracts.test_writers import manifest


def test_axolotl_is_told_what_it_would_get_wrong(tmp_path: Path) -> None:
    with Staging() as staging:
        WRITERS.get("axolotl").write([], tmp_path / "pii", manifest("train", "dev"), staging)
    config = yaml.safe_load((tmp_path / "pii/axolotl.yaml").read_text("utf-8"))
    (train,), (dev,) = config["datasets"], config["test_datasets"]
    assert Path(train["path"]) == tmp_path / "pii/train.jsonl"
    assert Path(dev["path"]) == tmp_path / "pii/dev.jsonl"
    assert train["type"] == "chat_template"
    assert train["roles_to_train"] == ["assistant"]
    assert config["sequence_len"] > 512
    assert config["excess_length_strategy"] == "raise"
