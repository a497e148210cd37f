"""Spaces are read strictly, and what a trial uses becomes words of a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import UsageError
from pii_sft.recipe import load_recipe
from pii_sft.training.search.space import FIXED, OFF, Range, assignments, described, load_space
from tests.conftest import ROOT

RECIPE = ROOT / "recipes/qwen3_0_6b.yaml"


def written(folder: Path, text: str) -> str:
    path = folder / "space.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_default_space() -> None:
    space = load_space("default")
    assert space["learning_rate"] == Range(5e-5, 1e-3, log=True)
    assert space["oversample"] == [OFF, "auto", 0.5]
    assert set(space) == {"learning_rate", "lora_rank", "entity_weight", "oversample"}


def test_a_space_of_ones_own(tmp_path: Path) -> None:
    text = """
        learning_rate: {low: 1e-5, high: 1e-3, log: true}
        num_train_epochs: {low: 1, high: 4}
        lora_dropout: {low: 0, high: 0.2}
        use_rslora: [true, false]
        lr_scheduler_type: [cosine, linear]
        oversample: [off, auto]
        focal_gamma: [0, 2]
    """
    assert load_space(written(tmp_path, text)) == {
        "learning_rate": Range(1e-5, 1e-3, log=True),
        "num_train_epochs": Range(1, 4),
        "lora_dropout": Range(0, 0.2),
        "use_rslora": [True, False],
        "lr_scheduler_type": ["cosine", "linear"],
        "oversample": [OFF, "auto"],
        "focal_gamma": [0, 2],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no search space"),
        ("- lora_rank", "no search space"),
        ("lora_rank: [8", "can't be read"),
        ("lora_rank: 8", "lora_rank: Expected"),
        ("lora_rank: {low: 8}", "missing required field `high`"),
        ("lora_rank: {low: 8, high: 16, lag: true}", "unknown field `lag`"),
        ("lora_rank: {low: eight, high: 16}", "lora_rank: Expected"),
        ("lora_rank: {low: 16, high: 8}", "go upwards"),
        ("lora_rank: {low: 8, high: 8}", "go upwards"),
        ("learning_rate: {low: 0, high: 1, log: true}", "above 0"),
        ("learning_rate: {low: .nan, high: 1}", "no finite number"),
        ("lora_rank: []", "no choices"),
        ("lora_rank: [8, 8]", "twice"),
        ("lora_rank: [[8]]", "lora_rank: Expected"),
        ("lora_r: [8]", "Write lora_rank instead"),
        ("unheard_of: [8]", "no setting of a recipe"),
        ("oversample: {low: 0.1, high: 1}", "list of choices"),
        *((f"{key}: [a, b]", "the same in all trials") for key in sorted(FIXED)),
    ],
)
def test_what_is_no_space(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_space(written(tmp_path, text))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'default'"):
        load_space(str(tmp_path / "none.yaml"))


def test_true_is_not_one(tmp_path: Path) -> None:
    assert load_space(written(tmp_path, "packing: [true, 1]")) == {"packing": [True, 1]}


@pytest.mark.parametrize(
    ("values", "recipe", "words"),
    [
        (
            {"learning_rate": 0.5, "entity_weight": 2, "oversample": "auto"},
            {},
            ["learning_rate=0.5"],
        ),
        ({"lora_rank": 16}, {"lora_rank": 32, "lora_alpha": 64}, ["lora_rank=16", "lora_alpha=32"]),
        ({"lora_rank": 16}, {"lora_alpha": 16}, ["lora_rank=16", "lora_alpha=32"]),
        ({"lora_rank": 16}, {}, ["lora_rank=16"]),
        (
            {"lora_rank": 16, "lora_alpha": 8},
            {"lora_rank": 32, "lora_alpha": 64},
            ["lora_rank=16", "lora_alpha=8"],
        ),
        (
            {"lora_rank": 16},
            {"lora_rank": 64, "lora_alpha": 16, "use_rslora": True},
            ["lora_rank=16"],
        ),
    ],
)
def test_assignments(values: Any, recipe: dict[str, Any], words: list[str]) -> None:
    assert assignments(values, recipe) == words


def test_values_come_through_the_command_line_as_they_are() -> None:
    values = {
        "learning_rate": 1.2345678901234567e-05,
        "lr_scheduler_type": "off",
        "use_dora": True,
        "neftune_noise_alpha": None,
        "lora_rank": 16,
    }
    recipe = load_recipe(RECIPE, assignments(values, {}))
    assert {key: recipe[key] for key in values} == values
    assert type(recipe["use_dora"]) is bool


def test_described() -> None:
    assert described({"learning_rate": 1.23456e-4, "lora_rank": 8}) == (
        "learning_rate 0.000123  lora_rank 8"
    )
