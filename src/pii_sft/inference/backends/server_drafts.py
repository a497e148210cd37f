"""Drafts scored by a server that gives log-probabilities of its prompt, as vLLM does.

`prompt_logprobs` of vLLM's completions has, for every token of a prompt, its own log-probability
and those of the likeliest tokens in its place. Decoding asks for a few tokens at each place; one
that is not among the likeliest is asked for separately if it could still matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from pii_sft.decoding.anchored import anchored_on, shared_beginning
from pii_sft.decoding.chat import load_chat
from pii_sft.decoding.proposals import Anchored, Anchoring
from pii_sft.decoding.tag_tokens import TagWriter
from pii_sft.decoding.tree_requests import BranchRequest, BranchResult
from pii_sft.errors import UsageError
from pii_sft.inference.backends import Generation, Question
from pii_sft.inference.backends.connection import Connection, RefusedError, Request
from pii_sft.inference.backends.server import ServerBackend, tokenizer_folder
from pii_sft.prompt import Message
from pii_sft.spans import HoldsText

_LIKELIEST = 20
"""Most alternatives that vLLM gives for a token, unless it was started with --max-logprobs."""

_NEGLIGIBLE = 7.0
"""A token that is less probable than the others by this much, in nats, is not looked up: .001."""

_IMPOSSIBLE = 50.0
"""Difference in nats that is assumed for a token that was not looked up."""

_TOGETHER = 4
"""Documents in progress for each concurrent request: at every step some documents wait for others,
and the server should not become idle."""


class _Logprob(msgspec.Struct):
    logprob: float


class _Read(HoldsText, msgspec.Struct):
    prompt_logprobs: list[dict[str, _Logprob] | None] | None = None


class _Completion(msgspec.Struct):
    choices: list[_Read]


def _reading(model: str, tokens: Sequence[int]) -> Request:
    body: dict[str, Any] = {
        "model": model,
        "prompt": list(tokens),
        "prompt_logprobs": _LIKELIEST,
        "max_tokens": 1,
        "temperature": 0,
    }
    return Request("completions", body)


def reads_drafts(server: ServerBackend) -> bool:
    """True if a server gives log-probabilities of a prompt."""
    with server.connected() as connection:
        try:
            ((_, found),) = connection.post([_reading(server.model, (1, 2))], _Completion)
        except RefusedError:
            return False
    return len(found.choices) == 1 and len(found.choices[0].prompt_logprobs or ()) == 2


class DraftingBackend:
    """A server that scores drafts, so that copies can be forced.

    Args:
        server: the backend for free answers.

    Raises:
        UsageError: the tokenizer of the run is not on this machine.
    """

    def __init__(self, server: ServerBackend) -> None:
        self._server = server
        how = server.settings
        folder = tokenizer_folder(how) or how.model
        try:
            self._chat = load_chat(folder, how.template, how.enable_thinking, how.trust_remote_code)
        except OSError:
            raise UsageError(
                f"Drafts are written by the tokenizer of {folder}, which can't be loaded. Put it "
                "there, or use --decode free."
            ) from None

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer the prompts freely."""
        return self._server.generate(prompts)

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return self._server.count(text)

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        """Find the entities of the texts, several texts at a time."""
        writer = TagWriter(self._chat.tokenizer, labels)
        how = settings.on("server")
        size = self._server.settings.batch_size * _TOGETHER
        negligible = max(_NEGLIGIBLE, 1.5 * -how.floor_odds)
        with self._server.connected() as connection:
            for begin in range(0, len(questions), size):
                batch = range(begin, min(begin + size, len(questions)))
                prompts = [self._chat.prompt_ids(questions[index].messages) for index in batch]
                texts = [questions[index].text for index in batch]
                shared = prompts[0][: shared_beginning(prompts)]
                tree = ServerTree(connection, self._server.model, shared, negligible)
                yield from zip(batch, anchored_on(tree, writer, prompts, texts, how), strict=True)


