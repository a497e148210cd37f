"""Answers of DLP of Google."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.readers.dlp import READER as DLP
from tests.converters.reading import (
    as_documented,
    beside,
)

TEXT = "é 😀 Mira Quell"


def finding(location: Any, quote: str | None = "Mira", **changes: Any) -> dict[str, Any]:
    return {"infoType": {"name": "NAME"}, "location": location, "quote": quote, **changes}


CODE_POINTS = {"codepointRange": {"start": "4", "end": "8"}}
BYTES = {"byteRange": {"start": "8", "end": "12"}}


@pytest.mark.parametrize(
    "value",
    [
        {"result": {"findings": [finding(CODE_POINTS)]}},
        {"result": {"findings": [finding(BYTES)]}},
        {"result": {"findings": [finding({**CODE_POINTS, "byteRange": {"end": "1"}})]}},
        {"findings": [finding(CODE_POINTS, None)]},
        {"findings": [finding(BYTES, None), finding(CODE_POINTS)]},
        {"result": {"findings": [finding(BYTES, "")], "findingsTruncated": False}},
        {
            "result": {
                "findings": [
                    {
                        "info_type": {"name": "NAME"},
                        "location": {"codepoint_range": {"start": 4, "end": 8}},
                    }
                ]
            }
        },
        {"result": {"findings": [finding({"byte_range": {"start": 8, "end": 12}})]}},
    ],
)
def test_ranges_of_dlp_are_believed(value: Any, tmp_path: Path) -> None:
    made = beside(DLP, tmp_path, value, TEXT)
    assert (made.surfaces, made.labels) == ([["Mira"]], [["NAME"]])
    assert "offsets count code points, ends excluded" in made.notes[1]


def test_a_start_of_0_is_left_out(tmp_path: Path) -> None:
    for location in ({"codepointRange": {"end": "1"}}, {"byteRange": {"end": "2"}}):
        value = {"result": {"findings": [finding(location, "é")]}}
        assert beside(DLP, tmp_path, value, TEXT).surfaces == [["é"]]


@pytest.mark.parametrize(
    "value", [{"result": {}}, {"result": {"findings": None}}, {"findings": []}]
)
def test_nothing_found_by_dlp(value: Any, tmp_path: Path) -> None:
    assert beside(DLP, tmp_path, value, TEXT).surfaces == [[]]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"findings": [finding(CODE_POINTS, "Mona")]}, "offsets"),
        ({"findings": [finding({"codepointRange": {"start": "5", "end": "9"}})]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "4", "end": "8"}})]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "1", "end": "12"}}, None)]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "8", "end": "99"}}, None)]}, "offsets"),
        ({"findings": [finding({"byteRange": {"start": "8"}}, None)]}, "offsets"),
        ({"findings": [finding({"contentLocations": []})]}, "offsets"),
        ({"findings": [finding(None)]}, "offsets"),
        ({"findings": [finding(CODE_POINTS, infoType=None)]}, "no label"),
        ({"findings": [7]}, "no label"),
        ({"findings": 7}, "wrong shape"),
        ({"result": {"findings": [], "findingsTruncated": True}}, "not annotated"),
        ({"result": 7}, "wrong shape"),
        ({}, "wrong shape"),
    ],
)
def test_dlp_refused(value: Any, kind: str, tmp_path: Path) -> None:
    made = beside(DLP, tmp_path, value, TEXT)
    assert made.kinds == [kind]
    assert not any(name in made.problems[0].reason for name in ("Mira", "Mona"))


def test_documented_shape(shared_data: Path, tmp_path: Path) -> None:
    as_documented(DLP, "google_dlp_inspect", "code points", shared_data, tmp_path)
