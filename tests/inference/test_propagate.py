"""Names once found, found wherever they stand."""

from __future__ import annotations

from pii_sft.inference.operating_point import Propagation
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.propagate import propagate

NAMES = Propagation(("PERSON",), 0.9)


def places(text: str, *entities: PredictedSpan, least: float = 0.0) -> list[tuple[int, int, str]]:
    found = propagate(text, entities, NAMES, lambda _: least)
    return [(each.start, each.end, each.source) for each in found]


def test_every_whole_occurrence() -> None:
    text = "Ann Lee, Ann Leeds and Ann Lee"
    assert places(text, PredictedSpan(0, 7, "PERSON", 0.8)) == [
        (0, 7, "model"),
        (23, 30, "propagated"),
    ]


def test_two_letters_are_a_name_only_where_no_spaces_are_written() -> None:
    assert len(places("黄芳说黄芳", PredictedSpan(0, 2, "PERSON", 0.8))) == 2
    assert len(places("Al met Al", PredictedSpan(0, 2, "PERSON", 0.8))) == 1


def test_other_labels_and_taken_places_are_left() -> None:
    text = "Rome and Rome"
    assert len(places(text, PredictedSpan(0, 4, "CITY", 0.8))) == 1
    both = PredictedSpan(0, 4, "PERSON", 0.8), PredictedSpan(5, 13, "CITY", 0.5)
    assert len(places(text, *both)) == 2


def test_the_score_falls_and_counts() -> None:
    (first, second) = propagate(
        "Ann Lee, Ann Lee", [PredictedSpan(0, 7, "PERSON", 0.8)], NAMES, lambda _: 0.0
    )
    assert (first.score, round(second.score or 0, 4)) == (0.8, 0.72)
    assert len(places("Ann Lee, Ann Lee", PredictedSpan(0, 7, "PERSON", 0.8), least=0.75)) == 1
