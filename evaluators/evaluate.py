"""One call from documents and predictions to everything that `pii-sft score` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Unpack

import msgspec

from pii_sft.evaluators.breakdowns import Breakdowns
from pii_sft.evaluators.counts import Scorer
from pii_sft.evaluators.joining import read_pairs
from pii_sft.evaluators.options import Options, completed
from pii_sft.evaluators.parsing import Parsing
from pii_sft.evaluators.predictions import Prediction
from pii_sft.evaluators.rows import Scores
from pii_sft.spans import Document
from pii_sft.targets import Target


class Report(msgspec.Struct, frozen=True):
    """What a model is worth on a set of documents.

    Attributes:
        scores: of all documents.
        parsing: how its answers could be read.
        breakdowns: by what was asked for, scores of parts of the documents, as JSON.
    """

    scores: Scores
    parsing: Parsing
    breakdowns: dict[str, dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `score --json` writes; its keys are stable."""
        return {
            **self.scores.to_dict(),
            "parsing": msgspec.structs.asdict(self.parsing),
            "breakdowns": self.breakdowns,
        }


def evaluate(
    pairs: Iterable[tuple[Document, Prediction]],
    *,
    by: Collection[str] = (),
    min_overlap: float = 0.0,
    **options: Unpack[Options],
) -> Report:
    """Compare gold documents with predictions.

    Args:
        pairs: each gold document with what was predicted for it, in any order.
        by: what to break the scores down by: `label`, `length`, `language`.
        min_overlap: share of a gold span, from 0 to 1, that a prediction must cover to be paired
            with it; 0 asks for one code point.
        options: `schemes`, `beta`, `ci`, `resamples`, `seed`; see `Options`.

    Raises:
        UsageError: an option is unknown or out of its range.
    """
    chosen = completed(options)
    scorer = Scorer(min_overlap)
    breakdowns = Breakdowns(by)
    parsing = Parsing()
    for document, prediction in pairs:
        scorer.add(document.spans, prediction.spans, prediction.unplaced)
        breakdowns.add(document)
        parsing.add(prediction.issues)
    return Report(scorer.result(**chosen), parsing, breakdowns.result(scorer, chosen))


def score_files(
    pred: Path,
    gold: Path,
    target: Target,
    *,
    by: Collection[str] = (),
    min_overlap: float = 0.0,
    **options: Unpack[Options],
) -> Report:
    """Compare a file of predictions with a file of gold documents.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.predictions`.
        gold: Documents JSONL.
        target: how answers that are still text are to be read.
        by: see `evaluate`, like the following.
        min_overlap: share of a gold span that a prediction must cover.
        options: see `Options`.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
        UsageError: an option is unknown or out of its range.
    """
    pairs = read_pairs(pred, gold, target)
    return evaluate(pairs, by=by, min_overlap=min_overlap, **options)
