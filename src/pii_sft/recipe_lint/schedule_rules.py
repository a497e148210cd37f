"""Rules about steps, rates and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error, note, warning

FEWEST_STEPS = 30
LOW_RATE, HIGH_RATE = 5e-5, 2e-3
HIGH_FULL_RATE = 1e-4
PEAK_WITHOUT_WARMUP = 1e-4


def restarts_never(context: RecipeContext) -> Iterator[Finding]:
    """`cosine_with_restarts` has one cycle by default, which is a cosine without restart."""
    if context.recipe.get("lr_scheduler_type") == "cosine_with_restarts" and context.cycles < 2:
        yield warning(
            "lr_scheduler_type is cosine_with_restarts, but lr_scheduler_kwargs.num_cycles is "
            f"{context.cycles}: the rate never restarts",
            "set lr_scheduler_kwargs.num_cycles to the number of cycles, or take cosine",
            {"lr_scheduler_kwargs": {"num_cycles": 2}},
        )


def waves_of_cosine(context: RecipeContext) -> Iterator[Finding]:
    """For a plain cosine, `num_cycles` counts waves: half of one is the usual fall to 0."""
    settings = context.recipe.get("lr_scheduler_kwargs")
    if context.recipe.get("lr_scheduler_type") != "cosine" or not isinstance(settings, dict):
        return
    waves = settings.get("num_cycles", 0.5)
    if waves != 0.5:
        yield error(
            f"lr_scheduler_type is cosine with num_cycles {waves}: the rate rises again in waves, "
            "and may end at its peak",
            "take cosine_with_restarts, whose num_cycles counts restarts",
            {"lr_scheduler_type": "cosine_with_restarts"}
            if context.cycles > 1
            else {"lr_scheduler_kwargs": REMOVED},
        )


def cycles_between_evaluations(context: RecipeContext) -> Iterator[Finding]:
    """Evaluations by epoch fall on the ends of cycles only if cycles are whole epochs."""
    epochs = context.number("num_train_epochs", 3.0)
    restarts = (
        context.recipe.get("lr_scheduler_type") == "cosine_with_restarts" and context.cycles > 1
    )
    by_epoch = (
        context.recipe.get("eval_strategy") == "epoch" and context.number("max_steps", -1) <= 0
    )
    if context.trains and restarts and by_epoch and epochs % context.cycles:
        yield warning(
            f"{context.cycles} cycles in {epochs:g} epochs: cycles end between evaluations, so the "
            "checkpoints at their ends are never looked at",
            "make num_train_epochs a multiple of num_cycles, which may have to be lower",
            _whole_cycles(context.cycles, epochs),
        )


def _whole_cycles(cycles: int, epochs: float) -> dict[str, Any]:
    """More epochs, or fewer cycles where there are more than epochs."""
    if cycles <= epochs:
        return {"num_train_epochs": float(cycles * round(epochs / cycles))}
    if epochs < 2:
        return {"lr_scheduler_type": "cosine", "lr_scheduler_kwargs": REMOVED}
    return {
        "num_train_epochs": float(int(epochs)),
        "lr_scheduler_kwargs": {"num_cycles": int(epochs)},
    }


def patience_within_cycle(context: RecipeContext) -> Iterator[Finding]:
    """After a restart the loss rises; patience has to outlast a cycle."""
    patience = context.number("early_stopping_steps", 0)
    evaluations = _evaluations(context)
    if not patience or context.cycles < 2 or evaluations is None:
        return
    needed = -(-evaluations // context.cycles)
    if patience < needed:
        yield warning(
            f"early_stopping_steps is {patience:g} evaluations and a cycle has {needed}: the run "
            "may end in the rise after a restart",
            f"set early_stopping_steps to at least {needed}",
            {"early_stopping_steps": needed},
        )


def _evaluations(context: RecipeContext) -> int | None:
    if context.recipe.get("eval_strategy") == "epoch" and context.number("max_steps", -1) <= 0:
        return int(context.number("num_train_epochs", 3.0))
    if context.recipe.get("eval_strategy") == "steps" and context.steps is not None:
        every = context.number("eval_steps", context.number("logging_steps", 500))
        return int(context.steps // every) if every >= 1 else int(1 / every)
    return None


def rare_evaluation(context: RecipeContext) -> Iterator[Finding]:
    """A checkpoint can only be chosen among those that were evaluated."""
    evaluations = _evaluations(context)
    if not context.trains or evaluations is None or not context.on("load_best_model_at_end"):
        return
    if evaluations < 2:
        yield (error if evaluations == 0 else warning)(
            f"{evaluations} evaluations in {context.steps or 'all'} steps: there is nothing to "
            "choose the best checkpoint from",
            "evaluate and save by epoch, or every quarter of the run",
            {
                "eval_strategy": "epoch",
                "save_strategy": "epoch",
                "eval_steps": REMOVED,
                "save_steps": REMOVED,
            },
        )


def few_steps(context: RecipeContext) -> Iterator[Finding]:
    """A run of a few steps learns little, whatever its rate."""
    if not context.trains or context.steps is None or context.number("max_steps", -1) > 0:
        return
    if context.steps < FEWEST_STEPS and context.data is not None:
        yield warning(
            f"{context.data.train_rows} rows in batches of {context.batch} give "
            f"{context.steps} steps",
            "lower gradient_accumulation_steps, or raise num_train_epochs",
            {"gradient_accumulation_steps": 1} if context.batch > context.processes else {},
        )


def rate_of_practice(context: RecipeContext) -> Iterator[Finding]:
    """LoRA wants a rate ten times that of full fine-tuning."""
    rate = context.number("learning_rate", 0.0 if context.on("learning_rate") else 5e-5)
    if not context.trains or rate <= 0:
        return
    method = context.recipe.get("finetuning_type", "lora")
    if method == "full" and rate > HIGH_FULL_RATE:
        yield warning(
            f"learning_rate is {rate:g} with full fine-tuning",
            "1e-5 is usual",
            {"learning_rate": 1e-5},
        )
    if method == "lora" and not LOW_RATE < rate <= HIGH_RATE:
        low = rate <= LOW_RATE
        yield warning(
            f"learning_rate is {rate:g}{'' if context.on('learning_rate') else ' by default'}: "
            + (
                "at the low end for LoRA, more fit for full fine-tuning" if low else "high for LoRA"
            ),
            "1e-4 to 5e-4 is usual, 2e-4 the common start; 'pii-sft lr-range' measures it",
            {"learning_rate": 2e-4},
        )


def no_warmup(context: RecipeContext) -> Iterator[Finding]:
    """The first steps of Adam have no estimate of the gradient's size yet."""
    rate = context.number("learning_rate", 5e-5)
    warms = context.on("warmup_steps") or context.on("warmup_ratio")
    if context.trains and not warms and rate >= PEAK_WITHOUT_WARMUP:
        yield warning(
            f"there is no warm-up: the first step is taken at {rate:g}",
            "warm up for a twentieth of the run",
            {"warmup_steps": 0.05},
        )


