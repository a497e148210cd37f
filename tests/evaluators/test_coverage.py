"""Mentions and entities: what counts as covered, and what belongs together."""

from __future__ import annotations

from typing import Any

import pytest

from pii_sft.errors import InputError, RecordError
from pii_sft.evaluators import Prediction, Scorer, evaluate_pairs, score_files
from pii_sft.evaluators.aggregation.results import MentionScores
from pii_sft.evaluators.characters import merged, sorted_bounds
from pii_sft.evaluators.coverage import is_covered, strays
from pii_sft.files import write_documents
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

TAB_TEXT = "Mr John Smith met Jane Roe in Oslo. John Smith lives in Oslo."
TAB_GOLD = [
    (0, 13, "PERSON", "e1", "direct"),
    (18, 26, "PERSON", "e2", "quasi"),
    (30, 34, "LOC", "e3", "quasi"),
    (36, 46, "PERSON", "e1", "direct"),
    (56, 60, "LOC", "e3", "quasi"),
]


def tab_document() -> Document:
    keys = ("start", "end", "entity", "identifier")
    known = [dict(zip(keys, (a, b, e, i), strict=True)) for a, b, _, e, i in TAB_GOLD]
    spans = tuple(Span(a, b, label) for a, b, label, *_ in TAB_GOLD)
    return Document("t", TAB_TEXT, spans, {"entity_mentions": known})


def mentions(document: Document, *found: tuple[int, int], **options: Any) -> MentionScores:
    prediction = Prediction(tuple(Span(start, end, "MASK") for start, end in found))
    return evaluate_pairs([(document, prediction)], **{"ci": 0.0, **options}).scores.mentions


@pytest.mark.parametrize(
    ("found", "direct", "quasi"),
    [
        ([(3, 13), (36, 46), (30, 34)], 1.0, 0.0),
        ([(3, 13), (30, 34), (56, 60), (18, 22)], 0.0, 0.5),
    ],
)
def test_numbers_of_the_text_anonymization_benchmark(
    found: list[tuple[int, int]], direct: float, quasi: float
) -> None:
    # evaluation.py of TAB, commit c5246a2, with uniform weights: "Mr" need not be covered
    scores = mentions(tab_document(), *found)
    assert scores.overall.rates["mention_recall"] == 0.6
    assert scores.overall.rates["mention_precision"] == 1.0
    assert scores.overall.rates["entity_recall"] == pytest.approx(1 / 3)
    assert scores.identifiers["direct"].rates == {"entity_recall": direct}
    assert scores.identifiers["quasi"].rates == {"entity_recall": quasi}
    assert scores.identifiers["quasi"].counts == {"entities": 2, "covered_entities": 2 * quasi}


def test_counts_and_labels() -> None:
    scores = mentions(tab_document(), (3, 13), (36, 46), (30, 34), (14, 17))
    assert scores.overall.counts == {
        "mentions": 5,
        "covered_mentions": 3,
        "predictions": 4,
        "stray_predictions": 1,
        "entities": 3,
        "covered_entities": 1,
    }
    assert scores.overall.rates["weighted_entity_recall"] == 0.4
    assert scores.labels["LOC"].rates["mention_recall"] == 0.5
    assert scores.labels["LOC"].rates["entity_recall"] == 0.0
    assert scores.labels["PERSON"].rates["entity_recall"] == 0.5
    assert scores.labels["MASK"].rates["mention_precision"] == 0.75
    for name in scores.overall.counts:
        assert (
            sum(row.counts[name] for row in scores.labels.values()) == scores.overall.counts[name]
        )


def test_mentions_of_one_text_are_one_entity_unless_the_document_says_otherwise() -> None:
    text = "Ann met ann, ANN and Bob."
    spans = (Span(0, 3, "P"), Span(8, 11, "P"), Span(13, 16, "Q"), Span(21, 24, "P"))
    document = Document("d", text, spans)
    assert mentions(document).overall.counts["entities"] == 3
    known = [{"start": 0, "end": 3, "entity": 1}, {"start": 8, "end": 11, "entity": 2}]
    apart = document.replaced(meta={"entity_mentions": known})
    assert mentions(apart).overall.counts["entities"] == 4
    assert mentions(apart).identifiers == {}


