"""BRAT: pairs and folders, pieces, line ends, and the published files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters.files.head import Head
from pii_sft.converters.reader import CERTAIN, LIKELY
from pii_sft.converters.readers.brat import READER, BratOptions, BratReader
from pii_sft.errors import InputError
from pii_sft.spans import Span
from tests.converters.reading import Outcome, outcome


def pair(folder: Path, text: str | bytes, *lines: str, name: str = "d", end: str = "\n") -> Path:
    folder.mkdir(exist_ok=True)
    raw = text if isinstance(text, bytes) else text.encode()
    (folder / f"{name}.txt").write_bytes(raw)
    path = folder / f"{name}.ann"
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def read(folder: Path, text: str | bytes, *lines: str, end: str = "\n", **options: str) -> Outcome:
    path = pair(folder, text, *lines, end=end)
    return outcome(BratReader(BratOptions(**options)), path)  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_entities_and_nothing_else(end: str, tmp_path: Path) -> None:
    lines = [
        "T1\tPER 0 3\tAnn",
        "R1\tKnows Arg1:T1 Arg2:T2\t",
        "E1\tMeet:T3 Who:T1",
        "A1\tSure T1",
        "M1\tSure T1",
        "N1\tReference T1 Wikipedia:1\tAnn",
        "#1\tAnnotatorNotes T1\tT2 PER 0 1",
        "*\tEquiv T1 T2",
        "",
        "T2\tPER 6 10\tRome",
    ]
    found = read(tmp_path, "Ann 😀 Rome", *lines, end=end)
    assert (found.surfaces, found.problems) == ([["Ann", "Rome"]], [])
    assert found.notes == [
        "offsets count code points, ends excluded (verified on 2 spans; as right in graphemes)"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "T1 PER 0 3 Ann",
        "T1\tPER\tAnn",
        "T1\tPER 0\tAnn",
        "T1\tPER 0 3;\tAnn",
        "T1\tPER 0-3\tAnn",
        "T1\tPER -1 3\tAnn",
        "T1\t 0 3\tAnn",
        "T1\tPER 0 " + "9" * 5000 + "\tAnn",
        "T1\tPER ٠ ٣\tAnn",
        "X1\tPER 0 3\tAnn",
        "Ann",
    ],
    ids=range(11),
)
def test_a_line_of_no_known_kind(line: str, tmp_path: Path) -> None:
    (problem,) = read(tmp_path, "Ann", "T0\tPER 0 3\tAnn", line).problems
    assert (problem.kind, problem.id) == ("broken line", "d")
    assert problem.reason == "line 2 is neither an entity nor any other annotation"


@pytest.mark.parametrize(
    "line",
    ["T1\tPER 0 3\tBob", "T1\tPER 0 9\tAnn", "T1\tPER 3 3\t", "T1\tPER 1 4\tAnn", "T1\tP 2 1"],
)
def test_wrong_offsets(line: str, tmp_path: Path) -> None:
    (problem,) = read(tmp_path, "Ann Lee", line).problems
    assert problem.kind == "offsets"
    assert "Ann" not in problem.reason


def test_an_entity_without_its_string(tmp_path: Path) -> None:
    found = read(tmp_path, "Ann Lee", "T1\tPER 0 3")
    assert found.surfaces == [["Ann"]]
    assert "not tested" in found.notes[0]


PIECES = "T1\tLOC 0 5;16 23\tNorth America"


@pytest.mark.parametrize(
    ("policy", "spans"),
    [
        ("fragments", [(0, 5), (16, 23)]),
        ("hull", [(0, 23)]),
        ("drop", []),
    ],
)
@pytest.mark.parametrize("line", [PIECES, "T1\tLOC 16 23;0 5\tAmerica North"])
def test_pieces(line: str, policy: str, spans: list[tuple[int, int]], tmp_path: Path) -> None:
    found = read(tmp_path, "North and South America", line, discontinuous=policy)
    assert [(span.start, span.end) for span in found.documents[0].spans] == spans
    assert f"1 entities have several pieces; policy: {policy} (option discontinuous)" in found.notes


def test_pieces_are_verified(tmp_path: Path) -> None:
    text = "North and South America"
    assert read(tmp_path, text, "T1\tLOC 0 5;15 22\tNorth America").kinds == ["offsets"]
    hull = read(tmp_path, text, "T1\tLOC 0 5;15 22\tNorth America", discontinuous="hull")
    assert hull.kinds == ["offsets"]
    assert read(tmp_path, text, "T1\tLOC 0 5;16 20\tNorth America").kinds == ["offsets"]
    odd = read(tmp_path, text, "T1\tLOC 0 5;16 23\tNorth  America")
    assert odd.surfaces == [["North", "America"]]
    assert "verified on 2 spans" in odd.notes[0]


@pytest.mark.parametrize("policy", ["fragments", "hull", "drop"])
@pytest.mark.parametrize(
    ("text", "line", "surface"),
    [
        ("12 Elm Rd\nLeeds", "T1\tA 0 9;10 15\t12 Elm Rd Leeds", "12 Elm Rd\nLeeds"),
        ("12 Elm Rd \n\n Leeds", "T1\tA 0 9;13 18\t12 Elm Rd Leeds", "12 Elm Rd \n\n Leeds"),
        ("12 Elm Rd\nLeeds", "T1\tA 10 15;0 9\tLeeds 12 Elm Rd", "12 Elm Rd\nLeeds"),
        ("a\nb\nc", "T1\tA 0 1;2 3;4 5\ta b c", "a\nb\nc"),
        ("😀 a\nb", "T1\tA 3 4;5 6\ta b", "a\nb"),
        ("a\nb", "T1\tA 0 1;2 3", "a\nb"),
    ],
)
def test_an_entity_that_was_cut_at_a_line_break_is_one(
    text: str, line: str, surface: str, policy: str, tmp_path: Path
) -> None:
    found = read(tmp_path, text, line, discontinuous=policy)
    assert found.surfaces == [[surface]]
    assert "1 entities were cut at white space, and joined" in found.notes


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_before_the_annotation(end: str, tmp_path: Path) -> None:
    found = read(tmp_path, "Ann", "\ufeffT1\tPER 0 3\tAnn", end=end)
    assert (found.surfaces, found.problems) == ([["Ann"]], [])


def test_line_breaks_are_spaces_in_strings(tmp_path: Path) -> None:
    for text in (b"Ann\nLee", b"Ann\r\nLee"):
        line = f"T1\tPER 0 {len(text)}\tAnn{' ' * (len(text) - 6)}Lee"
        found = read(tmp_path, text, line)
        assert found.documents[0].text.encode() == text
        assert found.surfaces == [[text.decode()]]


def test_line_breaks_that_count_once(tmp_path: Path) -> None:
    found = read(tmp_path, b"a\r\nb\r\nAnn Lee", "T1\tPER 4 7\tAnn", "T2\tPER 8 11\tLee")
    assert found.surfaces == [["Ann", "Lee"]]
    assert found.notes[0].startswith("offsets count code points, CRLF as one, ends excluded")


@pytest.mark.parametrize("counted", [0, 1])
def test_a_byte_order_mark_is_no_text(counted: int, tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfAnn Lee"
    found = read(tmp_path, text, f"T1\tPER {4 + counted} {7 + counted}\tLee")
    assert (found.documents[0].text, found.surfaces) == ("Ann Lee", [["Lee"]])


def test_other_units_are_found_out(tmp_path: Path) -> None:
    found = read(tmp_path, "😀 Ann", "T1\tPER 3 6\tAnn")
    assert (found.surfaces, "UTF-16" in found.notes[0]) == ([["Ann"]], True)


def test_a_folder_is_one_input(tmp_path: Path) -> None:
    pair(tmp_path, "Ann", "T1\tPER 0 3\tAnn", name="a")
    pair(tmp_path, "nothing", name="b")
    pair(tmp_path, "Bob", "T1\tPER 0 3\tRob", name="c")
    pair(tmp_path, "", "T1\tPER 0 3\tAnn", name="e")
    (tmp_path / "d.ann").write_text("T1\tPER 0 3\tAnn\n")
    (tmp_path / "f.txt").write_text("not yet")
    (tmp_path / "g.ann").write_bytes(b"\xff")
    (tmp_path / "g.txt").write_bytes(b"g")
    (tmp_path / "h.ann").write_bytes(b"")
    (tmp_path / "h.txt").write_bytes(b"\xff")
    (tmp_path / ".stats.ann").write_text("x")
    found = outcome(READER, tmp_path)
    assert (found.ids, found.surfaces) == (["a", "b"], [["Ann"], []])
    assert [(each.id, each.kind) for each in found.problems] == [
        ("c", "offsets"),
        ("d", "no text"),
        ("e", "offsets"),
        ("g", "broken line"),
        ("h", "broken line"),
    ]
    assert "1 texts have no .ann, so they are not annotated; left out" in found.notes


def test_either_file_of_a_pair_can_be_named(tmp_path: Path) -> None:
    path = pair(tmp_path, "Ann", "T1\tPER 0 3\tAnn")
    for each in (path, path.with_suffix(".txt")):
        assert READER.sniff(Head(each, each.read_bytes())) == CERTAIN
        assert outcome(READER, each).surfaces == [["Ann"]]


def test_certainty(tmp_path: Path) -> None:
    assert READER.sniff(Head(tmp_path, b"")) == 0.0
    assert READER.sniff(Head(Path("x"), b"T1\tPER 0 3\tAnn\n")) == LIKELY
    assert READER.sniff(Head(Path("x.ann"), b"Ann\n")) == 0.0
    (tmp_path / "x.txt").write_text("x")
    assert READER.claims(tmp_path) == []
    with pytest.raises(InputError, match=r"has no \.ann"):
        list(READER.read(tmp_path))


lines = st.lists(
    st.text("TREA#*N1 \t;09Année😀\r", max_size=20)
    | st.sampled_from(["T1\tPER 0 3\tAnn", PIECES, "T1\tX 0 1;2 3\tA n", "#1\tNote T1\tx"]),
    max_size=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text("An née😀\r\n\ufeff", max_size=12),
    lines=lines,
    policy=st.sampled_from(["fragments", "hull", "drop"]),
)
def test_no_pair_is_too_strange(text: str, lines: list[str], policy: str, tmp_path: Path) -> None:
    found = read(tmp_path, text, *lines, discontinuous=policy)
    assert len(found.documents) + len(found.problems) == 1
    for document in found.documents:
        assert all(0 <= span.start < span.end <= len(document.text) for span in document.spans)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ann=st.binary(max_size=40), text=st.binary(max_size=20))
def test_no_bytes_are_too_strange(ann: bytes, text: bytes, tmp_path: Path) -> None:
    path = pair(tmp_path, text)
    path.write_bytes(ann)
    found = outcome(READER, path)
    assert len(found.documents) + len(found.problems) == 1


def plainly(ann: Path) -> set[Span]:
    """Entities of one piece, read by a pattern."""
    return {
        Span(int(start), int(end), label)
        for label, start, end in re.findall(
            r"^T\d+\t(\S+) (\d+) (\d+)\t", ann.read_text("utf-8"), re.M
        )
    }


@pytest.mark.parametrize("folder", ["news_tutorial", "meddocan_same_docs_as_i2b2_xml"])
def test_published_files(folder: str, shared_data: Path) -> None:
    path = shared_data / "fixtures/brat" / folder
    found = outcome(READER, path)
    assert found.problems == []
    assert found.ids == [each.stem for each in sorted(path.glob("*.ann"))]
    total = 0
    for document in found.documents:
        mark = int((path / f"{document.id}.txt").read_bytes().startswith(b"\xef\xbb\xbf"))
        wanted = plainly(path / f"{document.id}.ann")
        assert {
            Span(span.start + mark, span.end + mark, span.label) for span in document.spans
        } == wanted
        total += len(wanted)
    assert total == {"news_tutorial": 27, "meddocan_same_docs_as_i2b2_xml": 39}[folder]
    assert found.notes[0].startswith(
        f"offsets count code points, ends excluded (verified on {total} spans"
    )


def test_shapes(shared_data: Path) -> None:
    folder = shared_data / "fixtures/shapes_from_docs"
    found = outcome(READER, folder / "brat_crlf.ann")
    assert found.surfaces == [["Ann\r\nLee", "Ann", "a.lee@x.org", "x.org"]]
    found = outcome(READER, folder / "brat_discontinuous.ann")
    assert found.surfaces == [["North", "South America", "America"]]
