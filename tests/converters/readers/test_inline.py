"""Texts with the entities marked inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.detect import detect
from pii_sft.converters.reader import IF_NO_OTHER
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.inline import READER, InlineOptions, InlineReader
from pii_sft.converters.readers.inline.markup import MARKUPS
from pii_sft.errors import InputError, RecordError, UsageError
from pii_sft.spans import Document
from pii_sft.targets import TARGETS
from tests.converters.reading import by_kind
from tests.properties.texts import documents

WRITTEN = {
    "tags": "<{label}>{surface}</{label}>",
    "braces": "{{{{{label}:{surface}}}}}",
    "angles": "<<{label}:{surface}>>",
    "opennlp": "<START:{label}> {surface} <END>",
    "links": "[{surface}]({label})",
    "brackets": "[{label}: {surface}]",
}


def read(
    folder: Path, content: str | bytes, **options: str
) -> tuple[list[Document], list[Rejected], list[str]]:
    return by_kind(configured(READER, options), folder / "rows.txt", content)


def found(document: Document) -> list[tuple[str, str]]:
    return [(document.surface(span), span.label) for span in document.spans]


@pytest.mark.parametrize(
    ("content", "text", "entities", "markup"),
    [
        ("Hi <PER>Ann</PER>!", "Hi Ann!", [("Ann", "PER")], "tags"),
        (
            "<PER><FIRST>Ann</FIRST> Lee</PER> 1 < 2 <3",
            "Ann Lee 1 < 2 <3",
            [("Ann Lee", "PER"), ("Ann", "FIRST")],
            "tags",
        ),
        (
            '<ENAMEX TYPE="PERSON">Ann</ENAMEX> in <entity id="1" label=\'地\'>Röme</entity >',
            "Ann in Röme",
            [("Ann", "PERSON"), ("Röme", "地")],
            "tags",
        ),
        ("<人名>王小明</人名>住", "王小明住", [("王小明", "人名")], "tags"),
        ("<PER>Ann</PER><PER>Bob</PER>", "AnnBob", [("Ann", "PER"), ("Bob", "PER")], "tags"),
        (
            "{{person_name:方英}}和{{person_name: 王}} {{x} \\n",
            "方英和王 {{x} \\n",
            [("方英", "person_name"), ("王", "person_name")],
            "braces",
        ),
        ("{{姓名：王小明}}", "王小明", [("王小明", "姓名")], "braces"),
        ("Dr <<DOCTOR:Jack: R>> 😀", "Dr Jack: R 😀", [("Jack: R", "DOCTOR")], "angles"),
        (
            "<START:person> Pierre Vinken <END> , 61",
            "Pierre Vinken , 61",
            [("Pierre Vinken", "person")],
            "opennlp",
        ),
        (
            "in [New York](city:NYC) see [this](http://x.org) [1]",
            "in New York see [this](http://x.org) [1]",
            [("New York", "city")],
            "links",
        ),
        ("[PERSON: Ann] at [12:30]", "Ann at [12:30]", [("Ann", "PERSON")], "brackets"),
    ],
)
def test_markups(
    content: str, text: str, entities: list[tuple[str, str]], markup: str, tmp_path: Path
) -> None:
    (document,), problems, notes = read(tmp_path, content)
    assert not problems
    assert (document.text, found(document)) == (text, entities)
    assert notes == [f"entities are marked by {markup} ({len(entities)} spans)"]
    assert READER.sniff(Head(Path("rows"), content.encode())) > 0.5


def test_a_line_is_a_document(tmp_path: Path) -> None:
    documents, _, _ = read(tmp_path, "\ufeff<P>Ann</P>\r\n\r\nNobody\n  \n 😀 <P>Bob</P>  ")
    assert [(each.id, each.text) for each in documents] == [
        ("rows-1", "Ann"),
        ("rows-2", "Nobody"),
        ("rows-3", " 😀 Bob  "),
    ]
    assert [(span.start, span.end) for span in documents[2].spans] == [(3, 6)]


def test_the_file_is_a_document(tmp_path: Path) -> None:
    (document,), _, _ = read(tmp_path, "<P>Ann\r\nLee</P>\n\nBob\n", document="file")
    assert (document.text, found(document)) == ("Ann\r\nLee\n\nBob", [("Ann\r\nLee", "P")])


def test_white_space_inside_a_mark_is_counted(tmp_path: Path) -> None:
    (document,), _, notes = read(tmp_path, "<P> Ann</P>")
    assert found(document) == [(" Ann", "P")]
    assert "1 spans begin or end with white space" in notes


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"<P>Annie", "markup"),
        (b"Annie</P>", "markup"),
        (b"<P>Annie</Q>", "markup"),
        (b"<P><Q>Annie</P></Q>", "markup"),
        (b"<P></P> Annie", "offsets"),
        (b"<P>Annie\xff</P>", "broken line"),
    ],
)
def test_refused(line: bytes, kind: str, tmp_path: Path) -> None:
    documents, (problem,), _ = read(tmp_path, b"<P>Bob</P>\n\n" + line + b"\n<P>Cy</P>\n")
    assert [each.text for each in documents] == ["Bob", "Cy"]
    assert (problem.problem.kind, problem.problem.line, problem.problem.id) == (kind, 3, "rows-2")
    assert "Annie" not in problem.problem.reason
    assert problem.raw == line


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("braces", "{{name:Ann {{name:Bob}}"),
        ("angles", "<<NAME:Ann"),
        ("opennlp", "<START:person> Ann <START:city> Rome <END>"),
        ("links", "Ann](person)"),
        ("brackets", "[NAME: Ann"),
    ],
)
def test_flat_marks_that_are_not_closed(markup: str, line: str) -> None:
    with pytest.raises(RecordError) as caught:
        MARKUPS[markup].read(line)
    assert caught.value.kind == "markup"


def test_markup_by_option(tmp_path: Path) -> None:
    content = "[PERSON: Ann] and <P>Bob</P> <P>Cy</P>"
    assert read(tmp_path, content)[0][0].text == "[PERSON: Ann] and Bob Cy"
    assert read(tmp_path, content, markup="brackets")[0][0].text == "Ann and <P>Bob</P> <P>Cy</P>"


@pytest.mark.parametrize("content", ["", "\n", "Nobody\n", "a < b > c\n", "<b>bold</b>\n"])
def test_no_marks(content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="markup="):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        "plain text",
        "<b>bold</b> and <i>so</i>",
        "<html><body><PER>Ann</PER></body></html>",
        '<?xml version="1.0"?><TEXT>Ann</TEXT>',
        "<deIdi2b2>\n<TEXT><![CDATA[Ann]]></TEXT>\n</deIdi2b2>",
        "<TAGS>\n<NAME>\n</NAME>\n</TAGS>\n",
        "<X>a</X></Y>\n<X>b</X></Y>\n",
        '{"text": "<PER>Ann</PER>"}',
        "\x00<PER>Ann</PER>",
        "\n".join(f"<L{n}>x</L{n}>" for n in range(200)),
        "[a](http://x.org) [b](docs/b.md)",
    ],
)
def test_sniff_leaves_other_files(content: str) -> None:
    assert READER.sniff(Head(Path("rows"), content.encode())) <= IF_NO_OTHER


PIECES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<>[]{}()\n\r"))
SURFACES = PIECES.map(str.strip).filter(bool)
LABELS = st.sampled_from(["PER", "first_name", "地名", "LOC.x"])


@pytest.mark.parametrize("markup", [name for name in WRITTEN if name != "links"])
@given(st.lists(st.tuples(PIECES, LABELS, SURFACES)), PIECES)
def test_marks_give_the_spans_back(
    markup: str, parts: list[tuple[str, str, str]], tail: str
) -> None:
    written = text = ""
    expected = []
    for before, label, surface in parts:
        written += before + WRITTEN[markup].format(label=label, surface=surface)
        expected.append((len(text + before), len(text + before + surface), label))
        text += before + surface
    read_text, spans = MARKUPS[markup].read(written + tail)
    assert read_text == text + tail
    assert [(span.start, span.end, span.label) for span in spans] == expected


def test_documented_shape(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "shapes_from_docs" / "boson_inline.txt"
    document, note = READER.read(path)
    assert isinstance(document, Document)
    assert document.text == "王小明住在北京市，电话13800000000。王小明已付款。"
    assert [(each.start, each.end, each.label) for each in document.spans] == [
        (0, 3, "name"),
        (5, 8, "city"),
        (11, 22, "phone"),
        (23, 26, "name"),
    ]
    assert note == Note("entities are marked by braces (4 spans)")


@pytest.mark.parametrize(
    ("line", "text", "entities"),
    [
        ("<DATE/TIME>2020</DATE/TIME> and Bob", "2020 and Bob", [("2020", "DATE/TIME")]),
        ("<PII:EMAIL>a@x.org</PII:EMAIL> <3", "a@x.org <3", [("a@x.org", "PII:EMAIL")]),
        ("<FIRST NAME>Ann</FIRST NAME> met", "Ann met", [("Ann", "FIRST NAME")]),
        ("<1st line>Ann</1st line> met", "Ann met", [("Ann", "1st line")]),
        ("<A/B>Ann <P>Lee</P></A/B>", "Ann Lee", [("Ann Lee", "A/B"), ("Lee", "P")]),
        ("<P>Ann</P> <ann@x.org>", "Ann <ann@x.org>", [("Ann", "P")]),
        ("<P>Ann</P> a < b > c", "Ann a < b > c", [("Ann", "P")]),
        (r"<P>Ann</P> \<b>", "Ann <b>", [("Ann", "P")]),
        (r"\\\<<P>A\\</P>", "\\<A\\", [("A\\", "P")]),
        (r"<a\>b>Ann</a\>b>", "Ann", [("Ann", "a>b")]),
    ],
)
def test_tags_of_any_label(
    line: str, text: str, entities: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(line + "\n")
    (document,) = [each for each in READER.read(path) if isinstance(each, Document)]
    assert document.text == text
    assert [(document.surface(span), span.label) for span in document.spans] == entities


def test_a_tag_that_is_closed_elsewhere_has_to_be_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("<DATE/TIME>2020</DATE/TIME>\n<DATE/TIME>2021\n2022</DATE/TIME>\n")
    assert [type(each).__name__ for each in READER.read(path)] == [
        *("Document", "Rejected", "Rejected", "Note")
    ]


@given(document=documents())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_target_tags_writes_is_read(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    marked = TARGETS.get("tags").render(document)
    path.write_bytes(f"<P>x</P> \\<\n{marked}".encode())
    reader = InlineReader(InlineOptions(markup="tags", document="file"))
    made = [each for each in reader.read(path) if isinstance(each, Document)]
    crossing = any(
        one.start < other.start < one.end < other.end
        for one in document.spans
        for other in document.spans
    )
    if crossing or document.text.endswith(("\r", "\n")):
        return
    (read,) = made
    assert read.text == f"x <\n{document.text}"
    moved = {(span.start - 4, span.end - 4, span.label) for span in read.spans} - {(-4, -3, "P")}
    assert moved == {(span.start, span.end, span.label) for span in document.spans}


RASA = """version: "3.1"
nlu:
- intent: book
  examples: |
    - book for [Nora](name)
    - fly to [Rome](city:roma) on [2 May]{"entity": "date", "role": "to"}
    - nothing [here]
