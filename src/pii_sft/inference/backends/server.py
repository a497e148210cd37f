"""Free answers of an OpenAI-compatible server."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.decoding import FinishReason
from pii_sft.errors import UsageError
from pii_sft.inference.backends import Generation, Server, Settings, Token
from pii_sft.inference.backends.connection import Connection, Request, connected
from pii_sft.prompt import Message
from pii_sft.spans import HoldsText
from pii_sft.tokens import TOKENIZER_NAME, token_counter

_BYTES_PER_TOKEN = 3
"""Bytes for each token, if the tokenizer is not available; most texts have as many or more."""


class _Model(msgspec.Struct):
    id: str
    root: str | None = None


class _Models(msgspec.Struct):
    data: list[_Model]


class _Piece(msgspec.Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Logprobs(HoldsText, msgspec.Struct):
    content: list[_Piece] | None = None


class _Message(HoldsText, msgspec.Struct):
    content: str | None = None


class _Choice(HoldsText, msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]


class ServerBackend:
    """Asks a server for free answers, greedily.

    The server puts its own chat template around the turns; for a fine-tuned model that is the one
    in its folder.

    Args:
        settings: which model; `batch_size` is how many requests the server has at once.
        server: where it is.
    """

    def __init__(self, settings: Settings, server: Server) -> None:
        self.settings = settings
        self._server = server
        self._count = _counter(settings)
        with self.connected() as connection:
            self.model = server.model or _only_model(connection, settings)

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer the prompts, several at once, in the order in which answers come."""
        requests = [Request("chat/completions", self._body(messages)) for messages in prompts]
        with self.connected() as connection:
            for index, answer in connection.post(requests, _Completion):
                yield _generation(index, answer)

    def count(self, text: str) -> int:
        """Number of tokens of a text; an estimate if there is no tokenizer."""
        return self._count(text)

    def connected(self) -> AbstractContextManager[Connection]:
        """Open connections to the server."""
        return connected(self._server, self.settings.batch_size)

    def _body(self, messages: Sequence[Message]) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "temperature": 0,
            "max_tokens": self.settings.max_new_tokens,
            "logprobs": True,
            # Servers take it from generation_config.json, and an answer has to repeat its text.
            "repetition_penalty": 1.0,
        }
        if self.settings.enable_thinking is False:
            # Templates of models that can think open a thought unless they are told not to.
            body["chat_template_kwargs"] = {"enable_thinking": False}
        return body


def _only_model(connection: Connection, settings: Settings) -> str:
    """The name of the only model that the server serves.

    Raises:
        UsageError: it serves several models, or only the base model of the run.
    """
    served = connection.get("models", _Models).data
    names = [each.id for each in served]
    if len(names) != 1:
        raise UsageError(
            f"The server has {len(names)} models: {', '.join(names)}. Name the trained one: "
            "--model NAME."
        )
    # vLLM says beside the name which folder it has loaded, as whoever started it wrote it.
    folders = {Path(each).name for each in (names[0], served[0].root or "")}
    if settings.adapter and Path(settings.model).name in folders:
        raise UsageError(
            f"The server has only {names[0]}, which the adapter {settings.adapter} belongs on. "
            "Serve what pii-sft export makes of both, start it with the adapter (vllm serve "
            "--enable-lora --lora-modules NAME=FOLDER), or say with --model that this name has it."
        )
    return names[0]


def tokenizer_folder(settings: Settings) -> str | None:
    """The folder of the run, or else of its base model, if it has a tokenizer; otherwise None."""
    folders = [each for each in (settings.adapter, settings.model) if each]
    return next((each for each in folders if (Path(each) / TOKENIZER_NAME).is_file()), None)


def _counter(settings: Settings) -> Callable[[str], int]:
    folder = tokenizer_folder(settings)
    if folder is None:
        return lambda text: -(-len(text.encode()) // _BYTES_PER_TOKEN)
    return token_counter(Path(folder))


def _generation(index: int, answer: _Completion) -> Generation:
    if not answer.choices:
        return Generation(index, "", "length", ())
    choice = answer.choices[0]
    pieces = (choice.logprobs.content if choice.logprobs is not None else None) or ()
    text = _whole(choice.message.content or "", pieces)
    # A filter, a tool, whatever else ended it: the rest of the answer is missing.
    finish_reason: FinishReason = "stop" if choice.finish_reason == "stop" else "length"
    return Generation(index, text, finish_reason, _tokens(text, pieces))


def _whole(text: str, pieces: Sequence[_Piece]) -> str:
    """Restore the white space at the beginning of an answer, which llama.cpp removes."""
    written = "".join(each.token for each in pieces)
    space = written[: len(written) - len(written.lstrip())]
    return space + text if space and written.startswith(space + text) else text


def _tokens(text: str, pieces: Sequence[_Piece]) -> tuple[Token, ...]:
    """Positions of the tokens in an answer; none if the tokens do not add up to the answer."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found: list[Token] = []
    written = ""
    for each in pieces:
        start = len(written)
        written += decoder.decode(each.token.encode() if each.bytes is None else bytes(each.bytes))
        found.append(Token(start, len(written), each.logprob))
    # Servers list the token that ends an answer too, which is no part of it.
    if not written.startswith(text):
        return ()
    return tuple(each for each in found if each.start < len(text) and each.end <= len(text))
