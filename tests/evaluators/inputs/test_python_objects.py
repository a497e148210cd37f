"""Python objects of every kind, read as documents and predictions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.errors import RecordError, UsageError
from pii_sft.evaluators import Prediction
from pii_sft.evaluators.inputs.python_objects import Reading, pair_objects
from pii_sft.evaluators.inputs.spans import read_spans
from pii_sft.evaluators.inputs.tag_schemes import TAG_SCHEMES, scheme_named
from pii_sft.evaluators.inputs.tags import read_tags
from pii_sft.spans import Document, Span

PERSON, CITY = Span(0, 3, "PERSON"), Span(7, 11, "CITY")
TEXT = "Ann in Rome"


class Numpy:
    """A whole number that is no int, as numpy has them."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


@pytest.mark.parametrize(
    "items",
    [
        [PERSON, CITY],
        [(0, 3, "PERSON"), (7, 11, "CITY")],
        [[0, 3, "PERSON"], [7, 11, "CITY"]],
        [
            {"label": "PERSON", "start": 0, "end": 3},
            {"label": "CITY", "start": 7, "end": 11, "text": "Rome"},
        ],
        [PERSON, (Numpy(7), Numpy(11), "CITY")],
    ],
)
def test_spans_in_every_spelling(items: list[Any]) -> None:
    assert read_spans(items, "exclusive") == (PERSON, CITY)


def test_inclusive_ends_are_those_of_tuples_and_mappings() -> None:
    items = [(0, 2, "PERSON"), {"label": "CITY", "start": 7, "end": 10}, PERSON]
    assert read_spans(items, "inclusive") == (PERSON, CITY, PERSON)


def test_order_and_repetitions_are_kept() -> None:
    assert read_spans([CITY, PERSON, CITY], "exclusive") == (CITY, PERSON, CITY)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (5, "no span"),
        (None, "no span"),
        ("PERSON", "no span"),
        ((0, 3), "no span"),
        ((0, 3, "PERSON", 0.9), "no span"),
        ({"label": "PERSON", "start": 0}, "no span"),
        ((0, 3, ""), "no label"),
        ((0, 3, 7), "no label"),
        (Span(0, 3, ""), "no label"),
        ((0.0, 3.0, "PERSON"), "offsets"),
        (("0", "3", "PERSON"), "offsets"),
        ((3, 3, "PERSON"), "offsets"),
        ((3, 0, "PERSON"), "offsets"),
        ((-1, 3, "PERSON"), "offsets"),
    ],
)
def test_what_is_no_span_is_refused_at_its_place(item: Any, kind: str) -> None:
    with pytest.raises(RecordError, match=r"\[1\]") as caught:
        read_spans([PERSON, item], "exclusive")
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "tags",
    [
        "B-PER I-PER O B-LOC B-LOC I-LOC",  # IOB2
        "I-PER I-PER O I-LOC B-LOC I-LOC",  # IOB1
        "I-PER I-PER O E-LOC I-LOC E-LOC",  # IOE1, as far as it is defined
        "I-PER E-PER O E-LOC I-LOC E-LOC",  # IOE2
        "B-PER E-PER O S-LOC B-LOC E-LOC",  # IOBES
        "B-PER L-PER O U-LOC B-LOC L-LOC",  # BILOU
    ],
)
def test_every_scheme_is_read_without_being_named(tags: str) -> None:
    assert read_tags(tags.split()) == (Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(4, 6, "LOC"))


def test_a_named_scheme_is_read_strictly() -> None:
    tags = ["I-PER", "B-LOC", "I-ORG", "O"]
    assert read_tags(tags, scheme_named("IOB2")) == (Span(1, 2, "LOC"),)
    assert len(read_tags(tags)) == 3


@pytest.mark.parametrize("tag", ["PER", "B-", "-PER", "", "X-PER", "O-PER", "b-PER", "BPER"])
def test_what_is_no_tag_is_refused_at_its_place(tag: str) -> None:
    with pytest.raises(RecordError, match=r"\[1\]"):
        read_tags(["O", tag])


