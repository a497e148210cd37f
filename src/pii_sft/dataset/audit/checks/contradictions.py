"""Check of annotations that a model, trained on other documents, confidently contradicts.

See Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels"
(2021).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.places import Seen, place
from pii_sft.dataset.audit.statistics import wilson_lower
from pii_sft.dataset.audit.suspects import Kind, Suspect, likeliest
from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.evaluators.inputs.prediction_files import PredictedRow, Prediction, read_rows
from pii_sft.records.prediction_file import made_for_other_texts
from pii_sft.spans import Span
from pii_sft.targets import Target

UNSCORED = 0.5
"""Score of a contradiction by a model that gives no scores."""


class Contradictions:
    """Compares the annotation of documents with the predictions of a model.

    Args:
        subject: the data.
        target: reads answers that are still text.

    Raises:
        InputError: a file of predictions can't be read, or names a document twice.
        UsageError: rows have no id.
    """

    def __init__(self, subject: Subject, target: Target) -> None:
        self._subject = subject
        self._target = target
        self._rows = _rows_by_id(subject.options.predictions)
        self._joined = self._in_fold = self._scored = 0
        self._gold: Counter[str] = Counter()
        self._hit: Counter[str] = Counter()
        self._suspects: list[Suspect] = []
        self._silent: list[Suspect] = []

    def see(self, block: Block) -> None:
        """Compare documents."""
        for seen in block:
            self._look_at(seen)

    def _look_at(self, seen: Seen) -> None:
        path, row = self._rows.get(seen.document.id, (None, None))
        if path is None or row is None:
            return
        if row.text_digest not in (None, seen.document.text_digest):
            reason = "was predicted with another text"
            problem = Problem("other text", str(path), 0, seen.document.id, reason)
            raise made_for_other_texts([problem], path)
        self._joined += 1
        if seen.split == TRAIN and not self._subject.options.out_of_fold:
            self._in_fold += 1
            return
        try:
            prediction = row.prediction(seen.document, self._target)
        except RecordError as error:
            reason = f"the prediction does not fit: {error.reason}"
            problem = Problem(error.kind, str(path), 0, seen.document.id, reason)
            raise InputError([problem]) from None
        self._compare(seen, prediction)

    def _compare(self, seen: Seen, prediction: Prediction) -> None:
        gold, found = seen.document.spans, prediction.spans
        least = self._subject.options.confidence
        for span, score in zip(found, prediction.scores, strict=True):
            self._scored += score is not None
            sure = UNSCORED if score is None else score
            if span in gold or (score is not None and score < least):
                continue
            near = _overlapping(span, gold)
            self._add(self._suspects, "predicted", seen, span, span.label, sure, _differing(near))
        for span in gold:
            self._gold[span.label] += 1
            if _overlapping(span, found):
                self._hit[span.label] += 1
            else:
                self._add(self._silent, "not_predicted", seen, span, "", 0.0, "not found")

    def _add(
        self,
        into: list[Suspect],
        kind: Kind,
        seen: Seen,
        span: Span,
        expected: str,
        score: float,
        reason: str,
    ) -> None:
        where = place(seen, span, texts=self._subject.options.show_text)
        into.append(Suspect(kind, where, expected, round(score, 4), reason))

    def suspects(self) -> list[Suspect]:
        """Contradictions, the most confident first."""
        surely = {
            label: wilson_lower(self._hit[label], number) for label, number in self._gold.items()
        }
        silent = [
            Suspect(
                each.kind,
                each.place,
                "",
                round(surely[each.place.span.label], 4),
                f"the model finds {self._hit[each.place.span.label]} of "
                f"{self._gold[each.place.span.label]} of this label, and not this one",
            )
            for each in self._silent
            if each.place.span is not None
            and surely[each.place.span.label] >= self._subject.options.confidence
        ]
        return likeliest([*self._suspects, *silent], len(self._suspects) + len(silent))

    def figures(self) -> Mapping[str, Any]:
        """Number of documents that were compared."""
        return {
            "contradictions": {
                "predictions": len(self._rows),
                "joined": self._joined,
                "in_fold": self._in_fold,
                "contradicted": len(self.suspects()),
            }
        }

    def found(self) -> Iterator[Found]:
        """Contradictions, and predictions that prove nothing."""
        suspects = self.suspects()
        spans = self._gold.total()
        if suspects:
            yield report(
                "contradicted-by-model",
                "warning",
                (
                    "Annotations that the model contradicts",
                    "{count} times the model surely finds what {spans} annotated spans do not "
                    "hold, or does not find one of a label that it hardly ever misses",
                    "review them first: either the annotation or the model is wrong",
                ),
                [each.place for each in suspects][: self._subject.options.examples],
                count=len(suspects),
                gain=round(min(1.0, len(suspects) / max(1, spans)), 4),
                spans=spans,
            )
        if self._in_fold:
            yield report(
                "in-fold-predictions",
                "note",
                (
                    "Predictions on what the model was trained on",
                    "{count} predictions are about documents of train: a model repeats the errors "
                    "it was trained on, so they were left out",
                    "train on one half, predict the other, and say --out-of-fold",
                ),
                (),
                count=self._in_fold,
            )
        if self._rows and not self._joined:
            yield report(
                "foreign-predictions",
                "error",
                (
                    "Predictions of other documents",
                    "not one of {count} predictions has the id of a document",
                    "predict these documents: pii-sft predict --data",
                ),
                (),
                count=len(self._rows),
            )


def _differing(near: Sequence[Span]) -> str:
    if not near:
        return "nothing is annotated there"
    listed = ", ".join(f"{each.label} {each.start}-{each.end}" for each in near)
    return f"annotated as {listed}"


def _overlapping(span: Span, others: Sequence[Span]) -> list[Span]:
    return [each for each in others if each.start < span.end and span.start < each.end]


def _rows_by_id(paths: Sequence[Path]) -> dict[str, tuple[Path, PredictedRow]]:
    rows: dict[str, tuple[Path, PredictedRow]] = {}
    for path in paths:
        for line, row in read_rows(path):
            if row.id is None:
                raise UsageError(f"The rows of {path} have no id; pii-sft predict writes them.")
            if str(row.id) in rows:
                reason = "is predicted twice; name one file a fold"
                raise InputError([Problem("not unique", str(path), line, str(row.id), reason)])
            rows[str(row.id)] = path, row
    return rows
