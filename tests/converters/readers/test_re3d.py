"""re3d: two files that make one annotation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.re3d import READER
from pii_sft.errors import InputError
from tests.converters.reading import Outcome, outcome

TEXT = "Mira 😀 Quell\nof Oslo"


def entity(value: str, begin: int, confidence: float = 1, **changes: Any) -> dict[str, Any]:
    given = {"_id": f"{value}-{begin}", "begin": begin, "end": begin + len(value), "type": "Person"}
    return {**given, "value": value, "documentId": "D1", "confidence": confidence, **changes}


def read(folder: Path, *entities: Any, mark: str = "", **options: str) -> Outcome:
    documents = [
        {"_id": "D1", "sourceName": "Letters", "text": TEXT},
        {"_id": "D2", "text": "none"},
    ]
    for name, rows in (("documents", documents), ("entities", entities)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.json").write_text(mark + lines, "utf-8")
    return outcome(configured(READER, options), folder)


def test_entities_go_to_their_documents(tmp_path: Path) -> None:
    made = read(tmp_path, entity("Quell", 7), entity("Mira", 0), mark="\ufeff")
    assert (made.ids, made.surfaces, made.problems) == (["D1", "D2"], [["Mira", "Quell"], []], [])
    assert made.documents[0].meta == {"source": "Letters"}
    assert made.notes == [
        "offsets count code points, ends excluded (verified on 2 spans; as right in graphemes)"
    ]


def test_a_line_break_may_be_a_space(tmp_path: Path) -> None:
    made = read(tmp_path, entity("Quell of", 7))
    assert made.surfaces == [["Quell\nof"], []]


@pytest.mark.parametrize(("option", "surfaces"), [("keep", ["Mira", "Quell"]), ("drop", ["Quell"])])
def test_confidence_0(option: str, surfaces: list[str], tmp_path: Path) -> None:
    made = read(tmp_path, entity("Mira", 0, 0), entity("Quell", 7, 0.4), unconfirmed=option)
    assert made.surfaces == [surfaces, []]
    assert (
        f"1 entities have confidence 0; {'kept' if option == 'keep' else 'left out'}"
        in (made.notes[-1])
    )


@pytest.mark.parametrize(
    ("bad", "kind", "documents"),
    [
        (entity("Mona", 0), "offsets", ["D2"]),
        (entity("Mira", 0, end=99), "offsets", ["D2"]),
        (entity("Mira", 0, type=None), "no label", ["D2"]),
        (entity("Mira", 0, documentId="D9"), "no document", ["D1", "D2"]),
        (entity("Mira", 0, documentId=None), "no document", ["D1", "D2"]),
        (7, "wrong shape", ["D1", "D2"]),
    ],
)
def test_refused(bad: Any, kind: str, documents: list[str], tmp_path: Path) -> None:
    made = read(tmp_path, bad, entity("Quell", 7))
    assert (made.kinds, made.ids) == ([kind], documents)
    assert not any(name in made.problems[0].reason for name in ("Mira", "Mona", "Quell"))


def test_what_a_folder_must_hold(tmp_path: Path) -> None:
    read(tmp_path, entity("Mira", 0))
    (tmp_path / "relations.json").write_text("{}")
    (tmp_path / "more.json").write_text("{}")
    claimed = [path.name for path in READER.claims(tmp_path)]
    assert claimed == ["documents.json", "entities.json", "relations.json"]
    assert READER.sniff(read_head(tmp_path)) > 0.9
    assert READER.sniff(read_head(tmp_path / "documents.json")) == 0
    for content in ("", "[7]", '{"text": "x"}'):
        (tmp_path / "entities.json").write_text(content)
        assert READER.claims(tmp_path) == []
    (tmp_path / "entities.json").unlink()
    assert READER.sniff(read_head(tmp_path)) == 0
    with pytest.raises(InputError):
        list(READER.read(tmp_path))


def test_a_single_file_is_not_enough(tmp_path: Path) -> None:
    read(tmp_path, entity("Mira", 0))
    with pytest.raises(InputError, match="not a folder"):
        list(READER.read(tmp_path / "documents.json"))
