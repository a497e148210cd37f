"""Structures in strings: JSON, Python, printed numpy arrays, and attacks on their reader."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.files.stringified import MOST_CHARACTERS, MOST_DEPTH, annotation, decoded
from pii_sft.errors import RecordError

DICTS = [{"value": 'O\'Neill, "Bo"', "start": 3}, {"value": "a}\n{b", "start": 9}]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (json.dumps(DICTS), DICTS),
        (repr(DICTS), DICTS),
        (f" {DICTS!r}\n", DICTS),
        ("[" + "\n ".join(map(repr, DICTS)) + "]", DICTS),
        ("[" + " ".join(map(repr, DICTS)) + "]", DICTS),
        ("array([" + ",\n       ".join(map(repr, DICTS)) + "], dtype=object)", DICTS),
        ("array([], dtype=object)", []),
        ("[]", []),
        ("[ ]", []),
        ("{}", {}),
        ("None", None),
        ("null", None),
        ("[{'a': None, 'b': True, 'c': -1.5, 'd': ('x', 2)}]", None),
        ("{'[NAME_1]': 'Ann'}", {"[NAME_1]": "Ann"}),
        ("[{'a': '\\U0001f600\\n'}]", [{"a": "😀\n"}]),
    ],
)
def test_what_a_string_means(written: str, meant: Any) -> None:
    found = decoded(written, "spans")
    assert found == (
        meant if "('x', 2)" not in written else [{"a": None, "b": True, "c": -1.5, "d": ("x", 2)}]
    )


@pytest.mark.parametrize("value", [None, [], [1], {}, 5, True])
def test_what_is_no_string_stays(value: Any) -> None:
    assert decoded(value, "spans") is value


@pytest.mark.parametrize(
    "written",
    [
        "",
        "secret",
        "[{'a': secret}]",
        "[{'a': nan}]",
        "__import__('os').system('true')",
        "[{'a': 1} ... {'a': 2}]",
        "[{'a': 1} 'secret' {'a': 2}]",
        "[{'a': 1}] [{'a': 2}]",
        "[{'a': {'b': 1} {'c': 2}}]",
        "[{'a': 1}",
        "{'a': 1}}",
        "[{'a' 1}\n {'b': 2}]",
        "{[]: 1}",
        "\x00",
        "'" * 99_999,
        "{'" * 50_000,
        "1+1j" * 5_000,
        "(" * (MOST_DEPTH + 1) + ")" * (MOST_DEPTH + 1),
        "[" * 100_000,
        "-" * 100_000 + "1",
        "'" + "a" * MOST_CHARACTERS + "'",
    ],
)
def test_refused_without_showing_it(written: str) -> None:
    with pytest.raises(RecordError) as caught:
        decoded(written, "spans")
    assert caught.value.kind == "wrong shape"
    assert "`spans`" in caught.value.reason
    assert "secret" not in caught.value.reason


def test_brackets_inside_strings_are_no_depth() -> None:
    assert decoded(repr(["[" * 500]), "spans") == ["[" * 500]


@pytest.mark.parametrize("record", [{}, {"spans": None}, {"spans": "null"}, {"spans": "None"}])
def test_a_missing_annotation_is_not_an_empty_one(record: dict[str, Any]) -> None:
    with pytest.raises(RecordError) as caught:
        annotation(record, "spans")
    assert caught.value.kind == "not annotated"
    assert annotation({"spans": "[]"}, "spans") == []


plain = st.dictionaries(
    st.text(max_size=3), st.text(max_size=8) | st.integers() | st.none() | st.booleans(), max_size=3
)


@given(st.lists(plain, max_size=4))
def test_repr_and_print_of_any_dicts(values: list[dict[str, Any]]) -> None:
    assert decoded(repr(values), "spans") == values
    assert decoded("[" + "\n ".join(map(repr, values)) + "]", "spans") == values


@given(st.text("[]{}()'\"\\,: \n0aN", max_size=60))
def test_no_string_is_too_strange(written: str) -> None:
    with contextlib.suppress(RecordError):
        decoded(written, "spans")
