"""Agreement of two annotations, with figures worked out by hand and by scikit-learn's formula."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_sft.converters.detect import read_annotations
from pii_sft.errors import InputError, UsageError
from pii_sft.evaluators.annotator_agreement.agreement import (
    Agreement,
    Disagreement,
    agreement,
    disagreements,
    joined,
)
from pii_sft.evaluators.annotator_agreement.kappa import CharacterCounts, Kappa
from pii_sft.files import write_documents
from pii_sft.spans import Document, Span
from tests.conftest import Program

Side = Sequence[Span]


def kappa(*documents: tuple[int, Side, Side], level: float = 0.0) -> Kappa:
    return counted(*documents).overall(level, 200, 1)


def counted(*documents: tuple[int, Side, Side]) -> CharacterCounts:
    counts = CharacterCounts()
    for length, one, other in documents:
        counts.add(length, one, other)
    return counts


def test_kappa_of_a_worked_example() -> None:
    """Ten characters; A marks 0-4, B 2-6: both agree on 2 inside and 4 outside.

    observed = 6/10, expected = 4/10 * 4/10 + 6/10 * 6/10 = 0.52, kappa = 0.08 / 0.48.
    """
    found = kappa((10, [Span(0, 4, "A")], [Span(2, 6, "A")]))
    assert found.observed == pytest.approx(0.6)
    assert found.expected == pytest.approx(0.52)
    assert found.kappa == pytest.approx(0.08 / 0.48)


def test_kappa_of_three_categories() -> None:
    """Two labels and outside: observed 7/10, expected (4*2 + 2*2 + 4*6) / 100."""
    one = [Span(0, 4, "A"), Span(4, 6, "B")]
    other = [Span(0, 2, "A"), Span(4, 5, "B"), Span(5, 6, "B")]
    found = kappa((10, one, other))
    assert found.observed == pytest.approx(0.8)
    assert found.expected == pytest.approx((4 * 2 + 2 * 2 + 4 * 6) / 100)


def test_perfect_and_worst_agreement() -> None:
    spans = [Span(0, 5, "A")]
    assert kappa((10, spans, spans)).kappa == 1.0
    assert kappa((10, [Span(0, 5, "A")], [Span(5, 10, "A")])).kappa == -1.0


def test_independent_annotations_have_a_kappa_near_zero() -> None:
    draw = random.Random(1)

    def side() -> list[Span]:
        return [Span(at, at + 1, "A") for at in range(2000) if draw.random() < 0.3]

    assert kappa((2000, side(), side())).kappa == pytest.approx(0.0, abs=0.06)


@pytest.mark.parametrize(
    "documents",
    [[], [(0, [], [])], [(10, [], [])], [(4, [Span(0, 4, "A")], [Span(0, 4, "A")])]],
)
def test_where_all_is_one_category_kappa_has_no_value(documents: Any) -> None:
    found = kappa(*documents, level=0.95)
    assert found.kappa is None
    assert found.ci is None
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


def test_one_silent_annotator_has_a_kappa_of_zero() -> None:
    assert kappa((10, [Span(0, 4, "A")], [])).kappa == 0.0
    assert kappa((4, [Span(0, 4, "A")], [Span(0, 4, "B")])).kappa == 0.0


def test_nested_spans_are_a_category_of_their_own() -> None:
    nested, flat = [Span(0, 4, "A"), Span(0, 2, "B")], [Span(0, 4, "A")]
    assert kappa((8, nested, nested)).kappa == 1.0
    assert kappa((8, nested, flat)).observed == pytest.approx(6 / 8)
    labels = counted((8, nested, flat)).labels(0.0, 1, 1)
    assert labels["A"].kappa == 1.0
    assert labels["B"].kappa == 0.0


def test_a_span_given_twice_covers_once() -> None:
    assert kappa((8, [Span(0, 4, "A")] * 2, [Span(0, 4, "A")])).kappa == 1.0


def test_labels_are_compared_one_by_one() -> None:
    labels = counted(
        (10, [Span(0, 4, "A"), Span(6, 8, "B")], [Span(2, 6, "A"), Span(6, 8, "B")])
    ).labels(0.0, 1, 1)
    assert list(labels) == ["A", "B"]
    assert labels["A"].kappa == pytest.approx(0.08 / 0.48)
    assert labels["B"].kappa == 1.0


def test_the_interval_is_that_of_documents() -> None:
    draw = random.Random(1)
    documents = [(20, [Span(0, 10, "A")], [Span(0, draw.randrange(6, 15), "A")]) for _ in range(60)]
    found = kappa(*documents, level=0.95)
    assert found.ci is not None
    assert found.kappa is not None
    assert found.ci[0] < found.kappa < found.ci[1] < found.ci[0] + 0.2


SPANS = st.lists(
    st.builds(
        lambda start, length, label: Span(start, start + length, label),
        st.integers(0, 15),
        st.integers(1, 10),
        st.sampled_from("AB"),
    ),
    max_size=5,
)


@given(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=3))
def test_kappa_is_that_of_the_characters_one_by_one(documents: list[tuple[Side, Side]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    sides: tuple[list[str], list[str]] = ([], [])
    for document in documents:
        for categories, spans in zip(sides, document, strict=True):
            for at in range(30):
                inside = {span.label for span in spans if span.start <= at < span.end}
                categories.append("+".join(sorted(inside)))
    found = kappa(*((30, one, other) for one, other in documents))
    if found.kappa is None:
        assert len(set(sides[0]) | set(sides[1])) == 1
    else:
        assert found.kappa == pytest.approx(metrics.cohen_kappa_score(*sides))


A, B = Span(0, 4, "A"), Span(6, 9, "B")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([A], [A], []),
        ([A], [Span(0, 5, "A")], [Disagreement("boundary", A, Span(0, 5, "A"))]),
        ([A], [Span(0, 4, "B")], [Disagreement("label", A, Span(0, 4, "B"))]),
        ([A], [Span(1, 4, "B")], [Disagreement("label_and_bounds", A, Span(1, 4, "B"))]),
        ([A], [B], [Disagreement("only_a", a=A), Disagreement("only_b", b=B)]),
    ],
)
def test_kinds_of_disagreement(one: Side, other: Side, expected: list[Disagreement]) -> None:
    assert list(disagreements(one, other)) == expected


def document(id: str, *spans: Span, text: str = "x" * 20) -> Document:
    return Document(id, text, spans)


PAIRS = [
    (document("same", A, B), document("same", A, B)),
    (document("much", A, B), document("much", Span(0, 5, "A"), Span(12, 15, "C"))),
    (document("label", A), document("label", Span(0, 4, "B"))),
    (document("empty"), document("empty")),
]


def measured(**options: Any) -> Agreement:
    return agreement(PAIRS, resamples=50, **options)


def test_the_whole() -> None:
    found = measured()
    assert found.documents == 4
    assert found.spans == {"A": (3, 2), "B": (2, 2), "C": (0, 1)}
    assert found.spans_of_both == (5, 5)
    assert found.schemes["strict"].f1 == pytest.approx(2 / 5)
    assert found.schemes["partial"].f1 == pytest.approx((3 + 0.5) / 5)
    assert found.schemes["strict"].labels == {"A": 0.4, "B": 0.5, "C": 0.0}
    assert found.disagreements == {
        "boundary": 1,
        "label": 1,
        "label_and_bounds": 0,
        "only_a": 1,
        "only_b": 1,
    }
    assert found.labels == {"A": {"B": 1}}
    assert [(each.id, len(each.disagreements)) for each in found.worst] == [
        ("much", 3),
        ("label", 1),
    ]
    assert set(found.character_labels) == {"A", "B", "C"}


def test_neither_annotation_comes_first() -> None:
    turned = agreement([(other, one) for one, other in PAIRS], resamples=50)
    found = measured()
    assert {name: each.f1 for name, each in turned.schemes.items()} == {
        name: each.f1 for name, each in found.schemes.items()
    }
    assert turned.characters == found.characters
    assert turned.disagreements["only_a"] == found.disagreements["only_b"]


def test_json() -> None:
    found = measured().to_dict()
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "documents",
        "spans",
        "schemes",
        "characters",
        "labels",
        "disagreements",
        "confused",
        "worst",
        "findings",
    ]
    assert found["spans"] == {"a": 5, "b": 5}
    assert found["worst"][0]["disagreements"][0] == {
        "kind": "boundary",
        "a": {"start": 0, "end": 4, "label": "A"},
        "b": {"start": 0, "end": 5, "label": "A"},
    }


def test_options() -> None:
    found = measured(worst=1, schemes=("type",), ci=0.0)
    assert list(found.schemes) == ["type"]
    assert found.schemes["type"].ci is found.characters.ci is None
    assert [each.id for each in found.worst] == ["much"]
    assert measured(worst=0).worst == ()
    with pytest.raises(UsageError):
        measured(schemes=("x",))


def test_no_documents() -> None:
    found = agreement([])
    assert found.documents == 0
    assert found.characters.kappa is None
    assert found.spans == {}


def test_joined_by_id_in_any_order() -> None:
    one, other = [document("a", A), document("b")], [document("b"), document("a", B)]
    assert [(x.id, y.spans) for x, y in joined(one, other)] == [("a", (B,)), ("b", ())]


def test_joined_by_text_where_no_id_is_common() -> None:
    one = [document("one-1", text="x"), document("one-2", text="y")]
    other = [document("other-1", text="y"), document("other-2", text="x")]
    assert [(x.id, y.id) for x, y in joined(one, other)] == [
        ("one-1", "other-2"),
        ("one-2", "other-1"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ([document("a")], [document("a", text="y")], "other text"),
        ([document("a"), document("a")], [document("a")], "names two documents"),
        ([document("a")], [document("b"), document("c")], "shares its text"),
        ([document("a")], [document("b", text="y")], "Not one document is in both"),
        ([document("a"), document("b")], [document("a")], "1 documents have only one annotation"),
        ([document("a")], [document("a"), document("b")], "--common"),
        ([document("a")], [], "Not one document"),
    ],
)
def test_what_can_not_be_joined_is_refused(one: Any, other: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        joined(one, other)


def test_common_documents_alone() -> None:
    one, other = [document("a"), document("b")], [document("c"), document("b")]
    assert [x.id for x, _ in joined(one, other, common=True)] == ["b"]
    with pytest.raises(InputError, match="Not one document"):
        joined(one[:1], [document("c", text="y")], common=True)


def test_annotations_are_read_from_any_format(tmp_path: Path) -> None:
    write_documents(tmp_path / "a" / "one.jsonl", [document("d1", A)])
    (tmp_path / "a" / "two.jsonl").write_text(
        '{"input": "Ann in Rome", "output": {"entities": {"PERSON": ["Ann"]}}}\n'
    )
    found = list(read_annotations([tmp_path / "a"]))
    assert [each.spans for each in found] == [(A,), (Span(0, 3, "PERSON"),)]


def test_bad_records_are_refused_after_the_good(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    good = '{"id": "g", "text": "x", "spans": []}'
    bad = '{"id": "b", "text": "x", "spans": [{"start": 0, "end": 9, "label": "P"}]}'
    path.write_text("\n".join([good, *[bad] * 30, good]))
    stream = read_annotations([path], "documents")
    assert next(stream).id == "g"
    with pytest.raises(InputError) as caught:
        list(stream)
    assert len(caught.value.problems) == 20


def test_the_command(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    rows = [json.loads(line) for line in people_file.read_text().splitlines()]
    for number, row in enumerate(rows):
        row["spans"] = row["spans"][number % 2 :]
    (tmp_path / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[::-1]))
    narrow = {**os.environ, "COLUMNS": "80"}
    words = ["agree", people_file, "other.jsonl", "--resamples", "50"]
    done = pii_sft(*words, "--json", "a.json", env=narrow)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines()[2:])) <= 80
    for part in ("40 documents, 96 spans in A", "kappa of characters", "16 only_a", "CITY"):
        assert part in done.stdout
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["disagreements"]["only_a"] == 16
    assert "Ann" not in done.stdout + (tmp_path / "a.json").read_text()
    alone = pii_sft(*words, "--scheme", "type", "--ci", "0", "--json", "-")
    assert json.loads(alone.stdout)["schemes"].keys() == {"type"}


def test_the_command_without_entities(tmp_path: Path, pii_sft: Program) -> None:
    write_documents(tmp_path / "none.jsonl", [document("a")])
    done = pii_sft("agree", "none.jsonl", "none.jsonl")
    assert done.returncode == 0, done.stderr
    assert "kappa of characters        -" in done.stdout


def test_the_command_refuses(people_file: Path, tmp_path: Path, pii_sft: Program) -> None:
    lines = people_file.read_text().splitlines(keepends=True)
    (tmp_path / "short.jsonl").write_text("".join(lines[1:]))
    done = pii_sft("agree", people_file, "short.jsonl")
    assert done.returncode == 2
    assert "--common" in done.stderr
    assert pii_sft("agree", people_file, "short.jsonl", "--common").returncode == 0
    (tmp_path / "a.json").write_text("{}")
    assert "--overwrite" in pii_sft("agree", "x", "y", "--json", "a.json").stderr
