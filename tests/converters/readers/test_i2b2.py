"""De-identification XML: line ends, marks and entities of XML, attacks, and its twin in BRAT."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

from pii_sft.converters.files.head import Head, read_head
from pii_sft.converters.reader import CERTAIN, LIKELY
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.brat import READER as BRAT
from pii_sft.converters.readers.i2b2 import READER
from pii_sft.errors import InputError
from tests.converters.reading import Outcome, outcome

TAG = '<NAME id="P0" start="3" end="7" text="Mira" TYPE="DOCTOR" comment="" />'


def xml(text: str = "Dr Mira 😀", tags: str = f"<TAGS>{TAG}</TAGS>", before: str = "") -> str:
    return f"{before}<deIdi2b2><TEXT>{text}</TEXT>{tags}</deIdi2b2>"


def read(tmp_path: Path, content: str | bytes, **options: str) -> Outcome:
    path = tmp_path / "220-01.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return outcome(configured(READER, options), path)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (xml("<![CDATA[Dr Mira 😀]]>"), "Dr Mira 😀"),
        (xml("<![CDATA[Dr Mira & <Co>]]>"), "Dr Mira & <Co>"),
        (xml("Dr Mira &amp; &lt;Co&gt; &#128512;"), "Dr Mira & <Co> 😀"),
        (xml("Dr Mira<!-- no text --> Co"), "Dr Mira Co"),
        (xml("<![CDATA[Dr Mira\r\nCo\rX]]>"), "Dr Mira\nCo\nX"),
        ("\ufeff" + xml("Dr Mira"), "Dr Mira"),
        (xml("Dr Mira", before='<?xml version="1.0" encoding="UTF-8" ?>\r\n'), "Dr Mira"),
        (
            xml("Dr Mira é", before='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16"),
            "Dr Mira é",
        ),
        (
            xml("Dr Mira é", before='<?xml version="1.0" encoding="latin-1"?>').encode("latin-1"),
            "Dr Mira é",
        ),
        (xml().replace("deIdi2b2", "root"), "Dr Mira 😀"),
        (f"<a><TEXT>Dr Mira</TEXT><!-- --><TAGS>{TAG}</TAGS><META/></a>", "Dr Mira"),
    ],
)
def test_text(content: str | bytes, text: str, tmp_path: Path) -> None:
    made = read(tmp_path, content)
    assert made.problems == []
    assert made.documents[0].text == text
    assert (made.ids, made.surfaces, made.labels) == (["220-01"], [["Mira"]], [["DOCTOR"]])


@pytest.mark.parametrize(
    ("label", "expected"), [("type", "DOCTOR"), ("element", "NAME"), ("both", "NAME/DOCTOR")]
)
def test_label(label: str, expected: str, tmp_path: Path) -> None:
    assert read(tmp_path, xml(), label=label).labels == [[expected]]


def test_a_tag_without_type_is_labelled_by_its_element(tmp_path: Path) -> None:
    assert read(tmp_path, xml().replace(' TYPE="DOCTOR"', "")).labels == [["NAME"]]


def test_ranges_of_mae(tmp_path: Path) -> None:
    assert read(tmp_path, xml().replace('start="3" end="7"', 'spans="3~7"')).surfaces == [["Mira"]]
    made = read(tmp_path, xml().replace('start="3" end="7"', 'spans="0~2,3~7"'))
    assert made.kinds == ["discontinuous"]


def test_a_surface_across_a_line_break(tmp_path: Path) -> None:
    """XML makes a space of a line break in an attribute."""
    tag = TAG.replace('end="7" text="Mira"', 'end="9" text="Mira\nQ"')
    made = read(tmp_path, xml("Dr Mira\r\nQ", f"<TAGS>{tag}</TAGS>"))
    assert made.surfaces == [["Mira\nQ"]]
    assert "1 spans equal their surface but for white space" in made.notes[0]


def test_a_mark_at_the_start_of_the_text(tmp_path: Path) -> None:
    counted = TAG.replace('start="3" end="7"', 'start="4" end="8"')
    for tag in (TAG, counted):
        made = read(tmp_path, xml("\ufeffDr Mira", f"<TAGS>{tag}</TAGS>"))
        assert (made.documents[0].text, made.surfaces) == ("Dr Mira", [["Mira"]])


def test_reviewed_and_nothing_found(tmp_path: Path) -> None:
    for tags in ("<TAGS></TAGS>", "<TAGS/>"):
        assert read(tmp_path, xml(tags=tags)).surfaces == [[]]


BOMB = '<!DOCTYPE x [<!ENTITY a "secret"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FETCH = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (xml("&b; Dr Mira", before=BOMB), "unsafe XML"),
        (xml("&a; Dr Mira", before=FETCH), "unsafe XML"),
        (xml(before='<!DOCTYPE x SYSTEM "http://example.org/x.dtd">'), "unsafe XML"),
        (xml("&undefined; Dr Mira"), "broken XML"),
        (xml("Dr Mira </NAME>"), "broken XML"),
        (xml("Dr Mira \x00"), "broken XML"),
        (xml("Dr Mira \ud83d").encode(errors="surrogatepass"), "broken XML"),
        (xml()[:-9], "broken XML"),
        (xml("Dr Mira", before='<?xml version="1.0" encoding="utf-32"?>'), "broken XML"),
        (xml("Dr Mira", before='<?xml version="1.0" encoding="nonsense"?>'), "broken XML"),
        ("", "broken XML"),
        ("<a>" * 5000, "broken XML"),
        ("<deIdi2b2><TAGS/></deIdi2b2>", "no text"),
        ("<deIdi2b2><TEXT>a</TEXT></deIdi2b2>", "not annotated"),
        ("<x><y><TEXT>a</TEXT><TAGS/></y></x>", "no text"),
        (xml("Dr <b>Mira</b>"), "wrong shape"),
        (xml("Dr Mira</TEXT><TEXT>secret"), "wrong shape"),
        (xml(tags="<TAGS/><TAGS/>"), "wrong shape"),
        (xml().replace('start="3"', 'start="three"'), "offsets"),
        (xml().replace('start="3" ', ""), "offsets"),
        (xml().replace('start="3"', 'start="2"'), "offsets"),
        (xml().replace('text="Mira"', 'text="Mona"'), "offsets"),
    ],
)
def test_refused(content: str | bytes, kind: str, tmp_path: Path) -> None:
    made = read(tmp_path, content)
    assert made.kinds == [kind]
    problem = made.problems[0]
    assert (problem.id, problem.line) == ("220-01", 1)
    assert not any(word in problem.reason for word in ("Mira", "Mona", "secret", "passwd"))


def test_what_the_text_holds_can_be_anything_xml_allows(tmp_path: Path) -> None:
    text = "a]]>b & <x> \"'\t\n\u2028e\u0301 אב 王"
    tag = f'<X start="0" end="{len(text)}" text={quoteattr(text)} TYPE="T"/>'
    made = read(tmp_path, xml(escape(text), f"<TAGS>{tag}</TAGS>"))
    assert made.surfaces == [[text]]


def test_a_folder_decides_as_one(tmp_path: Path) -> None:
    """Only the second file tells that offsets count UTF-16 units."""
    (tmp_path / "a.xml").write_text(xml("Dr Mira", "<TAGS></TAGS>"), "utf-8")
    late = xml("😀 Mira", f"<TAGS>{TAG}</TAGS>")
    (tmp_path / "b.xml").write_text(late, "utf-8")
    (tmp_path / "config.xml").write_text("<View><Text/></View>", "utf-8")
    (tmp_path / "folder.xml").mkdir()
    assert [path.name for path in READER.claims(tmp_path)] == ["a.xml", "b.xml"]
    assert READER.sniff(read_head(tmp_path)) > 0.9
    made = outcome(READER, tmp_path)
    assert (made.ids, made.surfaces) == (["a", "b"], [[], ["Mira"]])
    assert made.notes == ["offsets count UTF-16 units, ends excluded (verified on 1 span)"]


def test_a_folder_without_such_files(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text("<View/>", "utf-8")
    assert READER.sniff(read_head(tmp_path)) == 0
    with pytest.raises(InputError, match="no XML file"):
        list(READER.read(tmp_path))


@pytest.mark.parametrize(
    ("content", "certainty"),
    [
        (xml(), CERTAIN),
        ("\ufeff\n<MEDDOCAN>", CERTAIN),
        (xml().replace("deIdi2b2", "root"), LIKELY),
        ("<root><TEXT>a</TEXT></root>", 0),
        ("an e-mail about <deIdi2b2>", 0),
        ("<html><body>", 0),
    ],
)
def test_sniff(content: str, certainty: float) -> None:
    assert READER.sniff(Head(Path("a.xml"), content.encode())) == certainty


def test_published_files_and_their_twins(shared_data: Path) -> None:
    """MEDDOCAN publishes each document as XML and for BRAT."""
    fixtures = shared_data / "fixtures"
    made = outcome(READER, fixtures / "i2b2_xml")
    assert made.problems == []
    assert [len(each.spans) for each in made.documents] == [17, 22]
    assert made.notes[0].startswith(
        "offsets count code points, ends excluded (verified on 39 spans"
    )
    twins = outcome(BRAT, fixtures / "brat/meddocan_same_docs_as_i2b2_xml")
    assert [(each.id, each.text, each.spans) for each in made.documents] == [
        (each.id, each.text, each.spans) for each in twins.documents
    ]
