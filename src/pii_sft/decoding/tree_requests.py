"""Requests that work on a document makes of a model, and their answers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class LogitQuery(msgspec.Struct, frozen=True):
    """Logits that are wanted.

    Attributes:
        after: behind how many tokens, those of the context included.
        ids: of which tokens.
    """

    after: int
    ids: tuple[int, ...]


class BranchRequest(msgspec.Struct, frozen=True):
    """Tokens that go on from a sequence, and what is wanted to know.

    Attributes:
        context: nodes of the sequence, in order.
        tokens: ids of the tokens that follow it; may be empty.
        asks: may also be about the context.
    """

    context: Sequence[int]
    tokens: Sequence[int]
    asks: Sequence[LogitQuery] = ()


class BranchResult(msgspec.Struct, frozen=True):
    """Nodes of the tokens, and the logits of every ask."""

    nodes: list[int]
    logits: list[list[float]]
