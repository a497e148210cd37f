"""Search for the end of an open entity, and for entities that open inside of it."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Generator, Iterator, Sequence

import msgspec

from pii_sft.decoding.tag_tokens import Branch, Draft, Places
from pii_sft.decoding.tree_requests import BranchRequest, BranchResult, LogitQuery
from pii_sft.spans import Span

_HOPELESS = -16.0
"""Log-probability of an entity not having ended yet, below which the search stops."""

_REACH = 16
"""Most characters between tags that are weighed together because they change one token. Hardly any
token is longer; tags farther apart in one are weighed one after the other."""

NEVER = -math.inf
"""Log-probability of something impossible."""


class Opening(msgspec.Struct, frozen=True):
    """A place at which an entity could open, with the model's log-odds for it.

    Attributes:
        at: the place in the text.
        index: which token of the answer its tag changes.
        odds: log-odds against going on with the text.
    """

    at: int
    index: int
    odds: float


class End(msgspec.Struct, frozen=True):
    """A place at which an entity could end, and the log-probability of that."""

    at: int
    logprob: float


class _Change(msgspec.Struct, frozen=True):
    """A token of the text that tags could stand instead of.

    Attributes:
        index: which token.
        branches: the tags that change it, and whether they close the entity.
    """

    index: int
    branches: tuple[tuple[Branch, bool], ...]


class EndSearch:
    """Reads on from an opening tag until no later end can be more probable than the best so far.

    Args:
        places: of the text.
        entity: the entity, which ends where it may end at the latest.
        prompt: length of the prompt in tokens.
        chunk: how many tokens are read at once.
        inner: where others may open inside of it at the earliest.
        limited: whether the remaining probability belongs to the last possible end. That is true if
            another entity begins there, and false at the end of the text: a model that forgot to
            close an entity would make all the rest of the text an entity.
    """

    def __init__(
        self,
        places: Places,
        entity: Span,
        prompt: int,
        chunk: int,
        inner: int,
        limited: bool,
    ) -> None:
        self.alive = 0.0
        self._places = places
        self._entity = entity
        self._last = places.last_end(entity.end)
        self._prompt = prompt
        self._chunk = chunk
        self._inner_from = inner
        self._limited = limited
        self._ends: list[End] = []
        self._inner: list[tuple[Opening, float]] = []

    def ends(self) -> list[End]:
        """The answers found, most probable first."""
        return sorted(self._ends, key=lambda each: (-each.logprob, each.at))

    def run(
        self, draft: Draft, path: Sequence[int], first: int
    ) -> Generator[BranchRequest, BranchResult, tuple[Opening | None, list[int]]]:
        """Look for the end, from a place on.

        Args:
            draft: the text with the opening tag, and without the closing one.
            path: nodes of a beginning of the draft.
            first: where the entity begins, or what follows the last one inside of it.

        Returns:
            The entity inside that opens before the best end, or None; and the nodes of the draft.
        """
        self._ends, self._inner = [], []
        nodes = list(path)
        changes = self._changes(draft, first)
        pending = next(changes, None)
        ended = False
        while pending is not None and not ended:
            read = len(nodes) - self._prompt
            together = [pending]
            for pending in changes:
                if pending.index >= read + self._chunk:
                    break
                together.append(pending)
            else:
                pending = None
            upto = max(each.index for each in together)
            asks = [ask(draft, tag, self._prompt) for each in together for tag, _ in each.branches]
            grown = yield BranchRequest(nodes, draft.ids[read : max(upto, read)], asks)
            nodes = [*nodes, *grown.nodes]
            logits = iter(grown.logits)
            ended = any(self._weigh(each, logits) for each in together)
        if not self._ends:
            self._ends.append(End(self._last, self.alive))
        end = self.ends()[0].at
        opened = next(((each, left) for each, left in self._inner if each.at < end), None)
        if opened is None:
            return None, nodes
        self.alive = opened[1]
        return opened[0], nodes

    def _changes(self, draft: Draft, first: int) -> Iterator[_Change]:
        """Tokens that a tag would change, in order.

        A tag can change an earlier token than one before it does: where a token of the text ends
        inside a word, the part of the word before the tag joins what stands before it.
        """
        closings = (draft.closing(at, self._entity.label) for at in self._ends_from(first))
        openings = (draft.opening(at) for at in self._starts_from(first))
        branches = heapq.merge(
            ((each, True) for each in closings if each is not None),
            ((each, False) for each in openings if each is not None),
            key=lambda pair: pair[0].at,
        )
        waiting: dict[int, list[tuple[Branch, bool]]] = {}
        for branch, closes in branches:
            while waiting:
                index = min(waiting)
                if branch.at <= waiting[index][0][0].at + _REACH:
                    break
                yield _Change(index, tuple(waiting.pop(index)))
            waiting.setdefault(branch.index, []).append((branch, closes))
        for index in sorted(waiting):
            yield _Change(index, tuple(waiting[index]))

    def _ends_from(self, first: int) -> Iterator[int]:
        ends = self._places.ends
        begin = bisect_left(ends, max(first, self._entity.start + 1))
        yield from (ends[at] for at in range(begin, bisect_left(ends, self._last)))
        yield self._last

    def _starts_from(self, first: int) -> Iterator[int]:
        """Places inside the entity where another could open."""
        starts = self._places.starts
        begin = bisect_left(starts, max(first, self._inner_from))
        yield from (starts[at] for at in range(begin, bisect_left(starts, self._last)))

    def _weigh(self, change: _Change, logits: Iterator[list[float]]) -> bool:
        """Weigh ends, and entities inside, against the token of the text.

        Returns:
            Whether no later end can be more probable than the best so far.
        """
        weighed = [(each, closes, next(logits)) for each, closes in change.branches]
        text = weighed[0][2][0]
        weights = [log_sum(each[1:]) for *_, each in weighed]
        total = log_sum([text, *weights])
        going_on, last = [text], False
        for (branch, closes, _), weight in zip(weighed, weights, strict=True):
            if not closes:
                going_on.append(weight)
                if weight == max(text, *weights):
                    inner = Opening(branch.at, branch.index, weight - text)
                    self._inner.append((inner, self.alive))
                continue
            last = last or branch.at == self._last  # there is no place behind it
            share = 0.0 if last and self._limited else weight - total
            self._ends.append(End(branch.at, self.alive + share))
        self.alive = NEVER if last else self.alive + log_sum(going_on) - total
        best = max((each.logprob for each in self._ends), default=NEVER)
        return self.alive <= max(best, _HOPELESS)


def ask(draft: Draft, branch: Branch, prompt: int) -> LogitQuery:
    """Ask for the logits of the next token of the text (or the end token) and of a tag's tokens."""
    text = draft.ids[branch.index] if branch.index < len(draft.ids) else draft.end
    return LogitQuery(prompt + branch.index, (text, *branch.tokens))


def log_sum(values: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials."""
    most = max(values)
    if most == NEVER:
        return NEVER
    return most + math.log(sum(math.exp(each - most) for each in values))
