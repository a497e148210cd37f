"""What a target writes, it reads back; what a model writes, it survives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.prompt import guarded
from pii_sft.spans import Document, Span, checked
from pii_sft.targets import ISSUES, TARGETS, prove
from pii_sft.targets.json_list import TARGET

moderate = settings(max_examples=250, deadline=None)

LABELS = ["PERSON", "姓名", 'A"B', "[X]", "a\\b"]
MARKERS = ["<|im_end|>", "{{idx}}", "{{content}}", "<think>", "</think>", "<image>", "<s>"]
PIECES = [
    *("Ann", "ann", "ANN", "Annie", "Lee", "a", "1", "42"),
    *(
        "王",
        "王芳",
        "王芳芳",
        "。",
        "😀",
        "👩\u200d👩\u200d👧",
        "🇩🇪",
        "e\u0301",
        "\u0301",
        "é",
        "İ",
        "ß",
    ),
    *(
        "שלום",
        "مرحبا",
        "\u202e",
        "\u200f",
        " ",
        "  ",
        "\u3000",
        "\u00a0",
        "\t",
        "\n",
        "\r\n",
        "\x00",
    ),
    *('"', "'", "\\", "\\n", "[", "]", "{", "}", ",", ":", "],[", '"],["', "]]", "```"),
    *MARKERS,
    *("< |im_end|>", "< think>"),
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any stretches of a text of awkward pieces: repeated, nested, overlapping, blank."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14)))
    starts_and_lengths = st.tuples(
        st.integers(0, len(text) - 1), st.integers(1, 9), st.sampled_from(LABELS)
    )
    spans = [
        Span(start, min(len(text), start + length), label)
        for start, length, label in draw(st.lists(starts_and_lengths, max_size=7))
    ]
    return checked("d", text, spans)


@st.composite
def documents_with_markers(draw: st.DrawFn) -> Document:
    """Distinct words, some of them markers, with spans of one or more whole words."""
    words = st.lists(
        st.sampled_from(["Ann", "Lee", "王芳", "😀", "e\u0301", "שלום", '"', "\\", "]", *MARKERS]),
        min_size=1,
        unique=True,
    )
    chosen = draw(words)
    separator = draw(st.sampled_from([" ", "\n", " \u3000"]))
    text = separator.join(chosen)
    starts = [text.index(word) for word in chosen]
    ends = [start + len(word) for start, word in zip(starts, chosen, strict=True)]
    stretches = st.tuples(
        st.integers(0, len(chosen) - 1), st.integers(0, 2), st.sampled_from(LABELS)
    )
    spans = [
        Span(starts[first], ends[min(len(chosen) - 1, first + more)], label)
        for first, more, label in draw(st.lists(stretches, min_size=1, max_size=6))
    ]
    return checked("d", text, spans)


def overlaps(document: Document) -> bool:
    ends = [span.end for span in document.spans]
    return any(
        span.start < max(ends[:number]) for number, span in enumerate(document.spans) if number
    )


@moderate
@given(documents())
def test_what_was_written_is_read_back(document: Document) -> None:
    output = TARGET.render(document)
    parsed = TARGET.parse(document.text, output)
    assert parsed.spans == document.spans
    assert parsed.issues == ()
    assert all(found.tier == "exact" for found in parsed.found)
    assert prove(TARGET, document, output)


@moderate
@given(documents())
def test_each_entity_says_where_it_stands_in_the_answer(document: Document) -> None:
    output = TARGET.render(document)
    for found in TARGET.parse(document.text, output).found:
        start, end = found.output
        (label, surface, *_) = json.loads(output[start:end])
        assert (label, surface) == (found.span.label, document.surface(found.span))


@moderate
@given(documents_with_markers())
def test_guarded_answers_are_read_back(document: Document) -> None:
    output = guarded(TARGET.render(document))
    assert "<|" not in output
    assert "<think>" not in output
    assert TARGET.parse(document.text, output).spans == document.spans


@moderate
@given(documents(), st.data())
def test_a_cut_answer_invents_nothing(document: Document, data: st.DataObject) -> None:
    """Where spans overlap, a string may find its place only with the help of a later one."""
    output = TARGET.render(document)
    cut = data.draw(st.integers(0, len(output) - 1))
    parsed = TARGET.parse(document.text, output[:cut])
    assert {"truncated", "empty"} & set(parsed.issues)
    named = {(span.label, document.surface(span)) for span in document.spans}
    assert {(span.label, document.surface(span)) for span in parsed.spans} <= named
    assert len(parsed.spans) <= len(document.spans)
    if not overlaps(document):
        assert set(parsed.spans) <= set(document.spans)


@moderate
@given(documents(), st.data())
def test_a_cut_answer_keeps_its_whole_items(document: Document, data: st.DataObject) -> None:
    output = TARGET.render(document)
    items = sorted(TARGET.parse(document.text, output).found, key=lambda found: found.output)
    kept = data.draw(st.integers(0, len(items)))
    cut = items[kept - 1].output[1] if kept else 1
    assert len(TARGET.parse(document.text, output[:cut]).found) == kept


BITS = ["", "[", "]", "{", "}", '"', "'", ",", "\\", ":", "1", '["a"', "null", "</think>", "\ud800"]


@pytest.mark.parametrize("name", TARGETS.names())
@moderate
@given(document=documents(), data=st.data())
def test_damaged_answers_never_fail(name: str, document: Document, data: st.DataObject) -> None:
    target = TARGETS.get(name)
    output = TARGET.render(document)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(output)))
        end = data.draw(st.integers(start, min(len(output), start + 3)))
        output = output[:start] + data.draw(st.sampled_from(BITS)) + output[end:]
    parsed = target.parse(document.text, output)
    assert set(parsed.issues) <= ISSUES.keys()
    assert list(parsed.spans) == sorted(set(parsed.spans), key=lambda s: (s.start, -s.end, s.label))
    assert all(0 <= span.start < span.end <= len(document.text) for span in parsed.spans)


@pytest.mark.parametrize("name", TARGETS.names())
@moderate
@given(
    text=st.text(max_size=30).filter(lambda text: text.isprintable()),
    output=st.text(st.sampled_from('[]{}",:\\ \n1aPé<>/`') | st.characters(), max_size=80),
)
def test_arbitrary_answers_never_fail(name: str, text: str, output: str) -> None:
    parsed = TARGETS.get(name).parse(text, output)
    assert set(parsed.issues) <= ISSUES.keys()
    assert all(0 <= span.start < span.end <= len(text) for span in parsed.spans)
