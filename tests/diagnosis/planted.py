"""Made-up training logs: healthy ones of many kinds, and the same with a fault planted.

Nothing of a curve is taken from what a detector looks for: noise, schedules, lengths and levels are
drawn from a seed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Log:
    """A run before it is written; faults change its arrays."""

    rng: np.random.Generator
    steps: NDArray[np.int64]
    total: int
    per_epoch: float
    loss: Floats
    rate: Floats
    norm: Floats
    speed: Floats
    evaluated: NDArray[np.int64]
    eval_loss: Floats
    padding: Floats
    memory: Floats
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> Floats:
        return self.steps / self.total

    def at_evaluations(self, values: Floats) -> Floats:
        return np.interp(self.evaluated, self.steps, values)


def schedule(kind: str, share: Floats, warm: float, cycles: int) -> Floats:
    after = np.clip((share - warm) / (1 - warm), 0, 1)
    rising = np.minimum(share / warm, 1) if warm else np.ones_like(share)
    shapes = {
        "cosine": 0.5 * (1 + np.cos(np.pi * after)),
        "linear": 1 - after,
        "constant": np.ones_like(share),
        "polynomial": (1 - after) ** 2 * 0.9 + 0.1,
        "restarts": 0.5 * (1 + np.cos(np.pi * ((cycles * after) % 1.0))),
        "onecycle": 0.5 * (1 + np.cos(np.pi * after)) * 0.999 + 0.001,
    }
    return np.where(share < warm, rising, shapes[kind])


def healthy(seed: int, **fixed: Any) -> Log:
    """A run in which nothing is wrong."""
    rng = np.random.default_rng(seed)
    rows = int(fixed.get("rows", rng.choice([15, 25, 40, 80, 150, 300, 600])))
    every = int(rng.choice([1, 5, 10, 20]))
    total = rows * every
    steps = np.arange(1, rows + 1) * every
    epochs = float(rng.choice([1, 2, 3, 5, 8]))
    share = steps / total
    start, floor = rng.uniform(0.8, 4.0), rng.uniform(0.02, 0.25)
    pace = rng.uniform(0.12, 0.35)
    clean = floor * start + start * (1 - floor) * np.exp(-share / pace)
    level = float(fixed.get("noise", rng.choice([0.01, 0.03, 0.08, 0.15])))
    noise = rng.normal(0, level, rows) if rng.random() < 0.7 else rng.standard_t(5, rows) * level
    loss = clean * np.exp(noise)
    kind = str(
        fixed.get(
            "schedule",
            rng.choice(["cosine", "linear", "constant", "polynomial", "restarts", "onecycle"]),
        )
    )
    warm = float(rng.choice([0.03, 0.05, 0.1]))
    warm = max(warm, 1.5 * every / total)
    cycles = int(rng.choice([2, 3, 4]))
    peak = float(rng.choice([2e-5, 1e-4, 2e-4, 5e-4]))
    rate = peak * schedule(kind, (steps - 1) / total, warm, cycles)
    norm = rng.uniform(0.3, 3) * (0.4 + np.exp(-share / 0.2)) * np.exp(rng.normal(0, 0.25, rows))
    speed = (
        total / rng.uniform(600, 20_000) * np.exp(rng.normal(0, rng.choice([0.02, 0.1, 0.2]), rows))
    )
    speed[0] *= rng.uniform(0.2, 1)
    if kind == "restarts":
        ends = (warm + (1 - warm) * np.arange(1, cycles + 1) / cycles) * total
        evaluated = np.unique(np.clip((ends / every).astype(int) * every, every, total))
        if len(evaluated) < 3:
            evaluated = np.unique(
                np.concatenate([evaluated, [total // 3 // every * every or every]])
            )
    else:
        count = int(rng.choice([3, 4, 5, 8, 10]))
        evaluated = np.unique((np.linspace(1 / count, 1, count) * rows).astype(int) * every)
    evaluated = evaluated[evaluated > 0]
    gap = rng.uniform(1.0, 1.12)
    eval_loss = (
        np.interp(evaluated, steps, clean) * gap * np.exp(rng.normal(0, level / 10, len(evaluated)))
    )
    log = Log(
        rng,
        steps,
        total,
        total / epochs,
        loss,
        rate,
        norm,
        speed,
        evaluated,
        eval_loss,
        np.clip(rng.normal(0.15, 0.03, rows), 0, 1),
        np.full(rows, rng.uniform(4, 60)),
        {
            "learning_rate": peak,
            "lr_scheduler_type": "cosine_with_restarts" if kind == "restarts" else "cosine",
            "lr_scheduler_kwargs": {"num_cycles": cycles} if kind == "restarts" else {},
            "max_grad_norm": 1.0,
            "early_stopping_steps": 3,
            "load_best_model_at_end": True,
            "num_train_epochs": epochs,
        },
    )
    if fixed.get("negative", rng.random() < 0.1):
        log.loss = log.loss - log.loss.max() * 1.2
        log.eval_loss = log.eval_loss - log.loss.max() * 0
        log.eval_loss = log.at_evaluations(np.interp(steps, steps, clean - (clean * 1.2).max()))
    return log


Plant = Callable[[Log], None]
FAULTS: dict[str, tuple[str, Plant]] = {}


def fault(name: str, *found_as: str) -> Callable[[Plant], Plant]:
    """Register what plants a fault, and the ids of findings of which one has to be there."""

    def add(plant: Plant) -> Plant:
        FAULTS[name] = (" ".join(found_as), plant)
        return plant

    return add


@fault("nan in the loss", "loss-not-a-number")
def _nan(log: Log) -> None:
    log.loss[int(log.rng.uniform(0.3, 0.9) * len(log.loss)) :] = math.nan


@fault("nan in the gradients", "loss-not-a-number")
def _nan_gradient(log: Log) -> None:
    at = int(log.rng.uniform(0.3, 0.8) * len(log.loss))
    log.norm[at:] = math.nan
    log.loss[at:] = log.loss[at - 1]


@fault("loss is exactly zero", "loss-zero loss-not-a-number")
def _zero(log: Log) -> None:
    log.loss[int(log.rng.uniform(0.1, 0.7) * len(log.loss)) :] = 0.0


@fault("spike", "loss-spike")
def _spike(log: Log) -> None:
    at = int(log.rng.uniform(0.25, 0.85) * len(log.loss))
    width = int(log.rng.integers(1, 4))
    log.loss[at : at + width] *= log.rng.uniform(3, 8)


@fault("several spikes", "loss-spike")
def _spikes(log: Log) -> None:
    for share in (0.3, 0.55, 0.8):
        log.loss[int(share * len(log.loss))] *= log.rng.uniform(2.5, 6)


@fault("divergence", "loss-diverges")
def _diverge(log: Log) -> None:
    onset = log.rng.uniform(0.4, 0.7)
    over = np.clip((log.share - onset) / (1 - onset), 0, None)
    log.loss += log.loss[0] * log.rng.uniform(0.8, 2.5) * over
    log.eval_loss += log.loss[0] * np.clip(
        (log.evaluated / log.total - onset) / (1 - onset), 0, None
    )


@fault("sudden divergence", "loss-diverges")
def _jump(log: Log) -> None:
    at = int(log.rng.uniform(0.4, 0.8) * len(log.loss))
    log.loss[at:] = (
        log.loss[0]
        * log.rng.uniform(1.0, 2.0)
        * np.exp(log.rng.normal(0, 0.05, len(log.loss) - at))
    )


@fault("plateau", "loss-plateau underfit development-plateau")
def _plateau(log: Log) -> None:
    start = log.loss[:3].mean()
    floor = log.rng.uniform(0.3, 0.6) * start
    clean = floor + (start - floor) * np.exp(-log.share / 0.05)
    log.loss = clean * np.exp(log.rng.normal(0, 0.03, len(clean)))
    log.eval_loss = log.at_evaluations(clean) * 1.03


@fault("waves", "loss-oscillates")
def _waves(log: Log) -> None:
    log.loss *= 1 + log.rng.uniform(0.3, 0.6) * np.sin(
        2 * np.pi * np.arange(len(log.loss)) / log.rng.uniform(4, 9)
    )


@fault("zigzag", "loss-oscillates")
def _zigzag(log: Log) -> None:
    log.loss *= 1 + log.rng.uniform(0.25, 0.6) * (-1.0) ** np.arange(len(log.loss))


@fault("overfitting", "overfitting")
def _overfit(log: Log) -> None:
    turn = log.rng.uniform(0.3, 0.5)
    share = log.evaluated / log.total
    over = np.clip((share - turn) / (1 - turn), 0, None)
    log.eval_loss += log.eval_loss[0] * log.rng.uniform(0.5, 1.5) * over
    log.loss *= np.exp(-1.5 * log.share)


@fault("underfitting", "underfit loss-plateau")
def _underfit(log: Log) -> None:
    start = log.loss[:3].mean()
    drop = log.rng.uniform(0.0, 0.12)
    clean = start * (1 - drop * log.share)
    log.loss = clean * np.exp(log.rng.normal(0, 0.02, len(clean)))
    log.eval_loss = log.at_evaluations(clean)


@fault("memorisation", "memorisation")
def _memorise(log: Log) -> None:
    log.loss = np.maximum(
        log.loss * np.exp(-12 * np.clip(log.share - 0.1, 0, 0.5)), 0.0015
    ) * np.exp(log.rng.normal(0, 0.1, len(log.loss)))
    log.per_epoch = log.total / 8
    log.loss[log.share > 0.5] = 0.002 * np.exp(log.rng.normal(0, 0.2, (log.share > 0.5).sum()))
    log.eval_loss = np.full(len(log.evaluated), 0.2)


@fault("no warm-up", "no-warmup")
def _cold(log: Log) -> None:
    log.rate = log.rate.max() * schedule("cosine", (log.steps - 1) / log.total, 0.0, 1)
    log.steps = log.steps - log.steps[0] + 1
    log.norm[:6] *= 8


@fault("restarts never", "restarts-never")
def _one_cycle(log: Log) -> None:
    log.rate = log.rate.max() * schedule("cosine", (log.steps - 1) / log.total, 0.05, 1)
    log.settings["lr_scheduler_type"] = "cosine_with_restarts"


@fault("rate of zero", "learning-rate-zero")
def _no_rate(log: Log) -> None:
    log.rate[int(0.3 * len(log.rate)) :] = 0.0


@fault("exploding gradients", "gradient-explosion")
def _explode(log: Log) -> None:
    onset = log.rng.uniform(0.4, 0.7)
    log.norm *= np.exp(np.clip((log.share - onset) / (1 - onset), 0, None) * log.rng.uniform(4, 7))


@fault("gradient bursts without clipping", "gradient-explosion")
def _bursts(log: Log) -> None:
    at = log.rng.choice(np.arange(len(log.norm) // 3, len(log.norm)), 3, replace=False)
    log.norm[at] *= log.rng.uniform(20, 60)
    log.settings["max_grad_norm"] = 0.0


@fault("vanishing gradients", "gradients-vanish")
def _vanish(log: Log) -> None:
    log.norm *= np.exp(-np.clip(log.share - 0.2, 0, None) * log.rng.uniform(9, 14))
    log.loss = (
        log.loss[:3].mean()
        * (1 - 0.3 * np.minimum(log.share / 0.3, 1))
        * np.exp(log.rng.normal(0, 0.02, len(log.loss)))
    )
    log.eval_loss = log.at_evaluations(log.loss)


@fault("throughput cliff", "throughput-cliff")
def _cliff(log: Log) -> None:
    at = int(log.rng.uniform(0.25, 0.7) * len(log.speed))
    width = max(2, int(log.rng.uniform(0.05, 0.2) * len(log.speed)))
    log.speed[at : at + width] /= log.rng.uniform(3.5, 8)


@fault("slow for good", "throughput-cliff throughput-declines")
def _slow(log: Log) -> None:
    log.speed[int(log.rng.uniform(0.3, 0.7) * len(log.speed)) :] /= log.rng.uniform(2.6, 5)


@fault("slower and slower", "throughput-declines throughput-cliff")
def _decline(log: Log) -> None:
    log.speed *= np.exp(-log.share * log.rng.uniform(0.9, 1.6))


@fault("padding", "padding-waste")
def _pad(log: Log) -> None:
    log.padding = np.clip(log.rng.normal(0.6, 0.05, len(log.padding)), 0, 1)


@fault("rare evaluation", "rare-evaluation")
def _rare(log: Log) -> None:
    log.per_epoch = log.total / 4
    log.evaluated, log.eval_loss = log.evaluated[-1:], log.eval_loss[-1:]


@fault("best early", "best-checkpoint-early overfitting development-plateau")
def _early(log: Log) -> None:
    count = 10
    log.evaluated = np.unique(
        (np.linspace(0.1, 1, count) * len(log.steps)).astype(int) * log.steps[0]
    )
    curve = np.concatenate([[1.0, 0.8, 0.7], np.linspace(0.72, 0.78, len(log.evaluated) - 3)])
    log.eval_loss = log.loss[0] * curve


@fault("development plateau", "development-plateau")
def _still(log: Log) -> None:
    log.evaluated = np.unique((np.linspace(0.1, 1, 10) * len(log.steps)).astype(int) * log.steps[0])
    log.eval_loss = np.round(0.0073 + 0.002 * np.exp(-np.arange(len(log.evaluated)) / 0.7), 4)


@fault("no early stopping", "no-early-stopping")
def _unstopped(log: Log) -> None:
    log.evaluated = np.unique(
        (np.linspace(1 / 12, 1, 12) * len(log.steps)).astype(int) * log.steps[0]
    )
    log.eval_loss = (
        0.3
        + 0.2 * np.exp(-np.arange(len(log.evaluated)) / 0.6)
        + 0.02 * np.clip(np.arange(len(log.evaluated)) - 3, 0, None)
    )
    log.settings["early_stopping_steps"] = 0


@fault("ends of cycles", "cycle-ends-not-evaluated")
def _between(log: Log) -> None:
    every = log.steps[0]
    log.rate = log.rate.max() * schedule("restarts", (log.steps - 1) / log.total, 0.05, 3)
    ends = (0.05 + 0.95 * np.arange(3) / 3) * log.total
    middle = ends + 0.95 * log.total / 6
    log.evaluated = np.unique((middle / every).astype(int) * every)
    log.eval_loss = log.at_evaluations(log.loss)


@fault("wide gap", "wide-gap")
def _gap(log: Log) -> None:
    log.loss *= np.exp(-1.0 * log.share)
    log.eval_loss = log.at_evaluations(log.loss) + log.rng.uniform(0.3, 0.6) * max(
        1.0, log.loss[-5:].mean() * 2
    )


def rows_of(log: Log) -> list[dict[str, float]]:
    """What a trainer would log, in order, by the names of the Hugging Face Trainer."""
    rows: list[dict[str, float]] = []
    clock = 0.0
    before = 0
    evaluations = dict(zip(log.evaluated.tolist(), log.eval_loss.tolist(), strict=True))
    for at, step in enumerate(log.steps.tolist()):
        clock += (step - before) / log.speed[at]
        before = step
        epoch = step / log.per_epoch
        rows.append(
            {
                "step": step,
                "epoch": round(epoch, 4),
                "loss": float(f"{log.loss[at]:.5g}"),
                "learning_rate": float(log.rate[at]),
                "grad_norm": float(f"{log.norm[at]:.5g}"),
                "tokens_per_second": float(f"{log.speed[at] * 900:.5g}"),
                "padding": float(f"{log.padding[at]:.3g}"),
                "memory_gb": float(f"{log.memory[at]:.4g}"),
                "seconds": clock,
            }
        )
        if step in evaluations:
            took = 0.02 * log.total / float(np.median(log.speed))
            clock += took
            rows.append(
                {
                    "step": step,
                    "epoch": round(epoch, 4),
                    "eval_loss": float(f"{evaluations[step]:.5g}"),
                    "eval_runtime": took,
                    "seconds": clock,
                }
            )
    return rows


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _as_metrics(log: Log) -> str:
    kept = [
        {k: v for k, v in row.items() if k not in ("seconds", "eval_runtime")}
        for row in rows_of(log)
    ]
    return "".join(
        json.dumps({k: None if math.isnan(v) else v for k, v in row.items()}) + "\n" for row in kept
    )


def _as_trainer_log(log: Log) -> str:
    """Without gradients, speed and padding, which LLaMA-Factory does not write there."""
    lines = []
    for row in rows_of(log):
        new = {
            "current_steps": row["step"],
            "total_steps": log.total,
            "epoch": row["epoch"],
            "percentage": round(100 * row["step"] / log.total, 2),
            "elapsed_time": _clock(row["seconds"]),
        }
        new |= (
            {"loss": row["loss"], "lr": row["learning_rate"]}
            if "loss" in row
            else {"eval_loss": row["eval_loss"]}
        )
        lines.append(json.dumps(new) + "\n")
    return "".join(lines)


def _as_state(log: Log) -> str:
    wanted = ("step", "epoch", "loss", "learning_rate", "grad_norm", "eval_loss", "eval_runtime")
    history = [{k: row[k] for k in wanted if k in row} for row in rows_of(log)]
    return json.dumps(
        {"log_history": history, "max_steps": log.total, "global_step": log.total}, indent=2
    )


def _as_console(log: Log) -> str:
    lines = []
    for row in rows_of(log):
        shown = {
            k: str(v)
            for k, v in row.items()
            if k in ("loss", "grad_norm", "learning_rate", "epoch", "eval_loss")
        }
        if "loss" in row:
            speed = row["tokens_per_second"] / 900
            rate = f"{speed:.2f}it/s" if speed >= 1 else f"{1 / speed:.2f}s/it"
            done = row["step"] * 100 // log.total
            lines.append(f"\r {done}%|##  | {row['step']}/{log.total} [00:10<01:30, {rate}]")
        lines.append(str(shown) + "\n")
    return "".join(lines)


def _as_table(log: Log) -> str:
    names = (
        "step",
        "epoch",
        "loss",
        "learning_rate",
        "grad_norm",
        "eval_loss",
        "tokens_per_second",
        "padding",
    )
    spelled = {"loss": "train_loss", "learning_rate": "lr", "eval_loss": "val_loss"}
    lines = [",".join(spelled.get(name, name) for name in names)]
    lines += [",".join(str(row.get(name, "")) for name in names) for row in rows_of(log)]
    return "\n".join(lines) + "\n"


NEEDS: Mapping[str, str] = {
    "exploding gradients": "norm",
    "gradient bursts without clipping": "norm",
    "vanishing gradients": "norm",
    "nan in the gradients": "norm",
    "throughput cliff": "speed",
    "slow for good": "speed",
    "slower and slower": "speed",
    "padding": "padding",
}
"""What a format has to hold for a fault to show in it."""

FORMATS: Mapping[str, tuple[str, Callable[[Log], str], frozenset[str]]] = {
    "metrics": ("metrics.jsonl", _as_metrics, frozenset({"norm", "speed", "padding"})),
    "trainer_log": ("trainer_log.jsonl", _as_trainer_log, frozenset({"speed"})),
    "state": ("trainer_state.json", _as_state, frozenset({"norm"})),
    "console": ("train.log", _as_console, frozenset({"norm", "speed"})),
    "table": ("history.csv", _as_table, frozenset({"norm", "speed", "padding"})),
}


def write(log: Log, shape: str, folder: Path) -> Path:
    name, text, _ = FORMATS[shape]
    path = folder / name
    path.write_text(text(log), encoding="utf-8")
    return path


def shapes_for(name: str) -> list[str]:
    """Formats in which a fault can be seen."""
    need = NEEDS.get(name)
    return [shape for shape, (_, _, held) in FORMATS.items() if need is None or need in held]
