"""Scores of Python objects, for notebooks, tests and training loops.

Exported as `pii_sft.evaluate`, `pii_sft.SpanMetric` and so on; files are scored by
`pii_sft.evaluators.score_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pii_sft.errors import UsageError
from pii_sft.evaluators.aggregation import tabular as flat
from pii_sft.evaluators.comparison.compare import (
    CHANGED_DOCUMENTS,
    RANDOMISATIONS,
    Comparison,
    compare_triples,
)
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.inputs.python_objects import Reading, pair_objects
from pii_sft.evaluators.inputs.spans import Ends
from pii_sft.evaluators.inputs.tag_schemes import scheme_named
from pii_sft.evaluators.scoring import Report, evaluate_pairs
from pii_sft.spans import Document, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORED = -100
"""Label id that PyTorch's losses ignore: that of special tokens and of later parts of words."""

Values = dict[str, float]


def evaluate(
    gold: Iterable[Any],
    predicted: Iterable[Any],
    *,
    texts: Iterable[str] | None = None,
    ends: Ends = "exclusive",
    scheme: str | None = None,
    spans_key: str | None = None,
    labels: Mapping[str, str] | None = None,
    **options: Any,
) -> Report:
    """Compare gold and predicted spans of any common kind.

    Gold and predictions each have one item for each document: a list of `Span`, of
    `(start, end, label)` or of mappings with these keys; what a `token-classification` pipeline of
    Hugging Face returns, or `RecognizerResult`s of Presidio; a list of tags, one for each token
    (`["B-PER", "I-PER", "O"]`); a spaCy Doc or Example; a `Document`; among the predictions also a
    `Prediction`. Gold and predictions may differ in kind as long as both count the same:
    characters, or tokens if one of them is tags.

    Args:
        gold: the annotation.
        predicted: what was found, in the same order.
        texts: the documents, where neither gold nor predictions hold them; only `by=("length",)`
            needs them.
        ends: whether tuples and mappings end after their last unit (`exclusive`) or with it
            (`inclusive`, as nervaluate takes them).
        scheme: of the tags: `IOB1`, `IOB2`, `IOE1`, `IOE2`, `IOBES`, `BILOU`; what is not
            well-formed is then no entity. None accepts all of them, as `conlleval.pl` does.
        spans_key: which `doc.spans` of a spaCy Doc to take; None for `doc.ents`.
        labels: what each label is called instead, in gold and predictions; others stay.
        options: see `ScoreOptions`.

    Returns:
        The report, with `to_dict()`, `to_frame()` and a small table as its string.

    Raises:
        RecordError: an item can't be read, or gold and predictions contradict each other.
        UsageError: an option is unknown, the numbers of documents differ, or there are no texts to
            break down by length.
    """
    reading = Reading(ends, None if scheme is None else scheme_named(scheme), spans_key)
    pairs = pair_objects(gold, predicted, texts, reading)
    if "length" in options.get("by", ()):
        pairs = _with_texts(pairs)
    if labels is not None:
        pairs = _renamed(pairs, labels)
    return evaluate_pairs(pairs, **options)


