"""Which checkpoints are complete; why a run failed."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pii_sft.records.checkpoints import checkpoints, last_checkpoint, set_incomplete_aside, step_of
from pii_sft.training.explain_failure import DivergedError, explained


def checkpoint(folder: Path, step: int, state: str | None) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return path


def test_complete_ones_by_step(tmp_path: Path) -> None:
    good = [checkpoint(tmp_path, step, f'{{"global_step": {step}}}') for step in (100, 20, 3)]
    checkpoint(tmp_path, 120, None)
    checkpoint(tmp_path, 110, '{"global_step": 1')
    checkpoint(tmp_path, 105, '{"global_step": 7}')
    checkpoint(tmp_path, 104, "[]")
    (tmp_path / "checkpoint-x").mkdir()
    (tmp_path / "checkpoint-200").write_text("a file")
    assert checkpoints(tmp_path) == sorted(good, key=step_of)
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-100"


def test_no_folder_no_checkpoint(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path / "missing") is None


def test_half_written_ones_are_kept_out_of_the_way(tmp_path: Path) -> None:
    checkpoint(tmp_path, 20, '{"global_step": 20}')
    for _ in range(3):
        (checkpoint(tmp_path, 40, None) / "adapter_model.safetensors").write_text("half")
        set_incomplete_aside(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "checkpoint-20",
        "incomplete-checkpoint-40",
        "incomplete-checkpoint-40.2",
        "incomplete-checkpoint-40.3",
    ]
    assert (tmp_path / "incomplete-checkpoint-40/adapter_model.safetensors").exists()


def test_a_step_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no checkpoint"):
        step_of(tmp_path)


class OutOfMemoryError(RuntimeError):
    pass


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (DivergedError("loss", 7), "learning_rate"),
        (OSError(errno.ENOSPC, "secret"), "save_total_limit"),
        (RuntimeError("secret: No space left on device"), "save_total_limit"),
        (OutOfMemoryError("secret"), "per_device_train_batch_size"),
        (MemoryError(), "per_device_train_batch_size"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: secret"), "QLoRA"),
    ],
)
def test_known_failures_name_the_change_and_the_checkpoint(
    error: Exception, advice: str, tmp_path: Path
) -> None:
    assert "no checkpoint yet" in str(explained(error, tmp_path))
    kept = checkpoint(tmp_path, 20, '{"global_step": 20}')
    message = str(explained(error, tmp_path))
    assert advice in message
    assert str(kept) in message
    assert "secret" not in message


def test_an_unknown_failure_is_not_explained_away(tmp_path: Path) -> None:
    assert explained(KeyError("x"), tmp_path) is None
    assert explained(OSError(errno.EACCES, "x"), tmp_path) is None
