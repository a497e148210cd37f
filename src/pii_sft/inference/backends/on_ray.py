"""A backend on every GPU of a Ray cluster, which answers the batches of one process in several."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.cluster import ray_cluster
from pii_sft.decoding.proposals import Anchored, Anchoring
from pii_sft.errors import UsageError
from pii_sft.inference.backends import (
    BACKENDS,
    AnchoringBackend,
    BatchingBackend,
    CountingBackend,
    Generation,
    Question,
    Settings,
)
from pii_sft.prompt import Message

_RESTARTS = 3
"""Most restarts of a worker whose process or machine was lost."""


class RayBackend:
    """Ray actors, each of which holds the model.

    Batches are the same as in one process, so answers are the same to the byte.

    Args:
        name: of the backend.
        settings: of the backend.
        workers: how many actors; 0 for as many as the cluster has GPUs, or one where it has none.

    Raises:
        UsageError: the model can't be loaded, or the backend makes no batches.
        MissingExtraError: ray is not installed.
    """

    def __init__(self, name: str, settings: Settings, workers: int = 0) -> None:
        with ExitStack() as stack:
            self._ray = stack.enter_context(ray_cluster())
            gpus = int(self._ray.cluster_resources().get("GPU", 0))
            actor = self._ray.remote(
                num_gpus=1 if gpus else 0,
                num_cpus=1,
                max_restarts=_RESTARTS,
                max_task_retries=_RESTARTS,
            )(_Worker)
            there = _everywhere(settings)
            self._actors = [actor.remote(name, there) for _ in range(workers or gpus or 1)]
            self._got([each.ready.remote() for each in self._actors])
            weakref.finalize(self, stack.pop_all().close)

    def generate(self, prompts: Sequence[list[Message]]) -> Iterator[Generation]:
        """Answer the prompts, in any order."""
        for batch, answers in self._spread("generate", prompts, prompts):
            for each in answers:
                yield msgspec.structs.replace(each, index=batch[each.index])

    def anchor(
        self, questions: Sequence[Question], labels: Sequence[str], settings: Anchoring
    ) -> Iterator[tuple[int, Anchored]]:
        """Find the entities of the texts, in any order."""
        prompts = [each.messages for each in questions]
        for batch, answers in self._spread("anchor", prompts, questions, labels, settings):
            for index, each in answers:
                yield batch[index], each

    def count(self, text: str) -> int:
        """Tokens of a text."""
        (count,) = self._got([self._actors[0].call.remote("count", text)])
        return int(count)

    def _spread(
        self, method: str, prompts: Sequence[list[Message]], items: Sequence[Any], *more: Any
    ) -> Iterator[tuple[Sequence[int], list[Any]]]:
        """Give each batch to the next actor that is free."""
        (batches,) = self._got([self._actors[0].call.remote("batches", prompts)])
        waiting = iter(batches)
        working: dict[Any, tuple[Any, Sequence[int]]] = {}

        def give(actor: Any) -> None:
            if (batch := next(waiting, None)) is not None:
                asked = actor.listed.remote(method, [items[index] for index in batch], *more)
                working[asked] = (actor, batch)

        for each in self._actors:
            give(each)
        while working:
            (done,), _ = self._ray.wait(list(working), num_returns=1)
            actor, batch = working.pop(done)
            (answers,) = self._got([done])
            give(actor)
            yield batch, answers

    def _got(self, references: Sequence[Any]) -> list[Any]:
        """Results of calls.

        Raises:
            UsageError: a worker raised an error, or was lost.
        """
        from ray.exceptions import RayActorError, RayTaskError

        try:
            return list(self._ray.get(list(references)))
        except RayTaskError as error:
            raise error.cause from None  # without the frames of the worker
        except RayActorError:
            raise UsageError(
                "Ray lost a worker, probably for want of memory, and could not start it again. Go "
                "on with --resume, and fewer --workers or a smaller --batch-size."
            ) from None


class _Worker:
    """The backend in a process of Ray."""

    def __init__(self, name: str, settings: Settings) -> None:
        self._made = (name, settings)
        self._backend: Any = None

    def ready(self) -> None:
        """Load the model; not in `__init__`, whose errors Ray does not pass on completely."""
        name, settings = self._made
        self._backend = BACKENDS.get(name)(settings)
        for needed in (BatchingBackend, AnchoringBackend, CountingBackend):
            if not isinstance(self._backend, needed):
                raise UsageError(f"The backend {name} works by itself; leave out --engine ray.")

    def call(self, method: str, *arguments: Any) -> Any:
        if self._backend is None:
            self.ready()  # in a worker that was started anew
        return getattr(self._backend, method)(*arguments)

    def listed(self, method: str, *arguments: Any) -> list[Any]:
        return list(self.call(method, *arguments))


def _everywhere(settings: Settings) -> Settings:
    """Make paths in settings absolute, for processes with another working directory."""
    folders = {
        name: str(path.resolve())
        for name in ("model", "adapter")
        if (path := Path(getattr(settings, name))).is_dir() and getattr(settings, name)
    }
    return msgspec.structs.replace(settings, **folders)
