"""Scoring: one call from documents and predictions to everything that `pii-sft score` reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.breakdowns import Breakdowns
from pii_sft.evaluators.aggregation.measures import chosen_measures
from pii_sft.evaluators.aggregation.results import Scores
from pii_sft.evaluators.aggregation.tabular import frame, table
from pii_sft.evaluators.coverage import mentions_of
from pii_sft.evaluators.document_errors import WORST_DOCUMENTS, DocumentErrors
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.pair_with_gold import no_documents, read_pairs
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import with_known_labels
from pii_sft.evaluators.options import ScoreOptions, score_options
from pii_sft.evaluators.parse_counts import Parsing
from pii_sft.evaluators.reliability import Confidences, Reliability
from pii_sft.spans import Document
from pii_sft.targets import Target
from pii_sft.top import Top


class Report(msgspec.Struct, frozen=True):
    """Scores of a model on a set of documents, and how its answers could be read.

    Attributes:
        scores: of all documents.
        parsing: how its answers could be read.
        breakdowns: by what was asked for, scores of parts of the documents, as JSON.
        worst: the documents with the most errors, from the worst on.
        known: labels that are shown by name, the others as `UNKNOWN`; None where all are.
        reliability: of the confidences; None where predictions have none.
        options: how it was scored.
    """

    scores: Scores
    parsing: Parsing
    breakdowns: dict[str, dict[str, Any]]
    worst: tuple[DocumentErrors, ...] = ()
    known: frozenset[str] | None = None
    reliability: Reliability | None = None
    options: ScoreOptions = ScoreOptions()

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `score --json` writes; its keys are stable."""
        return {
            **self.scores.to_dict(),
            "parsing": msgspec.structs.asdict(self.parsing),
            "breakdowns": self.breakdowns,
            "worst_documents": [each.to_dict() for each in self.worst],
            "reliability": msgspec.to_builtins(self.reliability),
            "options": msgspec.json.decode(msgspec.json.encode(self.options)),
        }

    def to_frame(self) -> Any:
        """A pandas `DataFrame`: a row for each scheme and average or label.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frame(self.scores)

    def __str__(self) -> str:
        return table(self.scores)


Pair = tuple[Document, Prediction]
"""A gold document with what was predicted for it."""


def evaluate_pairs(
    pairs: Iterable[Pair],
    options: ScoreOptions | None = None,
    *,
    labels: LabelMap | None = None,
    known: Collection[str] | None = None,
    **changes: Any,
) -> Report:
    """Compare gold documents with predictions.

    Args:
        pairs: each gold document with what was predicted for it, in any order.
        options: how; None for the defaults.
        labels: which labels of gold and predictions are the same; None changes none.
        known: labels that predictions may name. Those that neither these nor the gold have are
            shown as `UNKNOWN`, since what a model makes up may be text. None shows all.
        changes: fields of `ScoreOptions` that differ.

    Raises:
        RecordError: a gold label is not named in `labels`, or `meta.entity_mentions` of a document
            can't be read.
        UsageError: an option is unknown or out of its range.
    """
    chosen = score_options(options, changes)
    scorer = Scorer(chosen.min_overlap, chosen.min_iou, chosen_measures(chosen.measures))
    breakdowns = Breakdowns(chosen.by)
    parsing = Parsing()
    worst: Top[DocumentErrors] = Top(WORST_DOCUMENTS)
    confidences = Confidences()
    for given, answer in pairs:
        document, prediction = given, answer
        if labels is not None:
            document, prediction = labels.gold(given), labels.predicted(answer)
        errors = scorer.add(
            document.spans,
            prediction.spans,
            prediction.unplaced,
            document.text or None,
            mentions_of(document.id, document.meta) if document.meta else (),
        )
        if errors and worst.admits(len(errors)):
            worst.add(len(errors), DocumentErrors(document.id, errors, prediction.issues))
        scorer.count(document, prediction)
        if chosen.by:
            breakdowns.add(document, errors)
        parsing.add(prediction.issues)
        confidences.add(document.spans, prediction)
    names = None if known is None else frozenset(known) | scorer.gold_labels()
    return Report(
        scorer.scores(chosen, known=names),
        parsing,
        breakdowns.result(scorer, names, chosen),
        tuple(with_known_labels(each, names) for each in worst.result()),
        names,
        confidences.result(),
        chosen,
    )


def score_files(
    pred: Path,
    gold: Path,
    target: Target,
    options: ScoreOptions | None = None,
    *,
    labels: LabelMap | None = None,
    known: Collection[str] = (),
    watch: Callable[[Iterator[Pair]], Iterable[Pair]] = iter,
    **changes: Any,
) -> Report:
    """Compare a file of predictions with a file of gold documents; each is read once.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.inputs.prediction_files`.
        gold: Documents JSONL.
        target: how answers that are still text are to be read.
        options: how; None for the defaults.
        labels: which labels are the same.
        known: labels to show by name, beside those of the gold and of `labels`.
        watch: passes the pairs on unchanged, for a caller that looks at them too.
        changes: fields of `ScoreOptions` that differ.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
        UsageError: an option is unknown or out of its range.
    """
    pairs = watch(read_pairs(pred, gold, target))
    named = frozenset(known) | (frozenset() if labels is None else labels.labels)
    try:
        report = evaluate_pairs(
            pairs,
            options,
            labels=labels,
            known=named,
            **changes,
        )
    except RecordError as error:
        problem = Problem(error.kind, str(gold), 0, error.id, error.reason)
        raise InputError([problem]) from None
    if not report.scores.documents:
        raise no_documents(gold)
    return report
