"""Search for the end of an open entity, and for entities that open inside of it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Generator, Sequence

import msgspec

from pii_sft.decoding.tag_tokens import Branch, Draft, Places
from pii_sft.decoding.tree_requests import BranchRequest, BranchResult, LogitQuery
from pii_sft.spans import Span

_HOPELESS = -16.0
"""Log-probability of an entity not having ended yet, below which the search stops."""

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
        ends = self._places_from(first)
        nodes, at = list(path), 0
        while at < len(ends):
            read = len(nodes) - self._prompt
            closings, at = self._closings(draft, ends, at, read + self._chunk)
            upto = closings[-1].at if closings else self._last
            openings = self._openings(draft, first, upto)
            branches = sorted((*closings, *openings), key=lambda each: each.index)
            tokens = draft.ids[read : max((each.index for each in branches), default=read)]
            asks = [ask(draft, each, self._prompt) for each in branches]
            grown = yield BranchRequest(nodes, tokens, asks)
            nodes, first = [*nodes, *grown.nodes], upto
            self._weigh(branches, closings, grown)
            best = max((each.logprob for each in self._ends), default=NEVER)
            if self.alive <= max(best, _HOPELESS):
                break
        if not self._ends:
            self._ends.append(End(self._last, self.alive))
        end = self.ends()[0].at
        opened = next(((each, left) for each, left in self._inner if each.at < end), None)
        if opened is None:
            return None, nodes
        self.alive = opened[1]
        return opened[0], nodes

    def _places_from(self, first: int) -> list[int]:
        ends = self._places.ends
        begin = max(first, self._entity.start + 1)
        return [*ends[bisect_left(ends, begin) : bisect_left(ends, self._last)], self._last]

    def _closings(
        self, draft: Draft, ends: Sequence[int], at: int, before: int
    ) -> tuple[list[Branch], int]:
        """Closing tags that change tokens before an index, at least one."""
        found: list[Branch] = []
        while at < len(ends):
            branch = draft.closing(ends[at], self._entity.label)
            if branch is not None:
                if found and branch.index >= before:
                    break
                found.append(branch)
            at += 1
        return found, at

    def _openings(self, draft: Draft, first: int, upto: int) -> list[Branch]:
        """Opening tags inside the entity."""
        starts = self._places.starts
        begin = max(first, self._inner_from)
        within = starts[bisect_left(starts, begin) : bisect_left(starts, upto)]
        return [branch for at in within if (branch := draft.opening(at)) is not None]

    def _weigh(
        self,
        branches: Sequence[Branch],
        closings: Sequence[Branch],
        grown: BranchResult,
    ) -> None:
        """Weigh ends, and entities inside, against the text, token by token."""
        closing = set(map(id, closings))
        at = 0
        while at < len(branches):
            index = branches[at].index
            here: list[tuple[Branch, list[float]]] = []
            while at < len(branches) and branches[at].index == index:
                here.append((branches[at], grown.logits[at]))
                at += 1
            text = here[0][1][0]
            weights = [log_sum(logits[1:]) for _, logits in here]
            total = log_sum([text, *weights])
            going_on, ended = [text], False
            for (branch, _), weight in zip(here, weights, strict=True):
                if id(branch) not in closing:
                    going_on.append(weight)
                    if weight == max(text, *weights):
                        inner = Opening(branch.at, branch.index, weight - text)
                        self._inner.append((inner, self.alive))
                    continue
                ended = ended or branch.at == self._last  # there is no place behind it
                forced = ended and self._limited
                share = 0.0 if forced else weight - total
                self._ends.append(End(branch.at, self.alive + share))
            self.alive = NEVER if ended else self.alive + log_sum(going_on) - total


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
