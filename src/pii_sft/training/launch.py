"""Several processes: torchrun with the environment variables LLaMA-Factory knows."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping, Sequence

from pii_sft.files import encode
from pii_sft.training.loop import Loop

WORKER = "pii_sft.training.worker"


def needs_launcher(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a run has to go through torchrun: asked for, or several GPUs are visible."""
    if "LOCAL_RANK" in environment:
        return False
    return environment.get("FORCE_TORCHRUN", "0").lower() in ("1", "true", "y") or gpu_count() > 1


def gpu_count() -> int:
    """Number of visible GPUs; 0 without torch."""
    try:
        import torch
    except ModuleNotFoundError:
        return 0
    return int(torch.cuda.device_count())


def distributed_command(
    words: Sequence[str], loop: Loop, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """The torchrun command for a recipe.

    Reads NNODES, NODE_RANK, NPROC_PER_NODE, MASTER_ADDR, MASTER_PORT, RDZV_ID, MIN_NNODES,
    MAX_NNODES and MAX_RESTARTS as LLaMA-Factory's launcher does; paths may hold spaces, which
    that launcher tears apart.

    Args:
        words: recipe and overrides.
        loop: settings of the training loop.
        environment: variables to read.
    """
    nodes = environment.get("NNODES", "1")
    address = environment.get("MASTER_ADDR", "127.0.0.1")
    port = environment.get("MASTER_PORT") or str(_free_port())
    processes = environment.get("NPROC_PER_NODE") or str(max(1, gpu_count()))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", processes]
    if "RDZV_ID" in environment:
        if "MIN_NNODES" in environment and "MAX_NNODES" in environment:
            nodes = f"{environment['MIN_NNODES']}:{environment['MAX_NNODES']}"
        command += [
            *("--nnodes", nodes),
            *("--rdzv_id", environment["RDZV_ID"]),
            *("--rdzv_backend", "c10d"),
            *("--rdzv_endpoint", f"{address}:{port}"),
            *("--max_restarts", environment.get("MAX_RESTARTS", "0")),
        ]
    else:
        command += [
            *("--nnodes", nodes),
            *("--node_rank", environment.get("NODE_RANK", "0")),
            *("--master_addr", address),
            *("--master_port", port),
        ]
    return [*command, "-m", WORKER, encode(loop).decode(), *words]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
