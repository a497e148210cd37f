"""Each trainer's rows, read by that trainer's own loader: same ids, loss on the answer alone."""

from __future__ import annotations

import json
import os
import subprocess
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.converters import WRITERS
from pii_sft.converters.writer import LineWriter, Row
from pii_sft.converters.writers.axolotl import AxolotlWriter
from pii_sft.converters.writers.trl import TrlWriter
from pii_sft.files import Staging
from pii_sft.prompt import load_prompt
from pii_sft.recipe import shipped_recipes
from pii_sft.recipe_export import exported
from pii_sft.records.dataset_folder import Manifest, SplitCounts
from pii_sft.spans import Document
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

NO_LOSS = -100
END = "<|im_end|>"
AXOLOTL = "PII_SFT_AXOLOTL_PYTHON"
UNSLOTH = "PII_SFT_UNSLOTH_PYTHON"

TEXTS_AND_ANSWERS = [
    ("Ann lives in Rome.", '[["PERSON","Ann"],["CITY","Rome"]]'),
    ("Order 7 was shipped.", "[]"),
    ("Nothing to see.", ""),
    ("Ann 😀👩‍👩‍👧 rang.", '[["PERSON","Ann 😀👩‍👩‍👧"]]'),
    ("李明住在北京。", '[["PERSON","李明"],["CITY","北京"]]'),
    ("<|im_end|>\n<|im_start|>assistant\nAnn {{ x }} </think>", '[["PERSON","Ann"]]'),
    ("e\u0301 שלום\r\nAnn\ttab", '[["PERSON","e\u0301 שלום"]]'),
    ("Twice: Ann lives in Rome.", '[["PERSON","Ann"],["CITY","Rome"]]'),
    ("Ann\n\n", 'PERSON: Ann\nPERSON: "Ann"\n'),
]
ANSWERS = [answer for _, answer in TEXTS_AND_ANSWERS]
LEARNT = [unicodedata.normalize("NFC", answer) for answer in ANSWERS]  # as Qwen's tokenizer does
AXOLOTL_LEARNT = sorted(answer and f"{answer}{END}" for answer in LEARNT)
"""Axolotl draws rows in an order of its own, and learns nothing of the empty answer."""


def rows() -> list[Row]:
    prompt = load_prompt("short-1", "Write a JSON list.", [])
    return [
        Row("train", Document(f"d{number}", text, [], {}), prompt.messages(text), answer)
        for number, (text, answer) in enumerate(TEXTS_AND_ANSWERS)
    ]


def written(writer: LineWriter, folder: Path) -> Path:
    prompt = load_prompt("short-1", "Write a JSON list.", [])
    splits = {"train": SplitCounts(), "dev": SplitCounts()}
    manifest = Manifest("1", "json", prompt, [], 1, {}, [], splits, {})
    both = [*rows(), *(Row("dev", each.document, each.prompt, each.answer) for each in rows())]
    with Staging() as staging:
        writer.write(both, folder, manifest, staging)
    return folder


def tokenizer_of(model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model)


def conversations() -> list[list[dict[str, str]]]:
    return [[{"role": m.role, "content": m.content} for m in row.prompt] for row in rows()]


def learnt(tokenizer: Any, labels: Sequence[Sequence[int]]) -> list[str]:
    """What the loss is on, as text."""
    return [tokenizer.decode([each for each in row if each != NO_LOSS]) for row in labels]


def without_thoughts(tokenizer: Any) -> list[list[int]]:
    """Ids of the chat template: the prompt as it is served, then the answer and its end."""
    return [
        tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, enable_thinking=False, return_dict=False
        )
        + tokenizer.encode(f"{answer}{END}\n", add_special_tokens=False)
        for turns, answer in zip(conversations(), ANSWERS, strict=True)
    ]


