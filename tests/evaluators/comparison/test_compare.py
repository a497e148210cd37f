"""Two systems: differences that are what they are, and p-values that mean what they say."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from pii_sft.errors import InputError, UsageError
from pii_sft.evaluators import Prediction, evaluate_pairs
from pii_sft.evaluators.comparison.compare import (
    Changes,
    Comparison,
    compare_files,
    compare_triples,
    sources_of_both,
)
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.known_labels import UNKNOWN
from pii_sft.evaluators.statistics.multiple_testing import CORRECTIONS
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS
from tests.evaluators.comparison.systems import systems, write

FAST: Any = {"resamples": 200, "randomisations": 400}


def every(found: Comparison) -> Iterator[Any]:
    for groups in (found.measures, found.labels):
        for group in groups.values():
            yield from group.values()


def test_values_are_those_of_both_reports() -> None:
    triples = systems(60, 0.3, 0.1)
    found = compare_triples(triples, beta=(2.0,), **FAST)
    for side in (0, 1):
        scores = evaluate_pairs(
            [(triple[0], triple[side + 1]) for triple in triples], ci=0.0
        ).scores
        for scheme, row in scores.schemes.items():
            measures = found.measures[scheme]
            assert list(measures) == ["precision", "recall", "f1", "f2", "macro_f1"]
            for rate, value in row.micro.rates.items():
                assert _side(measures[rate], side) == pytest.approx(value)
            assert _side(measures["macro_f1"], side) == pytest.approx(row.macro.rates["f1"])
            for label, of_label in row.labels.items():
                assert _side(found.labels[scheme][label], side) == of_label.rates["f1"]
        for rate, value in scores.characters.rates.items():
            assert _side(found.measures["characters"][rate], side) == pytest.approx(value)
        alarms = found.measures["documents_without_pii"]["false_alarm_rate"]
        expected = scores.documents_without_pii.rates["false_alarm_rate"]
        assert _side(alarms, side) == pytest.approx(expected)
    for each in every(found):
        assert each.difference == pytest.approx(each.b - each.a)
        assert each.ci is not None
        assert each.ci[0] <= each.difference <= each.ci[1]


def _side(difference: Any, side: int) -> float:
    return float(difference.b if side else difference.a)


def test_one_system_twice_differs_in_nothing() -> None:
    found = compare_triples(
        ((document, one, one) for document, one, _ in systems(50, 0.3, 0.3)), **FAST
    )
    for each in every(found):
        assert (each.difference, each.ci, each.p, each.p_bootstrap) == (0.0, (0.0, 0.0), 1.0, 1.0)
    assert {each.p_adjusted for each in found.labels["strict"].values()} == {1.0}
    assert (found.better, found.worse, found.otherwise, found.changed) == (0, 0, 0, ())


def test_turned_around_the_sign_changes_and_nothing_else() -> None:
    triples = systems(80, 0.3, 0.2)
    there = compare_triples(triples, **FAST)
    back = compare_triples(((document, two, one) for document, one, two in triples), **FAST)
    for one, other in zip(every(there), every(back), strict=True):
        assert other.difference == pytest.approx(-one.difference)
        assert other.p == pytest.approx(one.p, abs=0.03)
        assert other.p_bootstrap == one.p_bootstrap
    assert (there.better, there.worse) == (back.worse, back.better)


def test_a_planted_difference_is_found() -> None:
    found = compare_triples(systems(300, 0.4, 0.2), **FAST)
    recall = found.measures["strict"]["recall"]
    assert recall.p == pytest.approx(1 / 401)
    assert recall.p_bootstrap is not None
    assert recall.p_bootstrap < 0.02
    assert recall.ci is not None
    assert 0.05 < recall.ci[0] < recall.difference < recall.ci[1]
    assert found.labels["strict"]["A"].p_adjusted == pytest.approx(2 / 401)
    assert found.better > found.worse


def test_p_values_are_uniform_where_there_is_no_difference() -> None:
    """Kolmogorov and Smirnov, on a measure that is seldom exactly equal."""
    drawn = [
        compare_triples(
            systems(80, 0.3, 0.3, seed), schemes=("strict",), resamples=99, randomisations=199
        ).measures["strict"]["macro_f1"]
        for seed in range(150)
    ]
    assert stats.kstest([each.p for each in drawn], "uniform").pvalue > 0.01
    assert stats.kstest([each.p_bootstrap for each in drawn], "uniform").pvalue > 0.001
    covered = sum(each.ci[0] <= 0 <= each.ci[1] for each in drawn if each.ci)
    assert 0.88 <= covered / 150 <= 0.99


def test_p_is_that_of_all_exchanges() -> None:
    """With four documents there are sixteen exchanges, which can all be counted."""
    a, b = Prediction((Span(0, 4, "A"),)), Prediction()
    gold = Document("d", "x" * 9, (Span(0, 4, "A"),))
    triples = [(gold, a, b), (gold, a, b), (gold, a, b), (gold, b, a)]
    found = compare_triples(triples, schemes=("strict",), ci=0.0, randomisations=20_000)
    # differences in recall are -1 (1 way), -1/2 (4), 0 (6), 1/2 (4), 1 (1): 10 of 16 reach 1/2
    assert found.measures["strict"]["recall"].p == pytest.approx(10 / 16, abs=0.01)


def test_the_same_seed_gives_the_same_numbers() -> None:
    triples = systems(40, 0.3, 0.2)
    assert compare_triples(triples, seed=3, **FAST) == compare_triples(triples, seed=3, **FAST)
    assert compare_triples(triples, seed=3, **FAST) != compare_triples(triples, seed=4, **FAST)


def test_without_intervals() -> None:
    found = compare_triples(systems(30, 0.3, 0.2), ci=0.0, randomisations=50)
    assert {(each.ci, each.p_bootstrap) for each in every(found)} == {(None, None)}


def test_no_documents() -> None:
    found = compare_triples([], **FAST)
    assert found.documents == 0
    assert {each.p for each in every(found)} == {1.0}
    assert found.labels == {"strict": {}, "exact": {}, "partial": {}, "type": {}}


def test_labels_of_one_system_alone_are_compared() -> None:
    gold = Document("d", "x" * 9, (Span(0, 4, "A"),))
    found = compare_triples([(gold, Prediction(), Prediction((Span(5, 6, "B"),)))], **FAST)
    assert set(found.labels["strict"]) == {"A", "B"}
    assert found.labels["strict"]["B"].difference == 0.0


def test_options_reach_the_scorers() -> None:
    gold = Document("d", "x" * 20, (Span(0, 10, "A"),))
    triple = (gold, Prediction((Span(0, 5, "B"),)), Prediction((Span(0, 5, "B"),)))
    for settings, correct in (
        ({}, 0.0),
        ({"labels": LabelMap({"B": "A"})}, 1.0),
        ({"labels": LabelMap({"B": "A"}), "min_overlap": 0.6}, 0.0),
        ({"labels": LabelMap({"B": "A"}), "min_iou": 0.6}, 0.0),
    ):
        found = compare_triples([triple], **settings, **FAST)  # type: ignore[arg-type]
        assert found.measures["type"]["recall"].a == correct


@pytest.mark.parametrize(
    "options", [{"correction": "none"}, {"randomisations": 0}, {"resamples": 0}, {"ci": 1.0}]
)
def test_wrong_options_are_refused_before_anything_is_read(options: dict[str, Any]) -> None:
    def unread() -> Any:
        raise AssertionError("read")
        yield

    with pytest.raises(UsageError):
        compare_triples(unread(), **options)


def test_json() -> None:
    found = compare_triples(systems(20, 0.3, 0.2), changed=2, **FAST).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "documents",
        "settings",
        "schemes",
        "characters",
        "documents_without_pii",
        "changed",
    ]
    assert set(found["schemes"]["strict"]) == {"precision", "recall", "f1", "macro_f1", "labels"}
    assert found["schemes"]["strict"]["labels"]["A"].keys() == {
        "a",
        "b",
        "difference",
        "ci",
        "p",
        "p_bootstrap",
        "p_adjusted",
    }
    assert found["settings"]["correction"] == "holm"
    assert len(found["changed"]["documents"]) == 2


MISSED = SpanError("missed", Span(0, 4, "A"))
SPURIOUS = SpanError("spurious", None, Span(5, 6, "B"))
INVENTED = SpanError("spurious", None, Span(7, 9, "Ann Lee"))


def test_documents_that_changed_most() -> None:
    changes = Changes(2)
    changes.add("same", [MISSED, SPURIOUS], [SPURIOUS, MISSED])
    changes.add("mended", [MISSED], [])
    changes.add("turned", [MISSED], [SPURIOUS])
    changes.add("broken", [], [SPURIOUS, SPURIOUS, INVENTED])
    assert (changes.better, changes.worse, changes.otherwise) == (1, 1, 1)
    broken, turned = changes.most(None)
    assert (broken.id, broken.appeared) == ("broken", (SPURIOUS, SPURIOUS, INVENTED))
    assert (turned.appeared, turned.disappeared) == ((SPURIOUS,), (MISSED,))
    shown = changes.most({"A", "B"})[0].appeared[2]
    assert shown.predicted == Span(7, 9, UNKNOWN)


def test_of_equal_changes_the_first_document_is_named() -> None:
    changes = Changes(1)
    for name in ("first", "second"):
        changes.add(name, [MISSED], [])
    assert [each.id for each in changes.most(None)] == ["first"]


def test_no_document_is_named_on_demand() -> None:
    assert compare_triples(systems(20, 0.3, 0.2), changed=0, **FAST).changed == ()


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_the_correction_is_that_asked_for(correction: str) -> None:
    found = compare_triples(systems(80, 0.3, 0.2), correction=correction, **FAST)
    labels = found.labels["strict"].values()
    expected = CORRECTIONS[correction]([each.p for each in labels])
    assert [each.p_adjusted for each in labels] == expected
    assert {each.p_adjusted for each in found.measures["strict"].values()} == {None}


def test_files_in_different_shapes(tmp_path: Path) -> None:
    write(tmp_path, systems(10, 0.0, 0.0))
    paths = [tmp_path / f"{name}.jsonl" for name in ("a", "b", "gold")]
    target = TARGETS.get("json")
    found = compare_files((paths[0], target), (paths[1], target), paths[2], **FAST)
    assert found.documents == 10
    assert found.measures["strict"]["recall"].b < found.measures["strict"]["recall"].a


def test_files_that_do_not_fit_the_gold_are_refused(tmp_path: Path) -> None:
    write(tmp_path, systems(10, 0.0, 0.0))
    paths = [tmp_path / f"{name}.jsonl" for name in ("a", "b", "gold")]
    target = TARGETS.get("json")
    for short in paths[:2]:
        lines = short.read_text().splitlines(keepends=True)
        short.write_text("".join(lines[:-1]))
        with pytest.raises(InputError, match="no prediction"):
            compare_files((paths[0], target), (paths[1], target), paths[2])
        short.write_text("".join([*lines, '{"id": "more", "spans": [], "output": ""}\n']))
        with pytest.raises(InputError, match="not in the gold"):
            compare_files((paths[0], target), (paths[1], target), paths[2])
        short.write_text("".join(lines))


def test_a_gold_label_that_the_map_lacks_is_refused(tmp_path: Path) -> None:
    write(tmp_path, systems(10, 0.0, 0.0))
    paths = [tmp_path / f"{name}.jsonl" for name in ("a", "a", "gold")]
    target, labels = TARGETS.get("json"), LabelMap({"A": "A"}, others="error")
    with pytest.raises(InputError, match="lacks 'B'"):
        compare_files((paths[0], target), (paths[1], target), paths[2], labels=labels)


def test_predictions_for_different_documents_need_a_gold(tmp_path: Path) -> None:
    write(tmp_path, systems(3, 0.0, 0.0))
    first, second, gold = (tmp_path / f"{name}.jsonl" for name in ("a", "b", "gold"))
    other = tmp_path / "other.jsonl"
    other.write_text(gold.read_text())
    for path, source in ((first, gold), (second, other)):
        record = {"gold": str(source), "serving": {"target": "json"}}
        path.with_suffix(".meta.json").write_text(json.dumps(record))
    with pytest.raises(UsageError, match="--gold"):
        sources_of_both(first, second, None, None)
    assert [each.gold for each in sources_of_both(first, second, gold, None)] == [gold, gold]


def test_importing_the_module_imports_nothing_heavy() -> None:
    import sys

    code = (
        "import sys, pii_sft.evaluators.comparison.compare;"
        "print([name for name in ('numpy',) if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
