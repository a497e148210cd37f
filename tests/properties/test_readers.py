"""Whatever a record holds, a reader makes a sound document of it or says why not, without text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters import READERS, Note, Rejected
from pii_sft.converters.files.head import read_head
from pii_sft.errors import InputError
from pii_sft.spans import encodable
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden"
SECRET = "Zxqv7"

values = st.recursive(
    st.sampled_from([None, True, False, 0, 1, -1, 7, 2.0, 0.5, 10**18, "", " ", "O", "3", "[]"])
    | st.sampled_from(["{}", "null", "None", f"{SECRET} 😀", "\x00", "[{'a'", '[{"start": 0}]'])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "label", "start", "end", "entity"]), inner)
    ),
    max_leaves=5,
)


def input_of(name: str) -> Path:
    return sorted((GOLDEN / name).glob("input*"))[0]


def json_files(path: Path) -> dict[Path, list[Any]]:
    """The values of each JSON file of an input."""
    files = sorted(path.rglob("*.json*")) if path.is_dir() else [path]
    found = {}
    for file in files:
        text = file.read_text("utf-8-sig") if file.suffix in (".json", ".jsonl") else ""
        try:
            whole = json.loads(text)
            found[file] = whole if isinstance(whole, list) else [whole]
        except ValueError:
            lines = [line for line in text.splitlines() if line.startswith("{")]
            if lines and all(line.endswith("}") for line in lines):
                found[file] = [json.loads(line) for line in lines]
    return {file: values for file, values in found.items() if values}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, by the keys that lead there."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of a JSON value with another one at a place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", [each for each in READERS.names() if json_files(input_of(each))])
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_value_anywhere(name: str, tmp_path: Path, data: st.DataObject) -> None:
    source = input_of(name)
    files = json_files(source)
    file = data.draw(st.sampled_from(sorted(files)))
    records = files[file]
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(list(places(records))))
        records = changed(records, place, data.draw(values))
    copy = tmp_path / source.name
    if source.is_dir():
        shutil.copytree(source, copy, dirs_exist_ok=True)
    lines = [json.dumps(record) for record in records]
    target = copy / file.relative_to(source) if source.is_dir() else copy
    array = file.suffix == ".json"
    target.write_text(f"[{','.join(lines)}]" if array else "\n".join(lines), "utf-8")
    for each in (target, copy):
        assert 0 <= READERS.get(name).sniff(read_head(each)) <= 1
    verify(name, copy)


def verify(name: str, path: Path) -> None:
    """Read an input, and look at all that comes of it."""
    shown = []
    try:
        for reading in READERS.get(name).read(path):
            if isinstance(reading, Note):
                shown.append(reading.text)
            elif isinstance(reading, Rejected):
                shown += [repr(reading), str(reading.problem.reason)]
            else:
                shown.append(repr(reading.replaced(id="", spans=())))
                assert encodable(reading.text)
                for span in reading.spans:
                    assert 0 <= span.start < span.end <= len(reading.text)
                    assert span.label
    except InputError as error:
        shown.append(str(error))
    labels = (f"({SECRET} 😀)", f" of {SECRET} 😀")
    assert not any(SECRET in _without(each, labels) for each in shown)


def _without(message: str, parts: tuple[str, ...]) -> str:
    """A message without what it may say: the labels of spans."""
    for part in parts:
        message = message.replace(part, "")
    return message
