from __future__ import annotations

import os
from itertools import pairwise

import msgspec
import pytest

from pii_sft.training import torchrun as launch
from pii_sft.training.loop_settings import LoopSettings


def test_one_process_needs_no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "gpu_count", lambda: 0)
    assert not launch.needs_launcher({})
    assert launch.needs_launcher({"FORCE_TORCHRUN": "1"})
    monkeypatch.setattr(launch, "gpu_count", lambda: 2)
    assert launch.needs_launcher({})
    assert not launch.needs_launcher({"LOCAL_RANK": "0"})


def test_the_command_reads_the_trainers_variables() -> None:
    words = ["recipes/my recipe.yaml", "learning_rate=1e-4"]
    command = launch.distributed_command(
        words,
        LoopSettings(entity_weight=2.0),
        {
            "NNODES": "2",
            "NODE_RANK": "1",
            "NPROC_PER_NODE": "4",
            "MASTER_ADDR": "10.0.0.1",
            "MASTER_PORT": "29500",
        },
    )
    *start, settings, recipe, rate = command
    rest = [recipe, rate]
    assert start[-3:] == ["-m", "pii_sft", "worker"]
    assert msgspec.json.decode(settings, type=LoopSettings) == LoopSettings(entity_weight=2.0)
    assert rest == words
    pairs = dict(pairwise(command))
    assert pairs["--nproc_per_node"] == "4"
    assert pairs["--nnodes"] == "2"
    assert pairs["--node_rank"] == "1"
    assert pairs["--master_addr"] == "10.0.0.1"
    assert pairs["--master_port"] == "29500"


def test_quiet_processes() -> None:
    command = launch.distributed_command(
        ["r.yaml"], LoopSettings(), {"NPROC_PER_NODE": "1"}, quiet=True
    )
    assert command[command.index("worker") + 1] == "--quiet"
    assert command[-1] == "r.yaml"


@pytest.mark.parametrize(("visible", "first"), [(None, "0"), ("3,5", "3"), ("", "")])
def test_only_one_device_is_shown(
    visible: str | None, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    launch.use_one_device()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == first


def test_elastic_jobs() -> None:
    command = launch.distributed_command(
        ["r.yaml"],
        LoopSettings(),
        {
            "RDZV_ID": "job",
            "MIN_NNODES": "1",
            "MAX_NNODES": "3",
            "MAX_RESTARTS": "5",
            "MASTER_PORT": "1",
            "NPROC_PER_NODE": "1",
        },
    )
    pairs = dict(pairwise(command))
    assert pairs["--nnodes"] == "1:3"
    assert pairs["--rdzv_endpoint"] == "127.0.0.1:1"
    assert pairs["--max_restarts"] == "5"