def compare(
    gold: Iterable[Any],
    first: Iterable[Any],
    second: Iterable[Any],
    *,
    ends: Ends = "exclusive",
    scheme: str | None = None,
    spans_key: str | None = None,
    labels: Mapping[str, str] | None = None,
    randomisations: int = RANDOMISATIONS,
    correction: str = "holm",
    changed: int = CHANGED_DOCUMENTS,
    **options: Any,
) -> Comparison:
    """Say whether the second of two systems is better than the first, and where.

    Args:
        gold: the annotation, as for `evaluate`; so are the following.
        first: what the first system found, in the same order.
        second: what the second one found.
        ends: see `evaluate`, like `scheme`, `spans_key` and `labels`.
        scheme: of tags.
        spans_key: which `doc.spans` of a spaCy Doc to take.
        labels: what each label is called instead, everywhere.
        randomisations: of the randomisation test.
        correction: of the p-values of labels: `holm` or `bh`.
        changed: how many of the documents that changed to name.
        options: see `ScoreOptions`.

    Raises:
        RecordError: an item can't be read, or gold and predictions contradict each other.
        UsageError: an option is unknown, or the numbers of documents differ.
    """
    reading = Reading(ends, None if scheme is None else scheme_named(scheme), spans_key)
    items = list(gold)
    systems = [pair_objects(items, each, None, reading) for each in (first, second)]
    if labels is not None:
        systems = [_renamed(each, labels) for each in systems]
    return compare_triples(
        ((document, one, other) for (document, one), (_, other) in zip(*systems, strict=True)),
        randomisations=randomisations,
        correction=correction,
        changed=changed,
        **options,
    )


def compute_metrics(
    id2label: Mapping[int, str] | Mapping[str, str],
    *,
    scheme: str | None = None,
    by_label: bool = False,
    **options: Any,
) -> Callable[[Any], Values]:
    """A `compute_metrics` for the Hugging Face `Trainer` of a token classifier.

    Args:
        id2label: the tag of each label id, as in the model's configuration.
        scheme: of the tags, see `evaluate`.
        by_label: whether the rates of each label are returned too.
        options: see `ScoreOptions`; intervals are off unless `ci` is given.

    Returns:
        A function of an `EvalPrediction` (logits or label ids, first of a tuple) that returns the
        rates by name, see `pii_sft.evaluators.aggregation.tabular.values`. Tokens with label id
        -100 are left out.
    """
    tags = {int(number): tag for number, tag in id2label.items()}

    def computed(prediction: Any) -> Values:
        found, wanted = _arrays(prediction)
        ids = found.argmax(axis=-1) if found.ndim == wanted.ndim + 1 else found
        if ids.shape != wanted.shape:
            raise UsageError("Predictions must be logits or label ids, one for each label id.")
        kept = wanted != IGNORED
        return _values(
            [_named(row[keep], tags) for row, keep in zip(wanted, kept, strict=True)],
            [_named(row[keep], tags) for row, keep in zip(ids, kept, strict=True)],
            scheme,
            by_label,
            options,
        )

    return computed