def test_without_texts_every_mention_is_an_entity() -> None:
    scorer = Scorer()
    scorer.add([Span(0, 3, "P"), Span(8, 11, "P")], [Span(0, 3, "P")])
    overall = scorer.result(ci=0.0).mentions.overall
    assert (overall.counts["entities"], overall.counts["covered_entities"]) == (2, 1)


@pytest.mark.parametrize(
    ("surface", "found", "covered"),
    [
        ("Ann Lee", [(0, 7)], True),
        ("Ann Lee", [(0, 3), (4, 7)], True),
        ("Ann Lee", [(0, 3), (3, 7)], True),
        ("Ann Lee", [(0, 5), (2, 7)], True),
        ("Ann Lee", [(0, 3)], False),
        ("Ann Lee", [(0, 6)], False),
        ("Ann Lee", [], False),
        ("Ann Lee", [(7, 9)], False),
        ("+47 22-33", [(1, 3), (4, 6), (7, 9)], False),
        ("(22) 33-44", [(1, 3), (5, 7), (8, 10)], True),
        ("a@b.org", [(0, 1), (2, 3), (4, 7)], True),
        ("the Bank of Oslo", [(4, 8), (12, 16)], True),
        ("THE BANK OF OSLO", [(4, 8), (12, 16)], True),
        ("Bankof", [(0, 4)], False),
        ("Ann's", [(0, 3)], True),
        ("An", [], False),
        ("of", [(0, 1)], False),
        ("...", [(0, 2)], False),
        ("...", [(0, 3)], True),
        ("王小明", [(0, 2)], False),
        ("王小明", [(0, 1), (1, 3)], True),
        ("Rene\u0301", [(0, 4)], False),
        ("🙂", [], False),
    ],
)
def test_covered(surface: str, found: list[tuple[int, int]], covered: bool) -> None:
    predicted = [Span(start + 5, end + 5, "X") for start, end in found]
    text = "12345" + surface + "67890"
    mention = Span(5, 5 + len(surface), "A")
    assert is_covered(mention, merged(sorted_bounds(predicted)), text) is covered


def test_without_a_text_every_character_counts() -> None:
    mention = Span(0, 7, "A")
    assert not is_covered(mention, [(0, 3), (4, 7)], None)
    assert is_covered(mention, [(0, 7)], None)


def test_strays_leave_their_mention() -> None:
    gold = [Span(0, 20, "A"), Span(2, 6, "A"), Span(30, 35, "B")]
    inside = [Span(0, 20, "X"), Span(4, 9, "X"), Span(19, 20, "X"), Span(30, 31, "X")]
    outside = [Span(0, 21, "X"), Span(21, 22, "X"), Span(29, 35, "X"), Span(34, 36, "X")]
    assert strays([*inside, *outside], sorted_bounds(gold)) == outside
    assert strays(inside, []) == inside


def test_hallucinations_cover_nothing_and_stray_nowhere() -> None:
    document = Document("d", "Ann", (Span(0, 3, "P"),))
    scores = evaluate_pairs([(document, Prediction(unplaced=("P",)))], ci=0.0).scores.mentions
    assert scores.overall.counts["predictions"] == 0
    assert scores.overall.rates["mention_precision"] == 0.0


def test_every_rate_has_an_interval() -> None:
    scores = evaluate_pairs(
        [(tab_document(), Prediction((Span(3, 13, "P"),)))] * 20, resamples=30
    ).scores.mentions
    for row in (scores.overall, *scores.labels.values(), *scores.identifiers.values()):
        assert row.ci.keys() == row.rates.keys()


@pytest.mark.parametrize(
    "value", ["Quillfeather", [{"start": 0}], [{"start": 0, "end": 2, "entity": None}], {"a": 1}]
)
def test_an_unreadable_list_of_mentions_is_refused(value: Any, tmp_path: Any) -> None:
    document = Document("d7", "Ann", (Span(0, 3, "P"),), {"entity_mentions": value})
    with pytest.raises(RecordError, match=r"meta\.entity_mentions") as caught:
        mentions(document)
    assert "Quillfeather" not in str(caught.value)
    write_documents(tmp_path / "gold.jsonl", [document])
    (tmp_path / "pred.jsonl").write_text('{"id":"d7","spans":[]}\n')
    with pytest.raises(InputError, match=r"gold\.jsonl \[d7\]"):
        score_files(tmp_path / "pred.jsonl", tmp_path / "gold.jsonl", TARGETS.get("json"))