- intent: other
  examples:
  - text: |
      call [Bob](name)
- synonym: Rome
  examples: |
    - [roma](city)
rules:
- rule: x
"""
RASA_MD = """## intent:book
- book for [Nora](name) <!-- [x](y) -->
* fly to [Rome](city:roma) on [2 May]{"entity": "date"}

## synonym:Rome
- roma
## intent:other
- nothing [here]
- call [Bob](name)
"""


@pytest.mark.parametrize(("name", "content"), [("nlu.yml", RASA), ("nlu.md", RASA_MD)])
def test_rasa(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert detect(path) == "inline"
    documents = [each for each in READER.read(path) if isinstance(each, Document)]
    found = {
        document.text.strip(): [(document.surface(span), span.label) for span in document.spans]
        for document in documents
    }
    assert found == {
        "book for Nora": [("Nora", "name")],
        "fly to Rome on 2 May": [("Rome", "city"), ("2 May", "date")],
        "nothing [here]": [],
        "call Bob": [("Bob", "name")],
    }


@pytest.mark.parametrize("line", ['[a]{"entity": 1}', "[a]{x}", "[a](b", "[[a](b)"])
def test_broken_examples_of_rasa(line: str, tmp_path: Path) -> None:
    path = tmp_path / "nlu.md"
    path.write_text(f"## intent:x\n- {line}\n- [Bob](name)\n")
    kinds = [type(each).__name__ for each in READER.read(path)]
    assert kinds in (["Rejected", "Document", "Note"], ["Document", "Document", "Note"])
    assert (line == "[[a](b)") == (kinds[0] == "Document")


def test_yaml_of_others_is_not_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "stories.yml"
    path.write_text("stories:\n- story: [Ann](name)\n- story: [Bob](name)\n")
    with pytest.raises(UsageError):
        detect(path)
