"""Rules about evaluation and the choice of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error, warning

SPAN_METRICS = ("span_f1", "span_f2", "span_recall", "span_precision")
ROUGE = ("rouge-1", "rouge-2", "rouge-l", "bleu-4")


def generates_in_training(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory pads for training, and generates from prompts that end in padding."""
    if context.trains and context.on("predict_with_generate"):
        yield error(
            "predict_with_generate with do_train: evaluation generates from wrongly padded prompts",
            "take it out; 'pii-sft train' measures spans by generation",
            {"predict_with_generate": REMOVED},
        )


def missing_metric(context: RecipeContext) -> Iterator[Finding]:
    """A metric that evaluation does not produce ends the run at its first evaluation."""
    metric = context.recipe.get("metric_for_best_model")
    if not context.trains or metric is None:
        return
    known = {"loss"}
    if context.on("compute_accuracy"):
        known.add("accuracy")
    if context.on("predict_with_generate"):
        known.update(ROUGE)
    if context.trainer == "pii-sft":
        known.update(SPAN_METRICS)
    if str(metric).removeprefix("eval_") not in known:
        names = ", ".join(f"eval_{name}" for name in sorted(known))
        yield error(
            f"metric_for_best_model is {metric}, which evaluation does not produce: KeyError at "
            f"the first one. There is {names}",
            "choose by eval_loss; 'pii-sft train' chooses by span F1",
            {"metric_for_best_model": "eval_loss", "greater_is_better": REMOVED},
        )


def wrong_direction(context: RecipeContext) -> Iterator[Finding]:
    """The best loss is the smallest."""
    metric = str(context.recipe.get("metric_for_best_model", ""))
    if metric.endswith("loss") and context.recipe.get("greater_is_better") is True:
        yield error(
            f"greater_is_better is true for {metric}: the worst checkpoint would be kept",
            "take greater_is_better out",
            {"greater_is_better": REMOVED},
        )


def saves_and_evaluates_apart(context: RecipeContext) -> Iterator[Finding]:
    """The best checkpoint can only be loaded if what was evaluated was saved."""
    recipe = context.recipe
    if not context.trains or not context.on("load_best_model_at_end"):
        return
    evaluation, saving = recipe.get("eval_strategy", "no"), recipe.get("save_strategy", "steps")
    if saving == "best" and context.evaluates:
        return
    same = evaluation == saving
    whole = True
    if same and evaluation == "steps":
        every = context.number("eval_steps", context.number("logging_steps", 500))
        saved = context.number("save_steps", 500)
        whole = every > 0 and abs(saved / every - round(saved / every)) < 1e-9
    if same and whole and context.evaluates:
        return
    evidence = (
        f"save_steps is {recipe.get('save_steps', 500)}, no multiple of eval_steps"
        if same and context.evaluates
        else f"eval_strategy is {evaluation}, save_strategy {saving}"
    )
    changes = (
        {"save_steps": recipe.get("eval_steps", recipe.get("logging_steps", 500))}
        if same and context.evaluates
        else {"eval_strategy": "epoch", "save_strategy": "epoch"}
    )
    yield error(
        f"load_best_model_at_end, but {evidence}: the trainer refuses to start",
        "evaluate and save at the same steps",
        changes,
    )


def stops_by_nothing(context: RecipeContext) -> Iterator[Finding]:
    """Early stopping needs evaluations and a metric."""
    if not context.on("early_stopping_steps"):
        return
    if not context.evaluates:
        yield error(
            "early_stopping_steps counts evaluations, and there are none",
            "set eval_strategy and eval_dataset, or take early_stopping_steps out",
            {"early_stopping_steps": REMOVED},
        )
    elif not context.on("load_best_model_at_end") and not context.on("metric_for_best_model"):
        yield error(
            "early_stopping_steps without metric_for_best_model: the trainer stops with an "
            "assertion",
            "set load_best_model_at_end: true and metric_for_best_model: eval_loss",
            {"load_best_model_at_end": True, "metric_for_best_model": "eval_loss"},
        )


def accuracy_and_generation(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory refuses both together."""
    if context.on("compute_accuracy") and context.on("predict_with_generate"):
        yield error(
            "compute_accuracy and predict_with_generate exclude each other",
            "take one out",
            {"compute_accuracy": REMOVED},
        )


def shuffled_predictions(context: RecipeContext) -> Iterator[Finding]:
    """Grouped by length, answers are written beside other prompts."""
    if (
        context.on("do_predict")
        and context.recipe.get("train_sampling_strategy") == "group_by_length"
    ):
        yield error(
            "do_predict with train_sampling_strategy: group_by_length writes answers beside the "
            "wrong prompts",
            "predict with train_sampling_strategy: sequential, or with 'pii-sft predict'",
            {"train_sampling_strategy": "sequential"},
        )


def sampled_predictions(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory samples by default, at temperature 0.95."""
    if context.on("do_predict") and context.recipe.get("do_sample", True) is not False:
        yield warning(
            "do_predict without do_sample: false draws answers at temperature "
            f"{context.number('temperature', 0.95):g}: every run gives other entities",
            "set do_sample: false",
            {"do_sample": False},
        )
