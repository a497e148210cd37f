"""Cards of models and adapters: metadata that hubs can read, and how to serve them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.prompt import load_prompt
from pii_sft.records.run import CARD, Run
from pii_sft.report.card import model_card, write_run_card

hub = pytest.importorskip("huggingface_hub")

BASE = "models/base: no. 3 # of 4"


def run(folder: Path) -> Run:
    settings = {
        "model_name_or_path": BASE,
        "template": "qwen3",
        "lora_rank": 32,
        "enable_thinking": False,
    }
    prompt = load_prompt("short-1", "Answer.", [])
    return Run(
        "r.yaml", settings, str(folder / "data"), "ab" * 32, "json", prompt, {"pii-sft": "1"}
    )


@pytest.mark.parametrize("adapter", [False, True])
def test_any_base_model_is_named_in_the_metadata(adapter: bool, tmp_path: Path) -> None:
    card = hub.ModelCard(model_card("ours", run(tmp_path), None, tmp_path / "m", adapter=adapter))
    assert card.data.base_model == BASE
    assert card.data.library_name == ("peft" if adapter else "transformers")
    assert card.text.lstrip().startswith("# ours\n")
    assert "has not been scored" in card.text
    assert ("adapter_name_or_path=" in card.text) == adapter
    assert ("--max-lora-rank 32" in card.text) == adapter
    assert "template=qwen3 enable_thinking=false" in card.text


def test_the_card_of_a_run_replaces_the_trainer_s(tmp_path: Path) -> None:
    import msgspec

    (tmp_path / CARD).write_text("[More Information Needed]")
    write_run_card(tmp_path)
    assert "More Information" in (tmp_path / CARD).read_text()
    (tmp_path / "pii_sft.json").write_bytes(msgspec.json.encode(run(tmp_path)))
    (tmp_path / "adapter_config.json").write_text("{}")
    write_run_card(tmp_path)
    card = hub.ModelCard.load(tmp_path / CARD)
    assert card.data.library_name == "peft"
    assert "An adapter of models/base" in card.text
