"""One reader for arrays, JSON lines, and objects one after another."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pii_sft.converters import Rejected
from pii_sft.converters.files import json_records as records
from pii_sft.converters.files.arrow_tables import is_table
from pii_sft.converters.files.json_records import Record, read_objects, read_records
from pii_sft.errors import InputError, RecordError
from pii_sft.spans import Document

VALUES: list[dict[str, Any]] = [
    {"text": 'a, b] {c}\n "d" \\', "n": [1, {"x": None}]},
    {"text": "王小明 😀 e\u0301 \u2028", "n": []},
    {},
    {"text": "last", "deep": [[[["}"]]]]},
]
LAYOUTS = {
    "array": json.dumps(VALUES, ensure_ascii=False),
    "ascii array": json.dumps(VALUES),
    "pretty array": json.dumps(VALUES, ensure_ascii=False, indent=2),
    "array of lines": "[\n" + ",\n".join(json.dumps(each) for each in VALUES) + "\n]\n",
    "lines": "\n".join(json.dumps(each, ensure_ascii=False) for each in VALUES),
    "spaced lines": "\n\n" + "\n \n".join(json.dumps(each) for each in VALUES) + "\n\n",
    "pretty objects": "\n".join(json.dumps(each, indent=2) for each in VALUES if each),
}


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "file.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture(params=[4, 17, 1 << 20])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Makes block borders fall everywhere."""
    monkeypatch.setattr(records, "BLOCK", request.param)
    return int(request.param)


def read(tmp_path: Path, content: str | bytes) -> list[Record]:
    return list(read_records(written(tmp_path, content)))


def good(found: list[Record]) -> list[Any]:
    return [record.value for record in found if not record.error]


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str, mark: str, newline: str, tmp_path: Path) -> None:
    content = mark + LAYOUTS[layout].replace("\n", newline)
    found = read(tmp_path, content)
    wanted = VALUES if "objects" not in layout else [each for each in VALUES if each]
    assert [record.value for record in found] == wanted
    assert [record.error for record in found] == [""] * len(wanted)
    lines = content.removeprefix("\ufeff").encode().split(b"\n")
    for record in found:
        assert json.loads(record.raw) == record.value
        assert record.raw.split(b"\n")[0].strip() in lines[record.line - 1]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ('{"a":1}\n{"a":2}\n', [1, 2]),
        ('\n\n{"a":1}\r\n\r\n{"a":2}', [3, 5]),
        ('[{"a":1},\n{"a":2}]', [1, 2]),
        ('\n\n[\n\n\n {"a":\n1},\n\n{"a":2}]', [6, 9]),
        ('{\n"a":1\n}\n\n{\n"a":2\n}', [1, 5]),
        ('{"a":1}{"a":2}', [1, 1]),
    ],
)
@pytest.mark.usefixtures("block")
def test_line_numbers(content: str, lines: list[int], tmp_path: Path) -> None:
    assert [record.line for record in read(tmp_path, content)] == lines


BROKEN_LINES = [
    b'{"text": "a',
    b'{"text": "a" "b"}',
    b"[",
    b"]",
    b"{",
    b"}",
    b"text",
    b'{"text": "\xff"}',
    b'{"text": "\\ud83d"}',
    b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"text": ' + b"9" * 5000 + b"}",
    b"\x00\x00",
]


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("number", range(len(BROKEN_LINES)))
def test_a_broken_line_spoils_only_itself(number: int, at: int, tmp_path: Path) -> None:
    lines = [b'{"text": "one"}', b'{"text": "two"}', b'{"text": "three"}']
    found = read(tmp_path, b"\n".join([*lines[:at], BROKEN_LINES[number], *lines[at:]]))
    assert [record.value["text"] for record in found if not record.error] == ["one", "two", "three"]
    (bad,) = [record for record in found if record.error]
    assert (bad.line, bad.raw, bad.value) == (at + 1, BROKEN_LINES[number], None)


@pytest.mark.parametrize(
    "first", [b'{"text": "secret', b'{"text" "secret"}', b'{"text": "\xff"}', b"secret"]
)
def test_a_broken_first_line(first: bytes, tmp_path: Path) -> None:
    found = read(tmp_path, first + b'\n{"text": "one"}\n{"text": "two"}\n')
    assert good(found) == [{"text": "one"}, {"text": "two"}]
    assert [(record.line, record.raw) for record in found if record.error] == [(1, first)]


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    ("content", "kept", "bad_line"),
    [
        ('[{"a":1},\n{"a":2}', 2, 2),
        ('[{"a":1},\n{"a":2},\n', 2, 3),
        ('[{"a":1},\n{"a":', 1, 2),
        ('[{"a":1},\n{"a" 2},\n{"a":3}]', 1, 2),
        ('[{"a":1}]\n[{"a":2}]', 1, 1),
        ('[{"a":1}] x', 1, 1),
        ('{\n"a":1\n}\n{\n"a":\n', 1, 4),
        ("[", 0, 1),
        ('["', 0, 1),
        ("[" * 5000, 0, 1),
        ("[" * 5000 + "]" * 5000, 0, 1),
        ('[{"a":1},\n{"a":' + "9" * 5000 + "}]", 1, 2),
    ],
    ids=range(12),
)
def test_a_broken_array_keeps_what_came_before(
    content: str, kept: int, bad_line: int, tmp_path: Path
) -> None:
    found = read(tmp_path, content)
    assert good(found) == [{"a": number} for number in range(1, kept + 1)]
    assert found[-1].error
    assert len(found) == kept + 1
    assert found[-1].line == bad_line


