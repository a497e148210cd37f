"""Comparison of two systems on the same documents, with intervals and significance tests.

Every difference is that of the second system from the first. Its interval comes from a paired
bootstrap: documents are drawn with replacement, the same for both systems (Efron and Tibshirani,
"An Introduction to the Bootstrap", 1993, chapters 13 and 16). Two p-values, both two-sided: `p`
from approximate randomisation (`pii_sft.evaluators.statistics.randomization_test`), which asks how
often so large a difference arises if the systems are one, and `p_bootstrap`, how often the
resampled difference is as far from the observed one as that is from 0. The F1 of many labels are
many tests: their `p_adjusted` is corrected, within each scheme.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.errors import InputError, Problem, RecordError, UsageError, unknown_name
from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.comparison.results import Difference, Settings
from pii_sft.evaluators.document_errors import DocumentErrors
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.pair_with_gold import no_documents, read_pairs
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import with_known_labels
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.evaluators.statistics.multiple_testing import CORRECTIONS
from pii_sft.records.prediction_file import Source, source_of
from pii_sft.spans import Document
from pii_sft.targets import Target
from pii_sft.top import Top

RANDOMISATIONS = 10_000
CHANGED_DOCUMENTS = 10

Triple = tuple[Document, Prediction, Prediction]


class Comparison(msgspec.Struct, frozen=True):
    """The outcome of comparing two systems.

    Attributes:
        documents: how many both answered.
        settings: what it was computed with.
        measures: overall differences: by scheme, `characters` or `documents_without_pii`, then by
            the name of the measure (`precision`, `recall`, `f1`, `macro_f1`).
        labels: differences in F1 by scheme, then by label.
        better: documents in which the second system makes fewer errors.
        worse: documents in which it makes more.
        otherwise: documents in which it makes as many errors, but different ones.
        changed: the documents that changed most.
    """

    documents: int
    settings: Settings
    measures: dict[str, dict[str, Difference]]
    labels: dict[str, dict[str, Difference]]
    better: int
    worse: int
    otherwise: int
    changed: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `compare --json` writes; its keys are stable."""
        groups = {name: _to_dicts(each) for name, each in self.measures.items()}
        schemes = {
            name: {**groups.pop(name), "labels": _to_dicts(labels)}
            for name, labels in self.labels.items()
        }
        return {
            "documents": self.documents,
            "settings": msgspec.structs.asdict(self.settings),
            "schemes": schemes,
            **groups,
            "changed": {
                "better": self.better,
                "worse": self.worse,
                "otherwise": self.otherwise,
                "documents": [each.to_dict() for each in self.changed],
            },
        }


def _to_dicts(differences: dict[str, Difference]) -> dict[str, dict[str, Any]]:
    return {name: each.to_dict() for name, each in differences.items()}


def compare_triples(
    triples: Iterable[Triple],
    *,
    labels: LabelMap | None = None,
    known: Collection[str] | None = None,
    randomisations: int = RANDOMISATIONS,
    correction: str = "holm",
    changed: int = CHANGED_DOCUMENTS,
    **options: Any,
) -> Comparison:
    """Compare the predictions of two systems.

    Args:
        triples: each gold document with what both systems predicted for it, in any order.
        labels: which labels are the same.
        known: labels that predictions may name; None shows all.
        randomisations: of the randomisation test.
        correction: of the p-values of labels: `holm` or `bh`.
        changed: how many documents to name.
        options: see `ScoreOptions`; `by` and `measures` play no part. F1 is always there, other
            F scores where `beta` asks for them.

    Raises:
        RecordError: a gold label is not named in `labels`.
        UsageError: an option is unknown or out of its range.
    """
    from pii_sft.evaluators.comparison.significance import differences

    others = (beta for beta in options.pop("beta", ()) if beta != 1.0)
    chosen = ScoreOptions(beta=(1.0, *others), **options)
    if correction not in CORRECTIONS:
        raise unknown_name("correction", correction, CORRECTIONS)
    if randomisations < 1:
        raise UsageError(f"There must be at least one randomisation, not {randomisations}.")
    first, second = (Scorer(chosen.min_overlap, chosen.min_iou) for _ in range(2))
    second.numbers = first.numbers
    changes = Changes(changed)
    for given, *answers in triples:
        document = given if labels is None else labels.gold(given)
        predictions = answers if labels is None else map(labels.predicted, answers)
        before, after = (
            scorer.add(document.spans, prediction.spans, prediction.unplaced)
            for scorer, prediction in zip((first, second), predictions, strict=True)
        )
        changes.add(document.id, before, after)
    names_shown = None if known is None else frozenset(known) | first.gold_labels()
    settings = Settings(chosen.ci, chosen.resamples, randomisations, chosen.seed, correction)
    measures, by_label = differences(first, second, names_shown, chosen, settings)
    return Comparison(
        len(first.lengths),
        settings,
        measures,
        by_label,
        changes.better,
        changes.worse,
        changes.otherwise,
        changes.most(names_shown),
    )


