"""WebAnno TSV: columns, numbers, escapes, gaps, and the published files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters.files.head import Head
from pii_sft.converters.offsets.conventions import CODE_POINTS, UTF_16, Ruler
from pii_sft.converters.reader import CERTAIN
from pii_sft.converters.readers.webanno import READER, WebAnnoOptions, WebAnnoReader
from pii_sft.converters.readers.webanno.tsv3 import Value, parse, unescaped, values
from pii_sft.errors import InputError
from tests.converters.reading import Outcome, outcome

FORMAT = "#FORMAT=WebAnno TSV 3.3"
LAYER = "#T_SP=webanno.custom.Entity|value"


def read(folder: Path, *lines: str, end: str = "\n", **options: str) -> Outcome:
    path = folder / "d.tsv"
    path.write_bytes("".join(line + end for line in lines).encode())
    return outcome(WebAnnoReader(WebAnnoOptions(**options)), path)


def document(*lines: str, layers: tuple[str, ...] = (LAYER,)) -> list[str]:
    return [FORMAT, *layers, "", "", *lines]


SIMPLE = [
    "#Text=Hi Ann Lee",
    "1-1\t0-2\tHi\t_\t",
    "1-2\t3-6\tAnn\tN[1]\t",
    "1-3\t7-10\tLee\tN[1]\t",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_numbers_join_tokens(end: str, tmp_path: Path) -> None:
    found = read(tmp_path, *document(*SIMPLE), end=end)
    assert (found.surfaces, found.labels, found.ids) == ([["Ann Lee"]], [["N"]], ["d"])
    assert found.documents[0].text == "Hi Ann Lee"


def test_without_numbers_each_token_is_a_span(tmp_path: Path) -> None:
    lines = [line.replace("[1]", "") for line in SIMPLE]
    assert read(tmp_path, *document(*lines)).surfaces == [["Ann", "Lee"]]


def test_stacked_and_nested_spans(tmp_path: Path) -> None:
    lines = [
        "#Text=Ann Lee of Rome",
        "1-1\t0-3\tAnn\tA[1]|B[2]|C[3]\t",
        "1-2\t4-7\tLee\tA[1]|B[2]\t",
        "1-3\t8-10\tof\tA[1]\t",
        "1-4\t11-15\tRome\tA[1]|D[4]\t",
    ]
    found = read(tmp_path, *document(*lines))
    assert found.surfaces == [["Ann Lee of Rome", "Ann Lee", "Ann", "Rome"]]
    assert found.labels == [["A", "B", "C", "D"]]


@pytest.mark.parametrize("by", [UTF_16, CODE_POINTS], ids=str)
def test_units_are_found_out_from_the_tokens(by: object, tmp_path: Path) -> None:
    more = int(by == UTF_16)
    lines = [
        "#Text=Hi 😀 Ann",
        "1-1\t0-2\tHi\t_\t",
        f"1-2\t3-{4 + more}\t😀\t_\t",
        f"1-3\t{5 + more}-{8 + more}\tAnn\tN\t",
        "",
        "#Text=Lee",
        f"2-1\t{9 + more}-{12 + more}\tLee\tN\t",
    ]
    found = read(tmp_path, *document(*lines))
    assert found.documents[0].text == "Hi 😀 Ann\nLee"
    assert found.surfaces == [["Ann", "Lee"]]
    assert f"offsets count {by} (verified on 2 spans" in found.notes[0]


@pytest.mark.parametrize("gap", [0, 1, 2, 7])
def test_gaps_between_sentences_become_line_breaks(gap: int, tmp_path: Path) -> None:
    begin = 3 + gap
    lines = [
        "#Text=Ann",
        "1-1\t0-3\tAnn\tN\t",
        "",
        "#Text=Lee",
        f"2-1\t{begin}-{begin + 3}\tLee\tN\t",
    ]
    found = read(tmp_path, *document(*lines))
    assert found.documents[0].text == "Ann" + "\n" * gap + "Lee"
    assert found.surfaces == [["Ann", "Lee"]]


def test_a_sentence_of_several_lines_and_space_before_it(tmp_path: Path) -> None:
    lines = [
        "#Text=  Hi",
        "#Text=Ann\\tLee",
        "#Sentence.id=1",
        "1-1\t2-4\tHi\t_\t",
        "1-2\t5-8\tAnn\tN[1]\t",
        "1-3\t9-12\tLee\tN[1]\t",
    ]
    found = read(tmp_path, *document(*lines))
    assert found.documents[0].text == "  Hi\nAnn\tLee"
    assert found.surfaces == [["Ann\tLee"]]


def test_a_span_may_cross_sentences(tmp_path: Path) -> None:
    lines = ["#Text=Ann", "1-1\t0-3\tAnn\tN[1]\t", "", "#Text=Lee", "2-1\t4-7\tLee\tN[1]\t"]
    assert read(tmp_path, *document(*lines)).surfaces == [["Ann\nLee"]]


def test_parts_of_tokens(tmp_path: Path) -> None:
    lines = [
        "#Text=AnnLee 😀",
        "1-1\t0-6\tAnnLee\tA\t",
        "1-1.1\t0-3\tAnn\tB\t",
        "1-1.2\t3-6\tLee\tB[2]\t",
        "1-2\t7-9\t😀\tB[2]\t",
        "1-2.1\t9-9\t\tC\t",
    ]
    found = read(tmp_path, *document(*lines))
    assert found.surfaces == [["AnnLee", "Ann", "Lee 😀"]]
    assert "1 spans are empty; left out" in found.notes


def test_a_span_without_value_is_named_after_its_layer(tmp_path: Path) -> None:
    lines = [*SIMPLE[:2], "1-2\t3-6\tAnn\t*\t", "1-3\t7-10\tLee\t\\*\t"]
    found = read(tmp_path, *document(*lines))
    assert found.labels == [["Entity", "*"]]
    assert "1 spans have no value; labelled Entity" in found.notes


OTHERS = (
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue",
    "#T_RL=webanno.custom.Relation|kind|BT_webanno.custom.Entity",
    "#T_CH=webanno.custom.Link|referenceType|referenceRelation",
    "#T_SP=webanno.custom.Bare",
    "#T_SP=webanno.custom.Person|role|kind",
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value",
)
WIDE = ["#Text=Ann", "1-1\t0-3\tAnn\tNNP\tr\t1-1\tc1\tc2\tbare\trole\tkind\tid\tPER\t"]


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "PER"),
        ({"layer": "Person"}, "role"),
        ({"layer": "webanno.custom.Person", "feature": "kind"}, "kind"),
        ({"layer": "POS"}, "NNP"),
        ({"layer": "NamedEntity", "feature": "identifier"}, "id"),
        ({"layer": "Bare"}, "bare"),
    ],
)
def test_the_column_of_a_feature(options: dict[str, str], label: str, tmp_path: Path) -> None:
    assert read(tmp_path, *document(*WIDE, layers=OTHERS), **options).labels == [[label]]


@pytest.mark.parametrize(
    ("layers", "options", "said"),
    [
        (OTHERS, {"layer": "Nobody"}, "--option layer=NAME"),
        (OTHERS, {"layer": "Person", "feature": "x"}, "--option feature=NAME"),
        (OTHERS, {"layer": "Bare", "feature": "x"}, "--option feature=NAME"),
        (OTHERS[:5], {}, "webanno.custom.Person|role|kind"),
        (("#T_SP=secret words|value 2",), {"layer": "x"}, "--option layer=NAME"),
    ],
)
def test_a_layer_has_to_be_clear(
    layers: tuple[str, ...], options: dict[str, str], said: str, tmp_path: Path
) -> None:
    (problem,) = read(tmp_path, *document(*WIDE, layers=layers), **options).problems
    assert (problem.kind, problem.id) == ("layer", "d")
    assert said in problem.reason
    assert "secret" not in problem.reason


def test_the_only_layer_of_ones_own(tmp_path: Path) -> None:
    layers = (OTHERS[0], "#T_SP=webanno.custom.Person|role")
    lines = ["#Text=Ann", "1-1\t0-3\tAnn\tNNP\tguest\t"]
    assert read(tmp_path, *document(*lines, layers=layers)).labels == [["guest"]]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["#FORMAT=WebAnno TSV 2.0"], "wrong shape"),
        (["plain text"], "wrong shape"),
        ([""], "wrong shape"),
        ([FORMAT, "", *SIMPLE], "not annotated"),
        (document("1-1\t0-3\tAnn\tN\t"), "broken line"),
        (document("#Text=Ann", "1-1\t0-3"), "broken line"),
        (document("#Text=Ann", "1-1\t0-x\tAnn\tN\t"), "broken line"),
        (document("#Text=Ann", "one\t0-3\tAnn\tN\t"), "broken line"),
        (document("#Text=Ann", "1-1\t0-" + "9" * 50 + "\tAnn\tN\t"), "broken line"),
        (document("#Text=Ann", "1-1\t0-3\tAnn"), "broken line"),
        (document("#Text=Ann", "1-1\t0-2\tAnn\tN\t"), "offsets"),
        (document("#Text=Ann", "1-1\t0-3\tBob\tN\t"), "offsets"),
        (document("#Text=Ann", "1-1\t99999-100002\tAnn\tN\t"), "offsets"),
        (document(*SIMPLE, "", "#Text=Bob", "2-1\t9-12\tBob\tN\t"), "offsets"),
        (document(*SIMPLE[:3], "1-3\t7-10\tLee\tM[1]\t"), "no label"),
    ],
    ids=range(15),
)
def test_refused(lines: list[str], kind: str, tmp_path: Path) -> None:
    found = read(tmp_path, *lines)
    assert (found.kinds, found.documents) == ([kind], [])
    assert not re.search(r"\bAnn\b", str(found.problems))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "d.tsv").write_bytes(FORMAT.encode() + b"\n\xff\n")
    assert outcome(READER, tmp_path / "d.tsv").kinds == ["broken line"]


def test_text_without_escapes(tmp_path: Path) -> None:
    """As other programs write it: what looks escaped stands as it is."""
    lines = ["#Text=a\\_b c", "1-1\t0-4\ta\\_b\tN\t", "1-2\t5-6\tc\t_\t"]
    found = read(tmp_path, *document(*lines))
    assert found.surfaces == [["a\\_b"]]
    lines = ["#Text=a\\_b c", "1-1\t0-3\ta_b\tN\t", "1-2\t4-5\tc\t_\t"]
    assert read(tmp_path, *document(*lines)).surfaces == [["a_b"]]


def test_a_sentence_without_tokens(tmp_path: Path) -> None:
    found = read(tmp_path, *document(*SIMPLE, "", "#Text=The end"))
    assert found.documents[0].text == "Hi Ann Lee\nThe end"


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("_", []),
        ("", []),
        ("A", [Value("A", 0)]),
        ("*", [Value(None, 0)]),
        ("*[3]", [Value(None, 3)]),
        ("\\_", [Value("_", 0)]),
        ("\\*", [Value("*", 0)]),
        ("A[1]|B\\|C[2]|*[3]", [Value("A", 1), Value("B|C", 2), Value(None, 3)]),
        ("A\\[1\\]", [Value("A[1]", 0)]),
        ("A\\\\[1]", [Value("A\\", 1)]),
        ("A\\\\|B", [Value("A\\", 0), Value("B", 0)]),
        ("B-X", [Value("B-X", 0)]),
        ("a\\tb\\;\\>", [Value("a\tb;>", 0)]),
    ],
)
def test_values_of_a_cell(cell: str, wanted: list[Value]) -> None:
    assert values(cell) == wanted


def test_no_text_in_reprs() -> None:
    [sentence] = parse("\n".join(document(*SIMPLE))).sentences
    assert repr(sentence) == f"Sentence(text=<{len(sentence.text)}>, units=<3>)"
    assert repr(sentence.units[1]).startswith("Unit(begin=..., end=6, form=<3>")


def test_unknown_escapes_stay() -> None:
    assert unescaped("\\x\\\\n\\n") == "\\x\\n\n"


def test_a_folder_is_one_input(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.tsv").write_text("\n".join(document(*SIMPLE)) + "\n")
    (tmp_path / "bad.tsv").write_text(f"{FORMAT}\n")
    (tmp_path / "other.tsv").write_text("Ann\tB-PER\n")
    (tmp_path / ".c.tsv").write_text(FORMAT)
    assert [path.name for path in READER.claims(tmp_path)] == ["a.tsv", "b.tsv", "bad.tsv"]
    found = outcome(READER, tmp_path)
    assert (found.ids, [each.id for each in found.problems]) == (["a", "b"], ["bad"])
    assert len(found.notes) == 1
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="has no such file"):
        list(READER.read(tmp_path / "none"))


def test_certainty(tmp_path: Path) -> None:
    assert READER.sniff(Head(Path("x"), b"\xef\xbb\xbf#FORMAT=WebAnno TSV 3.2\n")) == CERTAIN
    assert READER.sniff(Head(tmp_path, b"")) == 0.0
    assert READER.sniff(Head(Path("x"), b"1-1\t0-3\tAnn\tN\t\n")) == 0.0


words = st.text("ab😀é_|[]\\*;", min_size=1, max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sentences=st.lists(
        st.lists(st.tuples(words, st.booleans()), min_size=1, max_size=4), min_size=1, max_size=3
    ),
    gap=st.integers(0, 2),
)
def test_what_is_written_is_read(
    sentences: list[list[tuple[str, bool]]], gap: int, tmp_path: Path
) -> None:
    """Sentences of words, some of them marked, written as the format says."""
    lines, wanted, at = [], [], 0
    for number, sentence in enumerate(sentences, 1):
        text = " ".join(word for word, _ in sentence)
        lines += ["", "#Text=" + re.sub(r"([\\\[\]|_;*])", r"\\\1", text)]
        for index, (word, marked) in enumerate(sentence, 1):
            units = len(word.encode("utf-16-le")) // 2
            escaped = re.sub(r"([\\\[\]|_;*])", r"\\\1", word)
            lines.append(
                f"{number}-{index}\t{at}-{at + units}\t{escaped}\t{'N' if marked else '_'}\t"
            )
            wanted += [word] if marked else []
            at += units + 1
        at += gap - 1
    found = read(tmp_path, *document(*lines))
    assert found.problems == []
    between = "\n" * gap
    assert found.documents[0].text == between.join(
        " ".join(word for word, _ in sentence) for sentence in sentences
    )
    assert found.surfaces == [wanted]


fragments = st.sampled_from(
    [
        *SIMPLE,
        *WIDE,
        *OTHERS,
        FORMAT,
        LAYER,
        "",
        "#Text=",
        "1-1\t0-0\t\t*[1]|_\t",
        "2-1\t3-2\tx\tA\t",
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(fragments | st.text("1-0\tA[]|\\#=_*😀\n", max_size=15), max_size=8))
def test_no_file_is_too_strange(lines: list[str], tmp_path: Path) -> None:
    found = read(tmp_path, *document(*lines))
    assert len(found.documents) + len(found.problems) == 1
    for each in found.documents:
        assert all(0 <= span.start < span.end <= len(each.text) for span in each.spans)


def plainly(path: Path, column: int) -> list[tuple[str, int, int, str]]:
    """Label, begin, end and first token of each span of a file with simple values."""
    spans: dict[str, tuple[str, int, int, str]] = {}
    for line in path.read_text("utf-8").splitlines():
        cells = line.split("\t")
        if line.startswith("#") or len(cells) <= column or cells[column] == "_":
            continue
        begin, end = map(int, cells[1].split("-"))
        for value in cells[column].split("|"):
            label, _, number = value.partition("[")
            key = number or f"{cells[0]} {value}"
            known = spans.get(key, (label, begin, end, cells[2]))
            spans[key] = (label, known[1], end, known[3])
    return list(spans.values())


def test_published_documents_with_nested_entities(shared_data: Path) -> None:
    """All entities of the twelve documents, against a plain reading of the columns."""
    folder = shared_data / "gum_nested_en"
    found = outcome(READER, folder)
    assert (len(found.documents), found.problems) == (12, [])
    total = 0
    for document in found.documents:
        wanted = plainly(folder / f"{document.id}.tsv", 3)
        ruler = Ruler(document.text, UTF_16)
        places = {(*(ruler.place(begin, end) or ()), label) for label, begin, end, _ in wanted}
        assert {(span.start, span.end, span.label) for span in document.spans} == places
        for label, begin, end, first in wanted:
            start, stop = ruler.place(begin, end) or (0, 0)
            assert document.text[start:stop].startswith(first), label
        total += len(wanted)
        texts = re.findall(
            r"^#Text=(.*)$", (folder / f"{document.id}.tsv").read_text("utf-8"), re.M
        )
        assert document.text == "\n".join(texts)
    assert total == 2540
    assert "UTF-16 units, ends excluded (verified on 2540 spans" in found.notes[0]


WORDS = ["This", "is", "a", "test", "."]
SUITE = {
    "CrossSentenceSpanWithFeatureValue": [("He loves her .\nShe loves him not .", "PERSON")],
    "MultiTokenSpanWithFeatureValue": [("This is a test .", "PERSON")],
    "SentenceWithLineBreak": [("This", "Span")],
    "SentenceWithTab": [("This", "Span")],
    "SubTokenPrefix": [("T", "OTH")],
    "TokenBoundedSpanWithFeatureValue": [
        (word, f"NE {number}") for number, word in enumerate(WORDS)
    ],
    "TokenBoundedSpanWithUnderscoreFeatureValue": [(word, "_") for word in WORDS],
    "TokenBoundedStackedSpanWithFeatureValue": [(word, "NE") for word in WORDS],
    "ZeroLengthSpansWithFeatureValues": [],
}


@pytest.mark.parametrize("name", SUITE)
def test_published_suite(name: str, shared_data: Path) -> None:
    found = outcome(READER, shared_data / f"fixtures/webanno_tsv3/suite/{name}.tsv")
    assert found.problems == []
    assert list(zip(found.surfaces[0], found.labels[0], strict=True)) == SUITE[name]
    if name == "SentenceWithLineBreak":
        assert found.documents[0].text == "This is\na test ."
    if name == "SentenceWithTab":
        assert found.documents[0].text == "This is\ta test ."


def test_published_file_without_layers(shared_data: Path) -> None:
    name = "fixtures/webanno_tsv3/suite/TwoSentencesWithNoSpaceInBetween.tsv"
    assert outcome(READER, shared_data / name).kinds == ["not annotated"]


def test_published_example(shared_data: Path) -> None:
    path = shared_data / "fixtures/webanno_tsv3/example2.tsv"
    found = outcome(READER, path)
    assert sorted(zip(found.surfaces[0], found.labels[0], strict=True)) == [
        ("BELL", "PER"),
        ("BELL INDUSTRIES Inc.", "ORG"),
        ("Bell", "ORG"),
        ("Elianti", "OTH"),
        ("Los Angeles", "LOC"),
        ("Ms. Haag", "PER"),
        ("Rolls-Royce Motor", "ORG"),
        ("U.S.", "LOC"),
        ("U.S.", "LOC"),
    ]
    assert len(plainly(path, 4)) == 9
    tags = outcome(WebAnnoReader(WebAnnoOptions(layer="POS")), path)
    assert len(tags.surfaces[0]) == len(plainly(path, 3))
