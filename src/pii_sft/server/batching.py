"""Batching: texts of all clients are answered in common batches.

While the model works on a batch, new texts are collected for the next one. A single client never
waits for others. Clients that were answered together often ask again at once: the next batch waits
shortly for them, since the first one would otherwise be answered alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_LONG_BATCH = 40_000
"""Characters after which a batch takes no further text, so that short texts need not wait for
several long ones."""


_RETURN_SECONDS = 0.02
_RETURN_SHARE = 0.1
"""Longest wait for clients that were just answered together: this many seconds, or this share of
the time that their batch took, if that is less."""


class TooBusyError(Exception):
    """More texts are waiting than may."""


class ClosedError(Exception):
    """The server ends, and takes no more texts."""


@dataclass(frozen=True)
class _Asked(Generic[T]):
    """A text that waits for its answer."""

    text: str
    follow_up: bool
    future: asyncio.Future[T]


class Batcher(Generic[T]):
    """Hands texts to one function that answers several at a time.

    Args:
        answer: answers texts in their order, and gets whether one of them is to be followed up; it
            is called in a separate thread, one call at a time.
        batch_size: most texts of a call.
        waiting: texts that may wait.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[str], bool], Sequence[T]],
        batch_size: int,
        waiting: int,
    ) -> None:
        self._answer = answer
        self._batch_size = batch_size
        self._most = waiting
        self._queue: asyncio.Queue[_Asked[T]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, "model")
        self._worker: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Texts that wait for the model now."""
        return self._queue.qsize()

    def start(self) -> None:
        """Begin to answer; to be called in the event loop that serves."""
        self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Answer what is waiting, and end."""
        self._closed = True
        await self._queue.join()
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        self._thread.shutdown(wait=True)

    async def answers(self, texts: Sequence[str], *, follow_up: bool = False) -> list[T]:
        """The answers to texts, in their order.

        Args:
            texts: what is asked about.
            follow_up: handed on to what answers; then for all texts of a batch.

        Raises:
            TooBusyError: there are too many texts waiting already; none of these was taken.
            ClosedError: the server ends.
        """
        if self._closed:
            raise ClosedError
        if self.waiting + len(texts) > self._most:
            raise TooBusyError
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[T]] = [loop.create_future() for _ in texts]
        for text, future in zip(texts, futures, strict=True):
            self._queue.put_nowait(_Asked(text, follow_up, future))
        try:
            return list(await asyncio.gather(*futures))
        finally:
            # A client that is gone, or out of time, is asked nothing more for.
            for future in futures:
                future.cancel()

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            characters = len(batch[0].text)
            while (
                len(batch) < self._batch_size
                and characters < _LONG_BATCH
                and not self._queue.empty()
            ):
                batch.append(self._queue.get_nowait())
                characters += len(batch[-1].text)
            wanted = [each for each in batch if not each.future.done()]
            began = time.monotonic()
            if wanted:
                await self._give(wanted)
            for _ in batch:
                self._queue.task_done()
            if len(wanted) > 1:
                now = time.monotonic()
                await self._return(
                    len(batch), now + min(_RETURN_SECONDS, _RETURN_SHARE * (now - began))
                )

    async def _return(self, clients: int, until: float) -> None:
        """Wait until clients that were answered ask again, until a time at the latest."""
        while not self._closed and self.waiting < clients and time.monotonic() < until:
            await asyncio.sleep(0.001)

    async def _give(self, batch: Sequence[_Asked[T]]) -> None:
        """Answer a batch; where that fails, each text alone, so that one spoils no other."""
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(
                self._thread,
                self._answer,
                [each.text for each in batch],
                any(each.follow_up for each in batch),
            )
        except Exception as error:  # noqa: BLE001 - it is the client's answer, whatever it is
            if len(batch) == 1:
                if not batch[0].future.done():
                    batch[0].future.set_exception(error)
                return
            for each in batch:
                await self._give([each])
            return
        for each, answer in zip(batch, answers, strict=True):
            if not each.future.done():
                each.future.set_result(answer)
