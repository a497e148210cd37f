"""Executors of blocks: in this process, in several, or on a Ray cluster.

Results come in the order of the blocks, so the output is the same to the byte.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pii_sft.cluster import ray_cluster
from pii_sft.dataset.blocks.encode import encode_block, encoded_job
from pii_sft.dataset.blocks.input_blocks import Block, Records
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.row_index import EncodedBlock
from pii_sft.errors import UsageError, unknown_name
from pii_sft.parent_death import end_with_parent

T = TypeVar("T")

_AHEAD = 3
"""Blocks that are sent out for each worker before the oldest result is waited for."""

Engine = Callable[[BlockJob, Iterable[Block], int], Iterator[EncodedBlock]]


def local(job: BlockJob, blocks: Iterable[Block], workers: int) -> Iterator[EncodedBlock]:
    """Work on blocks on this machine.

    Args:
        job: what to do.
        blocks: what to work on.
        workers: number of processes; with one, the work is done in this process.

    Raises:
        UsageError: a worker was killed.
    """
    if workers == 1:
        return _here(job, blocks)
    return _in_processes(job, blocks, workers)


def _here(job: BlockJob, blocks: Iterable[Block]) -> Iterator[EncodedBlock]:
    name = encoded_job(job)
    for block in blocks:
        yield encode_block(name, block)


def _in_processes(job: BlockJob, blocks: Iterable[Block], workers: int) -> Iterator[EncodedBlock]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    name = encoded_job(job)
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _belong_to, (os.getpid(),))
    try:
        yield from _in_order(
            blocks,
            workers * _AHEAD,
            lambda block: pool.submit(encode_block, name, _packed(block)),
            lambda future: future.result(),
        )
    except BrokenProcessPool:
        raise UsageError(
            "A worker process was killed, probably for want of memory. Try fewer --workers."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _belong_to(parent: int) -> None:
    """Leave interrupts to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def on_ray(job: BlockJob, blocks: Iterable[Block], workers: int) -> Iterator[EncodedBlock]:
    """Work on blocks as tasks of Ray: of the cluster that it is told of, or a local one.

    Args:
        job: what to do.
        blocks: what to work on.
        workers: number of tasks at a time.

    Raises:
        MissingExtraError: ray is not installed.
    """
    name = encoded_job(job)
    with ray_cluster() as ray:
        task = ray.remote(encode_block)
        yield from _in_order(
            blocks, workers * _AHEAD, lambda block: task.remote(name, _packed(block)), ray.get
        )


def _packed(block: Block) -> Block:
    return block.packed() if isinstance(block, Records) else block


def _in_order(
    blocks: Iterable[Block],
    most: int,
    send: Callable[[Block], T],
    receive: Callable[[T], Any],
) -> Iterator[EncodedBlock]:
    waiting: deque[T] = deque()
    for block in blocks:
        waiting.append(send(block))
        if len(waiting) >= most:
            yield receive(waiting.popleft())
    while waiting:
        yield receive(waiting.popleft())


ENGINES: dict[str, Engine] = {"local": local, "ray": on_ray}
"""Engines by their names for `--engine`."""


def engine_named(name: str) -> Engine:
    """The engine of a name.

    Raises:
        UsageError: there is no such engine.
    """
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return ENGINES[name]
