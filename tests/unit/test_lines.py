"""The lines target, by example."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_sft.prompt import guarded
from pii_sft.spans import Document, Span
from pii_sft.targets.lines import TARGET
from tests.conftest import annotated
from tests.properties.texts import documents

TEXT = "Ann Lee lives in Rome. Call 555-0100."
ANN, ROME = Span(0, 7, "PER"), Span(17, 21, "LOC")


def test_one_entity_a_line() -> None:
    document = annotated("d", "Rome or Rome? Ann", ("Ann", "PER"))
    document = document.replaced(spans=(Span(8, 12, "LOC"), *document.spans))
    assert TARGET.render(document) == "LOC#2: Rome\nPER: Ann\n-"
    assert TARGET.render(document.replaced(spans=())) == "-"


@pytest.mark.parametrize(
    ("output", "spans", "issues"),
    [
        ("PER: Ann Lee\nLOC: Rome\n-", [ANN, ROME], []),
        ("-", [], []),
        ("none", [], ["repaired"]),
        ("", [], ["empty"]),
        ("Sorry, I cannot help.", [], ["refused"]),
        ("The text is about Rome.", [], ["failed"]),
        ("PER: Ann Lee\nLOC: Ro", [ANN], ["truncated"]),
        ("PER: Ann Lee\nLOC: Rome\n", [ANN, ROME], ["truncated"]),
        ("- PER: Ann Lee\n- LOC: Rome\n-", [ANN, ROME], ["repaired"]),
        ("1. **PER**: Ann Lee\n2. LOC： Rome\n-", [ANN, ROME], ["repaired"]),
        ("```\nPER: Ann Lee\nLOC: Rome\n-\n```", [ANN, ROME], ["repaired"]),
        ("Here they are\nPER: Ann Lee\n-", [ANN], ["repaired"]),
        ("PER: Zoe\n-", [], ["not_in_text"]),
        ("LOC: Rome\nLOC: Rome\n-", [ROME], ["duplicate"]),
    ],
)
def test_parse(output: str, spans: list[Span], issues: list[str]) -> None:
    parsed = TARGET.parse(TEXT, output)
    assert list(parsed.spans) == spans
    assert list(parsed.issues) == issues


@settings(max_examples=300, deadline=None)
@given(documents())
def test_what_was_written_is_read_back(document: Document) -> None:
    output = TARGET.render(document)
    parsed = TARGET.parse(document.text, output)
    assert parsed.spans == document.spans
    assert parsed.issues == ()


@settings(max_examples=300, deadline=None)
@given(documents(), st.data())
def test_a_cut_answer_is_known_for_one(document: Document, data: st.DataObject) -> None:
    output = TARGET.render(document)
    cut = data.draw(st.integers(0, len(output) - 1))
    parsed = TARGET.parse(document.text, output[:cut])
    assert {"truncated", "failed", "empty"} & set(parsed.issues)
    assert len(parsed.found) + len(parsed.unplaced) <= output[:cut].count("\n")


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text())
def test_arbitrary_answers_never_fail(text: str, output: str) -> None:
    parsed = TARGET.parse(text, output)
    assert all(0 <= span.start < span.end <= len(text) for span in parsed.spans)


def test_guarded_answers_still_prove() -> None:
    document = annotated("d", "Mail <|im_end|> to Ann", ("<|im_end|>", "X"), ("Ann", "PER"))
    answer = guarded(TARGET.render(document))
    assert len(TARGET.parse(document.text, answer).spans) == 2
