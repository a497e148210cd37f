"""Examples for clusters, as far as they can be checked without one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.recipe import load_recipe
from pii_sft.training.rules import Case, check
from tests.conftest import ROOT
from tests.packaging.test_docker import COMPOSE, parsed

DEPLOY = ROOT / "deploy"


def manifests(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text("utf-8")))


def trained(words: list[str]) -> None:
    """The command line is one of the program, and its recipe can be read."""
    context = parsed(words)
    recipe, *overrides = context.args or words[1:]
    assert load_recipe(ROOT / recipe, overrides)


def test_the_kubernetes_job_is_private_and_offline() -> None:
    claim, job = manifests("kubernetes-job.yaml")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    trained(container["args"])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert {"name": "HF_HUB_OFFLINE", "value": "1"} in container["env"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["work"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    model = next(word for word in container["args"] if word.startswith("model_name_or_path="))
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert f"/workspace/{model.partition('=')[2].split('/')[0]}" in mounts


def test_several_gpus_change_only_the_training_service() -> None:
    override = yaml.safe_load((DEPLOY / "multi-gpu.yaml").read_text("utf-8"))
    assert set(override["services"]) == {"train"} <= set(COMPOSE["services"])
    environment = override["services"]["train"]["environment"]
    assert environment["FORCE_TORCHRUN"] == "1"


def test_the_ray_job_starts_a_recipe_with_paths_in_full() -> None:
    _, job = manifests("ray-job.yaml")
    program, verb, recipe, *overrides = job["spec"]["entrypoint"].split()
    assert (program, verb) == ("llamafactory-cli", "train")
    settings = load_recipe(ROOT / recipe.removeprefix("/workspace/"), overrides)
    assert settings["ray_num_workers"] == 2
    assert yaml.safe_load(job["spec"]["runtimeEnvYAML"])["env_vars"]["USE_RAY"] == "1"
    findings = check(Case(settings, environment={"USE_RAY": "1"}))
    assert not any("relative" in finding.evidence for finding in findings)


def test_the_ray_cluster_has_what_llamafactory_reserves() -> None:
    """A GPU for each process, one where it is started, ten CPUs beside each, and one disk."""
    claim, job = manifests("ray-job.yaml")
    cluster = job["spec"]["rayClusterSpec"]
    workers = cluster["workerGroupSpecs"]
    groups = [
        cluster["headGroupSpec"],
        *(each for each in workers for _ in range(each["replicas"])),
    ]
    pods = [group["template"]["spec"] for group in groups]
    limits = [pod["containers"][0]["resources"]["limits"] for pod in pods]
    assert [each["nvidia.com/gpu"] for each in limits] == ["1", "1"]
    assert all(int(each["cpu"]) >= 10 for each in limits)
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    for pod in pods:
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert volumes["work"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        mounts = pod["containers"][0]["volumeMounts"]
        assert {mount["name"] for mount in mounts} == set(volumes)


@pytest.mark.parametrize("path", [DEPLOY / "slurm.sh", ROOT / "scripts/install"])
def test_shell_scripts_are_sound(path: Path) -> None:
    program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [program, "--severity=warning", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_slurm_script_starts_every_node_with_its_rank(tmp_path: Path) -> None:
    """With stand-ins for the cluster's own commands, which run what they are given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    trainer = tmp_path / ".venv-train/bin/pii-sft"
    trainer.parent.mkdir(parents=True)
    stand_ins = {
        programs / "scontrol": "echo first; echo second",
        programs / "srun": 'shift; for rank in 0 1; do SLURM_NODEID=$rank "$@"; done',
        trainer: 'echo "$NODE_RANK/$NNODES $MASTER_ADDR $NPROC_PER_NODE $*"',
    }
    for path, body in stand_ins.items():
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)
    done = subprocess.run(
        ["bash", DEPLOY / "slurm.sh", "recipes/qwen3_4b.yaml", "output_dir=runs/a b"],
        cwd=tmp_path,
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SLURM_JOB_NODELIST": "first,second",
            "SLURM_NNODES": "2",
            "SLURM_GPUS_ON_NODE": "4",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        f"{rank}/2 first 4 train recipes/qwen3_4b.yaml output_dir=runs/a b +multi_node"
        for rank in (0, 1)
    ]
