"""Samplers whose order of an epoch is the same after a run was resumed in the middle of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Sized
from pathlib import Path
from typing import Protocol

import torch

from pii_sft.records.checkpoints import STATE_NAME

ORDER_NAME = "order_rng.bin"


class SizedSampler(Sized, Protocol):
    """A sampler with a length."""

    def __iter__(self) -> Iterator[int]:
        """Draw the order of an epoch."""


class RepeatableOrder(torch.utils.data.Sampler[int]):  # type: ignore[misc]
    """Draws orders from the global generator, and remembers its state before the last one.

    transformers' `LengthGroupedSampler` uses the current state of the generator. So a run that
    resumes in the middle of an epoch would see the rows in another order than before.

    Args:
        sampler: draws the orders.
        state: generator state to draw the first order with; None for the current one.
    """

    def __init__(self, sampler: SizedSampler, state: torch.Tensor | None = None) -> None:
        self._sampler = sampler
        self._first = state
        self.state = state

    def __len__(self) -> int:
        return len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        now = torch.get_rng_state()
        if self._first is not None:
            torch.set_rng_state(self._first)
        self.state = torch.get_rng_state()
        order = list(self._sampler)
        if self._first is not None:
            torch.set_rng_state(now)
            self._first = None
        return iter(order)


class ByLength(torch.utils.data.Sampler[int]):  # type: ignore[misc]
    """Orders rows by length, equally at every evaluation, so that equal weights have equal losses.

    The loss of an evaluation is the mean of those of its batches, and `LengthGroupedSampler` makes
    other batches each time. It is still drawn from, so that the order of training is the same.

    Args:
        sampler: the `LengthGroupedSampler` of the evaluation.
        lengths: of the rows, in tokens.
    """

    def __init__(self, sampler: SizedSampler, lengths: Sequence[int]) -> None:
        self._sampler = sampler
        self._order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)

    def __len__(self) -> int:
        return len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        list(self._sampler)
        return iter(self._order)


def save_order(state: torch.Tensor, checkpoint: Path) -> None:
    """Save the generator state with which the current order was drawn."""
    checkpoint.mkdir(parents=True, exist_ok=True)
    (checkpoint / ORDER_NAME).write_bytes(bytes(state.tolist()))


def saved_order(checkpoint: Path) -> torch.Tensor | None:
    """The generator state for the rest of an epoch; None at the end of one, or if it was not kept.

    Args:
        checkpoint: a complete checkpoint.
    """
    path = checkpoint / ORDER_NAME
    epoch = json.loads((checkpoint / STATE_NAME).read_text("utf-8"))["epoch"]
    if not path.exists() or float(epoch).is_integer():
        return None
    return torch.tensor(list(path.read_bytes()), dtype=torch.uint8)
