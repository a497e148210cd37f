"""Scores as text: the same numbers in every shape, whatever the labels hold."""

from __future__ import annotations

import csv
import io
import re

import pytest

from pii_sft.evaluators import Prediction, Report, evaluate_pairs
from pii_sft.report.console import results
from pii_sft.report.scores import print_scores, show_scores
from pii_sft.report.tables import FORMATS, top_confusions
from pii_sft.spans import Document, Span

NASTY = r"A|B_C&D%E$F#G{H}I~J^K\L<M>`N*[O]"
ESCAPE = "\x1b[31mRED\n\u202e"


def report(**options: object) -> Report:
    labels = ("PERSON", NASTY, ESCAPE, "[bold]CITY[/bold]")
    pairs = []
    for number in range(24):
        spans = tuple(Span(at * 5, at * 5 + 4, label) for at, label in enumerate(labels))
        found = [*spans[: number % 5], Span(15, 19, labels[number % 4])]
        meta = {"language": "en" if number % 3 else ESCAPE, "domain": NASTY}
        pairs.append((Document(f"d{number}", "x" * 40, spans, meta), Prediction(tuple(found))))
    return evaluate_pairs(pairs, **{"resamples": 50, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("beta", [(1.0, 2.0), (0.5, 1.0, 2.0, 5.0), (0.1, 0.5, 1, 2, 3, 5, 10)])
@pytest.mark.parametrize("ci", [0.0, 0.95])
def test_the_terminal_shows_eighty_columns(
    beta: tuple[float, ...],
    ci: float,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(results, "_width", 80)
    breakdowns = ("length", "size", "language", "meta.domain", "label", "entity_length")
    show_scores(report(beta=beta, ci=ci, by=breakdowns), "a/rather/long/name/of/predictions.jsonl")
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    assert "\x1b" not in printed
    assert "[bold]CITY[/bold]" in re.sub(r"\s", "", printed)
    for word in ("strict", "taken for", "most errors in", "of these", "covered", "by meta.domain"):
        assert word in printed


@pytest.mark.parametrize("width", [60, 80, 200])
def test_names_and_numbers_are_never_broken(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "_width", width)
    document = Document("d", "Ann in Rome", (Span(0, 3, "PERSON"), Span(7, 11, "CITY")))
    show_scores(evaluate_pairs([(document, Prediction(document.spans))] * 3), "gold")
    lines = capsys.readouterr().out.splitlines()
    for name in ("micro", "strict", "partial", "PERSON", "CITY"):
        assert any(line.split()[:1] == [name] for line in lines), name
    rows = [line.split() for line in lines if line.split()[:1] in (["strict"], ["PERSON"])]
    assert all(row.count("1.000") == 4 for row in rows)
    assert sum(line.count("1.00-1.00") for line in lines) == 16


def test_the_terminal_shows_what_is_not_there_as_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "_width", 80)
    show_scores(evaluate_pairs([], ci=0.0, schemes=()), "nothing")
    printed = capsys.readouterr().out
    assert "0 leaked" in printed
    assert "taken for" not in printed
    assert "most errors" not in printed
    assert "errors: none" in printed
    assert "answers" not in printed


def test_counts_of_zero_are_not_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "_width", 80)
    document = Document("d", "Ann in Rome", (Span(0, 3, "PERSON"), Span(7, 11, "CITY")))
    wrong = Prediction((Span(0, 3, "CITY"), Span(7, 11, "CITY")), issues=("repaired",))
    show_scores(evaluate_pairs([(document, wrong)]), "one")
    printed = capsys.readouterr().out
    assert "errors: 1 label" in printed.splitlines()
    assert "PERSON taken for CITY once" in printed
    assert "answers: 1 repaired" in printed.splitlines()


def test_markdown_tables_keep_their_columns() -> None:
    text = FORMATS["markdown"](report(by=("language",)))
    tables = [block for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) >= 6
    for block in tables:
        lines = [line for line in block.splitlines() if line.startswith("|")]
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(cells) == 1, block
    assert r"A\|B\_C&amp;D%E\$F\#G\{H\}I\~J^K\\L\<M\>\`N\*\[O\]" in text
    assert "\x1b" not in text


def test_latex_escapes_everything() -> None:
    text = FORMATS["latex"](report(by=("language",)))
    assert (
        r"A\textbar{}B\_C\&D\%E\$F\#G\{H\}I\textasciitilde{}J\textasciicircum{}K"
        r"\textbackslash{}L\textless{}M\textgreater{}`N*[O]"
    ) in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 6
    for line in text.splitlines():
        bare = re.sub(r"\\[&%$#_{}]", "", line)
        if bare.endswith(r"\\"):
            assert "$" not in bare
            assert "#" not in bare
    assert "\x1b" not in text


def test_latex_rows_have_the_cells_of_their_table() -> None:
    text = FORMATS["latex"](report())
    for block in re.findall(r"\\begin\{tabular\}\{(l?r*)\}(.*?)\\end", text, re.DOTALL):
        columns, body = block
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1


def test_csv_holds_every_number_of_the_json() -> None:
    found = report(by=("language",))
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](found))))
    assert list(rows[0]) == ["table", "row", "metric", "value", "low", "high"]
    numbers = {(row["table"], row["row"], row["metric"]): row for row in rows}
    json = found.to_dict()
    label = json["schemes"]["strict"]["labels"][NASTY]
    row = numbers["schemes", f"strict/labels/{NASTY}", "recall"]
    assert float(row["value"]) == label["recall"]
    assert [float(row["low"]), float(row["high"])] == label["ci"]["recall"]
    assert float(numbers["errors", "", "missed"]["value"]) == json["errors"]["missed"]
    assert float(numbers["all", "", "documents"]["value"]) == 24
    assert ("parsing", "", "clean") in numbers
    part = json["breakdowns"]["language"]["en"]["characters"]["leaked"]
    assert float(numbers["breakdowns", "language/en/characters", "leaked"]["value"]) == part


@pytest.mark.parametrize("shape", ["markdown", "latex"])
def test_numbers_are_those_of_the_report(shape: str) -> None:
    found = report()
    text = FORMATS[shape](found)
    row = found.scores.schemes["strict"].micro
    low, high = row.ci["f1"]
    bracket = ("\\[", "\\]") if shape == "markdown" else ("[", "]")
    assert f"{row.rates['f1']:.3f} {bracket[0]}{low:.3f}, {high:.3f}{bracket[1]}" in text
    assert str(found.scores.error_kinds["missed"]) in text


def test_confusions_are_sorted_by_number() -> None:
    found = top_confusions(report().scores)
    assert found == sorted(found, key=lambda each: (-each[2], each[:2]))
    assert len(found) > 1
    assert top_confusions(report().scores, 1) == found[:1]
    assert all(gold != taken for gold, taken, _ in found)


@pytest.mark.parametrize("shape", ["table", *FORMATS])
def test_print_scores(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_scores(report(ci=0.0), "title", shape)
    printed = capsys.readouterr().out
    assert "PERSON" in printed
    assert ("title" in printed) is (shape == "table")
