"""The list of all rules, and their application to a recipe."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pii_sft.findings import REMOVED, Finding, ranked
from pii_sft.recipe_lint import data_rules as data
from pii_sft.recipe_lint import hardware_rules as hardware
from pii_sft.recipe_lint import key_rules as keys
from pii_sft.recipe_lint import method_rules as method
from pii_sft.recipe_lint import model_names
from pii_sft.recipe_lint import output_rules as output
from pii_sft.recipe_lint import range_rules as ranges
from pii_sft.recipe_lint import row_rules as rows
from pii_sft.recipe_lint import schedule_rules as schedule
from pii_sft.recipe_lint import selection_rules as selection
from pii_sft.recipe_lint.context import RecipeContext, Rule, note

RULES: tuple[Rule, ...] = (
    keys.unknown_key,
    keys.wrong_type,
    keys.unquoted_no,
    keys.unresolved,
    keys.no_model,
    ranges.out_of_range,
    data.trains_nothing,
    output.no_output,
    data.no_training_data,
    data.unknown_data_set,
    data.missing_rows,
    data.trains_on_test,
    data.evaluates_on_training,
    data.two_evaluation_sets,
    data.evaluates_nothing,
    data.openai_formatting,
    data.lost_columns,
    rows.unknown_entry_key,
    rows.missing_columns,
    rows.wrong_tags,
    rows.skipped_rows,
    data.cut_rows,
    data.packing_by_eight,
    data.leaking_packs,
    data.few_samples,
    data.old_tokens,
    model_names.unknown_model,
    method.no_template,
    method.wrong_template,
    method.trains_thinking,
    method.vision_tower,
    method.dora_on_quantised,
    method.quantised_full,
    method.odd_bits,
    method.unknown_target,
    method.smoothing_with_accumulation,
    method.asft_with_accumulation,
    method.prompt_in_loss,
    method.liger_key,
    method.odd_alpha,
    method.remote_code,
    selection.generates_in_training,
    selection.missing_metric,
    selection.wrong_direction,
    selection.saves_and_evaluates_apart,
    selection.stops_by_nothing,
    selection.accuracy_and_generation,
    selection.shuffled_predictions,
    selection.sampled_predictions,
    schedule.restarts_never,
    schedule.waves_of_cosine,
    schedule.cycles_between_evaluations,
    schedule.patience_within_cycle,
    schedule.rare_evaluation,
    schedule.few_steps,
    schedule.rate_of_practice,
    schedule.no_warmup,
    schedule.old_warmup_ratio,
    schedule.warmup_longer_than_run,
    schedule.no_clipping,
    hardware.half_precision,
    hardware.memory,
    hardware.deepspeed_launch,
    hardware.deepspeed_config,
    hardware.ray,
    hardware.unsloth,
    output.stale_output,
    output.hidden_nan,
    output.sends_away,
    output.path_with_space,
)


_OF_SINGLE_SETTINGS: tuple[Rule, ...] = (
    *(keys.unknown_key, keys.wrong_type, keys.unquoted_no, keys.unresolved, ranges.out_of_range),
)


def is_overlay(context: RecipeContext) -> bool:
    """True for an overlay: settings without model, data, output, stage and work to do."""
    of_a_run = ("model_name_or_path", "dataset", "output_dir", "do_train", "stage", "template")
    return bool(context.recipe) and not any(key in context.recipe for key in of_a_run)


def overlay(_context: RecipeContext) -> Iterator[Finding]:
    """Say what an overlay is for."""
    yield note(
        "this is an overlay: settings to lay over a recipe, with no model and no data",
        "train a recipe that has it: pii-sft recipes copy NAME --with OVERLAY",
    )


def check(context: RecipeContext, rules: Sequence[Rule] = ()) -> list[Finding]:
    """Apply rules to a recipe; gives their findings, errors first.

    Args:
        context: the recipe.
        rules: the rules to apply; if empty all, or for an overlay those about single settings.
    """
    rules = rules or ((overlay, *_OF_SINGLE_SETTINGS) if is_overlay(context) else RULES)
    return ranked(
        msgspec.structs.replace(finding, id=rule.__name__.replace("_", "-"))
        for rule in rules
        for finding in rule(context)
    )


def mended(text: str, findings: Sequence[Finding]) -> str:
    """Apply the changes of findings to a recipe, keeping its comments and order.

    Args:
        text: YAML of the recipe.
        findings: findings about it; if two change the same key, the first one counts.
    """
    from ruamel.yaml import YAML

    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 1000
    settings = editor.load(text.replace("\r\n", "\n"))
    decided: set[str] = set()
    for finding in findings:
        for key, value in finding.changes.items():
            if key not in decided:
                decided.add(key)
                _change(settings, key, value)
    stream = io.StringIO()
    editor.dump(settings, stream)
    written = stream.getvalue()
    return written.replace("\n", "\r\n") if "\r\n" in text else written


_BARE_TRUTHS = ("no", "yes", "on", "off")
"""Words that YAML 1.1, which OmegaConf reads, takes for truth values."""


def _change(settings: Any, key: str, value: Any) -> None:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if value is REMOVED:
        settings.pop(key, None)
    elif isinstance(value, dict) and isinstance(settings.get(key), dict):
        settings[key].update(value)
    else:
        settings[key] = DoubleQuotedScalarString(value) if value in _BARE_TRUTHS else value