class ServerTree:
    """Token trees whose branches are sent to a server as whole prompts.

    Args:
        connection: to the server.
        model: name of the model there.
        prefix: tokens that all trees begin with.
        negligible: difference in nats to more probable tokens from which on a token counts as
            impossible.
    """

    def __init__(
        self, connection: Connection, model: str, prefix: Sequence[int], negligible: float
    ) -> None:
        self._connection = connection
        self._model = model
        self._prefix = list(prefix)
        self._negligible = negligible
        self._tokens: dict[int, list[int]] = {}

    def grow(self, wanted: dict[int, list[BranchRequest]]) -> dict[int, list[BranchResult]]:
        """Add branches; see `TokenTree`. All are finished at once."""
        nodes: list[list[int]] = []
        sequences: list[list[int]] = []
        branches = [each for growing in wanted.values() for each in growing]
        for document, growing in wanted.items():
            tokens = self._tokens.setdefault(document, list(self._prefix))
            for each in growing:
                nodes.append(list(range(len(tokens), len(tokens) + len(each.tokens))))
                tokens.extend(each.tokens)
                sequences.append([*(tokens[node] for node in each.context), *each.tokens])
        logits = self._logits(branches, sequences)
        grown = iter([BranchResult(*each) for each in zip(nodes, logits, strict=True)])
        return {document: [next(grown) for _ in growing] for document, growing in wanted.items()}

    def _logits(
        self, branches: Sequence[BranchRequest], sequences: Sequence[Sequence[int]]
    ) -> list[list[list[float]]]:
        """Log-probabilities of the tokens that the branches ask for."""
        prompts = [
            _with_what_follows(sequence, branch)
            for branch, sequence in zip(branches, sequences, strict=True)
        ]
        asking = [at for at, branch in enumerate(branches) if branch.asks]
        read = dict(zip(asking, self._read([prompts[at] for at in asking]), strict=True))
        tables = [
            [read[at][ask.after] for ask in branch.asks] for at, branch in enumerate(branches)
        ]
        unknown: dict[tuple[int, ...], list[dict[int, float]]] = {}
        for branch, prompt, known in zip(branches, prompts, tables, strict=True):
            for ask, table in zip(branch.asks, known, strict=True):
                best = max((table[each] for each in ask.ids if each in table), default=-math.inf)
                if min(table.values()) > best - self._negligible:
                    for each in ask.ids:
                        if each not in table:
                            unknown.setdefault((*prompt[: ask.after], each), []).append(table)
        for tokens, found in zip(unknown, self._read(list(unknown)), strict=True):
            for table in unknown[tokens]:
                table[tokens[-1]] = found[-1][tokens[-1]]
        return [
            [_looked_up(table, ask.ids) for ask, table in zip(branch.asks, known, strict=True)]
            for branch, known in zip(branches, tables, strict=True)
        ]

    def _read(self, prompts: Sequence[Sequence[int]]) -> list[list[dict[int, float]]]:
        """For every token of every prompt, log-probabilities of it and of others in its place.

        Raises:
            RefusedError: the server no longer gives them.
        """
        found: dict[int, list[dict[int, float]]] = {}
        requests = [_reading(self._model, each) for each in prompts]
        for index, answer in self._connection.post(requests, _Completion):
            places = answer.choices[0].prompt_logprobs if answer.choices else None
            if places is None or len(places) != len(prompts[index]):
                raise RefusedError("The server no longer gives log-probabilities of prompts.")
            found[index] = [
                {int(token): each.logprob for token, each in (place or {}).items()}
                for place in places
            ]
        return [found[index] for index in range(len(prompts))]


def _with_what_follows(sequence: Sequence[int], branch: BranchRequest) -> list[int]:
    """A sequence, extended by a token if the place after its end is asked about."""
    behind = [ask.ids[0] for ask in branch.asks if ask.after == len(sequence)]
    return [*sequence, *behind[:1]]


def _looked_up(table: dict[int, float], ids: Sequence[int]) -> list[float]:
    absent = min(table.values()) - _IMPOSSIBLE
    return [table.get(each, absent) for each in ids]