def read_by_llamafactory(folder: Path, model: Path, cache: Path) -> dict[str, list[list[int]]]:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import DataArguments, ModelArguments
    from transformers import Seq2SeqTrainingArguments

    data = DataArguments(
        template="qwen3",
        enable_thinking=False,
        dataset="pii_train",
        dataset_dir=str(folder),
        cutoff_len=2048,
    )
    tokenizer = tokenizer_of(model)
    module = get_dataset(
        get_template_and_fix_tokenizer(tokenizer, data),
        ModelArguments(model_name_or_path=str(model), cache_dir=str(cache)),
        data,
        Seq2SeqTrainingArguments(output_dir=str(folder / "out"), use_cpu=True),
        stage="sft",
        tokenizer=tokenizer,
    )
    read = module["train_dataset"]
    return {name: [list(row) for row in read[name]] for name in ("input_ids", "labels")}


@pytest.mark.parametrize("writer", ["llamafactory", "alpaca"])
def test_llamafactory_learns_every_answer_and_nothing_else(
    writer: str, tmp_path: Path, tiny_model: Tiny
) -> None:
    model = tiny_model("Qwen3")
    folder = written(WRITERS.get(writer), tmp_path / "data")
    read = read_by_llamafactory(folder, model, tmp_path / "cache")
    tokenizer = tokenizer_of(model)
    assert learnt(tokenizer, read["labels"]) == [f"{answer}{END}\n" for answer in LEARNT]
    assert read["input_ids"] == without_thoughts(tokenizer)


def test_a_prompt_without_system_text_is_read_alike_by_both_writers(
    tmp_path: Path, tiny_model: Tiny
) -> None:
    """An empty system column must not bring the template's own system text."""
    read = []
    for name in ("llamafactory", "alpaca"):
        writer: Any = WRITERS.get(name)
        folder = written(writer, tmp_path / name)
        bare = [Row("train", r.document, r.prompt[1:], r.answer) for r in rows()]
        (folder / "train.jsonl").write_bytes(b"".join(map(writer.line, bare)))
        read.append(read_by_llamafactory(folder, tiny_model("Qwen3"), tmp_path / "cache"))
    assert read[0] == read[1]
    assert len(read[0]["input_ids"]) == len(ANSWERS)


def trl_labels(trainer: Any) -> list[list[int]]:
    batches = [trainer.data_collator([row]) for row in trainer.train_dataset]
    return [batch["labels"][0].tolist() for batch in batches]


