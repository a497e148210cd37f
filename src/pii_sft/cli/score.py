"""`pii-sft score`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import (
    aligned,
    in_language,
    options_of,
    overwrite,
    path_option,
    printed_as,
    quiet,
    recorded_target,
    sized,
)
from pii_sft.evaluators.options import ScoreOptions

if TYPE_CHECKING:
    from pii_sft.align import Policy
    from pii_sft.evaluators.compat import Numbers
    from pii_sft.evaluators.inputs.label_map import LabelMap
    from pii_sft.evaluators.inputs.prediction_files import Prediction
    from pii_sft.evaluators.scoring import Pair, Report
    from pii_sft.report.language import Code
    from pii_sft.report.score_page import Browser
    from pii_sft.spans import Document

MISSED = 1


def only_one(_ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> str | None:
    """The value of an option that must not be repeated: of two, click would drop the first."""
    if len(given) > 1:
        raise click.BadParameter(f"one at a time, not {' and '.join(given)}.")
    return given[0] if given else None


@click.command()
@path_option("--pred", required=True, help="Predictions, in any of the forms in docs/scoring.md.")
@path_option("--gold", default=None, help="Documents to compare with.  [default: as recorded]")
@recorded_target
@aligned
@path_option("--labels", "label_file", default=None, help="Label file that maps labels.")
@click.option(
    "--map",
    "label_pairs",
    multiple=True,
    metavar="FROM=TO",
    help="Treat the label FROM as TO, in gold and predictions.",
)
@options_of(ScoreOptions)
@printed_as
@click.option(
    "--compat",
    multiple=True,
    callback=only_one,
    type=click.Choice(
        ["nervaluate", "nervaluate-inclusive", "seqeval", "seqeval-strict", "seqeval-words"]
    ),
    help="Also show the numbers of another tool, computed as that tool computes them.",
)
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@path_option("--html", "html_file", default=None, help="Write an HTML report, in one file.")
@in_language
@click.option("--no-text", is_flag=True, help="Leave the texts of documents out of the report.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Exit with code 1 below this value: recall=0.9, strict.PERSON.f1=0.8, "
    "mentions.entity_recall=0.9.",
)
@click.option(
    "--fail-over",
    multiple=True,
    metavar="METRIC=VALUE",
    help="Exit with code 1 above this value: documents_without_pii.false_alarm_rate=0.02.",
)
@overwrite
@sized
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    pred: Path,
    gold: Path | None,
    target: str | None,
    align_by: Policy,
    label_file: Path | None,
    label_pairs: tuple[str, ...],
    options: ScoreOptions,
    shape: str,
    compat: str | None,
    json_file: Path | None,
    html_file: Path | None,
    language: Code,
    no_text: bool,
    fail_under: tuple[str, ...],
    fail_over: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Compare predicted spans with the gold annotation, with confidence intervals."""
    # Tables are small, and numpy's threads wait for each other: with them it takes a third longer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pii_sft.evaluators import score_files
    from pii_sft.evaluators.inputs.label_map import label_map
    from pii_sft.evaluators.thresholds import unmet_thresholds
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.labels import read_labels
    from pii_sft.records.prediction_file import source_of
    from pii_sft.report.console import messages
    from pii_sft.report.scores import print_scores
    from pii_sft.targets import TARGETS, aligned_by

    source = source_of(pred, gold, target)
    labels = label_map(read_labels(label_file) if label_file else None, label_pairs)
    files = (pred, source.gold, aligned_by(TARGETS.get(source.target), align_by))
    inputs = [pred, source.gold, *([label_file] if label_file else [])]
    with Staging(overwrite, inputs) as staging:
        json_to, html_to = staging.open_wanted(json_file, html_file)
        browser = None
        if html_to is not None:
            from pii_sft.report.score_page import Browser

            browser = Browser(
                texts=not no_text,
                labels=labels,
                min_overlap=options.min_overlap,
                min_iou=options.min_iou,
            )
        seen: list[Pair] | None = [] if compat else None
        unused = {each.partition("=")[0].strip() for each in label_pairs}
        with messages.status("Scoring"):
            report = score_files(
                *files,
                options,
                labels=labels,
                known=source.labels,
                watch=partial(_watched, browser=browser, seen=seen, unused=unused),
            )
            failed = unmet_thresholds(report, fail_under, fail_over)
        theirs = _numbers_of(compat, seen, labels, report.known) if compat and seen else None
        if json_to is not None:
            more = {"compat": {compat: theirs.values}} if theirs else {}
            json_to.write(indented({**report.to_dict(), **more}))
        if html_to is not None and browser is not None:
            from pii_sft.report.score_findings import score_page

            browsed = browser.result(report.known)
            html = score_page(report, browsed, pred, source.gold, options.ci, language)
            html_to.write(html.encode())
    if json_file != STANDARD_STREAM:
        print_scores(report, str(pred), shape)
        if theirs:
            from pii_sft.report.compat import show_compat

            show_compat(theirs)
    _say_what_is_nowhere(unused, report)
    for each in failed:
        click.echo(f"missed: {each}", err=True)
    if failed:
        ctx.exit(MISSED)


def _watched(
    pairs: Iterable[Pair], browser: Browser | None, seen: list[Pair] | None, unused: set[str]
) -> Iterator[Pair]:
    """Pass pairs on; leaves in `unused` the labels that no span has."""
    for pair in pairs:
        if browser is not None:
            browser.look(*pair)
        if seen is not None:
            seen.append(pair)
        if unused:
            unused.difference_update(_labels_of(*pair))
        yield pair


def _say_what_is_nowhere(labels: set[str], report: Report) -> None:
    """Warn of labels and keys that no document has, mostly typing errors."""
    from pii_sft.evaluators.aggregation.breakdowns import META, UNSAID
    from pii_sft.report.console import say

    for label in sorted(labels):
        say(f"--map: neither gold nor predictions have the label {label}")
    for name, parts in report.breakdowns.items():
        if name.startswith(META) and set(parts) == {UNSAID}:
            say(f"--by: no document has {name}")


def _labels_of(document: Document, prediction: Prediction) -> Iterator[str]:
    yield from (span.label for span in (*document.spans, *prediction.spans))
    yield from prediction.unplaced


def _numbers_of(
    tool: str, pairs: list[Pair], labels: LabelMap | None, known: frozenset[str] | None
) -> Numbers:
    from pii_sft.evaluators.compat import compat

    return compat(tool, pairs, labels=labels, known=known)
