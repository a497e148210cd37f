"""Column files: layouts, texts, documents, faults, and the published files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters import Head
from pii_sft.converters.reader import LIKELY, POSSIBLE
from pii_sft.converters.readers.conll import READER
from pii_sft.errors import InputError, UsageError
from pii_sft.spans import Document
from tests.converters.readers.conll.read_text import found, read


@pytest.mark.parametrize(
    "content",
    [
        "Ann\tB-PER\nLee\tI-PER\nleft\tO\n\nNobody\tO\ncame\tO\n",
        "\n\nAnn B-PER\nLee I-PER\nleft O\n\n\nNobody O\ncame O",
        "Ann  B-PER\nLee  I-PER\nleft   O \n \nNobody O\ncame O\n",
        "Ann,B-PER\nLee,I-PER\nleft,O\n,\nNobody,O\ncame,O\n",
        '"Ann","B-PER"\n"Lee","I-PER"\n"left","O"\n\n"Nobody","O"\n"came","O"\n',
        "Ann\tB-PER\r\nLee\tI-PER\nleft\tO\r\n\t\r\nNobody\tO\ncame\tO\r\n",
        "\ufeffAnn\tB-PER\nLee\tI-PER\nleft\tO\n\nNobody\tO\ncame\tO\n",
        "token,label\nAnn,B-PER\nLee,I-PER\nleft,O\n\nNobody,O\ncame,O\n",
        "1\tAnn\tB-PER\n2\tLee\tI-PER\n3\tleft\tO\n\n1\tNobody\tO\n2\tcame\tO\n",
        "Ann NNP B-NP I-PER\nLee NNP I-NP I-PER\nleft VBD O O\n\nNobody NN O O\ncame VBD O O\n",
        "Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-PER\n,Lee,NNP,I-PER\n,left,VBD,O\n"
        "Sentence: 2,Nobody,NN,O\n,came,VBD,O\n",
        "sentence_id,words,labels\n7,Ann,B-PER\n7,Lee,I-PER\n7,left,O\n8,Nobody,O\n8,came,O\n",
    ],
)
def test_layouts_say_the_same(content: str, tmp_path: Path) -> None:
    documents, problems, notes = read(tmp_path, content)
    assert not problems
    assert found(documents) == [("Ann Lee left", [("Ann Lee", "PER")]), ("Nobody came", [])]
    assert [each.id for each in documents] == ["rows-1", "rows-2"]
    assert all(each.meta["text"] == "rebuilt" for each in documents)
    assert any(note.startswith("2 texts rebuilt from words") for note in notes)


def test_text_lines_and_unspaced_tokens(tmp_path: Path) -> None:
    content = (
        "# sent_id = s1\n# text = Zoë 😀 met Ann's mum.\n"
        "1\tZoë\tB-PER\n2\t😀\tO\n3\tmet\tO\n4\tAnn\tB-PER\n5\t's\tO\n6\tmum\tO\n7\t.\tO\n\n"
    )
    documents, problems, notes = read(tmp_path, content)
    assert not problems
    assert found(documents) == [("Zoë 😀 met Ann's mum.", [("Zoë", "PER"), ("Ann", "PER")])]
    assert (documents[0].id, documents[0].meta) == ("s1", {})
    assert notes[-1].startswith("1 texts as the file gives them")
    rebuilt, _, _ = read(tmp_path, content, text="tokens")
    assert rebuilt[0].text == "Zoë 😀 met Ann 's mum ."
    assert rebuilt[0].meta == {"text": "rebuilt"}


def test_tokens_that_are_not_those_of_the_text(tmp_path: Path) -> None:
    content = "# sent_id = s1\n# text = Ann came\n1\tBobby\tB-PER\n2\tcame\tO\n\n1\tAnn\tB-PER\n"
    documents, (problem,), _ = read(tmp_path, content)
    assert found(documents) == [("Ann", [("Ann", "PER")])]
    assert (problem.problem.kind, problem.problem.line, problem.problem.id) == ("text", 1, "s1")
    assert "Bobby" not in str(problem.problem)
    assert problem.raw == content.encode().partition(b"\n\n")[0] + b"\n"


def test_space_after(tmp_path: Path) -> None:
    content = (
        "1\tAnn\tB-PER\t_\n2\tLee\tI-PER\tSpaceAfter=No|X=1\n3\t,\tO\t_\n"
        "4\tRome\tB-LOC\tSpaceAfter=No\n"
    )
    documents, _, notes = read(tmp_path, content)
    assert found(documents) == [("Ann Lee, Rome", [("Ann Lee", "PER"), ("Rome", "LOC")])]
    assert documents[0].meta == {}
    assert any("of what the file says of the space between" in note for note in notes)


def test_two_layers(tmp_path: Path) -> None:
    content = (
        "#\thttp://example.org [2020-01-01]\n1\tUni\tB-ORG\tO\n2\tof\tI-ORG\tO\n"
        "3\tRome\tI-ORG\tB-LOC\n\n#\thttp://example.org [2020-01-01]\n1\tGut\tO\tO\n"
    )
    documents, _, notes = read(tmp_path, content)
    assert found(documents) == [
        ("Uni of Rome", [("Uni of Rome", "ORG"), ("Rome", "LOC")]),
        ("Gut", []),
    ]
    assert notes[0] == "columns between tabs, tags in column 3 and 4"


def test_column_by_option(tmp_path: Path) -> None:
    content = "Ann\tB-PER\tO\ncame\tO\tB-X\n"
    with pytest.raises(InputError, match="columns 2 and 3 hold tags"):
        read(tmp_path, content)
    documents, _, _ = read(tmp_path, content, column="2")
    assert found(documents) == [("Ann came", [("Ann", "PER")])]
    documents, _, _ = read(tmp_path, content, column="2,-1")
    assert found(documents) == [("Ann came", [("Ann", "PER"), ("came", "X")])]


@pytest.mark.parametrize("column", ["0", "x", "1,,2", ""])
def test_column_that_is_none(column: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="counted from 1"):
        read(tmp_path, "Ann\tB-PER\n", column=column)


def test_characters(tmp_path: Path) -> None:
    lines = "王 B-PER\n小 M-PER\n明 E-PER\n用 O\ni O\nP O\n😀 O\n  O\n北 S-LOC\n"
    documents, problems, notes = read(tmp_path, lines)
    assert not problems
    assert found(documents) == [("王小明用iP😀 北", [("王小明", "PER"), ("北", "LOC")])]
    assert "tags are BMES (2 entities)" in notes
    assert notes[-1].startswith("1 texts rebuilt from characters")


def test_positions(tmp_path: Path) -> None:
    lines = "王0\tB-PER.NAM\n小1\tI-PER.NAM\n20\tO\n01\tO\n\ufffd\ufffd0\tO\n😀0\tB-X\n"
    documents, _, _ = read(tmp_path, lines)
    assert found(documents) == [("王小20\ufffd\ufffd😀", [("王小", "PER.NAM"), ("😀", "X")])]


def test_tokens_that_begin_like_comments(tmp_path: Path) -> None:
    content = "#\tO\n#Ann\tB-PER\n# 1\tO\n\n#\tB-X\n"
    documents, problems, _ = read(tmp_path, content)
    assert not problems
    assert found(documents) == [("# #Ann # 1", [("#Ann", "PER")]), ("#", [("#", "X")])]


def test_invisible_characters_are_tokens(tmp_path: Path) -> None:
    content = "a\u2028b\tB-X\n\u3000\tO\n\u200b\tO\n\x00\tO\n\x1c\tO\ne\u0301\tB-Y\n"
    documents, problems, _ = read(tmp_path, content, join="none")
    assert not problems
    assert found(documents) == [
        ("a\u2028b\u3000\u200b\x00\x1ce\u0301", [("a\u2028b", "X"), ("e\u0301", "Y")])
    ]


def test_quotes_of_csv(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    tokens = ["Ann", ",", '"', 'a"b', "two\nlines", "é", "O"]
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([[token, "B-X"] for token in tokens])
    (document,) = (each for each in READER.read(path) if isinstance(each, Document))
    assert [document.surface(span) for span in document.spans] == tokens


DOCUMENTS = "Ann\tB-PER\n\n-DOCSTART-\n\nBob\tB-PER\ncame\tO\n\nso\tO\n-DOCSTART-\tO\nCy\tB-PER\n"


def test_a_quote_that_nothing_closes_spoils_few_lines(tmp_path: Path) -> None:
    content = '"Ann",B-PER\n\n"Bobby,O\n' + "so,O\n" * 9 + "\nCy,B-PER\n\n" + "x,O\n" * 30
    documents, problems, _ = read(tmp_path, content)
    assert [problem.problem.line for problem in problems] == [3]
    assert [span.label for each in documents for span in each.spans] == ["PER", "PER"]
    cut, problems, _ = read(tmp_path, content + '\n"Di,B-PER')
    assert [each.text for each in cut] == [each.text for each in documents]
    assert len(problems) == 2


def test_documents_are_groups(tmp_path: Path) -> None:
    documents, _, _ = read(tmp_path, DOCUMENTS)
    assert [each.text for each in documents] == ["Ann", "Bob came", "so", "Cy"]
    groups = [each.meta.get("group") for each in documents]
    assert groups == [None, "rows-1", "rows-1", "rows-2"]


def test_exports_of_label_studio_are_no_single_document(tmp_path: Path) -> None:
    content = "-DOCSTART- -X- O\nAnn -X- _ B-PER\ncame -X- _ O\n\nBob -X- _ B-PER\n"
    documents, _, notes = read(tmp_path, content)
    assert [each.text for each in documents] == ["Ann came", "Bob"]
    assert all("group" not in each.meta for each in documents)
    assert any("JSON export loses nothing" in note for note in notes)


def test_documents_by_docstart(tmp_path: Path) -> None:
    documents, _, _ = read(tmp_path, DOCUMENTS, document="docstart")
    assert found(documents) == [
        ("Ann", [("Ann", "PER")]),
        ("Bob came\nso", [("Bob", "PER")]),
        ("Cy", [("Cy", "PER")]),
    ]
    assert [each.meta for each in documents] == [{"text": "rebuilt"}] * 3
    whole, _, _ = read(tmp_path, DOCUMENTS, document="newdoc")
    assert [each.text for each in whole] == ["Ann\nBob came\nso\nCy"]


def test_documents_by_newdoc(tmp_path: Path) -> None:
    content = (
        "# newdoc id = a\n# sent_id = a1\n# text = Ann 😀.\nAnn\tB-PER\n😀\tO\n.\tO\n\n"
        "# sent_id = a2\n# text = Bob.\nBob\tB-PER\n.\tO\n\n"
        "# newdoc id = b\n# sent_id = b1\n# text = Cy.\nCy\tB-PER\n.\tO\n"
        "# newdoc\n# text = Di.\nDi\tB-PER\n.\tO\n"
    )
    documents, _, _ = read(tmp_path, content, document="newdoc")
    assert [(each.id, each.text, each.meta) for each in documents] == [
        ("a", "Ann 😀.\nBob.", {}),
        ("b", "Cy.", {}),
        ("rows-3", "Di.", {}),
    ]
    assert [documents[0].surface(span) for span in documents[0].spans] == ["Ann", "Bob"]
    sentences, _, _ = read(tmp_path, content)
    assert [(each.id, each.meta["group"]) for each in sentences] == [
        ("a1", "a"),
        ("a2", "a"),
        ("b1", "b"),
        ("rows-4", "rows-3"),
    ]


def test_one_bad_sentence_spoils_its_document(tmp_path: Path) -> None:
    content = "-DOCSTART-\tO\n\nAnn\tB-PER\n\nBob\n\n-DOCSTART-\tO\n\nCy\tB-PER\n"
    documents, (problem,), _ = read(tmp_path, content, document="docstart")
    assert [each.text for each in documents] == ["Cy"]
    assert problem.problem.line == 3
    assert b"Ann" in problem.raw
    assert b"Bob" in problem.raw


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        (b"Bobby\n", "broken line", "line 4 has 1 columns, not 2"),
        (b"Bobby\t\n", "tag", "token 2"),
        (b"Bobby\tBobby\n", "tag", "token 2"),
        (b"Bobby\tB-\n", "tag", "token 2"),
        (b"Bob\xffby\tO\n", "broken line", "not UTF-8"),
        (b"\tB-PER\n", "empty token", "empty token alone"),
    ],
)
def test_faults_stay_in_their_sentence(line: bytes, kind: str, reason: str, tmp_path: Path) -> None:
    block = b"came\tO\n" + line + b"so\tO\n"
    content = b"Ann\tB-PER\n\n" + block + b"\n" + b"Cy\tB-PER\n\n" * 20
    documents, (problem,), _ = read(tmp_path, content)
    assert len(documents) == 21
    assert (problem.problem.kind, problem.problem.line) == (kind, 3)
    assert reason in problem.problem.reason
    assert problem.problem.id == "rows-2"
    assert "Bobby" not in str(problem)
    assert problem.raw == block


def test_an_odd_tag_may_be_outside(tmp_path: Path) -> None:
    content = "Ann I-PER\nof P\n" + "x O\n" * 10
    (document,), problems, notes = read(tmp_path, content, odd_tags="outside")
    assert not problems
    assert [document.surface(span) for span in document.spans] == ["Ann"]
    assert any("1 odd tags were read as O" in note for note in notes)


def test_lone_surrogates_can_not_come_in(tmp_path: Path) -> None:
    documents, (problem,), _ = read(tmp_path, b"Ann\tB-PER\n\n\xed\xa0\xbd\tO\n")
    assert len(documents) == 1
    assert problem.problem.kind == "broken line"


def test_a_file_without_tags_is_no_gold(tmp_path: Path) -> None:
    for content in ("", "\n", "Ann\ncame\n", "Ann\tNNP\ncame\tVBD\n", "Ann\t_\ncame\t_\n"):
        with pytest.raises(InputError, match="no column of tags"):
            read(tmp_path, content)


def test_scheme_by_option(tmp_path: Path) -> None:
    content = "a\tE-MAIL\nb\tE-MAIL\nc\tO\n"
    documents, _, _ = read(tmp_path, content)
    assert [span.label for span in documents[0].spans] == ["MAIL", "MAIL"]
    documents, _, _ = read(tmp_path, content, scheme="plain")
    assert found(documents) == [("a b c", [("a b", "E-MAIL")])]


@pytest.mark.parametrize(
    ("content", "least", "most"),
    [
        ("Ann\tB-PER\ncame\tO\n", LIKELY, LIKELY),
        ("Ann\tO\ncame\tO\n", POSSIBLE, POSSIBLE),
        ("Ann\tPER\ncame\tO\na\tO\n", POSSIBLE, POSSIBLE),
        ("[ O\nAnn B-PER\n", LIKELY, LIKELY),
        ("{} O\nAnn B-PER\n", LIKELY, LIKELY),
        ("Ann\tB-PER\ncame\tO\nprose\nprose\n", 0, 0),
        ("#FORMAT=WebAnno TSV 3.2\n\n#Text=We\n1-1\t0-2\tWe\tB-x[1]\t\n", 0, 0),
        ("We met Ann O\nand it was fine\n", 0, 0),
        ('{"tokens": ["Ann"], "tags": ["B-PER"]}\n', 0, 0),
        ("<x>\n</x>\n", 0, 0),
        ("T1\tPER 0 3\tAnn\n", 0, 0),
    ],
)
def test_sniff(content: str, least: float, most: float) -> None:
    assert least <= READER.sniff(Head(Path("rows"), content.encode())) <= most


TOKENS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters='#-"'),
    min_size=1,
    max_size=4,
)


@given(
    st.lists(
        st.lists(st.tuples(TOKENS, st.sampled_from(["O", "B-A", "I-A", "B-B"])), min_size=1),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_tokens_stay_what_they_are(
    tmp_path_factory: pytest.TempPathFactory,
    sentences: list[list[tuple[str, str]]],
    end: str,
) -> None:
    """Whatever the tokens, each is found again where its tag is."""
    rows = [[*sentence, ("end", "B-Z")] for sentence in sentences]
    content = "".join("".join(f"{a}\t{b}{end}" for a, b in sentence) + end for sentence in rows)
    documents, problems, _ = read(tmp_path_factory.mktemp("conll"), content, join="space")
    assert not problems
    assert [each.text for each in documents] == [" ".join(a for a, _ in row) for row in rows]
    for document, row in zip(documents, rows, strict=True):
        begun = [token for token, tag in row if tag[0] == "B"]
        surfaces = [document.surface(span).split(" ")[0] for span in document.spans]
        assert [each for each in surfaces if each in begun]
        assert surfaces[-1] == "end"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["B-P O O B-P I-P", "O O O O B-P"], True),
        (["B-P O O B-P I-P", "O O O O O"], True),
        (["B-ORG I-ORG I-ORG O O", "O O B-LOC O O"], True),
        (["B-P O O B-P I-P", "B-P O O B-P I-P"], False),
        (["B-P O O B-P I-P", "B-P O O B-P O"], False),
        (["B-P I-P O O B-P", "O B-P I-P O O"], False),
        (["B-PER O B-PER O B-PER", "B-MAN O B-MAN O B-MAN"], False),
        (["B-P O O O O", "B-NC B-VC B-NC I-NC B-NC"], False),
    ],
)
def test_columns_are_layers_of_one_annotation_or_refused(
    first: list[str], second: bool, tmp_path: Path
) -> None:
    outer, inner = (tags.split() for tags in first)
    rows = zip(["Ann", "met", "the", "Bob", "Roe"], outer, inner, strict=True)
    content = "".join("\t".join(row) + "\n" for row in rows)
    if not second:
        with pytest.raises(InputError, match="columns 2 and 3"):
            read(tmp_path, content)
        return
    documents, _, _ = read(tmp_path, content)
    tags = [tag for tag in (*outer, *inner) if tag.startswith("B-")]
    assert sum(len(document.spans) for document in documents) == len(tags)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("NA NA NA NA B-P", "two kinds.*NA"),
        ("PAD PAD PAD O B-P", "two kinds.*PAD"),
        ("1 0 0 0 0", "numbers"),
    ],
)
def test_tags_that_can_not_be_what_they_seem(tags: str, message: str, tmp_path: Path) -> None:
    rows = zip(["Ann", "met", "the", "Bob", "Roe"], tags.split(), strict=True)
    content = "".join("\t".join(row) + "\n" for row in rows)
    with pytest.raises(InputError, match=message):
        read(tmp_path, content, column="2")


def test_lines_of_other_tools_are_no_tokens(tmp_path: Path) -> None:
    content = "## id-1\t<Ann:P> met\nAnn\tB-P\n##.\tO\n# tag\tO\n"
    documents, _, _ = read(tmp_path, content)
    assert found(documents) == [("Ann ##. # tag", [("Ann", "P")])]


def test_characters_with_their_spaces(tmp_path: Path) -> None:
    content = "이\tB-P\n순\tI-P\n \tO\n장\tO\n\nA\tB-P\nn\tI-P\n \tO\nm\tO\n"
    documents, _, _ = read(tmp_path, content)
    assert found(documents) == [("이순 장", [("이순", "P")]), ("An m", [("An", "P")])]


def test_characters_without_their_spaces_are_refused(tmp_path: Path) -> None:
    content = "".join(
        f"{each}\t{'B-P' if at == 0 else 'O'}\n" for at, each in enumerate("이순신장군님께" * 3)
    )
    _, problems, _ = read(tmp_path, content)
    assert [each.problem.kind for each in problems] == ["text"]
    documents, _, _ = read(tmp_path, content, join="none")
    assert found(documents) == [("이순신장군님께" * 3, [("이", "P")])]


def test_empty_tokens_are_not_there(tmp_path: Path) -> None:
    documents, _, _ = read(tmp_path, "Ann\tB-P\n\tI-P\nLee\tI-P\n\tO\nmet\tO\n")
    assert found(documents) == [("Ann Lee met", [("Ann Lee", "P")])]


def test_invisible_tokens_of_a_given_text(tmp_path: Path) -> None:
    text = "Ann \u200b Lee\u00ad"
    content = f"# text = {text}\n1\tAnn\tB-P\n2\t\u200b\tO\n3\tLee\tB-P\n4\t\u00ad\tO\n"
    documents, _, _ = read(tmp_path, content)
    assert found(documents) == [(text, [("Ann", "P"), ("Lee", "P")])]