def old_warmup_ratio(context: RecipeContext) -> Iterator[Finding]:
    """`warmup_ratio` is deprecated; `warmup_steps` below 1 is a share."""
    ratio = context.recipe.get("warmup_ratio")
    if ratio:
        yield note(
            "warmup_ratio is deprecated in transformers 5",
            f"write warmup_steps: {ratio}, which below 1 is a share",
            {"warmup_ratio": REMOVED, "warmup_steps": ratio},
        )


def warmup_longer_than_run(context: RecipeContext) -> Iterator[Finding]:
    """With a warm-up longer than the run, the rate never reaches its peak."""
    warmup = context.number("warmup_steps", 0.0)
    if context.trains and context.steps is not None and warmup >= max(1, context.steps):
        yield error(
            f"warmup_steps is {warmup:g} and the run has {context.steps} steps: the rate never "
            "reaches its peak",
            "warm up for a twentieth of the run",
            {"warmup_steps": 0.05},
        )


def no_clipping(context: RecipeContext) -> Iterator[Finding]:
    """Without clipping, one bad batch can ruin a run."""
    if context.trains and "max_grad_norm" in context.recipe and not context.on("max_grad_norm"):
        yield warning(
            "max_grad_norm is 0: gradients are not clipped", "clip at 1.0", {"max_grad_norm": 1.0}
        )
