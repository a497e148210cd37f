"""Runs that are moved, renamed and read-only, and what is said where something is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.errors import UsageError
from pii_sft.inference.serving import serving_of_run
from pii_sft.records.run_folder import RunFolder


def write_run(folder: Path, model: str, **more: Any) -> Path:
    """A run as training records it, without its weights."""
    folder.mkdir(parents=True)
    record = {
        "recipe": "r.yaml",
        "settings": {
            "model_name_or_path": model,
            "finetuning_type": "lora",
            "template": "smollm2",
            "cutoff_len": 1024,
        },
        "dataset": "data/pii",
        "manifest_sha256": "",
        "target": "tags",
        "prompt": {"version": "short-1", "system": "s", "before": "", "after": ""},
        "versions": {},
        **more,
    }
    (folder / "pii_sft.json").write_text(json.dumps(record))
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": model}))
    return folder


def write_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run and its model, seen from elsewhere."""
    project = tmp_path / "project"
    model = write_model(project / "models/tiny")
    write_run(project / "runs/r", "models/tiny", model_folder=str(model), labels=["P"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return project


def test_the_base_model_is_found_from_any_folder(project: Path) -> None:
    assert RunFolder(project / "runs/r").base_model() == str(project / "models/tiny")


@pytest.mark.parametrize("place", ["tiny", "models/tiny", "../tiny", "../models/tiny"])
def test_a_moved_run_finds_its_model_near_it(project: Path, tmp_path: Path, place: str) -> None:
    runs = tmp_path / "new" / "runs"
    runs.mkdir(parents=True)
    run = (project / "runs/r").rename(runs / "renamed")
    target = runs / place
    target.parent.mkdir(parents=True, exist_ok=True)
    (project / "models/tiny").rename(target)
    run.chmod(0o500)
    found = RunFolder(run).base_model()
    assert Path(found).resolve() == target.resolve()
    assert serving_of_run(run).labels == ("P",)
    run.chmod(0o700)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_folder_that_is_gone_is_no_hub_name(project: Path, recorded: bool) -> None:
    if not recorded:  # a run of an older version
        path = project / "runs/r/pii_sft.json"
        record = json.loads(path.read_text())
        del record["model_folder"]
        path.write_text(json.dumps(record))
    (project / "models/tiny").rename(project / "other")
    with pytest.raises(UsageError, match=r"name it with --model") as caught:
        RunFolder(project / "runs/r").base_model()
    assert str(project / "models/tiny") in str(caught.value)
    assert serving_of_run(project / "runs/r", model=str(project / "other")).model.endswith("other")


def test_a_hub_name_stays_one(project: Path) -> None:
    run = write_run(project / "runs/hub", "Qwen/Qwen3-0.6B")
    assert RunFolder(run).base_model() == "Qwen/Qwen3-0.6B"


def test_checkpoints_know_their_run(project: Path) -> None:
    checkpoint = project / "runs/r/checkpoint-5"
    checkpoint.mkdir()
    (project / "runs/r/adapter_config.json").rename(checkpoint / "adapter_config.json")
    assert RunFolder(checkpoint).base_model() == str(project / "models/tiny")
    assert serving_of_run(checkpoint).window == 384


@pytest.mark.parametrize(
    ("missing", "said"),
    [("adapter_config.json", "Did the training end"), (".", "There is no run folder")],
)
def test_what_is_missing_is_said_at_once(project: Path, missing: str, said: str) -> None:
    run = project / "runs/r"
    if missing == ".":
        run = project / "runs/none"
    else:
        (run / missing).unlink()
    with pytest.raises(UsageError, match=said):
        serving_of_run(run)


def test_labels_come_from_the_data_set_of_an_older_run(project: Path) -> None:
    run = write_run(project / "runs/old", "models/tiny")
    assert serving_of_run(run).labels == ()
    manifest = {
        "version": "0",
        "target": "tags",
        "prompt": {"version": "short-1", "system": "s", "before": "", "after": ""},
        "labels": [{"name": "CITY"}],
        "seed": 1,
        "options": {},
        "inputs": [],
        "splits": {},
        "dropped": {},
    }
    data = project / "data/pii"
    data.mkdir(parents=True)
    (data / "manifest.json").write_text(json.dumps(manifest))
    assert serving_of_run(run).labels == ("CITY",)
