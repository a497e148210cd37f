"""Several processes: torchrun with the environment variables LLaMA-Factory knows."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

from pii_sft.files import encode
from pii_sft.training.loop_settings import LoopSettings

TORCHRUN = "torch.distributed.run"
WORKER = ("-m", "pii_sft", "worker")
"""Program of every torchrun process: a hidden command of this package."""


def needs_launcher(environment: Mapping[str, str] = os.environ) -> bool:
    """True if a run needs torchrun: it was asked for, or several GPUs are visible."""
    if "LOCAL_RANK" in environment:
        return False
    return environment.get("FORCE_TORCHRUN", "0").lower() in ("1", "true", "y") or gpu_count() > 1


def use_one_device() -> None:
    """Hide all GPUs but the first from this process; to be called before torch looks for them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[0]


def gpu_count() -> int:
    """Number of visible GPUs; 0 without torch."""
    try:
        import torch
    except ModuleNotFoundError:
        return 0
    return int(torch.cuda.device_count())


def distributed_command(
    words: Sequence[str],
    loop: LoopSettings,
    environment: Mapping[str, str] = os.environ,
    *,
    quiet: bool = False,
) -> list[str]:
    """The torchrun command for a recipe.

    Reads NNODES, NODE_RANK, NPROC_PER_NODE, MASTER_ADDR, MASTER_PORT, RDZV_ID, MIN_NNODES,
    MAX_NNODES and MAX_RESTARTS as LLaMA-Factory's launcher does; paths may contain spaces, at
    which that launcher would split them.

    Args:
        words: recipe and overrides.
        loop: settings of the training loop.
        environment: variables to read.
        quiet: whether the processes show only errors.
    """
    nodes = environment.get("NNODES", "1")
    address = environment.get("MASTER_ADDR", "127.0.0.1")
    port = environment.get("MASTER_PORT") or str(_free_port())
    processes = environment.get("NPROC_PER_NODE") or str(max(1, gpu_count()))
    command = [sys.executable, "-m", TORCHRUN, "--nproc_per_node", processes]
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
    return [*command, *WORKER, *(["--quiet"] if quiet else []), encode(loop).decode(), *words]


def launch(command: Sequence[str]) -> None:
    """Run a command of `distributed_command` in this process, until all its processes have ended.

    torchrun's report of a failed process is left out, because the process itself has said why.

    Raises:
        KeyboardInterrupt: it was interrupted.
        SystemExit: a process failed, with its exit code; or torchrun was told to end.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    try:
        torchrun(list(command[command.index(TORCHRUN) + 1 :]))
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        sys.exit(max(1, failure.exitcode))
    except SignalException as error:
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from None
        sys.exit(128 + error.sigval)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
