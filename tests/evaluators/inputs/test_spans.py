"""What pipelines of Hugging Face, Presidio and spaCy return, beside gold of any kind."""

from __future__ import annotations

from typing import Any

import pytest

from pii_sft import Document, Span, evaluate
from pii_sft.errors import RecordError
from pii_sft.evaluators.inputs.spans import read_spans

TEXT = "Ann Lee lives in Rome."
GOLD = Document("d", TEXT, (Span(0, 7, "PERSON"), Span(17, 21, "CITY")))


def f1(predicted: Any, gold: Any = GOLD) -> float:
    return evaluate([gold], [predicted], ci=0.0).scores.schemes["strict"].micro.rates["f1"]


def entity(key: str, label: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {key: label, "score": 0.9, "word": TEXT[start:end], "start": start, "end": end, **more}


@pytest.mark.parametrize("key", ["entity_group", "entity", "entity_type"])
def test_entities_with_their_label_under_another_key(key: str) -> None:
    found = [entity(key, "PERSON", 0, 7), entity(key, "CITY", 17, 21)]
    assert f1(found) == 1.0
    assert f1(found[:1]) == pytest.approx(2 / 3)
    # Theirs end after their last character, whatever is said of tuples.
    assert read_spans(found, "inclusive") == GOLD.spans


def test_tokens_that_were_not_put_together() -> None:
    tokens = [
        entity("entity", "B-PERSON", 0, 3, index=1),
        entity("entity", "I-PERSON", 4, 7, index=2),
        entity("entity", "B-CITY", 17, 19, index=5),
        entity("entity", "I-CITY", 19, 21, index=6),
    ]
    assert f1(tokens) == 1.0
    bare = [{**each, "entity": each["entity"][2:]} for each in tokens]
    assert f1(bare) == 1.0
    apart = [tokens[0], {**tokens[1], "index": 3}]
    assert read_spans(apart, "exclusive") == (Span(0, 3, "PERSON"), Span(4, 7, "PERSON"))


def test_our_own_keys_come_first() -> None:
    both = {"label": "A", "entity": "B-X", "start": 0, "end": 3}
    assert read_spans([both], "inclusive") == (Span(0, 4, "A"),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity_group": "A", "start": None, "end": None},  # of a slow tokenizer
        {"entity_group": "A", "start": 0},
        {"entity": 3, "index": 1, "start": 0, "end": 1},
    ],
)
def test_what_can_not_be_placed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match=r"predicted\[0\]\[0\]"):
        evaluate([GOLD], [[wrong]])


def test_results_of_presidio() -> None:
    presidio = pytest.importorskip("presidio_analyzer")
    found = [
        presidio.RecognizerResult("PERSON", 0, 7, 0.85),
        presidio.RecognizerResult("CITY", 17, 21, 0.6),
    ]
    assert f1(found) == 1.0
    assert f1([each.to_dict() for each in found]) == 1.0
    assert f1(found, gold=[(0, 7, "PERSON"), (17, 21, "CITY")]) == 1.0


def test_docs_and_examples_of_spacy() -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.training import Example

    nlp = spacy.blank("en")
    found, gold = nlp(TEXT), nlp(TEXT)
    gold.set_ents([gold.char_span(each.start, each.end, each.label) for each in GOLD.spans])
    found.set_ents([found.char_span(0, 7, "PERSON")])
    example = Example(found, gold)
    assert f1(found) == f1(example) == f1(example, gold=example) == pytest.approx(2 / 3)
    assert f1(GOLD, gold=example) == 1.0
    assert f1(["B-PERSON", "I-PERSON", "O", "O", "B-CITY", "O"], gold=example) == 1.0
