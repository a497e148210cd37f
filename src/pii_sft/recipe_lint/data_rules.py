"""Rules about the data set, lengths and packing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error, warning
from pii_sft.recipe_lint.method_rules import QWEN3_5

SPECIAL = 8
LINEAR = "linear_attention"
"""Names in configurations of layers that carry a state from token to token."""


def unknown_data_set(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory knows data sets by their names in `dataset_info.json`."""
    if context.data is None or not context.data.info:
        return
    for key in ("dataset", "eval_dataset"):
        for name in _names(context, key):
            if name not in context.data.info:
                known = ", ".join(context.data.info)
                yield error(
                    f"{key} names {name}, and dataset_info.json does not. It has {known}",
                    f"name one of {known}",
                )


def no_training_data(context: RecipeContext) -> Iterator[Finding]:
    """A run needs rows."""
    if context.trains and not context.on("dataset") and not context.on("tokenized_path"):
        yield error("do_train without dataset", "set dataset: pii_train", {"dataset": "pii_train"})


def trains_nothing(context: RecipeContext) -> Iterator[Finding]:
    """Without `do_train` LLaMA-Factory loads model and data, and ends."""
    if context.trains or context.on("do_eval") or context.on("do_predict"):
        return
    yield error(
        "there is no do_train: true, so nothing is trained",
        "set do_train: true",
        {"do_train": True},
    )


def _names(context: RecipeContext, key: str) -> list[str]:
    return [name.strip() for name in str(context.recipe.get(key) or "").split(",") if name.strip()]


def trains_on_test(context: RecipeContext) -> Iterator[Finding]:
    """Refuse to train on the test split: a model can't be measured on what it has learned."""
    test = [name for name in _names(context, "dataset") if name.endswith("_test") or name == "test"]
    if context.trains and test:
        rest = [name for name in _names(context, "dataset") if name not in test]
        yield error(
            f"dataset names {', '.join(test)}: scores on it will mean nothing",
            "train on the train split alone",
            {"dataset": ",".join(rest) or "pii_train"},
        )


def evaluates_on_training(context: RecipeContext) -> Iterator[Finding]:
    """Choosing a checkpoint on training rows chooses the one that overfits most."""
    both = [name for name in _names(context, "eval_dataset") if name in _names(context, "dataset")]
    if context.trains and both:
        yield error(
            f"eval_dataset names {', '.join(both)}, which is trained on",
            "set eval_dataset: pii_dev",
            {"eval_dataset": "pii_dev"},
        )


def missing_rows(context: RecipeContext) -> Iterator[Finding]:
    """Demand the files that `dataset_info.json` names."""
    if context.data is None:
        return
    for name in context.data.missing:
        if name in _names(context, "dataset") + _names(context, "eval_dataset"):
            yield error(
                f"dataset_info.json says where the rows of {name} are, and there is no such file",
                "convert again, or mend its file_name",
            )


def two_evaluation_sets(context: RecipeContext) -> Iterator[Finding]:
    """`eval_dataset` and `val_size` exclude each other; `val_size` also breaks groups apart."""
    if not context.trains or not context.evaluates:
        return
    if context.on("eval_dataset") and context.on("val_size"):
        yield error(
            "eval_dataset and val_size exclude each other",
            "take val_size out",
            {"val_size": REMOVED},
        )
    elif context.on("val_size"):
        yield warning(
            "val_size takes development rows out of the training rows at random: documents of one "
            "group fall in both",
            "set eval_dataset: pii_dev, which 'pii-sft convert' splits by group",
            {"val_size": REMOVED, "eval_dataset": "pii_dev"},
        )


def evaluates_nothing(context: RecipeContext) -> Iterator[Finding]:
    """An evaluation needs rows."""
    if (
        context.trains
        and context.evaluates
        and not (context.on("eval_dataset") or context.on("val_size"))
    ):
        yield error(
            f"eval_strategy is {context.recipe['eval_strategy']} without eval_dataset",
            "set eval_dataset: pii_dev",
            {"eval_dataset": "pii_dev"},
        )


