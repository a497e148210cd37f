"""Hidden states of token sequences that branch, for a batch of documents at once.

Each document has a tree of tokens: a rejected draft stays in the tree, and its replacement branches
off before it. By the attention mask a token sees only its ancestors, and its position is their
number. So all branches of all documents go through the model in one pass, and no token is computed
twice. Short documents share a lane of the batch, without seeing each other, to avoid padding.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from pii_sft.decoding.tree_requests import BranchRequest, BranchResult

MASKED = ("sdpa", "eager")
"""Implementations of attention that accept any mask."""

_SPARE = 512
"""Most unused slots in the cache before it is compacted, which costs as much as a pass."""

_PASS = 128
"""Tokens that make a pass worth reading the weights for on a processor, where padding costs as much
as tokens do. A GPU takes all that there is."""

_LANE = 512
"""Tokens of prompts that share a lane on a processor. A lane has no padding, but each of its tokens
is compared with all others, to be masked: of more documents that costs more than padding would."""

_PAIRS = 1 << 15
"""Most logits that are computed at once; each needs a row of the output weights."""


class TokenTree(Protocol):
    """Trees of tokens of several documents."""

    def grow(self, wanted: dict[int, list[BranchRequest]]) -> dict[int, list[BranchResult]]:
        """Add branches, by number of the document; a document that is no longer named is finished.

        Returns:
            Results of the requests that are done; the others have to be passed again, unchanged.
        """


@contextmanager
def token_tree(
    model: Any, lengths: Sequence[int], prefix: Sequence[int] = ()
) -> Iterator[TokenTree]:
    """A tree for each of some documents.

    Args:
        model: a causal language model of transformers, with or without adapters.
        lengths: tokens of the prompt of each; they are numbered from 0.
        prefix: tokens that all trees begin with, as nodes from 0 on.
    """
    before = model.config._attn_implementation
    if before not in MASKED:
        model.set_attn_implementation("sdpa")
    try:
        cache = DynamicCache(config=model.config)
        if all(type(layer) is DynamicLayer for layer in cache.layers):
            yield CachedTree(model, lengths, cache, prefix)
        else:
            yield RecomputedTree(model, prefix)
    finally:
        if before not in MASKED:
            model.set_attn_implementation(before)


class _Scores:
    """Hidden states of nodes, and logits from them."""

    def __init__(self, model: Any) -> None:
        self._head = model.get_output_embeddings()
        self._states: list[torch.Tensor] = []
        self._where: dict[tuple[int, int], tuple[int, int]] = {}

    def add(self, states: torch.Tensor, nodes: Sequence[tuple[int, int]]) -> None:
        """Keep states of shape (nodes, width), whose nodes are named by document and number."""
        batch = len(self._states)
        self._states.append(states)
        for row, node in enumerate(nodes):
            self._where[node] = (batch, row)

    def logits(self, wanted: Sequence[tuple[int, int, tuple[int, ...]]]) -> list[list[float]]:
        """Logits of some tokens behind a node, each given as document, node, tokens."""
        if not wanted:
            return []
        states = torch.stack(
            [
                self._states[batch][row]
                for batch, row in (self._where[document, node] for document, node, _ in wanted)
            ]
        )
        rows = [row for row, (*_, ids) in enumerate(wanted) for _ in ids]
        tokens = [token for *_, ids in wanted for token in ids]
        flat = self._pairs(states, rows, tokens)
        found, at = [], 0
        for *_, ids in wanted:
            found.append(flat[at : at + len(ids)])
            at += len(ids)
        return found

    def _pairs(self, states: torch.Tensor, rows: list[int], tokens: list[int]) -> list[float]:
        head = self._head
        device = states.device
        plain = type(head) is torch.nn.Linear and head.weight.numel() > 0
        found: list[float] = []
        for at in range(0, len(rows), _PAIRS):
            row = torch.tensor(rows[at : at + _PAIRS], device=device)
            token = torch.tensor(tokens[at : at + _PAIRS], device=device)
            if plain:
                weights = head.weight[token].to(torch.promote_types(states.dtype, torch.float32))
                logits = (states[row].to(weights.dtype) * weights).sum(dim=-1)
                if head.bias is not None:
                    logits = logits + head.bias[token]
            else:  # adapters on it, or quantised, or elsewhere
                first, last = int(row[0]), int(row[-1]) + 1
                logits = head(states[first:last]).float()[row - first, token]
            found += logits.tolist()
        return found


class _Growing:
    """Branches of one document, and how far they are read."""

    def __init__(self, branches: Sequence[BranchRequest], nodes: Sequence[list[int]]) -> None:
        self._branches = branches
        self._nodes = nodes
        self._read = 0
        self._steps = [
            (branch, number) for branch in branches for number in range(len(branch.tokens))
        ]
        self._numbers = [node for numbers in nodes for node in numbers]

    @property
    def left(self) -> int:
        """Number of tokens that are not read yet."""
        return len(self._steps) - self._read

    def pairs(self) -> Iterator[tuple[BranchRequest, list[int]]]:
        """Each branch with its nodes."""
        return zip(self._branches, self._nodes, strict=True)

    def take(self, most: int) -> Iterator[tuple[list[int], int, int]]:
        """The next tokens: the nodes that each sees, itself, and its node."""
        for at in range(self._read, min(self._read + most, len(self._steps))):
            branch, number = self._steps[at]
            node = self._numbers[at]
            own = self._numbers[at - number : at]
            yield [*branch.context, *own], branch.tokens[number], node
            self._read = at + 1

    def live(self) -> list[int]:
        """Nodes in the cache that something still goes on from."""
        context = {node for branch in self._branches for node in branch.context}
        return sorted(context.union(self._numbers[: self._read]))


class CachedTree:
    """Trees in one cache, for models in which every layer attends to the whole sequence.

    Args:
        model: the model.
        lengths: tokens of the prompt of each document.
        cache: an empty one.
        prefix: tokens that all trees begin with.
    """

    def __init__(
        self,
        model: Any,
        lengths: Sequence[int],
        cache: DynamicCache,
        prefix: Sequence[int] = (),
    ) -> None:
        self._model = model.get_decoder()
        self._scores = _Scores(model)
        self._device = model.device
        self._cache = cache
        self._float_mask = model.config._attn_implementation != "sdpa"
        on_cpu = self._device.type == "cpu"
        self._pass = _PASS if on_cpu else sys.maxsize
        self._growing: dict[int, _Growing] = {}
        self._lanes = [[0]]
        self._slots: list[list[int]] = [[]]
        self._width = 0
        if prefix:
            wanted = {0: [BranchRequest((), prefix)]}
            while not self.grow(wanted):
                pass
        self._lanes = _in_lanes(lengths, _LANE if on_cpu else 0)
        if prefix:
            cache.batch_repeat_interleave(len(self._lanes))
        self._slots = [list(self._slots[0]) for _ in lengths]

    def grow(self, wanted: dict[int, list[BranchRequest]]) -> dict[int, list[BranchResult]]:
        """Add branches; see `TokenTree`."""
        for document, branches in wanted.items():
            if document not in self._growing:
                self._growing[document] = _Growing(branches, self._numbered(document, branches))
        if any(self._growing[document].left for document in wanted):
            self._tidy(wanted)
            self._run(wanted)
        done = {
            document: self._growing.pop(document)
            for document in wanted
            if not self._growing[document].left
        }
        logits = iter(
            self._scores.logits(
                [
                    (document, _node_at(branch, numbers, ask.after - 1), ask.ids)
                    for document, growing in done.items()
                    for branch, numbers in growing.pairs()
                    for ask in branch.asks
                ]
            )
        )
        return {
            document: [
                BranchResult(numbers, [next(logits) for _ in branch.asks])
                for branch, numbers in growing.pairs()
            ]
            for document, growing in done.items()
        }

    def _numbered(self, document: int, branches: Sequence[BranchRequest]) -> list[list[int]]:
        """Number the nodes of branches; their places in the cache are not known yet."""
        slots = self._slots[document]
        found = []
        for each in branches:
            found.append(list(range(len(slots), len(slots) + len(each.tokens))))
            slots.extend([-1] * len(each.tokens))
        return found

    def _run(self, wanted: dict[int, list[BranchRequest]]) -> None:
        """Read as many tokens of every document as make a pass without much padding."""
        working = [[self._growing[each] for each in lane if each in wanted] for lane in self._lanes]
        lanes = len(working)
        left = [sum(growing.left for growing in lane) for lane in working]
        pending = [each for each in left if each]
        width = min(max(pending), max(min(pending), -(-self._pass // lanes)))
        ids = torch.zeros(lanes, width, dtype=torch.long)
        positions = torch.zeros(lanes, width, dtype=torch.long)
        mask = torch.zeros(lanes, 1, width, self._width + width, dtype=torch.bool)
        mask[:, 0, :, self._width :] = torch.eye(width, dtype=torch.bool)  # padding sees itself
        rows: list[int] = []
        named: list[tuple[int, int]] = []
        for lane, documents in enumerate(self._lanes):
            column = 0
            for document in documents:
                if document not in wanted:
                    continue  # it is over, and its lane waits for others to end
                slots = self._slots[document]
                for context, token, node in self._growing[document].take(width - column):
                    ids[lane, column] = token
                    positions[lane, column] = len(context)
                    seen = torch.tensor([slots[each] for each in context], dtype=torch.long)
                    mask[lane, 0, column, seen] = True
                    slots[node] = self._width + column
                    rows.append(lane * width + column)
                    named.append((document, node))
                    column += 1
        allowed = mask.to(self._device)
        if self._float_mask:
            dtype = self._model.dtype
            allowed = torch.zeros_like(allowed, dtype=dtype).masked_fill(
                ~allowed, torch.finfo(dtype).min
            )
        states = self._model(
            input_ids=ids.to(self._device),
            position_ids=positions.to(self._device),
            attention_mask=allowed,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        self._width += width
        self._scores.add(states.flatten(0, 1)[torch.tensor(rows, device=self._device)], named)

    def _tidy(self, wanted: dict[int, list[BranchRequest]]) -> None:
        """Drop documents that are over, and slots that nothing goes on from."""
        kept = [at for at, lane in enumerate(self._lanes) if not wanted.keys().isdisjoint(lane)]
        if 2 * len(kept) <= len(self._lanes):
            self._cache.batch_select_indices(torch.tensor(kept, device=self._device))
            self._lanes = [self._lanes[at] for at in kept]
        live = {document: self._growing[document].live() for document in wanted}
        moved: list[dict[int, int]] = []  # by lane: where each slot that stays goes
        for lane in self._lanes:
            slots = (self._slots[each][node] for each in lane for node in live.get(each, ()))
            moved.append({slot: at for at, slot in enumerate(dict.fromkeys(slots))})
        longest = max(map(len, moved))
        if self._width <= 2 * longest + _SPARE:
            return
        index = torch.zeros(len(self._lanes), longest, dtype=torch.long)
        for number, (lane, stay) in enumerate(zip(self._lanes, moved, strict=True)):
            index[number, : len(stay)] = torch.tensor(list(stay), dtype=torch.long)
            for document in lane:
                for node in live.get(document, ()):
                    self._slots[document][node] = stay[self._slots[document][node]]
        places = index.to(self._device)[:, None, :, None]
        for layer in self._cache.layers:
            layer.keys = _taken(layer.keys, places)
            layer.values = _taken(layer.values, places)
        self._width = longest


class RecomputedTree:
    """Trees of a model whose state can't be rolled back: each branch is read from its beginning.

    Args:
        model: the model.
        prefix: tokens that all trees begin with.
    """

    def __init__(self, model: Any, prefix: Sequence[int] = ()) -> None:
        self._model = model.get_decoder()
        self._scores = _Scores(model)
        self._device = model.device
        self._prefix = list(prefix)
        self._tokens: dict[int, list[int]] = {}

    def grow(self, wanted: dict[int, list[BranchRequest]]) -> dict[int, list[BranchResult]]:
        """Add branches; see `TokenTree`. All are finished at once."""
        nodes: list[tuple[int, BranchRequest, list[int]]] = []
        for document, branches in wanted.items():
            tokens = self._tokens.setdefault(document, list(self._prefix))
            for each in branches:
                nodes.append(
                    (document, each, [*range(len(tokens), len(tokens) + len(each.tokens))])
                )
                tokens.extend(each.tokens)
        self._run([each for each in nodes if each[1].tokens])
        asked = [
            (document, _node_at(branch, numbers, ask.after - 1), ask.ids)
            for document, branch, numbers in nodes
            for ask in branch.asks
        ]
        logits = iter(self._scores.logits(asked))
        grown: dict[int, list[BranchResult]] = {document: [] for document in wanted}
        for document, branch, numbers in nodes:
            grown[document].append(BranchResult(numbers, [next(logits) for _ in branch.asks]))
        return grown

    def _run(self, branches: list[tuple[int, BranchRequest, list[int]]]) -> None:
        if not branches:
            return
        sequences = [
            [self._tokens[document][node] for node in (*branch.context, *numbers)]
            for document, branch, numbers in branches
        ]
        longest = max(map(len, sequences))
        ids = torch.zeros(len(sequences), longest, dtype=torch.long)
        mask = torch.zeros(len(sequences), longest, dtype=torch.long)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        states = self._model(
            input_ids=ids.to(self._device), attention_mask=mask.to(self._device), use_cache=False
        ).last_hidden_state
        for row, (document, branch, numbers) in enumerate(branches):
            begin = len(branch.context)
            self._scores.add(
                states[row, begin : begin + len(numbers)].clone(),
                [(document, node) for node in numbers],
            )


def _in_lanes(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Numbers of documents by lane, so that lanes are about equally long.

    Args:
        lengths: of each document.
        most: length of a lane of several documents; 0 gives each its own.
    """
    if not most:
        return [[number] for number in range(len(lengths))]
    lanes: list[list[int]] = [[] for _ in range(min(len(lengths), -(-sum(lengths) // most)))]
    taken = [0] * len(lanes)
    for number in sorted(range(len(lengths)), key=lambda each: -lengths[each]):
        lane = min(range(len(lanes)), key=taken.__getitem__)
        lanes[lane].append(number)
        taken[lane] += lengths[number]
    return [sorted(lane) for lane in lanes]


def _node_at(branch: BranchRequest, numbers: Sequence[int], index: int) -> int:
    begin = len(branch.context)
    return branch.context[index] if index < begin else numbers[index - begin]


def _taken(states: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """States of some slots; `places` has shape (lanes, 1, slots, 1)."""
    heads, width = states.shape[1], states.shape[3]
    return states.gather(2, places.expand(-1, heads, -1, width))
