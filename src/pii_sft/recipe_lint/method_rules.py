"""Rules about the model, its adapter and its template."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from pii_sft.findings import REMOVED, Finding
from pii_sft.recipe_lint.context import RecipeContext, error, warning

QWEN3_5 = re.compile(r"qwen3\.5|qwen3_5", re.I)
TEMPLATES = (
    (QWEN3_5, ("qwen3_5_nothink", "qwen3_5", "qwen3", "qwen3_nothink")),
    (re.compile(r"qwen3.*-instruct-2507|qwen3.*instruct2507", re.I), ("qwen3_nothink",)),
    (re.compile(r"qwen3(?!.*base)", re.I), ("qwen3", "qwen3_nothink")),
    (re.compile(r"qwen(2\.5|2_5|2|1\.5)", re.I), ("qwen",)),
    (re.compile(r"smollm2", re.I), ("smollm2",)),
)
"""Models by name, and the templates that fit, the best first."""

_SEES = re.compile(r"Qwen/Qwen3\.5-")


def no_template(context: RecipeContext) -> Iterator[Finding]:
    """Without a template the model is trained on bare text."""
    if context.on("template"):
        return
    fitting = _templates(context.model)
    yield error(
        "there is no template: training and serving will not build the same prompt",
        f"set template: {fitting[0]}" if fitting else "set the template of the model",
        {"template": fitting[0]} if fitting else {},
    )


def wrong_template(context: RecipeContext) -> Iterator[Finding]:
    """A template of another family trains on tokens the model was not made for."""
    template, fitting = context.recipe.get("template"), _templates(context.model)
    if template and fitting and template not in fitting:
        yield error(
            f"template {template} with {context.model}",
            f"set template: {fitting[0]}",
            {"template": fitting[0]},
        )


def trains_thinking(context: RecipeContext) -> Iterator[Finding]:
    """With a template that thinks, the answer begins with an empty thought, unless turned off."""
    thinks = context.recipe.get("enable_thinking", True)
    template = context.recipe.get("template")
    if template in ("qwen3", "qwen3_5") and thinks is True:
        yield warning(
            f"template {template} without enable_thinking: false: every answer learns to begin "
            "with an empty <think> block, and serving must match",
            "set enable_thinking: false, here and where the model is served",
            {"enable_thinking": False},
        )


def _templates(model: str) -> tuple[str, ...]:
    name = model.rstrip("/").rsplit("/", 1)[-1]
    return next((fitting for pattern, fitting in TEMPLATES if pattern.search(name)), ())


def vision_tower(context: RecipeContext) -> Iterator[Finding]:
    """A model with a vision tower is loaded whole, which LLaMA-Factory refuses under torch 2.9."""
    if context.config.get("vision_config") or _SEES.match(context.model):
        yield error(
            f"{context.model} has a vision tower, which LLaMA-Factory 0.9.5 refuses under "
            "torch 2.9",
            f"take its text part with 'pii-sft model --text-part-of {context.model}', and name the "
            "folder that it writes",
        )


def dora_on_quantised(context: RecipeContext) -> Iterator[Finding]:
    """LLaMA-Factory compares two spellings of bitsandbytes and stops."""
    for key in ("use_dora", "pissa_init"):
        if context.on(key) and context.on("quantization_bit"):
            yield error(
                f"{key} with quantization_bit: LLaMA-Factory 0.9.5 refuses it",
                f"take {key} or quantization_bit out",
                {key: REMOVED},
            )


def quantised_full(context: RecipeContext) -> Iterator[Finding]:
    """Four-bit weights can't be trained themselves."""
    if context.on("quantization_bit") and context.recipe.get("finetuning_type", "lora") == "full":
        yield error(
            "quantization_bit with finetuning_type: full: quantised weights can't be trained",
            "set finetuning_type: lora",
            {"finetuning_type": "lora"},
        )


def odd_bits(context: RecipeContext) -> Iterator[Finding]:
    """Weights of bitsandbytes have 4 or 8 bits."""
    bits = context.recipe.get("quantization_bit")
    method = context.recipe.get("quantization_method", "bnb")
    if bits is not None and method == "bnb" and bits not in (4, 8):
        yield error(
            f"quantization_bit is {bits}, and bitsandbytes knows 4 and 8",
            "set quantization_bit: 4",
            {"quantization_bit": 4},
        )