def openai_formatting(context: RecipeContext) -> Iterator[Finding]:
    """`formatting: openai` adds a system text of its own."""
    for name, entry in _entries(context):
        if entry.get("formatting") == "openai":
            yield error(
                f"dataset_info.json gives {name} formatting: openai, which adds 'detailed thinking "
                "off' to every system text",
                "use formatting: sharegpt with role and content tags, as 'pii-sft convert' writes",
            )


def lost_columns(context: RecipeContext) -> Iterator[Finding]:
    """Naming some columns makes LLaMA-Factory forget the others."""
    for name, entry in _entries(context):
        columns = entry.get("columns")
        is_alpaca = entry.get("formatting", "alpaca") == "alpaca"
        named = columns if is_alpaca and isinstance(columns, dict) else {}
        if "prompt" in named and "query" not in named:
            yield error(
                f"columns of {name} in dataset_info.json name prompt and not query: the input "
                "vanishes from the prompt",
                "name every column, or none",
            )
        if "format" in entry:
            yield error(
                f"{name} in dataset_info.json has format, which is ignored", "the key is formatting"
            )


def _entries(context: RecipeContext) -> Iterator[tuple[str, dict[str, object]]]:
    info = context.data.info if context.data else {}
    for name, entry in info.items():
        if isinstance(entry, dict):
            yield name, entry


def cut_rows(context: RecipeContext) -> Iterator[Finding]:
    """A row longer than the cutoff loses the end of its document or of its answer."""
    if context.data is None or not context.data.lengths:
        return
    cutoff = int(context.number("cutoff_len", 2048))
    longer = [length for length in context.data.lengths if length > cutoff]
    if longer:
        share = len(longer) / len(context.data.lengths)
        yield error(
            f"{len(longer)} of {len(context.data.lengths)} rows ({share:.1%}) are longer than "
            f"cutoff_len {cutoff}, the longest has about {max(longer)} tokens: they lose entities "
            "without a word",
            "raise cutoff_len, or convert in windows: pii-sft convert --max-tokens",
            {"cutoff_len": -(-max(longer) // 8) * 8},
        )


def packing_by_eight(context: RecipeContext) -> Iterator[Finding]:
    """Packed rows have to fill the padding to a multiple of eight."""
    cutoff = int(context.number("cutoff_len", 2048))
    if (context.on("packing") or context.on("neat_packing")) and cutoff % SPECIAL:
        yield error(
            f"packing with cutoff_len {cutoff}, no multiple of 8: training dies at its first batch",
            "take the next multiple of 8",
            {"cutoff_len": -(-cutoff // SPECIAL) * SPECIAL},
        )


def leaking_packs(context: RecipeContext) -> Iterator[Finding]:
    """Packed without a mask of its own, a document sees the one before it."""
    packs = context.on("packing") or context.on("neat_packing")
    if packs and (LINEAR in context.config.get("layer_types", ()) or QWEN3_5.search(context.model)):
        yield warning(
            "packing with layers of linear attention: no mask keeps a document from those packed "
            "before it",
            "take packing out",
            {"packing": REMOVED, "neat_packing": REMOVED},
        )
    elif context.on("packing") and not context.on("neat_packing"):
        yield warning(
            "packing without neat_packing: a document attends to those packed before it",
            "set neat_packing: true",
            {"neat_packing": True},
        )


def few_samples(context: RecipeContext) -> Iterator[Finding]:
    """A low `max_samples` is mostly left over from a trial."""
    if context.trains and context.on("max_samples"):
        yield warning(
            f"max_samples is {context.recipe['max_samples']}: only so many rows are used",
            "take it out, unless this is a trial",
            {"max_samples": REMOVED},
        )


def old_tokens(context: RecipeContext) -> Iterator[Finding]:
    """Data that was tokenised before is used as it is, whatever the recipe says about data."""
    path = context.recipe.get("tokenized_path")
    if path and Path(str(path)).exists():
        yield warning(
            "tokenized_path exists: every other data setting is ignored",
            "remove the folder, or take tokenized_path out",
            {"tokenized_path": REMOVED},
        )
