"""Requests to a token tree, and their results."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class LogitQuery(msgspec.Struct, frozen=True):
    """A request for logits.

    Attributes:
        after: the number of tokens before the place, including those of the context.
        ids: of which tokens.
    """

    after: int
    ids: tuple[int, ...]


class BranchRequest(msgspec.Struct, frozen=True):
    """A request to read tokens after a sequence, and to give logits.

    Attributes:
        context: nodes of the sequence, in order.
        tokens: ids of the tokens that follow it; may be empty.
        asks: requests for logits, also at places in the context.
    """

    context: Sequence[int]
    tokens: Sequence[int]
    asks: Sequence[LogitQuery] = ()


class BranchResult(msgspec.Struct, frozen=True):
    """The nodes of the tokens that were read, and the logits that were asked for."""

    nodes: list[int]
    logits: list[list[float]]
