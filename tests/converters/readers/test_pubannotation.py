"""PubAnnotation: tracks, pieces, refusals, and the published files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import Head
from pii_sft.converters.reader import CERTAIN, POSSIBLE
from pii_sft.converters.readers.pubannotation import (
    READER,
    PubAnnotationOptions,
    PubAnnotationReader,
)
from tests.converters.reading import of_json, outcome

TEXT = "Ann 😀 and Bob Lee"


def denotation(begin: Any, end: Any, obj: Any = "NAME") -> dict[str, Any]:
    return {"id": "T1", "span": {"begin": begin, "end": end}, "obj": obj}


def reader(**options: Any) -> PubAnnotationReader:
    return PubAnnotationReader(PubAnnotationOptions(**options))


ANN, BOB = denotation(0, 3), denotation(10, 13)


def test_denotations(tmp_path: Path) -> None:
    given = {"text": TEXT, "denotations": [ANN, denotation("10", "13")], "relations": [{"id": "R"}]}
    found = of_json(READER, tmp_path, given)
    assert (found.surfaces, found.ids) == ([["Ann", "Bob"]], ["rows-1"])
    assert found.notes[0].startswith("offsets count code points")


def test_names_are_put_together(tmp_path: Path) -> None:
    source = {"sourcedb": "PubMed", "sourceid": 7, "text": TEXT, "denotations": [], "group": 1}
    found = of_json(READER, tmp_path, source, source | {"divid": 0}, source | {"id": "own"})
    assert found.ids == ["PubMed:7", "PubMed:7:0", "own"]
    assert found.documents[0].meta == {"group": "1"}


TRACKS = [{"project": "a", "denotations": [ANN]}, {"project": "b", "denotations": [BOB]}]


@pytest.mark.parametrize(
    ("record", "track", "surfaces"),
    [
        ({"denotations": [], "tracks": TRACKS}, "", [[]]),
        ({"denotations": [ANN], "tracks": TRACKS}, "b", [["Bob"]]),
        ({"denotations": [ANN], "project": "c"}, "c", [["Ann"]]),
        ({"tracks": TRACKS[1:]}, "", [["Bob"]]),
        ({"tracks": [{"project": "a"}]}, "", [[]]),
        ({"tracks": TRACKS}, "", []),
        ({"tracks": TRACKS}, "c", []),
        ({"denotations": [ANN], "project": "a"}, "c", []),
    ],
)
def test_tracks(
    record: dict[str, Any], track: str, surfaces: list[list[str]], tmp_path: Path
) -> None:
    found = of_json(reader(track=track), tmp_path, {"text": TEXT, **record})
    assert found.surfaces == surfaces
    assert len(found.problems) == 1 - len(surfaces)
    if not surfaces and not track:
        assert "it has 2 tracks; name one: --option track=PROJECT" in found.problems[0].reason


@pytest.mark.parametrize(
    ("policy", "surfaces"),
    [("fragments", ["Ann", "Lee"]), ("hull", [TEXT]), ("drop", [])],
)
def test_pieces(policy: str, surfaces: list[str], tmp_path: Path) -> None:
    span = [{"begin": 14, "end": 17}, {"begin": 0, "end": 3}]
    record = {"text": TEXT, "denotations": [{"span": span, "obj": "NAME"}]}
    found = of_json(reader(discontinuous=policy), tmp_path, record)
    assert found.surfaces == [surfaces]
    assert f"1 entities have several pieces; policy: {policy} (option discontinuous)" in found.notes


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"text": ["Ann"], "denotations": []}, "no text"),
        ({"text": "", "denotations": []}, "no text"),
        ({"denotations": []}, "no text"),
        ({"text": TEXT}, "not annotated"),
        ({"text": TEXT, "denotations": {"a": 1}}, "wrong shape"),
        ({"text": TEXT, "tracks": ["a"]}, "wrong shape"),
        ({"text": TEXT, "denotations": ["a"]}, "no label"),
        ({"text": TEXT, "denotations": [denotation(0, 3, None)]}, "no label"),
        ({"text": TEXT, "denotations": [denotation(0, 3, "")]}, "no label"),
        ({"text": TEXT, "denotations": [{"obj": "NAME"}]}, "offsets"),
        ({"text": TEXT, "denotations": [{"obj": "NAME", "span": [[0, 3]]}]}, "offsets"),
        ({"text": TEXT, "denotations": [denotation(None, 3)]}, "offsets"),
        ({"text": TEXT, "denotations": [denotation(3, 3)]}, "offsets"),
        ({"text": TEXT, "denotations": [denotation(0, 99)]}, "offsets"),
    ],
)
def test_refused(record: dict[str, Any], kind: str, tmp_path: Path) -> None:
    found = of_json(READER, tmp_path, {"id": "x", **record})
    assert (found.kinds, found.problems[0].id) == ([kind], "x")
    assert "Ann" not in str(found.problems)


@pytest.mark.parametrize(
    ("record", "certainty"),
    [
        ({"text": "a", "denotations": []}, CERTAIN),
        ({"text": "a", "tracks": []}, CERTAIN),
        ({"text": ["a"], "sourcedb": "x", "sourceid": "1"}, POSSIBLE),
        ({"text": "a", "denotations": None}, 0.0),
    ],
)
def test_certainty(record: dict[str, Any], certainty: float) -> None:
    assert READER.sniff(Head(Path("x"), json.dumps(record).encode())) == certainty


def test_published_files(shared_data: Path) -> None:
    folder = shared_data / "fixtures/pubannotation_json"
    found = outcome(READER, folder / "samplePubAnnotationProjectScoped.json")
    assert (found.surfaces, found.ids) == ([["IRF-4", "IFN-α"]], ["PubMed:10704529"])
    assert found.problems == []
    assert "offsets count code points, ends excluded" in found.notes[0]
    found = outcome(READER, folder / "singleQueryResult.json")
    assert (found.kinds, found.documents) == (["no text"], [])
