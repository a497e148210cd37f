"""Weighted and focal cross-entropy, normalised so that weights of 1 change nothing."""

from __future__ import annotations

import torch
from torch.nn import functional

from pii_sft.training.token_weights import IGNORED


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of every label token, in nats.

    Args:
        logits: of a causal model; shape (rows, tokens, vocabulary). Position t predicts label t+1.
        labels: token ids, `IGNORED` where there is no loss; shape (rows, tokens).

    Returns:
        The losses of the label tokens in order, one dimension, float32.
    """
    shifted = labels[:, 1:]
    counted = shifted != IGNORED
    return functional.cross_entropy(
        logits[:, :-1][counted].float(), shifted[counted], reduction="none"
    )


def weighted_sum(
    losses: torch.Tensor, weights: torch.Tensor | None, focal_gamma: float
) -> torch.Tensor:
    """Sum of token losses, each multiplied by its weight and its focal factor.

    The focal factor (1 - p)^gamma of Lin et al., 2017, "Focal Loss for Dense Object Detection",
    lowers the weight of tokens that the model is sure of.

    Args:
        losses: of `token_losses`.
        weights: of the same tokens; None for 1.
        focal_gamma: 0 for no focus.
    """
    if focal_gamma:
        losses = losses * (1 - torch.exp(-losses)).clamp(min=1e-8) ** focal_gamma
    if weights is not None:
        losses = losses * weights
    return losses.sum()
