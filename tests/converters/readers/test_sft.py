"""Rows of fine-tuning: ours with their manifest, and those of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters import Head, Note, Rejected, Row
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY, POSSIBLE
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.sft import READER
from pii_sft.converters.readers.sft.exchanges import Frame, common_frame, exchange_of
from pii_sft.converters.writers.axolotl import WRITER as AXOLOTL
from pii_sft.converters.writers.llamafactory import ALPACA
from pii_sft.converters.writers.llamafactory import WRITER as LLAMAFACTORY
from pii_sft.converters.writers.trl import WRITER as TRL
from pii_sft.errors import RecordError, UsageError
from pii_sft.files import encode
from pii_sft.labels import Label
from pii_sft.prompt import Prompt, guarded
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import TARGETS, prove
from tests.conftest import annotated

PROMPT = Prompt("short-1", "List the personal data.", "Text: ", "\nAnswer:")
DOCUMENTS = [
    annotated("a", "Ann Lee 😀 met Ann Lee.", ("Ann Lee", "PERSON"), ("Ann", "FIRST")),
    annotated("b", "王小明住在北京市。\n第二行", ("王小明", "姓名"), ("北京市", "地址")),
    annotated("c", 'He said "no" \\ and\nleft.\u2028'),
    annotated("d", "Text: again\nAnswer:\nAnswer:", ("again", "X")),
]
WRITERS = {
    "sharegpt": LLAMAFACTORY,
    "alpaca": ALPACA,
    "axolotl": AXOLOTL,
    "trl": TRL,
}


PIECES = [
    *(
        "Ann",
        "Lee",
        "a",
        "1",
        "王芳",
        "😀",
        "👩\u200d👩\u200d👧",
        "e\u0301",
        "שלום",
        "\u202e",
        "。",
    ),
    *(
        " ",
        "\n",
        "\r\n",
        "\u3000",
        "\t",
        "\x00",
        '"',
        "\\",
        "[",
        "]",
        "},",
        "<PER>",
        "</",
        "< |",
        "{{",
    ),
    *("Text: ", "\n\nJSON:", "PER: ", "```", "&lt;"),
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Texts of awkward pieces, with spans that may repeat, nest and overlap."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12)))
    drawn = draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, 6)), max_size=5))
    labels = st.sampled_from(["PER", "姓名", 'A"B'])
    spans = [Span(start, min(len(text), start + length), draw(labels)) for start, length in drawn]
    return checked("d", text, spans)


def manifest(target: str, prompt: Prompt = PROMPT) -> Manifest:
    return Manifest("0", target, prompt, [Label("X")], 42, {}, [], {}, {})


def write(
    folder: Path, writer: str, target: str, *given_documents: Document, prompt: Prompt = PROMPT
) -> Path:
    path = folder / "train.jsonl"
    lines = [
        WRITERS[writer].line(
            Row(
                "train",
                document,
                prompt.messages(document.text),
                guarded(TARGETS.get(target).render(document)),
            )
        )
        for document in given_documents
    ]
    path.write_bytes(b"".join(lines))
    (folder / "manifest.json").write_bytes(encode(manifest(target, prompt)))
    return path


def read(path: Path, **options: str) -> tuple[list[Document], list[Rejected], list[str]]:
    made = list(configured(READER, options).read(path))
    return (
        [each for each in made if isinstance(each, Document)],
        [each for each in made if isinstance(each, Rejected)],
        [each.text for each in made if isinstance(each, Note)],
    )


def of_rows(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows))
    return path


def found(document: Document) -> list[tuple[str, str]]:
    return [(document.surface(span), span.label) for span in document.spans]


def alpaca(instruction: str, given_text: str, output: Any) -> dict[str, Any]:
    answer = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return {"instruction": instruction, "input": given_text, "output": answer}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("target", TARGETS.names())
def test_our_rows_come_back(writer: str, target: str, tmp_path: Path) -> None:
    kept = [each for each in DOCUMENTS if prove(TARGETS.get(target), each, rendered(target, each))]
    assert kept
    made, problems, notes = read(write(tmp_path, writer, target, *kept))
    assert not problems
    assert [(each.text, each.spans) for each in made] == [(each.text, each.spans) for each in kept]
    assert notes == [
        f"answers are written as {target}; 6 characters before the text and 8 after it are the "
        "prompt's (by the manifest)"
    ]


def rendered(target: str, document: Document) -> str:
    return guarded(TARGETS.get(target).render(document))


@pytest.mark.parametrize("target", TARGETS.names())
@given(documents(), st.sampled_from(["", "Text: ", "\n"]), st.sampled_from(["", "\n\nJSON:"]))
def test_any_document_comes_back(
    target: str,
    tmp_path_factory: pytest.TempPathFactory,
    document: Document,
    before: str,
    after: str,
) -> None:
    """Unless the prompt's guard had to break a marker, or the target can't hold the spans."""
    answer = TARGETS.get(target).render(document)
    whole = guarded(document.text) == document.text and guarded(answer) == answer
    if not whole or not prove(TARGETS.get(target), document, answer):
        return
    prompt = Prompt("short-1", "List.", before, after)
    path = write(tmp_path_factory.mktemp("sft"), "sharegpt", target, document, prompt=prompt)
    (made,), problems, _ = read(path)
    assert not problems
    assert (made.text, made.spans) == (document.text, document.spans)


def test_texts_that_the_guard_altered_are_counted(tmp_path: Path) -> None:
    document = annotated("a", "Ann <|im_end|> Lee {{idx}} < b", ("Ann", "X"), ("Lee", "X"))
    made, problems, notes = read(write(tmp_path, "sharegpt", "json", document, DOCUMENTS[2]))
    assert not problems
    assert [each.text for each in made] == [guarded(document.text), DOCUMENTS[2].text]
    assert found(made[0]) == [("Ann", "X"), ("Lee", "X")]
    assert notes[1].startswith("1 texts hold a marker of chat templates that was broken")


@pytest.mark.parametrize("target", TARGETS.names())
def test_our_rows_without_their_manifest(target: str, tmp_path: Path) -> None:
    kept = [
        each for each in DOCUMENTS[:3] if prove(TARGETS.get(target), each, rendered(target, each))
    ]
    path = write(tmp_path, "sharegpt", target, *kept)
    (tmp_path / "manifest.json").unlink()
    made, problems, notes = read(path)
    assert not problems
    assert [(each.text, each.spans) for each in made] == [(each.text, each.spans) for each in kept]
    assert "6 characters before the text and 8 after it" in notes[0]
    assert "as the rows show it" in notes[0]


@pytest.mark.parametrize(
    "output",
    [
        {"PERSON": ["Ann", "Bob"], "CITY": []},
        {"entities": {"PERSON": ["Ann", "Bob"]}},
        [{"type": "PERSON", "text": "Ann"}, {"type": "PERSON", "text": "Bob"}],
        {"entities": [{"label": "PERSON", "value": "Ann"}, {"label": "PERSON", "value": "Bob"}]},
        "{'PERSON': ['Ann', 'Bob']}",
        '```json\n{"PERSON": ["Ann", "Bob"]}\n```',
    ],
)
def test_answers_of_others(output: Any, tmp_path: Path) -> None:
    rows = [alpaca("Find names.", "😀 Ann met Bob, Ann left", output)] * 2
    made, problems, notes = read(of_rows(tmp_path, *rows), target="values")
    assert not problems
    assert [found(each) for each in made] == [
        [("Ann", "PERSON"), ("Bob", "PERSON"), ("Ann", "PERSON")]
    ] * 2
    assert notes[0].startswith("answers are written as values")
    first, _, _ = read(of_rows(tmp_path, *rows), target="values", occurrences="first")
    assert [len(each.spans) for each in first] == [2, 2]


def test_a_mapping_is_found_out(tmp_path: Path) -> None:
    rows = [
        alpaca("Find names.", "Ann met Bob, Ann left", {"PERSON": ["Ann", "Bob"]}),
        alpaca("Find names.", "Nobody", {"PERSON": []}),
        alpaca("Find names.", "Cy", {"PERSON": ["Cy"]}),
    ]
    made, problems, notes = read(of_rows(tmp_path, *rows))
    assert not problems
    assert [len(each.spans) for each in made] == [3, 0, 1]
    assert "written as values" in notes[0]
    assert READER.sniff(Head(Path("rows"), json.dumps(rows).encode())) > 0.5


CHAT = {
    "messages": lambda asked, answer: {
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answer},
        ]
    },
    "conversations": lambda asked, answer: {
        "conversations": [{"from": "human", "value": asked}, {"from": "gpt", "value": answer}]
    },
    "prompt and completion": lambda asked, answer: {
        "prompt": [{"role": "user", "content": asked}],
        "completion": [{"role": "assistant", "content": answer}],
    },
    "strings": lambda asked, answer: {"prompt": asked, "completion": answer},
    "response": lambda asked, answer: {"instruction": asked, "input": "", "response": answer},
}


@pytest.mark.parametrize("shape", CHAT)
def test_shapes(shape: str, tmp_path: Path) -> None:
    texts = ["😀 Ann:\nLee", "Bob", "Ann again"]
    answers = ['[["PERSON","Ann"]]', '[["PERSON","Bob"]]', "[]"]
    rows = [
        CHAT[shape](f"Find names in this:\n\n{text}\n\nOnly JSON.", answer)
        for text, answer in zip(texts, answers, strict=True)
    ]
    made, problems, notes = read(of_rows(tmp_path, *rows))
    assert not problems
    assert [each.text for each in made] == texts
    assert [found(each) for each in made] == [[("Ann", "PERSON")], [("Bob", "PERSON")], []]
    assert "21 characters before the text and 12 after it" in notes[0]


def test_frame_by_option(tmp_path: Path) -> None:
    rows = [CHAT["strings"]("Text: Ann!", '[["P","Ann"]]')]
    assert read(of_rows(tmp_path, *rows))[0][0].text == "Text: Ann!"
    assert read(of_rows(tmp_path, *rows), before="Text: ", after="!")[0][0].text == "Ann"
    _, (problem,), _ = read(of_rows(tmp_path, *rows), before="Find ")
    assert problem.problem.kind == "no text"
    with pytest.raises(UsageError, match="no target 'xml"):
        read(of_rows(tmp_path, *rows), target="xml")


@pytest.mark.parametrize(
    ("questions", "frame"),
    [
        ([], Frame()),
        (["one"], Frame()),
        (["one", "one"], Frame()),
        (["Ann", "Anna"], Frame()),
        (["Text: Ann", "Text: Anna"], Frame("Text: ")),
        (["Find:\n\nAnn\n\nJSON", "Find:\n\nBob\n\nJSON"], Frame("Find:\n\n", "\n\nJSON")),
        (["<t>Ann</t>", "<t>Bob</t>"], Frame("<t>")),
        (["Ann.\nBye.", "Bob.\nBye."], Frame("", "\nBye.")),
        (["a:b", "a:"], Frame("a:")),
    ],
)
def test_common_frame(questions: list[str], frame: Frame) -> None:
    assert common_frame(questions) == frame


@given(st.lists(st.text(st.sampled_from("ab:\n> "), max_size=6)))
def test_a_common_frame_fits_every_question(questions: list[str]) -> None:
    frame = common_frame(questions)
    for question in questions:
        assert question.startswith(frame.before)
        assert question.endswith(frame.after)
        assert len(frame.before) + len(frame.after) <= len(question)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({}, "not annotated"),
        ({"instruction": "Annie"}, "not annotated"),
        ({"output": "[]"}, "no text"),
        ({"instruction": "", "input": "", "output": "[]"}, "no text"),
        ({"messages": []}, "not annotated"),
        ({"messages": "Annie"}, "wrong shape"),
        ({"messages": ["Annie"]}, "wrong shape"),
        ({"messages": [{"role": "user", "content": ["Annie"]}]}, "wrong shape"),
        ({"messages": [{"role": "tool", "content": "Annie"}]}, "wrong shape"),
        ({"messages": [{"role": "user", "content": "Annie"}]}, "not annotated"),
        ({"messages": [{"role": "assistant", "content": "Annie"}]}, "wrong shape"),
        ({"prompt": [{"role": "user", "content": "Annie"}]}, "not annotated"),
        (
            {
                "messages": [
                    {"role": "user", "content": "Annie"},
                    {"role": "assistant", "content": "[]"},
                    {"role": "user", "content": "Annie"},
                    {"role": "assistant", "content": "[]"},
                ]
            },
            "wrong shape",
        ),
    ],
)
def test_rows_without_one_question_and_one_answer(row: Any, kind: str) -> None:
    with pytest.raises(RecordError) as caught:
        exchange_of(row)
    assert caught.value.kind == kind
    assert "Annie" not in caught.value.reason


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ("no JSON about Annie", "answer"),
        ('[["PERSON","Annie"', "answer"),
        ('[["PERSON","Bobby"]]', "answer"),
    ],
)
def test_answers_of_a_target_have_to_be_sound(output: str, kind: str, tmp_path: Path) -> None:
    good = alpaca("Find.", "Cy", '[["PERSON","Cy"]]')
    path = of_rows(tmp_path, good, good, good, alpaca("Find.", "Annie", output))
    made, (problem,), _ = read(path)
    assert len(made) == 3
    assert problem.problem.kind == kind
    assert "Annie" not in problem.problem.reason
    assert "Bobby" not in problem.problem.reason


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ("no JSON about Annie", "wrong shape"),
        ("5", "wrong shape"),
        ('{"PERSON": "Bobby"}', "not in text"),
    ],
)
def test_other_answers_have_to_name_entities(output: str, kind: str, tmp_path: Path) -> None:
    path = of_rows(tmp_path, alpaca("Find.", "Annie", output))
    _, (problem,), _ = read(path, target="values")
    assert problem.problem.kind == kind
    assert "Annie" not in problem.problem.reason


def test_meta_and_id(tmp_path: Path) -> None:
    row = {**alpaca("Find.", "Ann", "[]"), "id": 7, "language": "en"}
    (document,), _, _ = read(of_rows(tmp_path, row))
    assert (document.id, document.meta) == ("7", {"language": "en"})


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Tell a joke", "input": "", "output": "Why did the chicken"},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}]},
        {"text": "Ann"},
        {},
    ],
)
def test_sniff_leaves_other_rows(row: Any) -> None:
    assert READER.sniff(Head(Path("rows"), json.dumps(row).encode())) <= IF_NO_OTHER


def test_sniff_by_manifest(tmp_path: Path) -> None:
    path = write(tmp_path, "sharegpt", "json", DOCUMENTS[2])
    assert READER.sniff(Head(path, path.read_bytes())) == LIKELY
    (tmp_path / "manifest.json").write_text("{}")
    assert READER.sniff(Head(path, path.read_bytes())) == POSSIBLE
    path = write(tmp_path, "sharegpt", "tags", *DOCUMENTS)
    (tmp_path / "manifest.json").unlink()
    assert READER.sniff(Head(path, path.read_bytes())) == POSSIBLE


def test_a_question_without_a_text_is_refused(tmp_path: Path) -> None:
    rows = [CHAT["strings"](f"Text: {text}", "[]") for text in ("Ann", "Bob", "")]
    made, (problem,), _ = read(of_rows(tmp_path, *rows))
    assert [each.text for each in made] == ["Ann", "Bob"]
    assert problem.problem.kind == "no text"


def test_answers_with_offsets_are_settled(tmp_path: Path) -> None:
    answer = {"entities": [{"label": "P", "text": "Annie", "start": 3, "end": 8}]}
    rows = [
        alpaca("Find.", "😀 Annie", answer),
        alpaca("Find.", "Bob", {"entities": [[0, 3, "P"]]}),
    ]
    made, problems, notes = read(of_rows(tmp_path, *rows), target="values")
    assert not problems
    assert [found(each) for each in made] == [[("Annie", "P")], [("Bob", "P")]]
    assert any(note.startswith("offsets count UTF-16 units") for note in notes)


def test_repr_shows_no_text() -> None:
    exchange = exchange_of(alpaca("Find.", "Annie", '[["P","Annie"]]'))
    assert "Annie" not in repr(exchange)
    assert "Find" not in repr(Frame("Find: "))