def test_a_letter_alone_is_the_tag_of_the_only_label() -> None:
    assert read_tags(["O", "B", "I", "O", "B"]) == (Span(1, 3, "_"), Span(4, 5, "_"))
    assert read_tags(["B", "I", "O"], scheme_named("IOB2")) == (Span(0, 2, "_"),)


@pytest.mark.parametrize("tag", ["NA", "-", "-100", "_", ""])
def test_a_token_that_is_not_annotated_is_no_o(tag: str) -> None:
    with pytest.raises(RecordError, match="not annotated") as caught:
        read_tags(["O", tag])
    assert caught.value.kind == "not annotated"


def test_a_letter_of_another_scheme_is_refused() -> None:
    with pytest.raises(RecordError, match=r"\[0\]"):
        read_tags(["S-PER"], scheme_named("IOB2"))


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(UsageError, match="IOB1"):
        scheme_named("BIO")


LABELS = st.sampled_from(["PER", "LOC", "A-B", "人名"])


@st.composite
def flat_spans(draw: st.DrawFn) -> tuple[int, list[Span]]:
    length = draw(st.integers(0, 20))
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    spans = [Span(start, end, draw(LABELS)) for start, end in pairwise(cuts) if draw(st.booleans())]
    return length, spans


def tagged(length: int, spans: Iterable[Span], begin: str, end: str, single: str) -> list[str]:
    tags = ["O"] * length
    for span in spans:
        last = span.end - 1
        tags[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
        tags[span.start] = f"{begin}-{span.label}"
        tags[last] = f"{end}-{span.label}" if last > span.start else f"{single}-{span.label}"
    return tags


@pytest.mark.parametrize(
    ("scheme", "begin", "end", "single"),
    [
        ("IOB2", "B", "I", "B"),
        ("IOE2", "I", "E", "E"),
        ("IOBES", "B", "E", "S"),
        ("BILOU", "B", "L", "U"),
    ],
)
@given(case=flat_spans())
def test_well_formed_tags_give_back_their_spans(
    scheme: str, begin: str, end: str, single: str, case: tuple[int, list[Span]]
) -> None:
    length, spans = case
    tags = tagged(length, spans, begin, end, single)
    assert read_tags(tags) == tuple(spans)
    assert read_tags(tags, TAG_SCHEMES[scheme]) == tuple(spans)


def read(gold: Any, predicted: Any, texts: Any = None, **how: Any) -> tuple[Document, Prediction]:
    ((document, prediction),) = pair_objects([gold], [predicted], texts, Reading(**how))
    return document, prediction


def doc(**spans: Any) -> Any:
    spacy = pytest.importorskip("spacy")
    made = spacy.blank("en")(TEXT)
    made.ents = [made.char_span(each.start, each.end, each.label) for each in (PERSON, CITY)]
    for key, found in spans.items():
        made.spans[key] = [made.char_span(each.start, each.end, each.label) for each in found]
    return made


TAGS = ["B-PERSON", "O", "B-CITY"]
IN_TOKENS = (Span(0, 1, "PERSON"), Span(2, 3, "CITY"))


KINDS = ["doc", "document", "spans", "tuples"]


@pytest.mark.parametrize("one", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_sides_of_different_kinds(one: str, other: str) -> None:
    made: dict[str, Any] = {
        "doc": doc,
        "document": lambda: Document("d", TEXT, (PERSON, CITY)),
        "spans": lambda: [PERSON, CITY],
        "tuples": lambda: [(0, 3, "PERSON"), (7, 11, "CITY")],
    }
    document, prediction = read(made[one](), made[other]())
    assert document.spans == prediction.spans == (PERSON, CITY)


def test_a_doc_beside_tags_counts_tokens() -> None:
    assert read(TAGS, doc())[1].spans == IN_TOKENS
    assert read(doc(), TAGS)[0].spans == IN_TOKENS
    assert read(doc(), [PERSON])[0].spans == (PERSON, CITY)


def test_spans_beside_tags_count_tokens() -> None:
    document, prediction = read(TAGS, [(2, 3, "CITY")])
    assert document.spans == IN_TOKENS
    assert prediction.spans == (Span(2, 3, "CITY"),)
    with pytest.raises(RecordError, match=r"predicted\[0\] has a span that ends after"):
        read(TAGS, [CITY])


def test_texts_that_count_in_other_units_are_left_out() -> None:
    assert read(TAGS, doc())[0].text == ""
    assert read(TAGS, TAGS, [TEXT])[0].text == ""
    assert read([PERSON], doc())[0].text == TEXT
    assert read([PERSON], [CITY], [TEXT])[0].text == TEXT


def test_groups_of_spans_of_a_doc() -> None:
    nested = doc(sc=[Span(0, 11, "ORG"), PERSON])
    assert set(read([], nested, spans_key="sc")[1].spans) == {Span(0, 11, "ORG"), PERSON}
    with pytest.raises(RecordError, match="without spans of that key"):
        read([], doc(), spans_key="sc")


def test_our_own_objects_are_taken_as_they_are() -> None:
    document = Document("d7", TEXT, (PERSON,), {"language": "en"})
    prediction = Prediction((CITY,), issues=("repaired",), unplaced=("PHONE",))
    assert read(document, prediction) == (document, prediction)
    assert read([CITY], document)[0] == document.replaced(spans=(CITY,))
    assert next(pair_objects([[]], [[]]))[0] == Document("0", "")


@pytest.mark.parametrize(
    ("gold", "predicted", "kind"),
    [
        (Document("a", TEXT), Document("b", TEXT), "other id"),
        (Document("a", TEXT), Document("a", "Ann in Oslo"), "other text"),
        (Document("a", TEXT), [(0, 12, "X")], "offsets"),
        (TAGS, TAGS[:2], "lengths"),
        (TAGS, Document("a", TEXT), "units"),
        (TAGS, Prediction((PERSON,)), "units"),
        (TAGS, [*TAGS[:2], 3], "no tag"),
        (PERSON, [], "no document"),
        (TEXT, [], "no document"),
        ({"label": "PERSON", "start": 0, "end": 3}, [], "no document"),
        (7, [], "no document"),
        ([], None, "no document"),
    ],
)
def test_sides_that_can_not_be_compared_are_refused(gold: Any, predicted: Any, kind: str) -> None:
    with pytest.raises(RecordError, match=r"(gold|predicted)\[0\]") as caught:
        read(gold, predicted)
    assert caught.value.kind == kind
    assert "Ann" not in str(caught.value)


@pytest.mark.parametrize(
    ("gold", "predicted", "texts"),
    [([[]], [], None), ([[]], [[], []], None), ([[]], [[]], []), ([[]], [[]], ["a", "b"])],
)
def test_sides_of_different_lengths_are_refused(gold: Any, predicted: Any, texts: Any) -> None:
    with pytest.raises(UsageError, match="same number of documents"):
        list(pair_objects(gold, predicted, texts))


def test_places_in_messages_lead_to_the_item() -> None:
    gold = [[], [PERSON]]
    with pytest.raises(RecordError, match=r"predicted\[1\]\[0\]"):
        list(pair_objects(gold, [[], [(0, 3)]]))


def test_sides_are_streamed() -> None:
    def endless() -> Iterable[list[Span]]:
        while True:
            yield [PERSON]

    pairs = pair_objects(endless(), endless())
    assert [next(pairs)[0].id for _ in range(3)] == ["0", "1", "2"]


def test_reprs_hold_no_text() -> None:
    from pii_sft.evaluators.inputs.python_objects import _Annotated

    assert TEXT not in repr(_Annotated((PERSON,), TEXT, source=Document("d", TEXT)))


def test_a_doc_without_annotation_is_no_gold_without_entities() -> None:
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    bare, done = nlp.make_doc("Kim met Lee"), nlp.make_doc("Kim met Lee")
    done.set_ents([])
    assert list(pair_objects([done], [done]))
    with pytest.raises(RecordError, match="without any annotation"):
        list(pair_objects([bare], [done]))
    part = nlp.make_doc("Kim met Lee")
    part.set_ents([], missing=[part[2:3]], default="outside")
    with pytest.raises(RecordError, match="1 of 3 tokens"):
        list(pair_objects([done], [part]))