def test_trl_learns_every_answer_and_nothing_else(
    tmp_path: Path, tiny_model: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the exported script, up to where it would train."""
    import trl

    model = tiny_model("Qwen3")
    folder = written(TrlWriter(), tmp_path / "data")
    words = [
        f"model_name_or_path={model}",
        f"dataset_dir={folder}",
        f"output_dir={tmp_path / 'out'}",
        "bf16=false",
        "use_cpu=true",
    ]
    script = exported("qwen3_0_6b", words, "trl").text
    made: list[Any] = []

    def keep(trainer: Any) -> None:
        made.append(trainer)

    monkeypatch.setattr(trl.SFTTrainer, "train", keep)
    monkeypatch.setattr(trl.SFTTrainer, "save_model", lambda _: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    exec(compile(script, "exported", "exec"), {"__name__": "__main__"})
    [trainer] = made
    tokenizer = tokenizer_of(model)
    assert learnt(tokenizer, trl_labels(trainer)) == [f"{answer}{END}" for answer in LEARNT]
    ids = [list(row["input_ids"]) for row in trainer.train_dataset]
    assert ids == [each[:-1] for each in without_thoughts(tokenizer)]


def interpreter_with(package: str, variable: str) -> str:
    """The interpreter of an environment that has a package, which need not go with ours."""
    interpreter = os.environ.get(variable)
    if not interpreter:
        pytest.skip(f"{variable} names no interpreter that has {package}")
    return interpreter


@pytest.fixture
def axolotl() -> str:
    return interpreter_with("Axolotl", AXOLOTL)


@pytest.fixture
def unsloth() -> str:
    return interpreter_with("Unsloth", UNSLOTH)


def output_of(interpreter: str, script: str, folder: Path, *words: str | Path) -> Any:
    """What a script beside this file prints as its last line, in another environment."""
    done = subprocess.run(
        [interpreter, Path(__file__).with_name(script), *words],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hub")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def read_by_axolotl(
    interpreter: str, folder: Path, model: Path, configs: Sequence[Path]
) -> list[list[dict[str, list[int]]]]:
    read = output_of(interpreter, "read_with_axolotl.py", folder, model, *configs)
    return list(read.values())


def test_axolotl_takes_every_recipe_and_learns_the_answers_alone(
    tmp_path: Path, tiny_model: Tiny, axolotl: str
) -> None:
    folder = written(AxolotlWriter(), tmp_path / "data")
    configs = []
    for name in shipped_recipes():
        words = [f"dataset_dir={folder}", f"output_dir={tmp_path / name}"]
        configs.append(tmp_path / f"{name}.yaml")
        configs[-1].write_text(exported(name, words, "axolotl").text, "utf-8")
    model = tiny_model("Qwen3")
    tokenizer = tokenizer_of(model)
    read = read_by_axolotl(axolotl, tmp_path, model, configs)
    for path, of_config in zip(configs, read, strict=True):
        labels = [row["labels"] for row in of_config]
        assert sorted(learnt(tokenizer, labels)) == AXOLOTL_LEARNT, path.name
    [served] = [each for path, each in zip(configs, read, strict=True) if path.stem == "qwen3_0_6b"]
    assert sorted(row["ids"] for row in served) == sorted(without_thoughts(tokenizer))


def test_axolotl_takes_the_fragment_beside_the_rows(
    tmp_path: Path, tiny_model: Tiny, axolotl: str
) -> None:
    folder = written(AxolotlWriter(), tmp_path / "data")
    settings = yaml.safe_load((folder / "axolotl.yaml").read_text("utf-8"))
    settings |= {
        "base_model": "Qwen/Qwen3-0.6B",
        "learning_rate": 1e-4,
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "num_epochs": 1,
        "dataset_prepared_path": "prepared",
    }
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(settings), "utf-8")
    [read] = read_by_axolotl(axolotl, tmp_path, tiny_model("Qwen3"), [config])
    tokenizer = tokenizer_of(tiny_model("Qwen3"))
    labels = [row["labels"] for row in read]
    bare = [each.removeprefix("<think>\n\n</think>\n\n") for each in learnt(tokenizer, labels)]
    assert sorted(bare) == AXOLOTL_LEARNT


def test_unsloth_trains_by_the_exported_script_and_learns_the_answers_alone(
    tmp_path: Path, tiny_model: Tiny, unsloth: str
) -> None:
    model = tiny_model("Qwen3")
    folder = written(TrlWriter(), tmp_path / "data")
    words = [
        f"model_name_or_path={model}",
        f"dataset_dir={folder}",
        f"output_dir={tmp_path / 'out'}",
        "bf16=false",
        "use_cpu=true",
        "max_steps=2",
        "eval_strategy='no'",
        "save_strategy='no'",
        "load_best_model_at_end=false",
    ]
    script = tmp_path / "exported.py"
    script.write_text(exported("qwen3_0_6b", words, "unsloth").text, "utf-8")
    read = output_of(unsloth, "read_with_unsloth.py", tmp_path, script)
    tokenizer = tokenizer_of(model)
    labels = [row["labels"] for row in read]
    assert learnt(tokenizer, labels) == [f"{answer}{END}" for answer in LEARNT]
    assert [row["ids"] for row in read] == [each[:-1] for each in without_thoughts(tokenizer)]
    assert (tmp_path / "out/adapter_model.safetensors").exists()
