"""Examples for clusters, as far as they can be checked without one."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pii_sft.recipe import load_recipe
from pii_sft.recipe_lint import RecipeContext, check
from tests.conftest import ROOT
from tests.packaging.test_docker import COMPOSE, parsed

DEPLOY = ROOT / "deploy"


class Instead(list[Any]):
    """A list that takes the place of the one it is merged with."""


class ComposeLoader(yaml.SafeLoader):
    """Reads YAML safely, and the one tag of Compose that is used here."""


ComposeLoader.add_constructor(
    "!override", lambda loader, node: Instead(loader.construct_sequence(node, deep=True))
)


def merged(base: Any, over: Any) -> Any:
    """Two Compose files as one: mappings are merged, lists joined unless they say otherwise."""
    if isinstance(base, dict) and isinstance(over, dict):
        both = {key: merged(base[key], over[key]) for key in base.keys() & over.keys()}
        return {**base, **over, **both}
    if isinstance(base, list) and isinstance(over, list) and not isinstance(over, Instead):
        return [*base, *over]
    return over


def commands(name: str) -> list[list[str]]:
    """The commands in the comment at the head of a file, continuation lines joined."""
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    comment = "\n".join(line for line in lines if line.startswith("#"))
    joined = re.sub(r"\\\n#\s*", "", comment)
    found = re.findall(r"^#   +(\S.*)$", joined, re.M)
    return [shlex.split(line, comments=True) for line in found]


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


@pytest.mark.parametrize("name", ["kubernetes-job.yaml", "ray-job.yaml"])
def test_kubernetes_would_take_every_field(name: str) -> None:
    """The schemas refuse fields that don't exist; of Ray's own kind, its pods are checked."""
    schemas = pytest.importorskip("kubernetes_validate")
    for manifest in manifests(name):
        if manifest["kind"] != "RayJob":
            schemas.validate(manifest, "1.30", strict=True)
            continue
        cluster = manifest["spec"]["rayClusterSpec"]
        for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
            pod = {"apiVersion": "v1", "kind": "Pod", **group["template"]}
            schemas.validate({"metadata": {"name": "ray"}, **pod}, "1.30", strict=True)


def test_several_gpus_change_only_the_training_service() -> None:
    override = yaml.load((DEPLOY / "multi-gpu.yaml").read_text("utf-8"), ComposeLoader)
    assert set(override["services"]) == {"train"} <= set(COMPOSE["services"])
    environment = override["services"]["train"]["environment"]
    assert environment["FORCE_TORCHRUN"] == "1"
    both = merged(COMPOSE, override)
    (device,) = both["services"]["train"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["count"], device["capabilities"]) == ("all", ["gpu"])
    assert both["services"]["convert"] == COMPOSE["services"]["convert"]


def test_no_other_tag_is_read() -> None:
    with pytest.raises(yaml.constructor.ConstructorError):
        yaml.load("a: !!python/name:os.system", ComposeLoader)


def test_two_machines_are_told_what_one_is_not() -> None:
    """Every variable of the comment is one that the file hands on, and the overlay is there."""
    override = yaml.load((DEPLOY / "multi-gpu.yaml").read_text("utf-8"), ComposeLoader)
    environment = override["services"]["train"]["environment"]
    one, exported, two = commands("multi-gpu.yaml")
    assert one[-2:] == ["up", "train"]
    assert exported[0] == "export"
    assert {word.partition("=")[0] for word in exported[1:]} <= set(environment)
    service = two.index("--no-deps") + 1
    assert two[service] == "train"
    trained(two[service + 1 :])
    assert "+multi_node" in two


def test_the_ray_job_starts_a_recipe_with_paths_in_full() -> None:
    _, job = manifests("ray-job.yaml")
    assert job["spec"]["shutdownAfterJobFinishes"] is True
    assert job["spec"]["ttlSecondsAfterFinished"] > 0
    program, verb, recipe, *overrides = job["spec"]["entrypoint"].split()
    assert (program, verb) == ("llamafactory-cli", "train")
    settings = load_recipe(ROOT / recipe.removeprefix("/workspace/"), overrides)
    assert settings["ray_num_workers"] == 2
    assert yaml.safe_load(job["spec"]["runtimeEnvYAML"])["env_vars"]["USE_RAY"] == "1"
    findings = check(RecipeContext(settings, environment={"USE_RAY": "1"}))
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
    (image,) = {pod["containers"][0]["image"] for pod in pods}
    built = next(words for words in commands("ray-job.yaml") if words[:2] == ["docker", "build"])
    assert built[built.index("--tag") + 1] == image
    assert built[built.index("--target") + 1] == "train"
    extra = built[built.index("--build-arg") + 1].removeprefix("EXTRAS=")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert any(each.startswith("ray[") for each in project["optional-dependencies"][extra])
    for pod in pods:
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert volumes["work"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        mounts = pod["containers"][0]["volumeMounts"]
        assert {mount["name"] for mount in mounts} == set(volumes)


@pytest.mark.parametrize("path", ["deploy/slurm.sh", "scripts/install", "scripts/build-images"])
def test_shell_scripts_are_sound(path: str) -> None:
    program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        [program, "--severity=warning", ROOT / path], capture_output=True, text=True, check=False
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
        trainer: 'echo "$NODE_RANK/$NNODES $MASTER_ADDR:$MASTER_PORT $NPROC_PER_NODE $*"\n'
        'echo "cores $SRUN_CPUS_PER_TASK"',
    }
    for path, body in stand_ins.items():
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)
    done = subprocess.run(
        ["bash", DEPLOY / "slurm.sh", "recipes/qwen3_4b.yaml", "output_dir=runs/a b"],
        cwd=tmp_path,
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SLURM_JOB_ID": "123456",
            "SLURM_JOB_NODELIST": "first,second",
            "SLURM_CPUS_PER_TASK": "16",
            "SLURM_NNODES": "2",
            "SLURM_GPUS_ON_NODE": "4",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        line
        for rank in (0, 1)
        for line in (
            f"{rank}/2 first:13456 4 train recipes/qwen3_4b.yaml output_dir=runs/a b +multi_node",
            "cores 16",
        )
    ]


def test_the_slurm_job_logs_where_it_was_sent_and_gets_no_signal_early() -> None:
    """Slurm opens the log before the script can make a folder for it."""
    lines = (DEPLOY / "slurm.sh").read_text("utf-8").splitlines()
    options = dict(
        line.removeprefix("#SBATCH --").partition("=")[::2]
        for line in lines
        if line.startswith("#SBATCH")
    )
    assert "/" not in options["output"]
    assert "signal" not in options
    assert options["open-mode"] == "append"
