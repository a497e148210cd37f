"""UniversalNER conversations."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pii_sft.align import occurrences
from pii_sft.converters import Head, Note, Rejected
from pii_sft.converters.reader_options import configured
from pii_sft.converters.readers.universalner import READER
from pii_sft.spans import Document


def turns(text: str, *answers: tuple[str, str]) -> list[dict[str, str]]:
    said = [("human", f"Text: {text}"), ("gpt", "I've read this text.")]
    for label, answer in answers:
        said += [("human", f"What describes {label} in the text?"), ("gpt", answer)]
    return [{"from": role, "value": words} for role, words in said]


def read(folder: Path, *conversations: Any, **options: str) -> list[Any]:
    path = folder / "rows.json"
    path.write_text(
        json.dumps([{"id": f"u{n}", "conversations": c} for n, c in enumerate(conversations)])
    )
    return list(configured(READER, options).read(path))


def found(document: Any) -> list[tuple[str, int, str]]:
    assert isinstance(document, Document)
    return [(document.surface(span), span.start, span.label) for span in document.spans]


def test_questions_about_a_text_are_one_document(tmp_path: Path) -> None:
    one, other, note = read(
        tmp_path,
        turns("😀 Ann met Bob", ("person", '["Ann", "Bob"]'), ("city", "[]")),
        turns("Nobody", ("person", "[]")),
        turns("😀 Ann met Bob", ("first name", '["Ann"]')),
    )
    assert found(one if one.spans else other) == [
        ("Ann", 2, "first name"),
        ("Ann", 2, "person"),
        ("Bob", 10, "person"),
    ]
    by_text = {each.text: each for each in (one, other)}
    assert by_text["😀 Ann met Bob"].id == "u0"
    assert by_text["😀 Ann met Bob"].meta == {"negative_labels": ["city"]}
    assert by_text["Nobody"].spans == ()
    assert by_text["Nobody"].meta == {"negative_labels": ["person"]}
    assert note.text.startswith("3 strings without offsets were looked up and found")


def test_occurrences(tmp_path: Path) -> None:
    conversation = turns("Ann and Ann", ("person", '["Ann"]'))
    assert len(read(tmp_path, conversation)[0].spans) == 2
    assert len(read(tmp_path, conversation, occurrences="first")[0].spans) == 1


def test_system_turns_and_other_names_of_roles(tmp_path: Path) -> None:
    made = turns("Ann", ("person", '["Ann"]'))
    renamed = [
        {"from": {"human": "user", "gpt": "assistant"}[each["from"]], "value": each["value"]}
        for each in made
    ]
    assert found(read(tmp_path, renamed)[0]) == [("Ann", 0, "person")]


@pytest.mark.parametrize(
    ("conversation", "kind"),
    [
        (turns("Annie", ("person", '["Bobby"]')), "not in text"),
        (turns("Annie", ("person", "Annie")), "wrong shape"),
        (turns("Annie", ("person", '{"a": 1}')), "wrong shape"),
        (turns("Annie", ("person", "[1]")), "wrong shape"),
        (turns("Annie", ("person", '["Annie"]'))[:-1], "not annotated"),
        (turns("Annie"), "not annotated"),
        (turns("", ("person", "[]")), "no text"),
        ([*turns("Annie"), {"from": "human", "value": "Who is Annie?"}], "wrong shape"),
        (turns("Annie", ("person", '["Annie"]'))[1:], "no text"),
        ([{"from": "human", "value": "Annie"}, {"from": "gpt", "value": "[]"}], "no text"),
        ([{"from": "human"}], "wrong shape"),
        ([], "wrong shape"),
        ("Annie", "wrong shape"),
        (None, "wrong shape"),
    ],
)
def test_refused(conversation: Any, kind: str, tmp_path: Path) -> None:
    made = read(tmp_path, turns("Cy", ("person", '["Cy"]')), conversation)
    (problem,) = (each for each in made if isinstance(each, Rejected))
    assert problem.problem.kind == kind
    assert "Annie" not in problem.problem.reason
    assert "Bobby" not in problem.problem.reason
    assert len([each for each in made if isinstance(each, Document)]) == 1


@pytest.mark.parametrize(
    "conversation",
    [
        [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}],
        [{"from": "human", "value": "Text: Ann"}, {"from": "gpt", "value": "Thanks"}],
        None,
    ],
)
def test_sniff_leaves_other_conversations(conversation: Any) -> None:
    head = Head(Path("rows"), json.dumps({"conversations": conversation}).encode())
    assert READER.sniff(head) == 0


def test_published(shared_data: Path) -> None:
    path = shared_data / "fixtures" / "universalner_conversations" / "CrossNER_AI_400.json"
    made = [each for each in READER.read(path) if not isinstance(each, Note)]
    wanted: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in json.loads(path.read_text("utf-8")):
        said = [turn["value"] for turn in row["conversations"]]
        label = said[2].removeprefix("What describes ").removesuffix(" in the text?")
        found_here = wanted[said[0].removeprefix("Text: ")]
        found_here.update((label, string) for string in json.loads(said[3]))
    assert len(made) == len(wanted) == 31
    for document in made:
        assert isinstance(document, Document)
        strings = {(span.label, document.surface(span)) for span in document.spans}
        assert strings == wanted[document.text]
        marked = {(span.start, span.end) for span in document.spans}
        for start, end in (
            place for _, each in strings for place in occurrences(document.text, each)
        ):
            assert any(left <= start and end <= right for left, right in marked)
    assert READER.sniff(Head(path, path.read_bytes()[: 1 << 16])) > 0.9
