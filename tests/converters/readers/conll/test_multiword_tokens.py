"""Tokens of several words, as CoNLL-U writes them."""

from __future__ import annotations

import io
from pathlib import Path

from pii_sft.converters.readers.conll.multiword_tokens import read_words
from pii_sft.converters.tokens.column_files import read_lines, read_sentences
from pii_sft.converters.tokens.column_layout import find_layout
from tests.converters.readers.conll.read_text import found, read


def test_words_that_are_written_together(tmp_path: Path) -> None:
    content = (
        "# text = du Ann's vámonos\n1-2\tdu\t_\n1\tde\tO\n2\tle\tB-X\n3-4\tAnn's\t_\n"
        "3\tAnn\tB-PER\n4\t's\tO\n4.1\tmissing\tB-PER\n5-6\tvámonos\t_\n5\tvamos\tB-Y\n6\tnos\tI-Y\n"
    )
    documents, problems, _ = read(tmp_path, content, column="3")
    assert not problems
    assert found(documents) == [
        ("du Ann's vámonos", [("du", "X"), ("Ann", "PER"), ("vámonos", "Y")])
    ]


def test_repr_shows_no_text() -> None:
    lines = list(read_lines(io.BytesIO(b"Annie\tB-PER\ncame\tO\n"), Path("in.conll")))
    layout = find_layout([line.text for line in lines])
    assert layout is not None
    (sentence,) = read_sentences(Path("in.conll"), iter(lines), layout)
    for each in (*lines, sentence, read_words(sentence.rows, layout)):
        assert "Annie" not in repr(each)


def test_words_and_ranges_in_turn(tmp_path: Path) -> None:
    content = "1\tAnn\tB-PER\n2-3\tdon't\t_\n2\tdo\tO\n3\tn't\tO\n4\tRome\tB-LOC\n"
    documents, _, _ = read(tmp_path, content, column="3")
    assert found(documents) == [("Ann don't Rome", [("Ann", "PER"), ("Rome", "LOC")])]


def test_a_range_that_is_none(tmp_path: Path) -> None:
    content = "1\tAnn\tB-PER\n2\tcame\tO\n\n1-x\tAnn\tB-PER\n" + "\n1\tBob\tB-PER\n" * 20
    documents, (problem,), _ = read(tmp_path, content)
    assert len(documents) == 21
    assert problem.problem.line == 4
