"""Measures: the list that scores, thresholds, tables and pages read; one row is enough for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pii_sft.cli import cli
from pii_sft.errors import UsageError
from pii_sft.evaluators import MEASURES, Prediction, evaluate_pairs
from pii_sft.evaluators.aggregation.measures import BUILT_IN, chosen_measures
from pii_sft.evaluators.thresholds import unmet_thresholds
from pii_sft.report.console import messages
from pii_sft.spans import Document, Span
from tests.conftest import annotated

MODULE = """
from pii_sft.evaluators import Measure

DENSITY = Measure(
    "density",
    "predictions for each gold span",
    counted=("gold", "predicted"),
    count=lambda document, prediction: (len(document.spans), len(prediction.spans)),
    rates=lambda totals: {"ratio": totals.share("density.predicted", "density.gold")},
    lower_is_better=("ratio",),
)
"""

PAIRS = [
    (
        annotated("a", "Ann met Bob.", ("Ann", "PERSON"), ("Bob", "PERSON")),
        Prediction((Span(0, 3, "PERSON"),)),
    ),
    (annotated("b", "Rome is far.", ("Rome", "CITY")), Prediction()),
    (annotated("c", "Nothing."), Prediction((Span(0, 7, "CITY"),))),
    (annotated("d", "Eve.", ("Eve", "PERSON")), Prediction((Span(0, 3, "PERSON"),))),
]


@pytest.fixture
def density(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installs a package that adds a measure, as pip would."""
    (tmp_path / "added_measure.py").write_text(MODULE)
    info = tmp_path / "added_measure-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: added-measure\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pii_sft.measures]\ndensity = added_measure:DENSITY\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(messages, "quiet", False)
    vars(MEASURES).pop("_targets", None)
    yield
    vars(MEASURES).pop("_targets", None)


def scored(*words: str) -> Result:
    given = ["score", "--pred", "pred.jsonl", "--gold", "gold.jsonl", "--quiet"]
    return CliRunner().invoke(cli, [*given, *words])


def write(pairs: list[tuple[Document, Prediction]]) -> None:
    gold = [
        {"id": each.id, "text": each.text, "spans": [*map(as_row, each.spans)]} for each, _ in pairs
    ]
    found = [{"id": each.id, "spans": [*map(as_row, guess.spans)]} for each, guess in pairs]
    for name, rows in (("gold", gold), ("pred", found)):
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_row(span: Span) -> dict[str, object]:
    return {"start": span.start, "end": span.end, "label": span.label}


def test_a_measure_of_another_package_is_one_row(density: None) -> None:
    write(PAIRS)
    done = scored("--measure", "density", "--json", "-", "--html", "page.html", "--by", "language")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    row = found["density"]
    assert (row["ratio"], row["gold"], row["predicted"]) == (3 / 4, 4, 3)
    low, high = row["ci"]["ratio"]
    assert low < 3 / 4 < high
    assert found["breakdowns"]["language"]["unknown"]["density"]["ratio"] == 3 / 4
    assert found["options"]["measures"] == ["density"]
    page = Path("page.html").read_text("utf-8")
    assert "predictions for each gold span: ratio, less is better" in page
    said = " ".join(scored("--measure", "density").stdout.split())
    assert "predictions for each gold span: ratio, less is better 0.750" in said
    table = scored("--measure", "density", "--format", "markdown").stdout
    assert "**predictions for each gold span**" in table
    assert "| of | ratio, less is better |" in table
    assert "density,ratio" in scored("--measure", "density", "--format", "csv").stdout.replace(
        ",,", ","
    )


def test_its_thresholds_are_kept_or_not(density: None) -> None:
    write(PAIRS)
    words = ("--measure", "density", "--fail-under", "density.ratio=0.5")
    assert scored(*words).exit_code == 0
    done = scored(*words, "--fail-over", "density.ratio=0.7")
    assert done.exit_code == 1
    assert "density.ratio is 0.7500, above 0.7" in done.output


def test_it_is_not_there_unless_it_is_asked_for(density: None) -> None:
    assert "density" not in evaluate_pairs(PAIRS, ci=0).to_dict()
    with pytest.raises(UsageError, match="density"):
        unmet_thresholds(evaluate_pairs(PAIRS, ci=0), ["density.ratio=1"])


def test_a_name_that_no_package_has_is_refused(density: None) -> None:
    write(PAIRS)
    done = scored("--measure", "densty")
    assert done.exit_code == 2
    assert "density" in done.output


def test_built_in_measures_may_be_named_too() -> None:
    assert chosen_measures(["characters", "mentions"]) == BUILT_IN


@pytest.mark.parametrize("name", [each.name for each in BUILT_IN])
def test_every_measure_is_in_json_thresholds_and_tables(name: str) -> None:
    report = evaluate_pairs(PAIRS, ci=0)
    found = report.to_dict()
    for part in name.split("."):
        found = found[part]
    for column in report.scores.rows[name].rates:
        assert found[column] == report.scores.rows[name].rates[column]
        assert unmet_thresholds(report, [], [f"{name}.{column}=-0.1"])


@pytest.mark.parametrize("measure", BUILT_IN, ids=lambda each: each.name)
def test_directions_name_columns(measure: object) -> None:
    assert isinstance(measure, type(BUILT_IN[0]))
    row = evaluate_pairs(PAIRS, ci=0).scores.rows[measure.name]
    assert {*measure.lower_is_better} <= {*row.rates, *row.counts}
    for card in measure.shown(row):
        assert card.column in {*row.rates, *row.counts}
