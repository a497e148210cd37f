"""Loss weights of the tokens of an answer, by their role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch

from pii_sft.decoding.answers import borders, decoded
from pii_sft.targets.token_roles import Role, Stretch, stretches

IGNORED = -100
REMEMBERED_ANSWERS = 100_000

_DECISIONS = ("more", "end")


class TokenWeights:
    """Finds the weight of every label token from the token ids alone.

    LLaMA-Factory passes only ids to the trainer. So an answer is decoded again, the target divides
    it into parts, and each token gets the role of its part. A token that decides whether the list
    goes on has that role even if it also closes a string.

    Args:
        tokenizer: the one that made the ids.
        target: name of the target the answers are written in.
        weights: by role.
    """

    def __init__(self, tokenizer: Any, target: str, weights: Mapping[Role, float]) -> None:
        self._tokenizer = tokenizer
        self._target = target
        self._weights = dict(weights)
        self._special = set(tokenizer.all_special_ids)
        self._of_answer = lru_cache(REMEMBERED_ANSWERS)(self._weigh)

    def __call__(self, labels: torch.Tensor) -> torch.Tensor:
        """Weights of labels.

        Args:
            labels: token ids, `IGNORED` where there is no loss; shape (rows, tokens).

        Returns:
            Weights in the same shape, float32, 0 where there is no loss.
        """
        weights = torch.zeros(labels.shape, dtype=torch.float32)
        for row, ids in enumerate(labels.tolist()):
            for start, end in _answers(ids):
                weights[row, start:end] = torch.tensor(self._of_answer(tuple(ids[start:end])))
        return weights

    def roles(self, ids: Sequence[int]) -> list[Role]:
        """The role of each token of one answer, with the tokens that end it."""
        ends = next((at for at, each in enumerate(ids) if each in self._special), len(ids))
        text = decoded(self._tokenizer, ids[:ends])
        places = borders(self._tokenizer, ids[:ends])
        parts = stretches(self._target, text)
        found = [_role(parts, places[at], places[at + 1]) for at in range(ends)]
        ending: list[Role] = ["scaffold"] * (len(ids) - ends)
        if ending:
            ending[0] = _role(parts, len(text), len(text))
        return found + ending

    def _weigh(self, ids: tuple[int, ...]) -> tuple[float, ...]:
        return tuple(self._weights[role] for role in self.roles(ids))


def _answers(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ranges of the label tokens of a row, one for each answer; a packed row has several."""
    start = None
    for at, each in enumerate([*ids, IGNORED]):
        if each != IGNORED and start is None:
            start = at
        elif each == IGNORED and start is not None:
            yield start, at
            start = None


def _role(parts: Sequence[Stretch], start: int, end: int) -> Role:
    touched = [part.role for part in parts if _touch(part, start, end)]
    return next((role for role in touched if role in _DECISIONS), [*touched, "scaffold"][0])


def _touch(part: Stretch, start: int, end: int) -> bool:
    if start == end:
        return part.start <= start < max(part.end, part.start + 1)
    return part.start < end and start < part.end
