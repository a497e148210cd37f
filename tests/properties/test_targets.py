"""What a target writes, it reads back; what a model writes, it survives."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.align import Wanted, align
from pii_sft.prompt import guarded
from pii_sft.spans import Document, Span, checked, encodable
from pii_sft.targets import ISSUES, STATUSES, TARGETS, UNKNOWN_LABEL, Parsed, masked, prove
from pii_sft.targets.item import Item
from pii_sft.targets.json import TARGET
from pii_sft.targets.json.other_answers import read_other
from pii_sft.targets.place import _in_order

LABELS = ["PERSON", "姓名", 'A"B', "[X]", "a\\b"]
ODD_LABELS = [
    *(
        "think",
        "THINK",
        "s",
        "eos",
        "|im_end|",
        "｜User｜",
        "/s",
        "/",
        "<b>",
        "a>b",
        " x ",
        "\t",
        "a\nb",
        "\u3000",
        "\\",
        "\\n",
    ),
    *(
        "-",
        "none",
        "1. x",
        "- x",
        "a: b",
        "a：b",
        "#2",
        "a#2",
        "**x**",
        "```",
        "Well, x",
        "😀",
        "e\u0301",
    ),
    *("{", "]", '"', "'", "null", "label", "text", "entities"),
]
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
    *("< |im_end|>", "< think>", "</", "<b>", "</PERSON>", "<PERSON>", "<", ">", "\\<", "&lt;"),
    *("PERSON: ", ": ", "#2", "- ", "-", "\u2028", "\x85", "\x0c", "|"),
]


@st.composite
def documents(draw: st.DrawFn, labels: Sequence[str] = LABELS) -> Document:
    """Any stretches of a text of awkward pieces: repeated, nested, overlapping, blank."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14)))
    starts_and_lengths = st.tuples(
        st.integers(0, len(text) - 1), st.integers(1, 9), st.sampled_from(labels)
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


def expressible(name: str, document: Document) -> bool:
    """Tags of one label can't cross, nor mark white space; a JSON label has none at its ends."""
    if name == "json":
        return all(span.label == span.label.strip() != "" for span in document.spans)
    return name != "tags" or not (
        any(
            one.label == two.label and one.start < two.start < one.end < two.end
            for one in document.spans
            for two in document.spans
        )
        or any(document.surface(each) != document.surface(each).strip() for each in document.spans)
    )


@pytest.mark.parametrize("name", TARGETS.names())
@given(document=documents() | documents([*LABELS, *ODD_LABELS]))
def test_what_was_written_is_read_back(name: str, document: Document) -> None:
    target = TARGETS.get(name)
    output = target.render(document)
    parsed = target.parse(document.text, output)
    if not expressible(name, document):
        assert not prove(target, document, output)
        return
    assert parsed.spans == document.spans
    assert parsed.issues == ()
    assert parsed.status == "clean"
    assert all(found.tier == "exact" for found in parsed.found)
    assert prove(target, document, output)


@pytest.mark.parametrize("name", TARGETS.names())
@given(document=documents())
def test_each_entity_says_where_it_stands_in_the_answer(name: str, document: Document) -> None:
    target = TARGETS.get(name)
    output = target.render(document)
    for found in target.parse(document.text, output).found if expressible(name, document) else ():
        start, end = found.output
        if name == "json":
            (label, surface, *_) = json.loads(output[start:end])
            assert (label, surface) == (found.span.label, document.surface(found.span))
        else:
            alone = document.replaced(spans=(found.span,))
            opening, closing = target.render(alone), output[start:end]
            assert closing[0] == opening[opening.index(closing[0])]
            assert output[:start].endswith("\n") or name == "tags" or start == 0


@given(documents())
def test_short_cuts_lead_to_the_same_places(document: Document) -> None:
    """Lists that stand in order are read without the aligner, as it would read them."""
    items = [Item(span.label, document.surface(span), 0, (0, 0)) for span in document.spans]
    places = align(document.text, [Wanted(item.surface) for item in items])
    found = _in_order(document.text, items)
    if found is not None:
        assert [(each.span.start, each.span.end, each.tier) for each in found] == [
            (place.start, place.end, place.tier) for place in places if place is not None
        ]
        assert None not in places


@given(documents())
def test_both_ways_to_read_a_list_agree(document: Document) -> None:
    output = TARGET.render(document)
    assert read_other(document.text, output, TARGET.policy) == TARGET.parse(document.text, output)


@pytest.mark.parametrize("name", TARGETS.names())
@given(document=documents_with_markers())
def test_guarded_answers_are_read_back(name: str, document: Document) -> None:
    target = TARGETS.get(name)
    output = guarded(target.render(document))
    assert "<|" not in output
    assert "<think>" not in output
    if expressible(name, document):
        assert target.parse(document.text, output).spans == document.spans


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


@given(documents(), st.data())
def test_a_cut_answer_keeps_its_whole_items(document: Document, data: st.DataObject) -> None:
    output = TARGET.render(document)
    items = sorted(TARGET.parse(document.text, output).found, key=lambda found: found.output)
    kept = data.draw(st.integers(0, len(items)))
    cut = items[kept - 1].output[1] if kept else 1
    assert len(TARGET.parse(document.text, output[:cut]).found) == kept


BITS = [
    *("", "[", "]", "{", "}", '"', "'", ",", "\\", ":", "1", '["a"', "null", "</think>", "<think>"),
    *(
        "\ud800",
        "\n",
        "-",
        "<",
        ">",
        "</",
        "<PERSON>",
        "</PERSON>",
        "：",
        "“",
        "（",
        "#",
        "PERSON: ",
    ),
]


@pytest.mark.parametrize("writer", TARGETS.names())
@pytest.mark.parametrize("name", TARGETS.names())
@given(document=documents(), data=st.data())
def test_damaged_answers_never_fail(
    name: str, writer: str, document: Document, data: st.DataObject
) -> None:
    output = TARGETS.get(writer).render(document)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(output)))
        end = data.draw(st.integers(start, min(len(output), start + 3)))
        output = output[:start] + data.draw(st.sampled_from(BITS)) + output[end:]
    check(document.text, TARGETS.get(name).parse(document.text, output), output)


