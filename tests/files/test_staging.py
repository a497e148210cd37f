"""What stands where a file is to go: nothing is replaced that should stay."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.files import Staging, check_output, digest, unnamed_files, write_bytes


@pytest.fixture(params=["unnamed", "named"])
def kind_of_file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of file systems: with files that have no name, and without."""
    if request.param == "named":
        monkeypatch.setattr(unnamed_files, "_unnamed", lambda _: None)
    return str(request.param)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.usefixtures("kind_of_file")
def test_a_set_replaces_another(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    write_bytes(tmp_path / "gone", b"old")
    with Staging(overwrite=True) as staging:
        staging.succeed([tmp_path / "a", tmp_path / "gone"])
        staging.open(tmp_path / "a").write(b"new")
        staging.open(tmp_path / "sub" / "b").write(b"new")
        assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a", "sub", "sub/b"]
    assert (tmp_path / "a").read_bytes() == (tmp_path / "sub" / "b").read_bytes() == b"new"


def test_nothing_has_a_name_before_its_time(tmp_path: Path) -> None:
    with Staging() as staging:
        stream = staging.open(tmp_path / "a")
        stream.write(b"text")
        stream.flush()
        if not hasattr(os, "O_TMPFILE"):
            pytest.skip("this system knows no files without a name")
        assert names(tmp_path) == []


@pytest.mark.usefixtures("kind_of_file")
def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    path, link = tmp_path / "in" / "a", tmp_path / "link"
    write_bytes(path, b"precious")
    link.symlink_to(path)
    (tmp_path / "hard").hardlink_to(path)
    for out in (path, link, tmp_path / "hard", tmp_path / "in" / ".." / "in" / "a"):
        for inputs in ([path], [tmp_path / "in"]):
            with pytest.raises(UsageError, match="is an input"):
                write_bytes(out, b"new", overwrite=True, inputs=inputs)
    with pytest.raises(UsageError, match="is an input"), Staging(True, [path]) as staging:  # noqa: PT012
        staging.open(tmp_path / "other").write(b"x")
        staging.succeed([path])
    assert path.read_bytes() == b"precious"
    assert not (tmp_path / "other").exists()


def test_only_what_is_owned_is_replaced(tmp_path: Path) -> None:
    for name in ("own", "foreign"):
        write_bytes(tmp_path / name, b"old")
    with Staging(overwrite=True) as staging:
        staging.succeed([tmp_path / "own"])
        staging.open(tmp_path / "own").write(b"new")
        with pytest.raises(UsageError, match="foreign is in the way"):
            staging.open(tmp_path / "foreign")
    assert (tmp_path / "own").read_bytes() == b"new"
    assert (tmp_path / "foreign").read_bytes() == b"old"


def test_links_are_followed_and_dangling_ones_refused(tmp_path: Path) -> None:
    target, link, dangling = tmp_path / "real" / "file", tmp_path / "link", tmp_path / "dangling"
    write_bytes(target, b"old")
    link.symlink_to(target)
    dangling.symlink_to("nowhere")
    with pytest.raises(UsageError, match="--overwrite"):
        write_bytes(link, b"new")
    write_bytes(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    for overwrite in (False, True):
        with pytest.raises(UsageError, match="link to a file that is not there"):
            write_bytes(dangling, b"new", overwrite=overwrite)
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="Nobody reads"):
        write_bytes(pipe, b"text", overwrite=True)
    read: list[bytes] = []
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    reader = threading.Thread(target=lambda: read.append(os.read(handle, 100)))
    with Staging() as staging:
        staging.open(pipe).write(b"text")
        reader.start()
    reader.join()
    os.close(handle)
    assert read == [b"text"]
    assert pipe.is_fifo()


def test_a_device_is_written_to_and_stays() -> None:
    write_bytes(Path(os.devnull), b"text")
    write_bytes(Path(os.devnull), b"text", overwrite=True)
    assert Path(os.devnull).is_char_device()


def test_what_goes_to_a_stream_waits_until_all_is_well(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(KeyboardInterrupt), Staging() as staging:  # noqa: PT012
        staging.open(pipe).write(b"text")
        raise KeyboardInterrupt
    assert os.read(handle, 100) == b""
    os.close(handle)


def test_two_outputs_need_two_places(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for other in (tmp_path / "a", tmp_path / "sub" / ".." / "a"):
        with Staging(overwrite=True) as staging:
            staging.open(tmp_path / "a")
            with pytest.raises(UsageError, match="Two outputs"):
                staging.open(other)
    with Staging() as staging:
        staging.open(Path("-"))
        with pytest.raises(UsageError, match="Two outputs"):
            staging.open(Path("-"))


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        check_output(tmp_path, overwrite=True)
    write_bytes(tmp_path / "file", b"")
    with pytest.raises(UsageError, match="is no folder"):
        check_output(tmp_path / "file" / "sub", overwrite=True)


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    check_output(tmp_path / "a" / "b", overwrite=False)
    assert names(tmp_path) == []


@pytest.mark.usefixtures("kind_of_file")
def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    for outputs in (["a"], ["a", "b"]):
        with pytest.raises(UsageError, match="exists by now"), Staging() as staging:  # noqa: PT012
            for name in outputs:
                staging.open(tmp_path / name).write(b"ours")
            (tmp_path / "a").write_bytes(b"theirs")
        assert (tmp_path / "a").read_bytes() == b"theirs"
        assert names(tmp_path) == ["a"]
        (tmp_path / "a").unlink()


def test_one_command_at_a_time_takes_a_folder(tmp_path: Path) -> None:
    with Staging() as staging:
        staging.take(tmp_path / "out")
        with Staging() as other, pytest.raises(UsageError, match="Another command is writing"):
            other.take(tmp_path / "out")
    assert names(tmp_path) == []
    with Staging() as staging:
        staging.take(tmp_path / "out")


def test_what_an_older_version_left_goes_with_each_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f".{name}.abc.part").write_bytes(b"text")
    with Staging() as staging:
        for name in ("a", "b"):
            staging.open(tmp_path / name)
    assert names(tmp_path) == ["a", "b"]


def test_digests_are_those_of_what_was_written(tmp_path: Path) -> None:
    with Staging() as staging:
        stream = staging.open(tmp_path / "sub" / "a")
        for _ in range(1000):
            stream.write(b"abc" * 200)
        staging.open(tmp_path / "b").write(b"")
        found = staging.digests(tmp_path)
        assert staging.digests(tmp_path / "sub") == {"a": found["sub/a"]}
    assert found == {name: digest(tmp_path / name) for name in ("sub/a", "b")}


@pytest.mark.parametrize("name", ["n" * 255, "名" * 85, "x.jsonl"])
@pytest.mark.usefixtures("kind_of_file")
def test_names_of_any_length(name: str, tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        with Staging(overwrite=True) as staging:
            staging.open(tmp_path / name).write(content)
            staging.open(tmp_path / "other").write(content)
        assert (tmp_path / name).read_bytes() == content
    assert names(tmp_path) == sorted([name, "other"])


def test_a_check_does_not_end_whoever_reads_from_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        poll = select.poll()
        poll.register(reader)
        check_output(pipe, overwrite=False)
        assert poll.poll(0) == []
        write_bytes(pipe, b"all of it\n")
        assert os.read(reader, 100) == b"all of it\n"
    finally:
        os.close(reader)
