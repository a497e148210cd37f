"""Two systems on the same documents: how far apart they are, and whether that could be chance.

Every difference is that of the second system from the first. Its interval comes from a paired
bootstrap: documents are drawn with replacement, the same for both systems (Efron and Tibshirani,
"An Introduction to the Bootstrap", 1993, chapters 13 and 16). Two p-values, both two-sided: `p`
from approximate randomisation (`pii_sft.evaluators.randomisation`), which asks how often so large a
difference arises if the systems are one, and `p_bootstrap`, how often the resampled difference is
as far from the observed one as that is from 0. The F1 of many labels are many tests: their
`p_adjusted` is corrected, within each scheme.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, Unpack

import msgspec

from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.evaluators.changes import Change, Changes
from pii_sft.evaluators.counts import SPAN_EVENTS, Scorer
from pii_sft.evaluators.differences import Difference, Settings
from pii_sft.evaluators.joining import read_pairs
from pii_sft.evaluators.labelling import LabelMap
from pii_sft.evaluators.multiple import CORRECTIONS
from pii_sft.evaluators.options import Options, completed
from pii_sft.evaluators.predictions import Prediction
from pii_sft.sources import Source, source_of
from pii_sft.spans import Document
from pii_sft.targets import Target

RANDOMISATIONS = 10_000
CHANGED_DOCUMENTS = 10

Triple = tuple[Document, Prediction, Prediction]


class Comparison(msgspec.Struct, frozen=True):
    """What the comparison of two systems says.

    Attributes:
        documents: how many both answered.
        settings: what it was computed with.
        measures: overall differences: by scheme, `characters` or `documents_without_pii`, then by
            the name of the measure (`precision`, `recall`, `f1`, `macro_f1`).
        labels: differences in F1 by scheme, then by label.
        better: documents in which the second system makes fewer errors.
        worse: documents in which it makes more.
        otherwise: documents in which it makes as many, but others.
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


def compare(
    triples: Iterable[Triple],
    *,
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
    labels: LabelMap | None = None,
    known: Collection[str] | None = None,
    randomisations: int = RANDOMISATIONS,
    correction: str = "holm",
    changed: int = CHANGED_DOCUMENTS,
    **options: Unpack[Options],
) -> Comparison:
    """Compare the predictions of two systems.

    Args:
        triples: each gold document with what both systems predicted for it, in any order.
        min_overlap: see `pii_sft.evaluators.evaluate`, like the following.
        min_iou: intersection over union that two spans must have to be paired.
        labels: which labels are the same.
        known: labels that predictions may name; None shows all.
        randomisations: of the randomisation test.
        correction: of the p-values of labels: `holm` or `bh`.
        changed: how many documents to name.
        options: `schemes`, `beta`, `ci`, `resamples`, `seed`; see `Options`. F1 is always there,
            other F scores where `beta` asks for them.

    Raises:
        RecordError: a gold label is not named in `labels`.
        UsageError: an option is unknown or out of its range.
    """
    from pii_sft.evaluators.significance import differences

    chosen = completed(options)
    chosen["beta"] = (1.0, *(beta for beta in options.get("beta", ()) if beta != 1.0))
    if correction not in CORRECTIONS:
        names = ", ".join(CORRECTIONS)
        raise UsageError(f"There is no correction {correction!r}. Known: {names}.")
    if randomisations < 1:
        raise UsageError(f"There must be at least one randomisation, not {randomisations}.")
    first, second = Scorer(min_overlap, min_iou), Scorer(min_overlap, min_iou)
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
    names_shown = None if known is None else frozenset(known) | _gold_labels(first)
    settings = Settings(
        chosen["ci"], chosen["resamples"], randomisations, chosen["seed"], correction
    )
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
    min_overlap: float = 0.0,
    min_iou: float = 0.0,
    labels: LabelMap | None = None,
    known: Collection[str] = (),
    randomisations: int = RANDOMISATIONS,
    correction: str = "holm",
    changed: int = CHANGED_DOCUMENTS,
    **options: Unpack[Options],
) -> Comparison:
    """Compare two files of predictions for one file of gold documents.

    Args:
        first: predictions in one of the shapes of `pii_sft.evaluators.predictions`, and how those
            that are still text are to be read.
        second: likewise, of the other system.
        gold: Documents JSONL.
        min_overlap: see `compare`, like the following.
        min_iou: intersection over union that two spans must have to be paired.
        labels: which labels are the same.
        known: labels to show by name, beside those of the gold and of `labels`.
        randomisations: of the randomisation test.
        correction: of the p-values of labels.
        changed: how many documents to name.
        options: see `Options`.

    Raises:
        InputError: a row can't be read, or a file can't be joined with the gold without guessing.
        UsageError: an option is unknown or out of its range.
    """
    named = frozenset(known) | (frozenset() if labels is None else labels.labels)
    try:
        return compare(
            _triples(first, second, gold),
            min_overlap=min_overlap,
            min_iou=min_iou,
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


def sources_of_both(
    first: Path, second: Path, gold: Path | None, target: str | None
) -> tuple[Source, Source]:
    """What two files of predictions are to be compared with, and how each is to be read.

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


def _triples(
    first: tuple[Path, Target], second: tuple[Path, Target], gold: Path
) -> Iterator[Triple]:
    """Both come in the order of the gold, and each is complete or raises."""
    one, other = (read_pairs(path, gold, target) for path, target in (first, second))
    for ours, theirs in zip_longest(one, other):
        yield ours[0], ours[1], theirs[1]


def _gold_labels(scorer: Scorer) -> set[str]:
    return {gold for name, gold, _ in scorer.numbers if gold and name in SPAN_EVENTS}
