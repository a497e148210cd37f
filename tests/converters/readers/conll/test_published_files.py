"""Published files: counts from the notes beside them, and a second, simple reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader import LIKELY
from pii_sft.converters.readers.conll import READER
from pii_sft.spans import Document
from tests.converters.readers.conll.read_text import Found, begun, found


def blocks(path: Path) -> list[list[list[str]]]:
    """Fields of the tokens of each sentence, by splitting at blank lines and tabs."""
    made: list[list[list[str]]] = [[]]
    for line in path.read_text("utf-8").split("\n"):
        if not line.strip():
            made.append([])
        elif not line.startswith("# "):
            made[-1].append(line.split("\t"))
    return [block for block in made if block]


@pytest.mark.parametrize(
    ("name", "texts", "spans"),
    [
        ("wnut17train.conll", 3394, 1975),
        ("emerging.dev.conll", 1009, 836),
        ("emerging.test.annotated", 1287, 1079),
    ],
)
def test_wnut17(name: str, texts: int, spans: int, shared_data: Path) -> None:
    path = shared_data / "wnut17_en" / name
    made = list(READER.read(path))
    documents = [each for each in made if isinstance(each, Document)]
    assert not [each for each in made if isinstance(each, Rejected)]
    assert (len(documents), sum(len(each.spans) for each in documents)) == (texts, spans)
    for document, rows in zip(documents, blocks(path), strict=True):
        tokens = [row[0] for row in rows]
        assert document.text == " ".join(tokens)
        assert [span.label for span in document.spans] == begun([row[1] for row in rows])
        starts = [len(" ".join([*tokens[:at], ""])) for at in range(len(tokens))]
        expected = [starts[at] for at, row in enumerate(rows) if row[1].startswith("B-")]
        assert [span.start for span in document.spans] == expected
    assert READER.sniff(Head(path, path.read_bytes()[: 1 << 16])) >= LIKELY


@pytest.mark.parametrize(
    ("part", "sentences", "spans"), [("train", 3997, 6118), ("dev", 500, 753), ("test", 500, 763)]
)
def test_uner(part: str, sentences: int, spans: int, shared_data: Path) -> None:
    """Together the 4,997 sentences and 7,634 entities that the note beside them counts."""
    path = shared_data / "uner_zh_gsdsimp" / f"zh_gsdsimp-ud-{part}.iob2"
    made = list(READER.read(path))
    documents = [each for each in made if isinstance(each, Document)]
    assert not [each for each in made if isinstance(each, Rejected)]
    assert (len(documents), sum(len(each.spans) for each in documents)) == (sentences, spans)
    lines = path.read_text("utf-8").split("\n")
    texts = [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]
    assert [each.text for each in documents] == texts
    for document, rows in zip(documents, blocks(path), strict=True):
        entities: list[list[str]] = []
        for row in rows:
            if row[2].startswith("B-"):
                entities.append([row[2][2:], row[1]])
            elif row[2].startswith("I-"):
                entities[-1][1] += row[1]
        surfaces = [document.surface(span).replace(" ", "") for span in document.spans]
        assert surfaces == [surface for _, surface in entities]
        assert [span.label for span in document.spans] == [label for label, _ in entities]
    assert all(each.meta["group"].startswith("batch-") for each in documents)


@pytest.mark.parametrize(
    ("name", "texts", "spans"),
    [
        ("conll_bio_family/flair_iob2_space.txt", 16, 16),
        ("conll_bio_family/flair_iob2_docstart.txt", 12, 12),
        ("doccano/import_conll.txt", 2, 4),
        ("doccano/test_example.conll", 2, 2),
        ("doccano/transformer_labeling_text_label.conll2003.user0", 6, 11),
        ("spacy_v2_convert/ner-token-per-line.iob", 1, 7),
    ],
)
def test_small_published_files(name: str, texts: int, spans: int, shared_data: Path) -> None:
    path = shared_data / "fixtures" / name
    made = [each for each in READER.read(path) if not isinstance(each, Note)]
    documents = [each for each in made if isinstance(each, Document)]
    assert len(made) == len(documents) == texts
    content = path.read_text("utf-8")
    assert sum(len(each.spans) for each in documents) == content.count("B-") == spans
    words = [line.split()[0] for line in content.split("\n") if line.strip()]
    words = [word for word in words if word != "-DOCSTART-"]
    assert " ".join(each.text for each in documents) == " ".join(words)


ZH = (
    "王小明住在北京市，电话13800000000。王小明已付款。",
    [("王小明", 0), ("北京市", 5), ("13800000000", 11), ("王小明", 23)],
)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("zh_char_bio_tab.txt", "IOB2"),
        ("zh_char_bmes_space.txt", "BMES"),
        ("weibo_char_digit_bio.txt", "IOB2"),
    ],
)
def test_documented_chinese_shapes(name: str, scheme: str, shared_data: Path) -> None:
    path = shared_data / "fixtures" / "shapes_from_docs" / name
    document, *notes = READER.read(path)
    assert isinstance(document, Document)
    assert document.text == ZH[0]
    assert [(document.surface(each), each.start) for each in document.spans] == ZH[1]
    assert any(isinstance(note, Note) and f"are {scheme} (" in note.text for note in notes)


@pytest.mark.parametrize(
    ("name", "expected", "report"),
    [
        (
            "conll2003_iob1.txt",
            [("Ann Lee Bob met IBM .", [("Ann Lee", "PER"), ("Bob", "PER"), ("IBM", "ORG")])],
            "tags are IOB1 (3 entities)",
        ),
        (
            "bioes_bilou.txt",
            [("Ann Mary Lee met Bob", [("Ann Mary Lee", "PER"), ("Bob", "PER")])] * 2,
            "tags are BIOES (4 entities)",
        ),
        (
            "bio_invalid_sequences.txt",
            [
                (
                    "Ann Lee IBM met Bob Paris",
                    [("Ann Lee", "PER"), ("IBM", "ORG"), ("Bob", "PER"), ("Paris", "LOC")],
                )
            ],
            "tags are IOB2 (4 entities); 3 break the scheme and were read by the rule of conlleval",
        ),
    ],
)
def test_documented_shapes(name: str, expected: Found, report: str, shared_data: Path) -> None:
    made = list(READER.read(shared_data / "fixtures" / "shapes_from_docs" / name))
    assert found([each for each in made if isinstance(each, Document)]) == expected
    assert Note(report) in made
