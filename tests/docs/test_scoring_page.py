"""What the page about scoring says is so."""

from __future__ import annotations

import re
import shlex

import click
import pytest
import yaml

from pii_sft.cli.score import command
from pii_sft.evaluators import SCHEMES, Scorer, evaluate_pairs
from pii_sft.evaluators.aggregation.breakdowns import (
    BREAKDOWNS,
    LENGTHS,
    MOST_CLASSES,
    OTHERS,
    SIZES,
)
from pii_sft.evaluators.aggregation.length_breakdown import ENTITY_LENGTHS, NOWHERE
from pii_sft.evaluators.document_errors import WORST_DOCUMENTS
from pii_sft.evaluators.errors import ERROR_KINDS
from pii_sft.evaluators.inputs.pair_with_gold import STRANGE_LABELS
from pii_sft.evaluators.inputs.prediction_files import _SHAPES
from pii_sft.evaluators.known_labels import UNKNOWN
from pii_sft.report.tables import FORMATS
from tests.conftest import ROOT

PAGE = (ROOT / "docs/scoring.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_code_runs(block: str) -> None:
    assert "assert " in block
    exec(compile(block, "docs/scoring.md", "exec"), {})


def test_kinds_of_error_are_explained_in_the_words_of_the_code() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", PAGE, re.MULTILINE))
    assert {kind: rows[kind] for kind in ERROR_KINDS} == dict(ERROR_KINDS)


@pytest.mark.parametrize(
    "name",
    [
        *SCHEMES,
        *BREAKDOWNS,
        *LENGTHS.values(),
        *SIZES.values(),
        *ENTITY_LENGTHS.values(),
        NOWHERE,
        *evaluate_pairs([], ci=0).to_dict(),
        *evaluate_pairs([], ci=0).to_dict()["errors"],
        OTHERS,
        UNKNOWN,
    ],
)
def test_names_are_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_shapes_of_predictions_are_those_of_the_code() -> None:
    table = re.findall(r"^\| (`\w+`, `\w+`) \|", PAGE, re.MULTILINE)
    shapes = [frozenset(re.findall(r"\w+", columns)) for columns in table]
    assert shapes == [columns for columns, _ in _SHAPES]


def test_numbers_are_those_of_the_code() -> None:
    words = " ".join(PAGE.split())
    assert f"the {WORST_DOCUMENTS} documents" in words
    assert f"more than {MOST_CLASSES} values" in words
    assert f"more than {STRANGE_LABELS:.0%}".replace("%", " %") in words
    defaults = {each.name: each.default for each in command.params}
    assert f"`--ci` ({defaults['ci']})" in words
    assert f"`--resamples` times ({defaults['resamples']:,}" in words


def test_options_are_explained() -> None:
    for option in ("min-overlap", "min-iou", "by", "beta", "ci", "resamples", "seed", "labels"):
        assert f"--{option}" in PAGE
    for shape in FORMATS:
        assert f"`--format {shape}`" in PAGE


def test_bytes_that_remain_of_a_document() -> None:
    scorer = Scorer()
    of_document = (
        scorer.lengths,
        scorer.gold_characters,
        scorer.predicted_characters,
        scorer.correct_characters,
    )
    assert sum(each.itemsize for each in of_document) == 16
    assert scorer.events.itemsize == 4
    assert "16 bytes for each document, 4 bytes for each span" in " ".join(PAGE.split())


def test_the_workflow_calls_the_command_as_it_is() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    steps = yaml.safe_load(block)["jobs"]["score"]["steps"]
    calls = [each["run"] for each in steps if "pii-sft score" in each.get("run", "")]
    assert len(calls) == 2
    for call in calls:
        words = shlex.split(call.split(">>")[0])
        with command.make_context("score", words[2:]) as context:
            assert isinstance(context, click.Context)
            assert context.params["pred"].name == "predictions.jsonl"
