"""Texts with the entities marked inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.inline import READER
from pii_sft.converters.readers.inline.markup import MARKUPS
from pii_sft.errors import InputError, RecordError
from pii_sft.spans import Document

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
    path = folder / "rows.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    made = list(configured(READER, options).read(path))
    return (
        [each for each in made if isinstance(each, Document)],
        [each for each in made if isinstance(each, Rejected)],
        [each.text for each in made if isinstance(each, Note)],
    )


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
    assert READER.sniff(Head(Path("rows"), content.encode())) == 0


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
