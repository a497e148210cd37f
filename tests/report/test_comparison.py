"""Comparisons and agreements as tables: they fit a terminal, and say what is left out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from pii_sft.evaluators import Prediction
from pii_sft.evaluators.annotator_agreement.agreement import agreement
from pii_sft.evaluators.comparison.compare import compare_triples
from pii_sft.evaluators.compat import compat
from pii_sft.report.agreement import show_agreement
from pii_sft.report.comparison import FORMATS, comparison_tables, print_comparison, show_comparison
from pii_sft.report.compat import show_compat
from pii_sft.report.console import messages, results
from pii_sft.spans import Document, Span
from pii_sft.terminal import printable

LONG = "A_LABEL_WITH_A_VERY_LONG_NAME_THAT_HAS_TO_BE_FOLDED_SOMEWHERE"
ESCAPE = "\x1b[31mred"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    for console in (results, messages):
        monkeypatch.setattr(console, "_width", 80)

    def read() -> str:
        text = capsys.readouterr().out
        # Findings are sentences, which a terminal breaks and nothing else should.
        findings = ("  error ", "  warning ", "  note ", " " * 10)
        tables = [line for line in text.splitlines() if not line.startswith(findings)]
        assert max(map(len, tables)) <= 80
        assert "…" not in text
        assert "\x1b" not in text
        return text

    return read


def document(id: str, labels: list[str]) -> Document:
    spans = tuple(Span(at * 3, at * 3 + 2, label) for at, label in enumerate(labels))
    return Document(id, "secret" * 60, spans)


LABELS = [LONG, ESCAPE, *(f"L{number}" for number in range(40))]


def test_a_comparison(printed: Any) -> None:
    documents = [document(f"{'id' * 30}-{number}{ESCAPE}", LABELS) for number in range(8)]
    triples = [(each, Prediction(each.spans[4:]), Prediction(each.spans[:9])) for each in documents]
    found = compare_triples(triples, resamples=20, randomisations=20)
    show_comparison(found, "runs/one.jsonl", f"runs/{ESCAPE}.jsonl")
    text = printed()
    for part in ("A: runs/one.jsonl", "12 more labels", "strict f1 by label", "33 missed"):
        assert part in text
    assert "secret" not in text


@pytest.mark.parametrize("ci", [0.0, 0.95])
def test_a_comparison_for_a_pull_request(ci: float) -> None:
    documents = [document(f"d{number}", LABELS) for number in range(8)]
    triples = [(each, Prediction(each.spans[4:]), Prediction(each.spans[:9])) for each in documents]
    found = compare_triples(triples, resamples=20, randomisations=20, ci=ci)
    overall, labels = comparison_tables(found)
    assert overall.title == "B - A on 8 documents"
    assert len(labels.rows) == len(LABELS)
    for table in (overall, labels):
        assert {len(row) for row in table.rows} == {len(table.columns)} == {5 + bool(ci)}
    text = FORMATS["markdown"](found)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(lines) == len(overall.rows) + len(labels.rows) + 4
    assert "\x1b" not in text
    assert FORMATS["latex"](found).count("\\toprule") == 2


@pytest.mark.parametrize("ci", [0.0, 0.95])
def test_csv_holds_every_difference_of_the_json(ci: float) -> None:
    documents = [document(f"d{number}", LABELS) for number in range(8)]
    triples = [(each, Prediction(each.spans[4:]), Prediction(each.spans[:9])) for each in documents]
    found = compare_triples(triples, resamples=20, randomisations=20, ci=ci)
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](found))))
    numbers = {(row["table"], row["row"]): row for row in rows}
    assert len(numbers) == len(rows)
    expected = {}
    for scheme, measures in found.to_dict()["schemes"].items():
        labels = measures.pop("labels")
        expected |= {(scheme, name): each for name, each in measures.items()}
        expected |= {(scheme, f"labels/{printable(name)}"): each for name, each in labels.items()}
    for group in ("characters", "documents_without_pii"):
        expected |= {(group, name): each for name, each in found.to_dict()[group].items()}
    assert numbers.keys() == expected.keys()
    assert {name for _, name in numbers} > {f"labels/{printable(label)}" for label in LABELS}
    for key, each in expected.items():
        low, high = each["ci"] or ("", "")
        row = numbers[key]
        assert [row["low"], row["high"]] == [str(low), str(high)]
        for name in ("a", "b", "difference", "p", "p_bootstrap", "p_adjusted"):
            assert row[name] == ("" if each[name] is None else str(each[name]))


@pytest.mark.parametrize("shape", ["table", *FORMATS])
def test_a_comparison_is_printed_in_any_shape(
    capsys: pytest.CaptureFixture[str], shape: str
) -> None:
    found = compare_triples(
        [(document("a", ["A"]), Prediction(), Prediction())], ci=0, randomisations=9
    )
    print_comparison(found, "one.jsonl", "other.jsonl", shape)
    text = capsys.readouterr().out
    assert ("one.jsonl" in text) == (shape == "table")
    assert text == FORMATS[shape](found) if shape in FORMATS else "B - A on 1 doc" in text
    assert "secret" not in text


def test_a_comparison_without_differences_or_labels(printed: Any) -> None:
    empty = (Document("a", "secret"), Prediction(), Prediction())
    show_comparison(compare_triples([empty], ci=0.0, randomisations=9), "a", "b")
    text = printed()
    assert "by label" not in text
    assert "0 better with B, 0 worse" in text


def test_an_agreement(printed: Any) -> None:
    pairs = [
        (document(f"d{number}", LABELS), document(f"d{number}", [*LABELS[1:], LONG]))
        for number in range(3)
    ]
    show_agreement(agreement(pairs, resamples=20), "a", "b")
    text = printed()
    for part in ("12 rarer labels", "F1 of spans, strict", "labels of A that are others of B"):
        assert part in text
    assert "secret" not in text


def test_an_agreement_without_schemes(printed: Any) -> None:
    pair = document("d", ["A"])
    show_agreement(agreement([(pair, pair)], schemes=(), ci=0.0), "a", "b")
    assert "F1" not in printed()


@pytest.mark.parametrize("name", ["nervaluate", "seqeval"])
def test_numbers_of_other_tools(name: str, printed: Any) -> None:
    nested = Document("d", "secret" * 9, (Span(0, 9, LONG), Span(2, 4, ESCAPE)))
    show_compat(compat(name, [(nested, Prediction((Span(0, 9, LONG),)))]))
    text = printed()
    assert name in text
    assert "1.000" in text
