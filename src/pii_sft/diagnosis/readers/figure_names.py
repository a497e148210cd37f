"""Canonical names of logged figures, and what trainers call them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

STEP, EPOCH = "step", "epoch"
FINAL = "train_runtime"
"""The name that tells figures of the whole run, which trainers log once, at the end."""

_SPELLINGS: Mapping[str, str] = {
    "step": "step global_step current_steps iter iteration iterations it update num_updates batch "
    "步数 步 迭代 迭代次数",
    "epoch": "epoch epochs 轮次 轮",
    "loss": "loss train_loss training_loss loss_train tr_loss train_loss_step train_loss_epoch "
    "avg_loss train_avg_loss mean_loss loss_avg ner_loss train/loss loss/train lm_loss "
    "lm_loss_value loss_value loss_ner 损失 训练损失 训练集损失 平均损失",
    "plain_loss": "plain_loss",
    "eval_loss": "eval_loss val_loss valid_loss validation_loss dev_loss test_loss loss_val "
    "loss_valid validloss eval/loss val/loss loss/val loss/eval validation/loss val_loss_value "
    "val_lm_loss_value 验证损失 验证集损失",
    "learning_rate": "learning_rate lr learningrate train_lr lr_0 train/learning_rate lr_adamw "
    "学习率",
    "grad_norm": "grad_norm gnorm gradient_norm grad_norms gradnorm total_norm train/grad_norm "
    "norm_grad 梯度范数",
    "seconds": "seconds elapsed elapsed_time wall wall_time time_elapsed",
    "duration": "epoch_time epoch_seconds time_per_epoch epoch_duration duration time time_s "
    "step_time seconds_per_epoch seconds_per_step iteration_time 用时 耗时",
    "steps_per_second": "steps_per_second it_s its_s iterations_per_second steps_s it/s its/s "
    "steps_sec steps/sec steps/s speed iter_s",
    "seconds_per_step": "s_it sec_step sec_it s/it sec/it s/batch sec/batch",
    "ms_per_step": "ms_step ms_it ms/step ms/it ms/batch ms/iter step_time_ms iteration_time_ms "
    "elapsed_time_per_iteration_ms time_per_step_ms",
    "tokens_per_second": "tokens_per_second train_tokens_per_second throughput tokens_s wps tps "
    "tokens/s",
    "padding": "padding padding_share",
    "memory_gb": "memory_gb gpu_mem gpu_memory gpu_memory_gb mem memory vram_allocated "
    "memory/max_alloc memory/max_allocated_gib",
    "eval_runtime": "eval_runtime eval_seconds eval_time",
    "train_runtime": "train_runtime",
    "tokens": "num_input_tokens_seen total_tokens",
    "eval_precision": "eval_precision val_precision valid_precision dev_precision ents_p "
    "验证精确率",
    "eval_recall": "eval_recall val_recall valid_recall dev_recall ents_r 验证召回率",
    "eval_f1": "eval_f1 val_f1 valid_f1 dev_f1 eval_overall_f1 validation_f1 "
    "val_f1_score ents_f 验证f1",
    "eval_accuracy": "eval_accuracy val_accuracy val_acc valid_acc dev_acc eval_acc "
    "validation_accuracy",
}

_CANONICAL = {each: name for name, spellings in _SPELLINGS.items() for each in spellings.split()}

_TIMES = re.compile(r"(?:(\d+) days?, )?(?:(\d+):)?(\d{1,3}):(\d{2}(?:\.\d+)?)")


def canonical(name: str) -> str | None:
    """The canonical name of a figure; None for what diagnosis has no use for.

    Args:
        name: as a trainer wrote it.
    """
    plain = re.sub(r"[\s.-]+", "_", name.strip().lower()).strip("_")
    if plain in _CANONICAL:
        return _CANONICAL[plain]
    if plain.startswith("eval_") and not plain.endswith("_per_second"):
        return plain
    return None


def number(value: Any) -> float | None:
    """A figure as a number; None where it is none.

    Numbers may be written as text (transformers 5 does on the console), times as `0:01:05`.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str):
        return None
    text = value.strip().removesuffix("s")
    try:
        return float(text)
    except ValueError:
        return seconds(text)


def seconds(text: str) -> float | None:
    """A time such as `0:01:05` or `1 day, 0:01:05` in seconds; None where it is none."""
    found = _TIMES.fullmatch(text.strip())
    if found is None:
        return None
    days, hours, minutes, rest = (float(each or 0) for each in found.groups())
    return days * 86_400 + hours * 3_600 + minutes * 60 + rest


def figures(row: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a row by canonical name; what is no number is left out."""
    found: dict[str, float] = {}
    for key, value in row.items():
        name, figure = canonical(str(key)), number(value)
        if name is not None and figure is not None:
            found.setdefault(name, figure)
    return in_usual_units(found)


_PARTS_OF_SECOND = (("seconds_per_step", 1.0), ("ms_per_step", 1000.0))
_MOST_GB = 1000
"""Above it, memory was logged in megabytes."""


def in_usual_units(found: dict[str, float]) -> dict[str, float]:
    """Figures with speeds as steps a second, and memory in gigabytes."""
    for name, times in _PARTS_OF_SECOND:
        took = found.pop(name, 0.0)
        if took > 0:
            found.setdefault("steps_per_second", times / took)
    if found.get("memory_gb", 0.0) > _MOST_GB:
        found["memory_gb"] /= 1024
    return found