def compute_generated_metrics(
    tokenizer: Any,
    documents: Sequence[Document],
    target: str = "json",
    *,
    by_label: bool = False,
    **options: Any,
) -> Callable[[Any], Values]:
    """A `compute_metrics` for a `Seq2SeqTrainer` with `predict_with_generate`.

    Answers are decoded, parsed and placed in their texts; what the text does not hold is spurious.

    Args:
        tokenizer: the one of the model.
        documents: those of the evaluation set, in its order.
        target: how answers are written, from `pii_sft.targets.TARGETS`.
        by_label: whether the rates of each label are returned too.
        options: see `ScoreOptions`; intervals are off unless `ci` is given.

    Returns:
        A function of an `EvalPrediction` whose predictions are the ids of the answers alone,
        without their prompts; padding may be the padding token or -100.

    Raises:
        UsageError: there is no such target.
    """
    from pii_sft.targets import TARGETS, read_answer

    reader = TARGETS.get(target)

    def computed(prediction: Any) -> Values:
        import numpy as np

        ids, _ = _arrays(prediction)
        if len(ids) != len(documents):
            raise UsageError(
                f"There are {len(ids)} answers and {len(documents)} documents. Name the documents "
                "of the evaluation set, in its order."
            )
        padded = np.where(ids == IGNORED, tokenizer.pad_token_id, ids)
        answers = tokenizer.batch_decode(
            padded, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        found = []
        for document, answer in zip(documents, answers, strict=True):
            parsed = read_answer(reader, document.text, answer)
            found.append(Prediction(parsed.spans, issues=parsed.issues, unplaced=parsed.unplaced))
        return _values(documents, found, None, by_label, options)

    return computed


class SpanMetric:
    """Collects batches and scores them, as the metrics of Hugging Face `evaluate` do.

    Args:
        by_label: whether the rates of each label are returned too.
        settings: as for `evaluate`; intervals are off unless `ci` is given.

    Attributes:
        report: everything about the last `compute`; None before.
    """

    name = "pii_sft"

    def __init__(self, *, by_label: bool = False, **settings: Any) -> None:
        self.report: Report | None = None
        self._by_label = by_label
        self._settings = {"ci": 0.0, **settings}
        self._gold: list[Any] = []
        self._predicted: list[Any] = []

    def add(self, *, prediction: Any, reference: Any) -> None:
        """Add one document."""
        self._gold.append(reference)
        self._predicted.append(prediction)

    def add_batch(self, *, predictions: Iterable[Any], references: Iterable[Any]) -> None:
        """Add documents, as `evaluate` takes them.

        Raises:
            UsageError: there are more of one than of the other.
        """
        found, gold = list(predictions), list(references)
        if len(found) != len(gold):
            raise UsageError(
                f"There are {len(found)} predictions and {len(gold)} references in this batch."
            )
        self._predicted += found
        self._gold += gold

    def compute(
        self,
        *,
        predictions: Iterable[Any] | None = None,
        references: Iterable[Any] | None = None,
        **settings: Any,
    ) -> Values:
        """Score what was added, and forget it.

        Args:
            predictions: more documents to add first.
            references: the gold of these.
            settings: as for `evaluate`, for this call.

        Returns:
            Rates by name, see `pii_sft.evaluators.aggregation.tabular.values`.

        Raises:
            UsageError: predictions were given without references, or the other way round.
        """
        if (predictions is None) != (references is None):
            raise UsageError("Give predictions and references together.")
        if predictions is not None and references is not None:
            self.add_batch(predictions=predictions, references=references)
        gold, predicted, self._gold, self._predicted = self._gold, self._predicted, [], []
        self.report = evaluate(gold, predicted, **{**self._settings, **settings})
        return flat.values(self.report.scores, by_label=self._by_label)


def _with_texts(
    pairs: Iterable[tuple[Document, Prediction]],
) -> Iterator[tuple[Document, Prediction]]:
    for document, prediction in pairs:
        if document.spans and not document.text:
            raise UsageError("Lengths are those of texts, in characters: give them as texts=.")
        yield document, prediction


def _renamed(
    pairs: Iterable[tuple[Document, Prediction]], labels: Mapping[str, str]
) -> Iterator[tuple[Document, Prediction]]:
    """Gold spans that become the same count once; the texts they count in may be missing."""
    mapped = LabelMap(labels)
    for document, prediction in pairs:
        spans = dict.fromkeys(
            Span(span.start, span.end, labels.get(span.label, span.label))
            for span in document.spans
        )
        yield document.replaced(spans=tuple(spans)), mapped.predicted(prediction)


def _values(
    gold: Sequence[Any],
    predicted: Sequence[Any],
    scheme: str | None,
    by_label: bool,
    options: Mapping[str, Any],
) -> Values:
    report = evaluate(gold, predicted, scheme=scheme, **{"ci": 0.0, **options})
    return flat.values(report.scores, by_label=by_label)


def _arrays(prediction: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Predictions and label ids of an `EvalPrediction`, or of a pair that stands for one."""
    import numpy as np

    found = prediction.predictions if hasattr(prediction, "predictions") else prediction[0]
    wanted = prediction.label_ids if hasattr(prediction, "label_ids") else prediction[1]
    return np.asarray(found[0] if isinstance(found, tuple) else found), np.asarray(wanted)


def _named(ids: Iterable[Any], tags: Mapping[int, str]) -> list[str]:
    try:
        return [tags[int(each)] for each in ids]
    except KeyError:
        raise UsageError("id2label does not name every label id that occurs.") from None