@pytest.mark.usefixtures("block")
def test_bytes_that_are_not_utf8_spoil_one_value_of_an_array(tmp_path: Path) -> None:
    broken = b'{"a": "\xe4\xb8 \xff"}'
    found = read(tmp_path, b'[{"a": 1},\n' + broken + b',\n{"a": "\xe4\xb8\xad"}]')
    assert good(found) == [{"a": 1}, {"a": "中"}]
    assert (found[1].line, found[1].raw, found[1].error) == (2, broken, "is not UTF-8")


def test_half_a_surrogate_pair_spoils_one_value_of_an_array(tmp_path: Path) -> None:
    found = read(tmp_path, '[{"a": "\\ud83d\\ude00"}, {"a": "\\ud83d"}, {"a": 1}]')
    assert good(found) == [{"a": "😀"}, {"a": 1}]
    assert found[1].error


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n", b"\xef\xbb\xbf", b"[]", b"[\n]\n"])
def test_nothing_in_it(content: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, content) == []


@pytest.mark.parametrize("content", [b"\xff\xfe[\x00]\x00", b"\x80\x81", b"\x00", b"not JSON"])
def test_no_json_at_all(content: bytes, tmp_path: Path) -> None:
    (record,) = read(tmp_path, content)
    assert record.error
    assert record.raw


@pytest.mark.parametrize("layout", ["array", "lines"])
def test_a_large_file_streams(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks, an array on one line: what is held at once stays far below the file."""
    monkeypatch.setattr(records, "BLOCK", 1 << 16)
    count = 4000
    values = [json.dumps({"n": number, "text": "x" * 1000}) for number in range(count)]
    content = "[" + ", ".join(values) + "]" if layout == "array" else "\n".join(values)
    path = written(tmp_path, content)
    assert path.stat().st_size > 4_000_000
    del values, content
    tracemalloc.start()
    try:
        numbers = [record.value["n"] for record in read_records(path)]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert numbers == list(range(count))
    assert most < 1_000_000


def test_a_record_longer_than_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BLOCK", 64)
    values = [{"text": "y" * 10_000}, {"text": "z"}]
    for content in (json.dumps(values), "\n".join(map(json.dumps, values))):
        assert good(read(tmp_path, content)) == values


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**6) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.dictionaries(st.text(max_size=4), json_values, max_size=3), min_size=1),
    indent=st.sampled_from([None, 0, 2]),
    ascii=st.booleans(),
    block=st.integers(4, 40),
)
def test_any_array(
    values: list[dict[str, Any]], indent: int | None, ascii: bool, block: int, tmp_path: Path
) -> None:
    path = written(tmp_path, json.dumps(values, indent=indent, ensure_ascii=ascii))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK", block)
        assert [record.value for record in read_records(path)] == values


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text('[]{}",:1a\\\n é', max_size=60).map(str.encode))
def test_no_file_is_too_strange(content: bytes, tmp_path: Path) -> None:
    assume(not is_table(content))
    for record in read(tmp_path, content):
        assert record.line >= 1
        assert not record.error or record.value is None


def test_no_text_in_its_repr() -> None:
    assert "secret" not in repr(Record(1, {"text": "secret"}, b"secret"))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_records(tmp_path / "missing.json"))


def convert(record: dict[str, Any], name: str) -> Document | list[Document]:
    if "text" not in record:
        raise RecordError("no text", "has no text", "given")
    if isinstance(record["text"], list):
        return [Document(f"{name}.{n}", text) for n, text in enumerate(record["text"])]
    return Document(name, record["text"])


def test_objects_become_documents(tmp_path: Path) -> None:
    path = written(tmp_path, '{"text": "a"}\n7\n{"n": 1}\n{"text": ["b", "c"]}\n{"text"\n')
    made = list(read_objects(path, convert))
    documents = [each for each in made if isinstance(each, Document)]
    assert [(each.id, each.text) for each in documents] == [
        ("file-1", "a"),
        ("file-4.0", "b"),
        ("file-4.1", "c"),
    ]
    problems = [each.problem for each in made if isinstance(each, Rejected)]
    assert [(each.kind, each.line, each.id) for each in problems] == [
        ("wrong shape", 2, None),
        ("no text", 3, "given"),
        ("broken line", 5, None),
    ]
    assert {each.file for each in problems} == {str(path)}


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ('{"a": NaN}\n{"a": 1}\n', [{"a": None}, {"a": 1}]),
        ('{"a": Infinity, "b": "NaN"}\n', [{"a": None, "b": "NaN"}]),
        ('{"a": -Infinity}\n', [{"a": None}]),
        ('[{"a": NaN}]', [{"a": None}]),
        ('{"a": 1}{"a": 2}{"a": 3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        ('{"a": 1}, {"a": 2},\n{"a": 3}\n', [{"a": 1}, {"a": 2}, {"a": 3}]),
    ],
)
def test_json_as_others_write_it(content: str, values: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text(content)
    assert [(record.value, record.error) for record in read_records(path)] == [
        (value, "") for value in values
    ]
