"""Data sets that LLaMA-Factory dies on, or of which it trains on nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.recipe_lint import RecipeContext, check, gather

CHAT = {"role_tag": "role", "content_tag": "content", "user_tag": "user"}
CHAT |= {"assistant_tag": "assistant", "system_tag": "system"}
SHAREGPT: dict[str, Any] = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": CHAT,
}


def turns(*roles: str, role: str = "role", content: str = "content") -> dict[str, Any]:
    return {"messages": [{role: each, content: "x"} for each in roles]}


ALPACA = {"instruction": "find", "input": "Ann", "output": "[]"}
BROKEN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "messages under alpaca": ({}, turns("user", "assistant"), "missing-columns"),
    "a column that no row has": (
        {**SHAREGPT, "columns": {"messages": "conversations"}},
        turns("user", "assistant"),
        "missing-columns",
    ),
    "columns without messages": (
        {**SHAREGPT, "columns": {"system": "messages"}},
        turns("user", "assistant"),
        "missing-columns",
    ),
    "no tags": (
        {"formatting": "sharegpt", "columns": {"messages": "messages"}},
        turns("user", "assistant"),
        "wrong-tags",
    ),
    "another name of a role": (SHAREGPT, turns("human", "assistant"), "skipped-rows"),
    "two users in a row": (SHAREGPT, turns("user", "user", "assistant"), "skipped-rows"),
    "the assistant first": (SHAREGPT, turns("assistant", "user"), "skipped-rows"),
    "no answer": (SHAREGPT, turns("system", "user"), "skipped-rows"),
    "the system alone": (SHAREGPT, turns("system"), "skipped-rows"),
    "a system turn that no tag names": (
        {**SHAREGPT, "tags": {key: CHAT[key] for key in CHAT if key != "system_tag"}},
        turns("system", "user", "assistant"),
        "skipped-rows",
    ),
    "a turn of parts instead of a string": (
        SHAREGPT,
        {"messages": [{"role": "user", "content": ["x"]}, {"role": "assistant", "content": "x"}]},
        "skipped-rows",
    ),
    "an answer that is no string": ({}, {**ALPACA, "output": ["x"]}, "skipped-rows"),
    "nothing asked": ({}, {**ALPACA, "instruction": "", "input": ""}, "skipped-rows"),
    "a column with a typo": (
        {**SHAREGPT, "columns": {"mesages": "messages"}},
        turns("user", "assistant"),
        "unknown-entry-key",
    ),
    "a formatting that is none": (
        {**SHAREGPT, "formatting": "chatml"},
        turns("user", "assistant"),
        "unknown-entry-key",
    ),
}
SOUND: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alpaca": ({}, ALPACA),
    "with the digest that rows of a verifier have": ({"sha256": "0" * 64}, ALPACA),
    "chat": (SHAREGPT, turns("user", "assistant")),
    "chat with a system turn": (SHAREGPT, turns("system", "user", "assistant")),
    "sharegpt by default": (
        {"formatting": "sharegpt"},
        {"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "[]"}]},
    ),
}
RULES = {"missing-columns", "wrong-tags", "skipped-rows", "unknown-entry-key"}


def found(folder: Path, entry: dict[str, Any], row: dict[str, Any], name: str) -> set[str]:
    (folder / name).write_text(
        json.dumps([row] * 3) if name.endswith(".json") else f"{json.dumps(row)}\n" * 3, "utf-8"
    )
    info = {"pii_train": {"file_name": name, **entry}}
    (folder / "dataset_info.json").write_text(json.dumps(info), "utf-8")
    recipe = {"dataset_dir": str(folder), "dataset": "pii_train", "do_train": True}
    return {each.id for each in check(RecipeContext(recipe, data=gather(recipe)))} & RULES


@pytest.mark.parametrize("name", ["train.jsonl", "train.json"])
@pytest.mark.parametrize("case", BROKEN)
def test_broken_data_sets(tmp_path: Path, case: str, name: str) -> None:
    entry, row, rule = BROKEN[case]
    assert rule in found(tmp_path, entry, row, name)


@pytest.mark.parametrize("case", SOUND)
def test_sound_data_sets(tmp_path: Path, case: str) -> None:
    assert found(tmp_path, *SOUND[case], "train.jsonl") == set()


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Qwen/Qwen3-1.5B", "Qwen/Qwen3-1.7B"),
        ("Qwen/Qwen2.5-4B-Instruct", "Qwen/Qwen2.5-3B-Instruct"),
        ("Qwn3-0.6B", "Qwen/Qwen3-0.6B"),
        ("Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("Qwen/Qwem3-4B", "Qwen/Qwen3-4B"),
        ("HuggingFaceTB/SmolLM2-150M", "HuggingFaceTB/SmolLM2-135M"),
        ("Qwen3-0.6B-Instrct", "Qwen/Qwen3-0.6B"),
        ("Qwen/Qwen3-0.6B-Bsae", "Qwen/Qwen3-0.6B-Base"),
        ("Qwen2.5-0.5B-Instrct", "Qwen/Qwen2.5-0.5B-Instruct"),
        ("Qwen/Qwen2.5-1.5B-instuct", "Qwen/Qwen2.5-1.5B-Instruct"),
        ("qwen2.5-1.5B-Instruct", "Qwen/Qwen2.5-1.5B-Instruct"),
        ("Qwen/Qwen3-4B-Instruct-2570", "Qwen/Qwen3-4B-Instruct-2507"),
    ],
)
def test_models_that_cannot_exist(name: str, fix: str) -> None:
    (finding,) = [
        each
        for each in check(RecipeContext({"model_name_or_path": name}))
        if each.id == "unknown-model"
    ]
    assert fix in finding.fix


@pytest.mark.parametrize(
    "name",
    [
        *("Qwen/Qwen3-0.6B", "Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen2.5-7B-Instruct-AWQ"),
        *(
            "models/qwen3_5_0_8b",
            "./own",
            "/data/own",
            "meta-llama/Llama-3.2-1B",
            "Qwen/Qwen3.5-9B",
        ),
        "HuggingFaceTB/SmolLM2-135M-Instruct",
    ],
)
def test_models_that_may_exist(name: str) -> None:
    findings = check(RecipeContext({"model_name_or_path": name}))
    assert "unknown-model" not in {each.id for each in findings}


def test_an_overlay_is_called_an_overlay() -> None:
    assert [each.id for each in check(RecipeContext({"use_dora": True}))] == ["overlay"]
    ids = {each.id for each in check(RecipeContext({"use_dorra": True}))}
    assert ids == {"overlay", "unknown-key"}
