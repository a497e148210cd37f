"""Killed, signalled or out of space at any operation, no command harms what there was.

By default some operations of every case are tried; `HYPOTHESIS_PROFILE=thorough` tries them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from pii_sft.errors import PiiSftError
from pii_sft.inference import finder as finder_module
from pii_sft.inference.finder import FinderSettings
from pii_sft.inference.tuning.tune_run import cases_of_predictions
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.signals import end_by_exception
from tests.inference.test_predict import _Backend, _Backends, serving
from tests.reliability.faults import (
    CANARY,
    CODES,
    FAULTS,
    LEFT_BY_EXCEPTION,
    MOST,
    THOROUGH,
    Ended,
    Fault,
    Work,
    chosen,
    command,
    contents,
    forking,
    import_what_it_needs,
    is_hidden,
    run,
    store,
    visible,
)


class Case(msgspec.Struct, frozen=True):
    """A command, and what its output folder holds before.

    Attributes:
        name: of the case.
        make: the command, given the folder of inputs and the one of outputs.
        before: the command that wrote what is there; None for an empty folder.
    """

    name: str
    make: Callable[[Path, Path], Work]
    before: Callable[[Path, Path], Work] | None = None


def convert(*words: str) -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        "convert", given / "new.jsonl", "--out", out / "pii", "--quiet", *words
    )


def convert_old(*words: str) -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        "convert", given / "old.jsonl", "--out", out / "pii", "--quiet", *words
    )


def convert_in_two(given: Path, out: Path) -> Work:
    """Start two processes afresh; in the whole grid they are copies, which costs a tenth.

    One split is written: what becomes of several is tried with one process.
    """
    work = convert("--workers", "2", "--overwrite", "--split", "train=1")(given, out)
    return forking(work) if THOROUGH else work


def redact(*words: str, data: str = "new.jsonl") -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        *("redact", "--data", given / data, "--out", out / "r.jsonl", "--quiet"),
        *("--mapping", out / "secret" / "m.jsonl", *words),
    )


def score(*words: str, data: str = "new.jsonl") -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        *("score", "--pred", given / data, "--gold", given / data, "--ci", "0", "--quiet"),
        *("--json", out / "s.json", "--html", out / "pages" / "s.html", *words),
    )


def synth(*words: str, count: str = "40") -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        "synth", "--language", "zh", "--count", count, "--out", out / "s.jsonl", "--quiet", *words
    )


def tune(*words: str) -> Callable[[Path, Path], Work]:
    return lambda given, out: command(
        *("tune", "--pred", given / "rows.jsonl", "--data", given / "dev.jsonl", "--quiet"),
        *("--rules", "off", "--out", out / "point.json", "--json", out / "t.json"),
        *("--html", out / "t.html", *words),
    )


CASES = [
    Case("convert", convert()),
    Case("convert --overwrite", convert("--overwrite"), convert_old()),
    Case("convert with two processes", convert_in_two, convert_old()),
    Case(
        "convert to several formats",
        convert("--to", "llamafactory,documents,conll", "--overwrite"),
        convert_old("--to", "llamafactory,conll"),
    ),
    Case("convert to another format", convert("--to", "trl", "--overwrite"), convert_old()),
    Case(
        "convert with bad records",
        lambda given, out: command(
            *("convert", given / "bad.jsonl", "--out", out / "pii", "--quiet"),
            *("--from", "documents", "--on-error", "quarantine"),
        ),
    ),
    Case("redact", redact()),
    Case("redact --overwrite", redact("--overwrite"), redact(data="old.jsonl")),
    Case("score", score()),
    Case("score --overwrite", score("--overwrite"), score(data="old.jsonl")),
    Case("tune", tune()),
    Case("tune --overwrite", tune("--overwrite"), tune("--target-recall", "0.5")),
    Case("synth", synth()),
    Case("synth --overwrite", synth("--overwrite"), synth(count="30")),
]


class World:
    """A case with the states of its output folder before and after."""

    def __init__(self, case: Case, given: Path, place: Path) -> None:
        self.case = case
        self.given = given
        self.place = place
        self._number = 0
        first = self.folder()
        if case.before is not None:
            assert run(case.before(given, first), first).code == 0
        self.old = contents(first)
        done = run(case.make(given, first), first)
        assert done.code == 0, done.said
        import_what_it_needs(done)
        self.new = self.without_places(contents(first), first)
        self.operations = done.operations

    def folder(self) -> Path:
        self._number += 1
        folder = self.place / str(self._number) / "out"
        folder.mkdir(parents=True)
        return folder

    @staticmethod
    def without_places(files: dict[str, bytes], folder: Path) -> dict[str, bytes]:
        """Files that name their folder, as reports do, are compared without it."""
        here = str(folder).encode()
        return {name: content.replace(here, b"OUT") for name, content in files.items()}

    def faulty(self, fault: Fault, number: int) -> tuple[Path, Ended]:
        folder = self.folder()
        store(folder, self.old)
        return folder, run(self.case.make(self.given, folder), folder, fault, number)

    def again(self, folder: Path) -> Ended:
        return run(self.case.make(self.given, folder), folder)


def tried(world: World) -> Sequence[int]:
    return chosen(len(world.operations), MOST, THOROUGH)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def world(
    request: pytest.FixtureRequest, given: Path, tmp_path_factory: pytest.TempPathFactory
) -> World:
    return World(request.param, given, tmp_path_factory.mktemp("world"))


@pytest.mark.grid
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_or_left(
    world: World, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    numbers = tried(world)
    record_property("faults", len(numbers))
    for number in numbers:
        folder, ended = world.faulty(fault, number)
        what = f"{world.case.name}, {fault} at {number} ({world.operations[number - 1]})"
        found = contents(folder)
        committed = any(name.endswith(".journal") for name in found)
        seen = world.without_places(visible(found), folder)
        if fault in CODES:
            assert ended.code in (CODES[fault], 0), f"{what}: {ended.code} {ended.said}"
        elif ended.code != 0:
            assert ended.code == 2, f"{what}: {ended.code} {ended.said}"
            assert "No space left" in ended.said, f"{what}: {ended.said}"
            assert "bug" not in ended.said, f"{what}: {ended.said}"
        assert committed or seen in (world.old, world.new), what
        assert is_consistent(seen, world), f"{what}: {sorted(seen)}"
        if fault != "kill" and not committed:
            assert not [name for name in found if is_hidden(name)], f"{what}: {sorted(found)}"
        if "link" not in world.operations[: number - 1]:
            hidden = [name for name in found if is_hidden(name) and CANARY in found[name]]
            assert not hidden, f"{what}: {hidden}"
        assert all(
            (folder / name).stat().st_mode & 0o077 == 0 for name in found if name not in world.old
        ), what
        mended(world, folder, what)


def is_consistent(seen: dict[str, bytes], world: World) -> bool:
    """True if an index of data sets, where there is one, is that of the rows beside it."""
    index = seen.get("pii/dataset_info.json")
    if index is None:
        return True
    states = [state for state in (world.old, world.new) if state.get("pii/dataset_info.json")]
    rows = [{k: v for k, v in state.items() if k.endswith(".jsonl")} for state in states]
    return any(seen.items() >= each.items() for each in rows)


def mended(world: World, folder: Path, what: str) -> None:
    """A reader meets one set or says that there is none; the same command leaves the new one."""
    dataset = DatasetFolder(folder / "pii")
    if dataset.exists:
        try:
            dataset.check()
        except PiiSftError as error:
            pytest.fail(f"{what}: {error}")
        seen = world.without_places(visible(contents(folder)), folder)
        assert seen in (world.old, world.new), what
    again = world.again(folder)
    found = world.without_places(contents(folder), folder)
    if again.code == 2 and "--overwrite" in again.said:
        assert found == world.new, f"{what}: {again.said}"
        return
    assert again.code == 0, f"{what}: {again.said}"
    assert found == world.new, f"{what}: {sorted(found)} {sorted(world.new)}"


def sweeping(given: Path, out: Path) -> None:
    from pii_sft import sweep as module

    finder_module.BACKENDS = _Backends(_Backend)
    module.serving_of_run = lambda *_: serving()
    module.checkpoints = lambda _: [Path("checkpoint-1"), Path("checkpoint-2")]
    module.sweep(out, given / "few.jsonl", finder=FinderSettings(backend="example"))


def mining(given: Path, out: Path) -> None:
    from pii_sft.inference import mine as module

    module.cases_of_run = lambda *_: cases_of_predictions(given / "rows.jsonl", data)
    data = given / "dev.jsonl"
    module.mine(out, data, out / "mined.jsonl", overwrite=True)


def rates_tried(given: Path, out: Path) -> None:
    from pii_sft.training.lr_range import RangeTest, store

    del given
    store(RangeTest([1e-4, 1e-3], [2.0, 1.0], [2.0, 1.5], 5e-4, None), out / "lr_range")


def recording(given: Path, out: Path) -> None:
    from pii_sft.training import train as module

    module.PACKAGES = ()
    module.record(
        {
            "model_name_or_path": "m",
            "dataset_dir": str(given / "pii"),
            "dataset": "pii_train",
            "output_dir": str(out),
        },
        Path("recipe.yaml"),
    )


def without_times(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files of a run; of records that say how long it took, that they can be read."""
    return {
        name: bool(msgspec.json.decode(content)) * b"read" if "meta" in name else content
        for name, content in files.items()
    }


