"""Backends, which generate the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from pii_sft.decoding import FinishReason
from pii_sft.decoding.proposals import Anchored, Anchoring
from pii_sft.prompt import Message
from pii_sft.registry import Registry
from pii_sft.spans import HoldsText

Dtype = Literal["auto", "float32", "bfloat16"]


class Token(msgspec.Struct, frozen=True):
    """One generated token.

    Attributes:
        start: first code point of the answer it writes.
        end: code point after the last one.
        logprob: natural logarithm of its probability.
    """

    start: int
    end: int
    logprob: float


class Generation(HoldsText, msgspec.Struct, frozen=True):
    """An answer.

    Attributes:
        index: position of its prompt in the sequence that was given.
        text: what the model wrote, without special tokens.
        finish_reason: `stop` where the model ended by itself, `length` where it was cut, `loop`
            where it repeated itself and was stopped.
        tokens: the tokens of `text`, in order.
    """

    index: int
    text: str
    finish_reason: FinishReason
    tokens: tuple[Token, ...]


class Server(msgspec.Struct, frozen=True):
    """A server that generates elsewhere, and how it may be asked.

    Attributes:
        url: where it is, with or without the `/v1` of its routes.
        model: the name under which it serves the model; empty for the only one it has.
        requests_per_minute: limit of requests, including repetitions; 0 for no limit.
        allow_http: whether texts may leave this machine unencrypted.
        timeout: seconds without a byte of an answer after which a request is repeated.
        attempts: most attempts of one request.
    """

    url: str
    model: str = ""
    requests_per_minute: float = 0.0
    allow_http: bool = False
    timeout: float = 600.0
    attempts: int = 8


class Settings(msgspec.Struct, frozen=True):
    """The settings of a backend.

    Attributes:
        model: folder or hub name of the base model.
        adapter: folder of a LoRA adapter; empty for none.
        template: name of the chat template, as LLaMA-Factory calls it.
        enable_thinking: LLaMA-Factory's setting of the same name.
        batch_size: how many prompts are answered together.
        max_new_tokens: longest answer, in tokens; the length of the prompt may set a lower cap.
        trust_remote_code: whether code of the model's repository may run.
        dtype: number format of the weights; `auto` is bfloat16 where the hardware computes in it.
        server: the server that generates; None to generate in this process.
        drafts: whether `anchor` will be called, which needs probabilities of drafts, if the backend
            has them.
    """

    model: str
    adapter: str
    template: str
    enable_thinking: bool | None = False
    batch_size: int = 8
    max_new_tokens: int = 1024
    trust_remote_code: bool = False
    dtype: Dtype = "auto"
    server: Server | None = None
    drafts: bool = False


class Backend(Protocol):
    """Answers prompts."""

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer every prompt, in any order, as soon as each is done."""


class Question(HoldsText, msgspec.Struct, frozen=True):
    """A text, and how a model is asked about it."""

    messages: list[Message]
    text: str


@runtime_checkable
class AnchoringBackend(Protocol):
    """A backend that gives probabilities of drafts, so that copies can be forced."""

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        """Find the entities of every text, in any order, each with the index of its question."""


@runtime_checkable
class BatchingBackend(Protocol):
    """A backend whose batches can be answered independently."""

    def batches(self, prompts: Sequence[list[Message]]) -> list[list[int]]:
        """Indices of the prompts of each batch, in the order in which batches are answered."""


@runtime_checkable
class CountingBackend(Protocol):
    """A backend that knows how many tokens a text has."""

    def count(self, text: str) -> int:
        """Tokens of a text."""


class BackendMaker(Protocol):
    """Loads a model."""

    def __call__(self, settings: Settings) -> Backend:
        """Load what `settings` name.

        Raises:
            UsageError: the model or the adapter can't be loaded.
        """


BACKENDS: Registry[BackendMaker] = Registry(
    "backend",
    "pii_sft.backends",
    {
        "openai": "pii_sft.inference.backends.openai:openai_backend",
        "transformers": "pii_sft.inference.backends.transformers:TransformersBackend",
    },
    extra={"openai": "openai", "transformers": "train"},
)
