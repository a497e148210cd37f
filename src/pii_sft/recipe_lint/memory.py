"""An estimate of the peak memory of a LoRA run on one GPU."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.recipe import Recipe

GB = 1e9
MODELS = "models.json"

_ADAM_BYTES = 16
"""Bytes of a trained parameter: float32 weight, gradient and two moments."""
_BYTES_BY_BITS = {4: 0.56, 8: 1.1}
"""Bytes of a quantised weight, with its scales."""
_LOGIT_BYTES = 10
"""Bytes of a logit: bfloat16, a float32 copy, and the gradient of that."""
_FIXED = 0.9
"""Context of the device and fragmentation, in GB."""


class Shape(msgspec.Struct, frozen=True):
    """The sizes of a model that decide its memory; as in its `config.json`.

    Attributes:
        parameters: number of weights.
        hidden: width.
        layers: number of layers.
        intermediate: width of the feed-forward part.
        vocabulary: number of tokens.
    """

    parameters: float
    hidden: int
    layers: int
    intermediate: int
    vocabulary: int


class Need(msgspec.Struct, frozen=True):
    """Memory in GB.

    Attributes:
        weights: of the base model.
        adapter: trained weights with their optimizer.
        activations: what is kept for the backward pass.
        logits: of one batch.
    """

    weights: float
    adapter: float
    activations: float
    logits: float

    @property
    def total(self) -> float:
        """Give the sum, with the fixed part of a device."""
        return self.weights + self.adapter + self.activations + self.logits + _FIXED

    def __str__(self) -> str:
        return (
            f"{self.weights:.1f} weights, {self.adapter:.1f} adapter, {self.activations:.1f} "
            f"activations, {self.logits:.1f} logits"
        )


def estimate(recipe: Recipe, longest: int | None = None) -> Need | None:
    """Peak memory of one process, for batches of the longest rows; None for an unknown model.

    Activations follow Korthikanti et al., 2022, "Reducing Activation Recomputation in Large
    Transformer Models": 34 bytes a token and unit of width in a layer without attention maps, which
    flash and SDPA kernels don't keep. With gradient checkpointing, one layer has them and the
    others keep their input.

    Args:
        recipe: settings of the run.
        longest: tokens of the longest row; None for rows as long as the cutoff.
    """
    shape = shape_of(str(recipe.get("model_name_or_path") or ""))
    if shape is None:
        return None
    bits = int(recipe.get("quantization_bit") or 16)
    full = recipe.get("finetuning_type", "lora") == "full"
    half = bool(recipe.get("bf16") or recipe.get("fp16"))
    by_weight = _BYTES_BY_BITS.get(bits, 2.0 if half else 4.0)
    trained = shape.parameters if full else _lora(shape, int(recipe.get("lora_rank") or 8))
    cutoff = int(recipe.get("cutoff_len") or 2048)
    row = cutoff if longest is None else min(cutoff, longest)
    tokens = row * int(recipe.get("per_device_train_batch_size") or 8)
    layer = 34.0 * tokens * shape.hidden * (1 if half else 2)
    checkpoints = not recipe.get("disable_gradient_checkpointing")
    kept = (
        layer + 2.0 * tokens * shape.hidden * shape.layers if checkpoints else layer * shape.layers
    )
    return Need(
        shape.parameters * by_weight / GB,
        trained * _ADAM_BYTES / GB,
        kept / GB,
        tokens * shape.vocabulary * _LOGIT_BYTES / GB,
    )


def shape_of(model: str) -> Shape | None:
    """Sizes of a local model, or of one the recipes name; None for any other."""
    config = Path(model) / "config.json"
    if config.is_file():
        return _from_config(json.loads(config.read_text("utf-8")))
    text = (resources.files("pii_sft.recipe_lint") / MODELS).read_text("utf-8")
    known = msgspec.json.decode(text, type=dict[str, Shape])
    return known.get(model)


def _from_config(config: dict[str, Any]) -> Shape | None:
    try:
        hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
        intermediate, vocabulary = int(config["intermediate_size"]), int(config["vocab_size"])
        heads = int(config["num_attention_heads"])
        groups = int(config.get("num_key_value_heads") or heads)
        head = int(config.get("head_dim") or hidden // heads)
    except (KeyError, TypeError, ValueError):
        return None
    attention = 2 * hidden * head * (heads + groups)
    embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
    parameters = embeddings + layers * (attention + 3 * hidden * intermediate)
    return Shape(parameters, hidden, layers, intermediate, vocabulary)


def _lora(shape: Shape, rank: int) -> float:
    """Parameters of an adapter on every linear layer."""
    attention = 4 * 2 * shape.hidden
    feed_forward = 3 * (shape.hidden + shape.intermediate)
    return float(rank * shape.layers * (attention + feed_forward))
