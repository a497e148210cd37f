"""The images and the job chain, as far as they can be checked without a container engine."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pii_sft.cli import cli
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
CHAIN = ("convert", "train", "predict", "score")
TARGETS = ("core", "train")
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def instructions(text: str = DOCKERFILE) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, continuation lines joined and comments dropped."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [
        (word.upper(), rest)
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def stages() -> dict[str, list[tuple[str, str]]]:
    """The instructions of each stage, by its name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for word, rest in instructions():
        if word == "FROM":
            name = rest.split(" AS ")[1]
            found[name] = []
        found[name].append((word, rest))
    return found


def interpolated(value: str) -> str:
    """A value of compose.yaml with the defaults of its variables."""
    return VARIABLE.sub(lambda match: match[2] or "", value)


def words_of(service: str) -> list[str]:
    command = SERVICES[service]["command"]
    return [interpolated(word) for word in command]


def parsed(words: list[str]) -> click.Context:
    """Parse a command line of the program as click does, without running it."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None
    return command.make_context(words[0], words[1:])


def binary(name: str) -> Path:
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed beside this Python")
    return path


def test_hadolint_finds_nothing() -> None:
    hadolint = binary("hadolint")
    version = subprocess.run([hadolint, "--version"], capture_output=True, check=False)
    if version.returncode:
        pytest.skip("the hadolint binary does not run on this machine")
    done = subprocess.run(
        [hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_both_targets_exist_and_start_from_pinned_images() -> None:
    names = stages()
    assert set(TARGETS) <= set(names)
    for stage in names.values():
        image = stage[0][1].split(" AS ")[0]
        assert image in names or re.search(r":\d+\.\d+\.\d+-", image), image
    assert re.match(r"nvidia/cuda:12\.8\.\d+-runtime-", names["train"][0][1])


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_runs_as_an_ordinary_user(target: str) -> None:
    stage = stages()[target]
    users = [rest for word, rest in stage if word == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*", users[-1])
    last = max(number for number, (word, _) in enumerate(stage) if word == "USER")
    assert not any(word in ("RUN", "COPY", "ADD") for word, _ in stage[last:])


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_starts_the_program_in_its_workspace(target: str) -> None:
    stage = stages()[target]
    assert ("ENTRYPOINT", '["tini", "--", "pii-sft"]') in stage
    assert any(
        word == "RUN" and re.search(r"apt-get install .*\btini\b", rest) for word, rest in stage
    )
    assert ("WORKDIR", "/workspace") in stage
    assert ("COPY", "recipes recipes") in stage
    assert any(word == "ENV" and "PYTHONUNBUFFERED=1" in rest for word, rest in stage)
    volumes = next(rest for word, rest in stage if word == "VOLUME")
    for folder in ("data", "runs", "models"):
        assert f'"/workspace/{folder}"' in volumes


def test_training_prints_no_example_and_caches_on_the_data_volume() -> None:
    (settings,) = (rest for word, rest in stages()["train"] if word == "ENV")
    values = dict(word.split("=", 1) for word in shlex.split(settings))
    assert values["LLAMAFACTORY_VERBOSITY"] == "ERROR"
    assert values["HF_DATASETS_CACHE"].startswith("/workspace/data/")
    assert f'"{values["HF_HOME"]}"' in dict(stages()["train"])["VOLUME"]


def test_python_packages_come_through_the_install_script_only() -> None:
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert not re.search(r"\b(pip3?|uv|conda|poetry) (install|add|sync)\b|easy_install", runs)
    called = re.findall(r"scripts/install \S+ (\S+)", runs)
    assert sorted(called) == sorted(TARGETS)
    script = (ROOT / "scripts/install").read_text("utf-8")
    known = {
        name.strip()
        for line in re.findall(r"^ +([a-z][a-z |-]*)\)", script, re.M)
        for name in line.split("|")
    }
    assert set(called) <= known


@pytest.mark.parametrize(
    ("stage", "extras", "wanted"),
    [
        ("core", "", "."),
        ("core", "near,ray", ".[near,ray]"),
        ("train", "", ".[train,qlora,serve,synth]"),
        ("train", "ray", ".[train,qlora,serve,synth,ray]"),
    ],
)
def test_extras_of_a_build_reach_pip(stage: str, extras: str, wanted: str, tmp_path: Path) -> None:
    """With a stand-in for the interpreter that prints what it is called with."""
    python = tmp_path / "python"
    python.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "${@: -1}"\n')
    python.chmod(0o755)
    (called,) = (rest for word, rest in stages()[f"install-{stage}"] if word == "RUN")
    (called,) = (each for each in called.split(" && ") if each.startswith("scripts/install"))
    words = shlex.split(called.replace("/opt/venv/bin/python", str(python)))
    done = subprocess.run(
        [word.replace("$EXTRAS", extras) for word in words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == wanted


@pytest.mark.parametrize("service", CHAIN)
def test_the_image_alone_brings_the_init(service: str) -> None:
    """A second one above it would leave it without its place as the first process."""
    assert "init" not in SERVICES[service]


def test_nothing_secret_is_built_in() -> None:
    assert not re.search(r"(?i)(token|password|secret|api_key)\s*=", DOCKERFILE)
    assert not any(word == "ADD" for word, _ in instructions())
    assert {rest for word, rest in instructions() if word == "ARG"} == {'EXTRAS=""'}


def test_only_what_an_image_is_made_from_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    sent = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert not sent & {"data", "runs", "models", "hub", ".env", ".git"}
    assert {"pyproject.toml", "scripts", "src", "converters", "evaluators", "recipes"} <= sent


def test_no_step_starts_before_the_one_before_it_succeeded() -> None:
    assert tuple(SERVICES) == (*CHAIN, "serve")
    assert SERVICES["serve"]["profiles"] == ["serve"]
    assert "depends_on" not in SERVICES["convert"]
    for before, after in pairwise(CHAIN):
        assert SERVICES[after]["depends_on"] == {
            before: {"condition": "service_completed_successfully"}
        }


@pytest.mark.parametrize("service", CHAIN)
def test_every_command_line_parses(service: str) -> None:
    words = words_of(service)
    assert words[0] == service
    parsed(words)


def test_the_server_parses_too_and_asks_for_a_token() -> None:
    entry = next(rest for word, rest in stages()["serve"] if word == "ENTRYPOINT")
    words = [*json.loads(entry)[2:], *map(interpolated, SERVICES["serve"]["command"])]
    options = parsed(words[1:]).params
    assert options["host"] == "0.0.0.0"
    assert str(options["token_file"]) == "/workspace/token"
    assert "./token:/workspace/token:ro" in SERVICES["serve"]["volumes"]
    assert all(each.endswith(":ro") for each in SERVICES["serve"]["volumes"])


def test_an_option_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(click.NoSuchOption):
        parsed([*words_of("convert"), "--no-such-option"])


def test_each_step_reads_what_the_one_before_it_wrote() -> None:
    recipe = yaml.safe_load((ROOT / words_of("train")[1]).read_text("utf-8"))
    convert, predict, score = (
        parsed(words_of(name)).params for name in ("convert", "predict", "score")
    )
    assert str(convert["out"]) == recipe["dataset_dir"]
    assert str(predict["run"]) == recipe["output_dir"]
    (data,) = predict["data"]
    assert Path(data).is_relative_to(convert["out"])
    assert score["pred"] == predict["run"] / "predictions.jsonl"
    assert score["gold"] == Path(data)


@pytest.mark.parametrize("service", ["convert", "predict", "score"])
def test_a_second_call_is_not_refused(service: str) -> None:
    assert parsed(words_of(service)).params["overwrite"]


@pytest.mark.parametrize("service", CHAIN)
def test_a_service_is_the_host_user_without_privileges(service: str) -> None:
    settings = SERVICES[service]
    assert settings["user"] == "${UID:-1000}:${GID:-1000}"
    assert settings["cap_drop"] == ["ALL"]
    assert "privileged" not in settings
    assert settings["build"]["target"] in TARGETS
    assert settings["image"] == f"pii-sft:{settings['build']['target']}"


@pytest.mark.parametrize("service", ["convert", "score"])
def test_what_needs_no_network_has_none(service: str) -> None:
    assert SERVICES[service]["network_mode"] == "none"
    assert SERVICES[service]["build"]["target"] == "core"


@pytest.mark.parametrize("service", ["train", "predict"])
def test_what_needs_a_gpu_has_one_and_can_be_offline(service: str) -> None:
    settings = SERVICES[service]
    (device,) = settings["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert device["capabilities"] == ["gpu"]
    assert int(interpolated(str(device["count"]))) >= 1
    assert settings["shm_size"] == "8gb"
    assert interpolated(settings["environment"]["HF_HUB_OFFLINE"]) in ("0", "1")


def test_mounted_folders_have_no_space_and_stay_in_the_workspace() -> None:
    for settings in SERVICES.values():
        for volume in settings["volumes"]:
            source, target, *_ = volume.split(":")
            assert re.fullmatch(r"\./[a-z]+", source)
            assert target == f"/workspace/{source.removeprefix('./')}"
