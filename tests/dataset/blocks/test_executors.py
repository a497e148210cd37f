"""One process, several, or Ray: the same bytes."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pii_sft import cluster
from pii_sft.dataset.blocks import executors as engines
from pii_sft.dataset.blocks import input_blocks as blocks
from pii_sft.dataset.blocks.input_blocks import Block, Records
from pii_sft.dataset.convert import convert
from pii_sft.dataset.options import BlockJob
from pii_sft.dataset.reading import Progress
from pii_sft.errors import InputError, MissingExtraError, UsageError
from pii_sft.files import write_documents
from pii_sft.spans import Document
from tests.conftest import annotated
from tests.dataset.selection.test_select import corpus, long_documents
from tests.dataset.test_convert import tree

EVERYTHING: dict[str, object] = {
    "deduplicate": "near",
    "oversample": "auto",
    "negatives": 0.5,
    "augment": "swap=0.4,case=0.2,ocr=0.2,width=0.2",
    "max_chars": 60,
    "writers": ["llamafactory", "documents"],
    "on_error": "quarantine",
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2000)


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Files that are read as lines and one that is not, with bad records and taken ids."""
    write_documents(tmp_path / "in" / "a.jsonl", corpus(150))
    write_documents(tmp_path / "in" / "b.jsonl", [*long_documents(), *corpus(10)])
    with (tmp_path / "in" / "b.jsonl").open("a") as stream:
        bad = {"id": "bad", "text": "abc", "spans": [{"start": 9, "end": 3, "label": "P"}]}
        stream.write(json.dumps(bad) + "\nbroken\n")
    rows = [
        {"input": f"Kim Lee{n} came.", "output": {"entities": {"PERSON": [f"Kim Lee{n}"]}}}
        for n in range(90)
    ]
    rows.insert(40, {"input": "x", "output": {"entities": {"PERSON": ["absent"]}}})
    (tmp_path / "in" / "c.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return [tmp_path / "in"]


def test_two_processes_write_what_one_writes(inputs: list[Path], tmp_path: Path) -> None:
    one = convert(inputs, out=tmp_path / "one", workers=1, **EVERYTHING)  # type: ignore[arg-type]
    two = convert(inputs, out=tmp_path / "two", workers=2, **EVERYTHING)  # type: ignore[arg-type]
    assert one.rejected == 3
    assert one.renamed >= 10
    assert one == two
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.slow
def test_ray_writes_what_one_process_writes(inputs: list[Path], tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="ray is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    try:
        convert(inputs, out=tmp_path / "one", **EVERYTHING)  # type: ignore[arg-type]
        convert(inputs, out=tmp_path / "ray", engine="ray", workers=2, **EVERYTHING)  # type: ignore[arg-type]
        assert ray.is_initialized(), "a cluster that was there is left alone"
    finally:
        ray.shutdown()
    assert tree(tmp_path / "one") == tree(tmp_path / "ray")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_problems_are_the_same(workers: int, inputs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        convert(inputs, out=tmp_path / "o", workers=workers)
    assert [(each.line, each.id) for each in caught.value.problems] == [(41, "bad"), (42, None)]
    assert not (tmp_path / "o").exists()


def test_progress_reaches_the_size_of_the_inputs(inputs: list[Path], tmp_path: Path) -> None:
    seen: list[Progress] = []
    convert(inputs, out=tmp_path / "o", on_error="quarantine", on_progress=seen.append)
    size = sum(path.stat().st_size for path in inputs[0].iterdir())
    assert len(seen) > 5
    assert {each.size for each in seen} == {size}
    assert [each.read for each in seen] == sorted(each.read for each in seen)
    assert seen[-1].read == size
    assert seen[-1].documents == 150 + 40 + 90


def test_an_engine_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="local, ray"):
        engines.engine_named("steam")


def test_ray_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pii-sft\[ray\]"):
        list(engines.engine_named("ray")(BlockJob("json"), [], 1))


def _kill_worker() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Killer:
    """A block that kills the process that unpacks it."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _kill_worker, ()


def test_a_killed_worker_is_explained() -> None:
    deadly: list[Block] = [_Killer()]  # type: ignore[list-item]
    with pytest.raises(UsageError, match="fewer --workers"):
        list(engines.local(BlockJob("json"), deadly, 2))


def test_no_more_blocks_are_read_than_workers_need() -> None:
    taken: list[int] = []

    def source() -> Iterator[Block]:
        for number in range(60):
            taken.append(number)
            yield Records(Path("f"), (Document(f"d{number}", "x"),))

    results = engines.local(BlockJob("json"), source(), 2)
    next(results)
    assert len(taken) <= 10
    results.close()  # type: ignore[attr-defined]


def test_results_come_in_order() -> None:
    made = [
        Records(
            Path(str(number)), (annotated(f"d{number}", "Ann " * (1 + number % 5), ("Ann", "P")),)
        )
        for number in range(30)
    ]
    paths = [prepared.path for prepared in engines.local(BlockJob("json"), made, 2)]
    assert paths == [block.path for block in made]