@pytest.mark.parametrize("name", TARGETS.names())
@given(
    text=st.text(max_size=30).filter(lambda text: text.isprintable()),
    output=st.text(
        st.sampled_from('[]{}()",:\\ \n1aPé<>/`-#*“”：，王') | st.characters(), max_size=80
    ),
)
def test_arbitrary_answers_never_fail(name: str, text: str, output: str) -> None:
    check(text, TARGETS.get(name).parse(text, output), output)


def check(text: str, parsed: Parsed, output: str) -> None:
    """What holds of everything that was read."""
    assert set(parsed.issues) <= ISSUES.keys()
    assert parsed.status in STATUSES
    assert list(parsed.spans) == sorted(set(parsed.spans), key=lambda s: (s.start, -s.end, s.label))
    assert all(0 <= span.start < span.end <= len(text) for span in parsed.spans)
    assert all(span.label and encodable(span.label) for span in parsed.spans)
    assert len(parsed.unplaced) == parsed.issues.count("not_in_text")
    for found in parsed.found:
        assert 0 <= found.output[0] < found.output[1] <= len(output)
        if found.tier == "exact":
            assert found.span.end - found.span.start <= len(output)


@given(documents(), st.sets(st.sampled_from(LABELS)))
def test_unknown_labels_are_masked(document: Document, known: set[str]) -> None:
    parsed = TARGET.parse(document.text, TARGET.render(document))
    seen = masked(parsed, known)
    assert {span.label for span in seen.spans} <= known | {UNKNOWN_LABEL}
    assert len(seen.found) == len(parsed.found)
    assert seen.issues.count("unknown_label") == sum(s.label not in known for s in document.spans)
    assert seen.status == parsed.status
    assert masked(seen, known | {UNKNOWN_LABEL}) == seen
    assert masked(parsed, LABELS) == parsed