_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_LINEAR_ATTENTION = ("in_proj_qkv", "in_proj_z", "in_proj_a", "in_proj_b", "out_proj")
_FEED_FORWARD = ("gate_proj", "up_proj", "down_proj")
_TARGETS = (*_ATTENTION, *_LINEAR_ATTENTION, *_FEED_FORWARD, "embed_tokens", "lm_head")


def unknown_target(context: RecipeContext) -> Iterator[Finding]:
    """PEFT leaves out modules that a model has not, as long as it has one of those named."""
    named = [name.strip() for name in str(context.recipe.get("lora_target") or "all").split(",")]
    if named == ["all"] or not _templates(context.model):
        return
    unknown = [name for name in named if name not in _TARGETS]
    if unknown:
        close = [difflib.get_close_matches(name, _TARGETS, n=1) or [""] for name in unknown]
        meant = {name: found[0] for name, found in zip(unknown, close, strict=True)}
        targets = ",".join(meant.get(name, name) for name in named)
        yield error(
            f"lora_target names {', '.join(unknown)}, which {context.model} has not: it would be "
            "left out without a word",
            f"write {targets}" if all(meant.values()) else "write all",
            {"lora_target": targets if all(meant.values()) else "all"},
        )


def smoothing_with_accumulation(context: RecipeContext) -> Iterator[Finding]:
    """In transformers 5.6 the smoothed loss is averaged by batch and not divided by steps."""
    smooths = context.on("label_smoothing_factor")
    if smooths and (context.number("gradient_accumulation_steps", 1) > 1 or context.processes > 1):
        yield error(
            "label_smoothing_factor with gradient accumulation or several processes multiplies "
            "loss and gradient (transformers issue 46731)",
            "take label_smoothing_factor out",
            {"label_smoothing_factor": REMOVED},
        )


def asft_with_accumulation(context: RecipeContext) -> Iterator[Finding]:
    """ASFT ignores the number of items of a step."""
    if context.on("use_asft_loss") and context.number("gradient_accumulation_steps", 1) > 1:
        yield error(
            "use_asft_loss with gradient accumulation multiplies loss and gradient",
            "set gradient_accumulation_steps: 1",
            {"gradient_accumulation_steps": 1},
        )


def prompt_in_loss(context: RecipeContext) -> Iterator[Finding]:
    """With the prompt in the loss, the model learns documents by heart."""
    if context.on("train_on_prompt"):
        together = context.on("mask_history")
        yield (error if together else warning)(
            "train_on_prompt "
            + (
                "and mask_history exclude each other"
                if together
                else "teaches the model the documents themselves, personal data included"
            ),
            "take train_on_prompt out",
            {"train_on_prompt": REMOVED},
        )


def liger_key(context: RecipeContext) -> Iterator[Finding]:
    """`use_liger_kernel` is a key of transformers, which LLaMA-Factory does not act on."""
    if context.on("use_liger_kernel"):
        yield warning(
            "use_liger_kernel is transformers' key; LLaMA-Factory prepares models by "
            "enable_liger_kernel",
            "write enable_liger_kernel",
            {"use_liger_kernel": REMOVED, "enable_liger_kernel": True},
        )


def odd_alpha(context: RecipeContext) -> Iterator[Finding]:
    """An update is scaled by alpha / rank, so an unusual ratio changes the learning rate."""
    rank = context.number("lora_rank", 8)
    alpha = context.number("lora_alpha", 2 * rank)
    scale = alpha / max(1.0, rank)
    uses = context.recipe.get("finetuning_type", "lora") == "lora" and not context.on("use_rslora")
    if uses and rank > 0 and context.on("lora_alpha") and not 0.5 <= scale <= 4:
        yield warning(
            f"lora_alpha / lora_rank is {scale:g}: updates are scaled by it",
            "twice the rank is usual",
            {"lora_alpha": int(2 * rank)},
        )


def remote_code(context: RecipeContext) -> Iterator[Finding]:
    """Code of a model's repository runs with all rights of the user."""
    if context.on("trust_remote_code"):
        yield warning(
            "trust_remote_code runs code that comes with the model; Qwen and SmolLM2 need none",
            "take it out",
            {"trust_remote_code": REMOVED},
        )
