"""Results without text, and the texts that belong to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pii_sft.converters.files.head import read_head
from pii_sft.converters.offsets.byte_order_mark import without_mark
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.comprehend import READER as COMPREHEND
from pii_sft.converters.readers.presidio_analyzer import READER as ANALYZER
from pii_sft.errors import InputError
from tests.converters.reading import Outcome, outcome

TEXT = "😀 Mira Quell"
ENTITIES = [{"Type": "NAME", "BeginOffset": 2, "EndOffset": 6, "Score": 0.9}]
FOUND = {"Entities": ENTITIES}


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def read(path: Path, **options: str) -> Outcome:
    return outcome(configured(COMPREHEND, options), path)


@pytest.mark.parametrize(
    ("results", "text"), [("a.json", "a.txt"), ("a.jsonl", "a.txt"), ("a.txt.out", "a.txt")]
)
def test_a_text_beside_its_results(results: str, text: str, tmp_path: Path) -> None:
    path = written(tmp_path, results, FOUND)
    written(tmp_path, text, TEXT)
    made = read(path)
    assert made.surfaces == [["Mira"]]
    assert made.ids == [path.stem]
    assert made.notes[0] == "found by a detector, reviewed by nobody, as far as the format tells"


def test_texts_beside_their_results(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", lines(FOUND, {"Entities": []}))
    rows = [{"text": TEXT, "language": "en"}, {"id": "x", "content": "nothing"}]
    written(tmp_path, "a.jsonl", lines(*rows))
    made = read(path)
    assert (made.ids, made.surfaces) == (["a-1", "x"], [["Mira"], []])
    assert made.documents[0].meta == {"language": "en"}


def test_named_text_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", FOUND)
    elsewhere = written(tmp_path, "texts/b.txt", TEXT)
    assert read(path, texts=str(elsewhere)).surfaces == [["Mira"]]
    table = written(tmp_path, "texts/c.json", [{"text": TEXT}])
    assert read(path, texts=str(table)).surfaces == [["Mira"]]


def test_named_folder_of_texts(tmp_path: Path) -> None:
    path = written(tmp_path, "out.json", lines({"File": "b.txt", **FOUND}, {"File": "c", **FOUND}))
    written(tmp_path, "texts/b.txt", TEXT)
    written(tmp_path, "texts/c.txt", f"{TEXT}!")
    made = read(path, texts=str(tmp_path / "texts"))
    assert (made.ids, made.surfaces) == (["b", "c"], [["Mira"], ["Mira"]])


def test_texts_that_results_name_in_their_own_folder(tmp_path: Path) -> None:
    path = written(tmp_path, "output", {"File": "b.txt", **FOUND})
    written(tmp_path, "b.txt", TEXT)
    assert read(path).surfaces == [["Mira"]]


def test_names_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    written(tmp_path, "secret.txt", TEXT)
    path = written(tmp_path, "out.json", {"File": "../secret.txt", **FOUND})
    made = read(path, texts=str(written(tmp_path, "texts/b.txt", TEXT).parent))
    assert (made.kinds, made.documents) == (["no text"], [])


@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
def test_one_text_a_line(breaks: str, tmp_path: Path) -> None:
    records = [{"File": "b.txt", "Line": line, **FOUND} for line in (2, 0)]
    path = written(tmp_path, "out.json", lines(*records, {"File": "b.txt", "Line": 9, **FOUND}))
    text = breaks.join([TEXT, "nothing", f"{TEXT}!"]).encode()
    written(tmp_path, "b.txt", text)
    by_name, by_option = read(path), read(path, texts=str(tmp_path / "b.txt"))
    for made in (by_name, by_option):
        assert made.ids == ["b.txt-2", "b.txt-0"]
        assert [each.text for each in made.documents] == [f"{TEXT}!", TEXT]
        assert (made.kinds, made.problems[0].id) == (["no text"], "b.txt-9")


def test_texts_by_id_in_another_order(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", lines(*({"File": name, **FOUND} for name in "cab")))
    texts = [{"id": name, "text": f"{TEXT}{name}"} for name in "ab"]
    written(tmp_path, "a.jsonl", lines(*texts))
    made = read(path)
    assert [each.text for each in made.documents] == [f"{TEXT}a", f"{TEXT}b"]
    assert (made.kinds, made.problems[0].id) == (["no text"], "c")


@pytest.mark.parametrize(
    ("results", "texts", "kind"),
    [
        (lines(FOUND, FOUND), {"a.txt": TEXT}, "no text"),
        (lines(FOUND, FOUND), {"a.jsonl": lines({"text": TEXT})}, "no text"),
        (lines({"File": "zzz", **FOUND}), {}, "no text"),
        (lines(FOUND), {}, "no text"),
        (lines({"File": "b", "Line": "x", **FOUND}), {"b": TEXT}, "offsets"),
        (lines({"Entities": [{"Type": "A"}]}), {"a.txt": TEXT}, "wrong shape"),
        (lines({"Entities": None}), {"a.txt": TEXT}, "wrong shape"),
        (lines({"x": 1}), {"a.txt": TEXT}, "wrong shape"),
        (lines({"File": "b", "ErrorCode": "X", "ErrorMessage": "m"}), {"b": TEXT}, "not annotated"),
        ('{"Entities": [', {"a.txt": TEXT}, "broken line"),
    ],
)
def test_refused(results: str, texts: dict[str, str], kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", results)
    for name, content in texts.items():
        written(tmp_path, name, content)
    made = read(path)
    assert made.kinds[-1] == kind
    assert not any("Mira" in problem.reason for problem in made.problems)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"\xff\xfe\x00"),
        ("a.jsonl", b"{"),
        ("a.jsonl", b'{"id": 1}\n'),
        ("a.jsonl", b"[7]"),
    ],
)
def test_texts_that_cannot_be_read(name: str, content: bytes, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", FOUND)
    written(tmp_path, name, content)
    with pytest.raises(InputError):
        read(path)


def test_a_named_text_that_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", FOUND)
    with pytest.raises(InputError, match="No such file"):
        read(path, texts=str(tmp_path / "missing.txt"))


def test_a_folder_of_pairs(tmp_path: Path) -> None:
    written(tmp_path, "b.json", FOUND)
    written(tmp_path, "b.txt", f"{TEXT}!")
    written(tmp_path, "a.json", {"Entities": []})
    written(tmp_path, "a.txt", "nothing")
    written(tmp_path, "alone.json", FOUND)
    written(tmp_path, "other.json", {"text": "x"})
    written(tmp_path, "other.txt", "x")
    written(tmp_path, ".hidden.json", FOUND)
    claimed = [path.name for path in COMPREHEND.claims(tmp_path)]
    assert claimed == ["a.json", "a.txt", "b.json", "b.txt"]
    assert COMPREHEND.sniff(read_head(tmp_path)) > 0.9
    made = read(tmp_path)
    assert (made.ids, made.surfaces) == (["a", "b"], [[], ["Mira"]])
    assert ANALYZER.claims(tmp_path) == []


def test_a_folder_without_pairs(tmp_path: Path) -> None:
    written(tmp_path, "alone.json", FOUND)
    assert COMPREHEND.sniff(read_head(tmp_path)) == 0
    with pytest.raises(InputError, match="no results"):
        read(tmp_path)


RESULT = {"entity_type": "NAME", "start": 2, "end": 6, "score": 0.85}


@pytest.mark.parametrize(
    ("results", "texts", "surfaces"),
    [
        ([RESULT], ["x"], [["Mira"]]),
        ([[RESULT]], ["x"], [["Mira"]]),
        ([[RESULT], [], [RESULT]], ["x", "y", "z"], [["Mira"], [], ["Mira"]]),
        ([], ["x"], [[]]),
        ([RESULT, {**RESULT, "start": 7, "end": 12}], ["x"], [["Mira", "Quell"]]),
    ],
)
def test_results_of_the_analyzer(
    results: Any, texts: list[str], surfaces: list[list[str]], tmp_path: Path
) -> None:
    path = written(tmp_path, "a.json", results)
    written(tmp_path, "a.jsonl", lines(*({"text": f"{TEXT} {each}"} for each in texts)))
    made = outcome(ANALYZER, path)
    assert (made.surfaces, made.problems) == (surfaces, [])


@pytest.mark.parametrize(
    ("results", "kind"),
    [
        ('[{"entity_type": "NAME"}]', "wrong shape"),
        ('[{"start": 2, "end": 6}]', "no label"),
        ("[7]", "wrong shape"),
        ("[[7]]", "wrong shape"),
        ("nonsense", "broken line"),
    ],
)
def test_results_of_the_analyzer_refused(results: str, kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", results)
    written(tmp_path, "a.txt", TEXT)
    assert outcome(ANALYZER, path).kinds == [kind]


@pytest.mark.parametrize(
    ("results", "sure"),
    [
        ([RESULT], True),
        ([[RESULT]], True),
        ([{"entity_type": "A", "start": 1, "end": 2}], False),
        ([[]], False),
        ([], False),
    ],
)
def test_sniff_of_the_analyzer(results: Any, sure: bool, tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", results)
    assert (ANALYZER.sniff(read_head(path)) > 0.9) == sure


@pytest.mark.parametrize(
    ("text", "start", "surface", "moved"),
    [
        ("Mira", 0, "Mira", 0),
        ("\ufeffMira", 1, "Mira", 0),
        ("\ufeffMira", 0, "Mira", 0),
        ("\ufeffMira", 0, None, 0),
        ("\ufeff\ufeffMira", 2, "Mira", 1),
    ],
)
def test_byte_order_mark(text: str, start: int, surface: str | None, moved: int) -> None:
    bare, (mark,) = without_mark(text, [RawSpan(start, start + 4, "NAME", surface)])
    assert bare == text.removeprefix("\ufeff")
    assert (mark.start, mark.end) == (moved, moved + 4)
    assert without_mark(text, []) == (bare, ())


def test_a_mark_in_a_text_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", {"Entities": [{**ENTITIES[0], "Text": "Mira"}]})
    for shift, counted in ((0, False), (1, True)):
        entity = {**ENTITIES[0], "Text": "Mira", "BeginOffset": 2 + shift, "EndOffset": 6 + shift}
        path.write_text(json.dumps({"Entities": [entity]}))
        written(tmp_path, "a.txt", f"\ufeff{TEXT}")
        made = read(path)
        assert (made.documents[0].text, made.surfaces) == (TEXT, [["Mira"]]), counted