def compare_files(
    first: tuple[Path, Target],
    second: tuple[Path, Target],
    gold: Path,
    *,
    labels: LabelMap | None = None,
    known: Collection[str] = (),
    randomisations: int = RANDOMISATIONS,
    correction: str = "holm",
    changed: int = CHANGED_DOCUMENTS,
    **options: Any,
) -> Comparison:
    """Compare two files of predictions for one file of gold documents.

    Args:
        first: predictions in one of the shapes of `pii_sft.evaluators.inputs.prediction_files`, and
            how those that are still text are to be read.
        second: likewise, of the other system.
        gold: Documents JSONL.
        labels: which labels are the same.
        known: labels to show by name, beside those of the gold and of `labels`.
        randomisations: of the randomisation test.
        correction: of the p-values of labels.
        changed: how many documents to name.
        options: see `ScoreOptions`.

    Raises:
        InputError: a row can't be read, or a file can't be joined with the gold without guessing.
        UsageError: an option is unknown or out of its range.
    """
    named = frozenset(known) | (frozenset() if labels is None else labels.labels)
    try:
        found = compare_triples(
            read_triples(first, second, gold),
            labels=labels,
            known=named,
            randomisations=randomisations,
            correction=correction,
            changed=changed,
            **options,
        )
    except RecordError as error:
        problem = Problem(error.kind, str(gold), 0, error.id, error.reason)
        raise InputError([problem]) from None
    if not found.documents:
        raise no_documents(gold)
    return found


def sources_of_both(
    first: Path, second: Path, gold: Path | None, target: str | None
) -> tuple[Source, Source]:
    """Find the gold and the targets of two files of predictions.

    Args:
        first: predictions of one system.
        second: of the other.
        gold: Documents JSONL; None for what is recorded beside the predictions.
        target: how answers that are still text are to be read; None likewise.

    Raises:
        UsageError: there is no gold file, or each was predicted for another.
    """
    one, other = (source_of(path, gold, target) for path in (first, second))
    if one.gold.absolute() != other.gold.absolute():
        raise UsageError(
            f"{first} was predicted for {one.gold}, {second} for {other.gold}. If these are the "
            "same documents, name them with --gold."
        )
    return one, other


def read_triples(
    first: tuple[Path, Target], second: tuple[Path, Target], gold: Path
) -> Iterator[Triple]:
    """Stream each gold document with what both systems predicted for it.

    Both come in the order of the gold, and each is complete or raises.

    Args:
        first: predictions of one system, and how its answers are to be read.
        second: of the other.
        gold: Documents JSONL.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
    """
    one, other = (read_pairs(path, gold, target) for path, target in (first, second))
    for ours, theirs in zip_longest(one, other):
        yield ours[0], ours[1], theirs[1]


class Change(msgspec.Struct, frozen=True):
    """A document about which two systems differ; offsets and labels, never text.

    Attributes:
        id: of the document.
        appeared: errors of the second system that the first does not make.
        disappeared: errors of the first that the second does not make.
    """

    id: str
    appeared: tuple[SpanError, ...]
    disappeared: tuple[SpanError, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        return {
            "id": self.id,
            "appeared": [msgspec.to_builtins(each) for each in self.appeared],
            "disappeared": [msgspec.to_builtins(each) for each in self.disappeared],
        }


class Changes:
    """Counts the documents that changed, and remembers those that changed most.

    Args:
        size: how many to remember.

    Attributes:
        better: documents with fewer errors.
        worse: documents with more.
        otherwise: documents with as many, but others.
    """

    def __init__(self, size: int) -> None:
        self.better = 0
        self.worse = 0
        self.otherwise = 0
        self._most: Top[Change] = Top(size)

    def add(self, id: str, before: Iterable[SpanError], after: Iterable[SpanError]) -> None:
        """Compare the errors in one more document."""
        old, new = Counter(before), Counter(after)
        if old == new:
            return
        change = Change(id, tuple((new - old).elements()), tuple((old - new).elements()))
        appeared, disappeared = len(change.appeared), len(change.disappeared)
        self.better += appeared < disappeared
        self.worse += appeared > disappeared
        self.otherwise += appeared == disappeared
        self._most.add(appeared + disappeared, change)

    def most(self, known: Collection[str] | None) -> tuple[Change, ...]:
        """From the greatest change on; of equals, the first of the stream first.

        Args:
            known: labels to show by name, see `pii_sft.evaluators.inputs.label_map`; None for all.
        """
        return tuple(_shown(each, known) for each in self._most.result())


def _shown(change: Change, known: Collection[str] | None) -> Change:
    return Change(
        change.id,
        with_known_labels(DocumentErrors(change.id, change.appeared), known).errors,
        with_known_labels(DocumentErrors(change.id, change.disappeared), known).errors,
    )
