"""The order of rows in training and evaluation."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.train

LENGTHS = [3, 9, 1, 7, 7, 2, 8, 5, 4, 6]


def test_evaluations_see_the_same_batches_and_training_the_same_order() -> None:
    import torch
    from transformers.trainer_pt_utils import LengthGroupedSampler

    from pii_sft.training.resumable_sampler import ByLength

    stock = LengthGroupedSampler(2, dataset=LENGTHS, lengths=LENGTHS)
    steady = ByLength(stock, LENGTHS)
    torch.manual_seed(1)
    assert len({tuple(stock) for _ in range(5)}) > 1
    expected = torch.rand(1)
    torch.manual_seed(1)
    orders = {tuple(steady) for _ in range(5)}
    assert torch.rand(1) == expected
    assert orders == {(1, 6, 3, 4, 9, 7, 8, 0, 5, 2)}
    assert len(steady) == len(LENGTHS)