@pytest.mark.grid
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("writes", [sweeping, mining, rates_tried, recording])
def test_each_file_of_a_run_is_whole(
    writes: Callable[[Path, Path], None],
    fault: Fault,
    given: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    def work(folder: Path) -> Work:
        def working() -> None:
            end_by_exception()
            writes(given, folder)

        return working

    if not (given / "pii").exists():
        assert run(convert()(given, given), given).code == 0
    first = tmp_path / "first" / "out"
    first.mkdir(parents=True)
    done = run(work(first), first)
    assert done.code == 0, done.said
    assert done.operations
    import_what_it_needs(done)
    wanted = without_times(World.without_places(contents(first), first))
    numbers = chosen(len(done.operations), MOST, THOROUGH)
    record_property("faults", len(numbers))
    for number in numbers:
        folder = tmp_path / str(number) / "out"
        folder.mkdir(parents=True)
        ended = run(work(folder), folder, fault, number)
        what = f"{writes.__name__}, {fault} at {number} ({done.operations[number - 1]})"
        assert ended.code in (0, CODES.get(fault), LEFT_BY_EXCEPTION), f"{what}: {ended.said}"
        found = without_times(World.without_places(visible(contents(folder)), folder))
        whole = {name: each for name, each in found.items() if not name.endswith(".part")}
        assert whole.items() <= wanted.items(), what
        again = run(work(folder), folder)
        assert again.code == 0, f"{what}: {again.said}"
        assert without_times(World.without_places(contents(folder), folder)) == wanted, what


def test_what_is_counted(world: World) -> None:
    """The grid can't shrink unseen: every case has the operations that matter."""
    assert "link" in world.operations
    assert "fsync" in world.operations
    assert world.operations.count("write") >= 1
    assert len(world.operations) >= 5
