"""Mapping of labels, so that gold and predictions of different label sets can be compared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from pii_sft.errors import RecordError, UsageError
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.labels import LabelSet
from pii_sft.spans import Document, Span, checked


class LabelMap(msgspec.Struct, frozen=True):
    """Labels of gold and predictions that are the same.

    Attributes:
        names: the label that each label becomes.
        labels: the labels that a label file defines.
        others: what happens to labels that are not in `names`: `keep`, `drop`, or `error`, which
            concerns the gold only; a prediction keeps a label that nobody knows, and is wrong.
    """

    names: Mapping[str, str] = {}
    labels: frozenset[str] = frozenset()
    others: str = "keep"

    def gold(self, document: Document) -> Document:
        """The document with its labels mapped; spans that become the same count once.

        Raises:
            RecordError: a label is not named, and `others` is `error`.
        """
        strange = {span.label for span in document.spans} - self.names.keys()
        if strange and self.others == "error":
            raise RecordError(
                "unknown label", f"the label file lacks {min(strange)!r}", document.id
            )
        spans = [each for _, each in self._mapped(document.spans)]
        return checked(document.id, document.text, spans, document.meta)

    def predicted(self, prediction: Prediction) -> Prediction:
        """The prediction with its labels mapped.

        Two spans that become the same count once; one that the model gave twice still counts twice.
        """
        owner: dict[Span, str] = {}
        kept = []
        scores = prediction.scores or (None,) * len(prediction.spans)
        for index, span in self._mapped(prediction.spans):
            label = prediction.spans[index].label
            if owner.setdefault(span, label) == label:
                kept.append((span, scores[index]))
        return msgspec.structs.replace(
            prediction,
            spans=tuple(span for span, _ in kept),
            scores=tuple(score for _, score in kept) if prediction.scores else (),
            unplaced=tuple(name for each in prediction.unplaced if (name := self._name(each))),
        )

    def _mapped(self, spans: Iterable[Span]) -> Iterable[tuple[int, Span]]:
        for index, span in enumerate(spans):
            name = self._name(span.label)
            if name is not None:
                yield index, Span(span.start, span.end, name)

    def _name(self, label: str) -> str | None:
        name = self.names.get(label)
        return label if name is None and self.others != "drop" else name


def label_map(label_set: LabelSet | None, pairs: Collection[str] = ()) -> LabelMap | None:
    """A map from a label file, from pairs, or from both: pairs first, then the file.

    Args:
        label_set: the label file, where there is one.
        pairs: `FROM=TO` each.

    Returns:
        The map, or None where nothing is to be mapped.

    Raises:
        UsageError: a pair can't be read, or maps a label to two.
    """
    if label_set is None and not pairs:
        return None
    labels = {} if label_set is None else label_set.labels
    file = {alias: name for name, entry in labels.items() for alias in entry.aliases}
    file |= {name: name for name in labels}
    names = dict(file)
    written: dict[str, str] = {}
    for pair in pairs:
        source, equals, name = (part.strip() for part in pair.partition("="))
        if not (source and equals and name):
            raise UsageError(f"Can't read the label map {pair!r}: write GIVENNAME=PERSON.")
        if written.setdefault(source, name) != name:
            raise UsageError(f"The label {source!r} is mapped to two labels.")
        names[source] = file.get(name, name)
    for name in written.values():
        names.setdefault(name, file.get(name, name))
    others = "keep" if label_set is None else label_set.others
    return LabelMap(names, frozenset(labels) | frozenset(names.values()), others)
