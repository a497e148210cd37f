"""Tags written in any scheme come back as the same spans."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.tokens.tag_schemes import TagDecoder

Entities = list[tuple[int, int, str]]
LABELS = st.sampled_from(["PER", "B-CELL", "I", "人名", "LOC.NAM", "a b"])


@st.composite
def entities(draw: st.DrawFn) -> tuple[int, Entities]:
    """A number of tokens, and entities among them that do not overlap."""
    made: Entities = []
    at = 0
    for _ in range(draw(st.integers(0, 6))):
        start = at + draw(st.integers(0, 2))
        at = start + draw(st.integers(1, 4))
        made.append((start, at, draw(LABELS)))
    return at + draw(st.integers(0, 2)), made


def spelled(
    first: str, inside: str, last: str, single: str
) -> Callable[[Entities, int], list[str]]:
    """Writes tags by the part of the entity that a token is."""

    def tags(spans: Entities, length: int) -> list[str]:
        made = ["O"] * length
        for start, end, label in spans:
            parts = [first, *[inside] * (end - start - 2), last] if end - start > 1 else [single]
            for at, part in enumerate(parts, start):
                made[at] = f"{part}-{label}"
        return made

    return tags


def iob1(spans: Entities, length: int) -> list[str]:
    made = spelled("I", "I", "I", "I")(spans, length)
    ends = {(end, label) for _, end, label in spans}
    for start, _, label in spans:
        if (start, label) in ends:
            made[start] = f"B-{label}"
    return made


def ioe1(spans: Entities, length: int) -> list[str]:
    made = spelled("I", "I", "I", "I")(spans, length)
    starts = {(start, label) for start, _, label in spans}
    for _, end, label in spans:
        if (end, label) in starts:
            made[end - 1] = f"E-{label}"
    return made


SCHEMES = {
    "IOB1": iob1,
    "IOB2": spelled("B", "I", "I", "B"),
    "IOE1": ioe1,
    "IOE2": spelled("I", "I", "E", "E"),
    "BIOES": spelled("B", "I", "E", "S"),
    "BILUO": spelled("B", "I", "L", "U"),
    "BMES": spelled("B", "M", "E", "S"),
    "BMEWO": spelled("B", "M", "E", "W"),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(entities())
def test_any_scheme_gives_the_spans_back(scheme: str, drawn: tuple[int, Entities]) -> None:
    length, spans = drawn
    decoder = TagDecoder()
    assert decoder.spans(SCHEMES[scheme](spans, length)) == spans
    assert "break" not in decoder.report()


@given(entities())
def test_without_prefixes_neighbours_of_one_type_merge(drawn: tuple[int, Entities]) -> None:
    length, spans = drawn
    tags = [tag[2:] or tag for tag in spelled("I", "I", "I", "I")(spans, length)]
    merged: Entities = []
    for start, end, label in spans:
        if merged and merged[-1][1:] == (start, label):
            merged[-1] = (merged[-1][0], end, label)
        else:
            merged.append((start, end, label))
    assert TagDecoder("plain").spans(tags) == merged
    assert TagDecoder().spans(spelled("I", "I", "I", "I")(spans, length)) == merged


@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "E-A", "S-A", "M-B", "L-B", "U-B", "B-B"])))
def test_any_sequence_is_read_and_covered(tags: list[str]) -> None:
    """Every token that is not O is in one entity of its label, and no other token is in any."""
    covered = ["O"] * len(tags)
    for start, end, label in TagDecoder().spans(tags):
        for at in range(start, end):
            assert covered[at] == "O"
            covered[at] = label
    assert covered == [tag[2:] or "O" for tag in tags]
