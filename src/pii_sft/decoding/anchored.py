"""Anchored decoding of the `tags` target: the copy is forced, the model opens, names and closes.

The text is known, so it is not generated. It is given to the model as a draft, tokenized as in
training, and one pass yields for every place the probability that a tag opens there rather than the
text going on. Then the model chooses the label among those of the data set, and the place where the
tag closes. So an answer has no copy errors and no strings that are not in the text, it never loops,
it always ends, and its offsets are exact.

Places where opening is less probable than not, but above a floor, are followed up beside the
answer. `proposals.choose` can accept them later without asking the model again. See Copy-as-Decode
(arXiv 2604.18170) for a close relative.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Sequence
from typing import Any

import msgspec
import torch

from pii_sft.decoding.end_search import EndSearch, Opening, ask, log_sum
from pii_sft.decoding.proposals import Anchored, Anchoring, Proposal
from pii_sft.decoding.tag_tokens import Branch, Draft, Places, TagWriter, common_length
from pii_sft.decoding.token_tree import TokenTree, token_tree
from pii_sft.decoding.tree_requests import BranchRequest, BranchResult, LogitQuery
from pii_sft.spans import Span, reading_order

_ALTERNATIVES = 3
"""Other labels and ends that a proposal keeps."""


def anchored(
    model: Any,
    writer: TagWriter,
    prompts: Sequence[Sequence[int]],
    texts: Sequence[str],
    settings: Anchoring,
) -> list[Anchored]:
    """Find the entities of texts together.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        writer: of its tokenizer and of the labels that entities can have.
        prompts: token ids of each prompt.
        texts: the text each of them asks about.
        settings: see `Anchoring`.
    """
    shared = shared_beginning(prompts)
    lengths = [len(prompt) - shared for prompt in prompts]
    with torch.no_grad(), token_tree(model, lengths, prompts[0][:shared]) as tree:
        return anchored_on(tree, writer, prompts, texts, settings.on(model.device.type))


def anchored_on(
    tree: TokenTree,
    writer: TagWriter,
    prompts: Sequence[Sequence[int]],
    texts: Sequence[str],
    settings: Anchoring,
) -> list[Anchored]:
    """Find the entities of texts together, by any kind of token tree.

    Args:
        tree: reads the drafts; starts with the tokens that all prompts share, see
            `shared_beginning`.
        writer: of the tokenizer of the model and of the labels that entities can have.
        prompts: token ids of each prompt.
        texts: the text each of them asks about.
        settings: see `Anchoring`, with chunks that suit the tree.
    """
    shared = shared_beginning(prompts)
    readers = [
        _Reader(text, prompt, shared, writer, settings)
        for prompt, text in zip(prompts, texts, strict=True)
    ]
    working = {number: reader.work() for number, reader in enumerate(readers)}
    replies: dict[int, list[BranchResult] | None] = dict.fromkeys(working)
    wanted: dict[int, list[BranchRequest]] = {}
    while replies or wanted:
        for number, reply in replies.items():
            wanted.pop(number, None)
            try:
                wanted[number] = working[number].send(reply)
            except StopIteration:
                continue
        replies = dict(tree.grow(wanted)) if wanted else {}
    return [
        Anchored(reader.proposals(), reader.passes, max(0, reader.tokens - len(prompt) + shared))
        for reader, prompt in zip(readers, prompts, strict=True)
    ]


def shared_beginning(prompts: Sequence[Sequence[int]]) -> int:
    """Count the tokens that all prompts start with; they are read once."""
    shortest = min(map(len, prompts))
    first = prompts[0][: shortest - 1]  # leaves each a token to go on from
    return min(common_length(first, prompt) for prompt in prompts)


Asking = Generator[BranchRequest, BranchResult, Any]
"""A piece of work on one document, which asks the model for one branch at a time."""


class _State(msgspec.Struct, frozen=True):
    """The settled part of an answer: entities that are closed, and those that are open."""

    spans: tuple[Span, ...] = ()
    opened: tuple[Span, ...] = ()


class _Reader:
    """Reads one document; all pieces of its work progress in the same passes of the model."""

    def __init__(
        self,
        text: str,
        prompt: Sequence[int],
        shared: int,
        writer: TagWriter,
        settings: Anchoring,
    ) -> None:
        self.passes = 0
        self.tokens = 0
        self._text = text
        self._prompt = list(prompt)
        self._writer = writer
        self._settings = settings
        self._places = Places(text)
        self._shared = shared
        self._token_of = list(prompt[:shared])  # by node
        self._found: list[Proposal] = []
        self._beside: list[Asking] = []

    def proposals(self) -> tuple[Proposal, ...]:
        """Everything that was found, in reading order; of equal ones the most probable."""
        best: dict[Span, Proposal] = {}
        for each in sorted(self._found, key=lambda each: (not each.taken, -each.open)):
            best.setdefault(each.span, each)
        return tuple(sorted(best.values(), key=lambda each: reading_order(each.span)))

    def work(self) -> Generator[list[BranchRequest], list[BranchResult] | None, None]:
        """Ask for branches and take the replies until nothing is left to ask."""
        self._beside.append(self._answer())
        asking: dict[Asking, BranchRequest] = {}
        while True:
            while self._beside:
                task = self._beside.pop(0)
                self._proceed(task, None, asking)
            if not asking:
                return
            tasks = list(asking)
            branches = [asking[task] for task in tasks]
            replies = yield branches
            self.passes += 1
            asking = {}
            for task, branch, reply in zip(tasks, branches, replies or [], strict=True):
                self.tokens += len(branch.tokens)
                self._token_of.extend(branch.tokens)
                self._proceed(task, reply, asking)

    def _proceed(self, task: Asking, reply: Any, asking: dict[Asking, BranchRequest]) -> None:
        try:
            asking[task] = task.send(reply)
        except StopIteration:
            return

    def _answer(self) -> Asking:
        """Find the model's own answer."""
        if not self._writer.labels:
            return
        starts = self._places.starts
        state = _State()
        draft = self._draft(state)
        path = list(range(self._shared))
        passed: list[Opening] = []
        at = 0
        while at < len(starts):
            read = max(0, len(path) - len(self._prompt))
            branches, following = self._openings(draft, at, read + self._settings.chunk)
            upto = max((each.index for each in branches), default=read)
            prompt = self._prompt[len(path) :]
            path, openings = yield from self._weighed(
                path, [*prompt, *draft.ids[read:upto]], draft, branches
            )
            taken = next((each for each in openings if each.odds > 0), None)
            passed += openings if taken is None else openings[: openings.index(taken)]
            at = following
            if taken is not None:
                self._follow_up(passed, state, path, taken.at)
                passed = []
                state, end, path = yield from self._entity(taken, state, path)
                draft = self._draft(state)
                path = self._kept(path, draft)
                at = bisect_left(starts, end)
        self._follow_up(passed, state, path, len(self._text))

    def _openings(self, draft: Draft, at: int, before: int) -> tuple[list[Branch], int]:
        """List possible opening tags from a place on that change tokens before an index.

        Returns:
            The branches, and the number of the first place that was not looked at.
        """
        found: list[Branch] = []
        starts = self._places.starts
        while at < len(starts):
            branch = draft.opening(starts[at])
            if branch is not None:
                if found and branch.index >= before:
                    break
                found.append(branch)
            at += 1
        return found, at

    def _weighed(
        self, path: list[int], tokens: list[int], draft: Draft, branches: Sequence[Branch]
    ) -> Generator[BranchRequest, BranchResult, tuple[list[int], list[Opening]]]:
        """Go on with the text, and weigh the openings against it."""
        asks = [ask(draft, each, len(self._prompt)) for each in branches]
        grown = yield BranchRequest(path, tokens, asks)
        openings = [
            Opening(each.at, each.index, log_sum(logits[1:]) - logits[0])
            for each, logits in zip(branches, grown.logits, strict=True)
        ]
        return [*path, *grown.nodes], openings

    def _follow_up(
        self, passed: Sequence[Opening], state: _State, path: Sequence[int], limit: int
    ) -> None:
        """Follow up, beside the answer, other entities that could open before the next one.

        Args:
            passed: places where something could have opened, between two entities of the answer.
            state: what is settled before them.
            path: nodes of the text at least to the last of them.
            limit: where the next entity begins, or the end of the text.
        """
        for each in passed:
            if each.odds >= self._settings.floor_odds:
                self._beside.append(self._beside_entity(each, state, path, limit))

    def _beside_entity(
        self, opening: Opening, state: _State, path: Sequence[int], limit: int
    ) -> Asking:
        yield from self._entity(opening, state, path, limit)

    def _entity(
        self, opening: Opening, state: _State, path: Sequence[int], limit: int | None = None
    ) -> Generator[BranchRequest, BranchResult, tuple[_State, int, list[int]]]:
        """Name and close an entity, and those inside of it.

        Args:
            opening: where it opens.
            state: what is settled before it.
            path: nodes of the text at least to there.
            limit: latest end, if it is not part of the answer.

        Returns:
            What is settled with it, where it ends, and the nodes that it was found by.
        """
        at = opening.at
        label, label_logprob, labels, path = yield from self._label(opening, state, path)
        entity = Span(at, len(self._text) if limit is None else limit, label)
        inside = _State(state.spans, (*state.opened, entity))
        begin = at
        if limit is not None or len(inside.opened) >= self._settings.depth:
            begin = entity.end
        elif sum(each.start == at for each in inside.opened) == len(self._writer.labels):
            begin = at + 1  # no label is left that would not be one span twice
        search = EndSearch(
            self._places,
            entity,
            len(self._prompt),
            self._settings.end_chunk,
            begin,
            entity.end < len(self._text),
        )
        first = at
        while True:
            draft = self._draft(inside)
            inner, path = yield from search.run(draft, self._kept(path, draft), first)
            if inner is None:
                break
            inside, first, path = yield from self._entity(inner, inside, path)
        end, *others = search.ends()[: 1 + _ALTERNATIVES]
        self._found.append(
            Proposal(
                at,
                end.at,
                label,
                opening.odds,
                label_logprob,
                end.logprob,
                taken=limit is None,
                labels=labels,
                ends=tuple((each.at, each.logprob) for each in others),
            )
        )
        spans = sorted((*inside.spans, Span(at, end.at, label)), key=reading_order)
        return _State(tuple(spans), state.opened), end.at, path

    def _label(
        self, opening: Opening, state: _State, path: Sequence[int]
    ) -> Generator[
        BranchRequest, BranchResult, tuple[str, float, tuple[tuple[str, float], ...], list[int]]
    ]:
        """Walk the trie of the labels, always to the most probable token."""
        first, tokens = self._draft(state).labelled(opening.at)
        # One label twice at one place would be one span twice.
        without = {each.label for each in state.opened if each.start == opening.at}
        alive = {label: ids for label, ids in tokens.items() if label not in without}
        begin = len(self._prompt) + first
        accepted = [self._token_of[node] for node in path[begin:]]
        shared = min(common_length(ids, accepted) for ids in alive.values())
        nodes, depth = list(path[: begin + shared]), shared
        others: list[tuple[str, float]] = []
        logprob = 0.0
        while len(alive) > 1:
            known = next(iter(alive.values()))
            reach = min(common_length(known, ids) for ids in alive.values())
            if any(len(ids) == reach for ids in alive.values()):
                break  # a tokenizer that writes two labels alike
            following = sorted({ids[reach] for ids in alive.values()})
            grown = yield BranchRequest(
                nodes, known[depth:reach], [LogitQuery(begin + reach, tuple(following))]
            )
            nodes, depth = [*nodes, *grown.nodes], reach
            total = log_sum(grown.logits[0])
            best = max(range(len(following)), key=grown.logits[0].__getitem__)
            for number, logit in enumerate(grown.logits[0]):
                named = [label for label, ids in alive.items() if ids[reach] == following[number]]
                if number != best:
                    others.append((named[0], logprob + logit - total))
                else:
                    chosen = named
            logprob += grown.logits[0][best] - total
            alive = {label: alive[label] for label in chosen}
        others.sort(key=lambda each: -each[1])
        return next(iter(alive)), logprob, tuple(others[:_ALTERNATIVES]), nodes

    def _draft(self, state: _State) -> Draft:
        return Draft(self._text, state.spans, state.opened, self._writer)

    def _kept(self, path: Sequence[int], draft: Draft) -> list[int]:
        """As much of a path as is a beginning of a draft."""
        begin = len(self._prompt)
        tokens = [self._token_of[node] for node in path[begin:]]
        return list(path[: begin + common_length(tokens, draft.ids)])
