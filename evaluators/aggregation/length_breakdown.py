"""Scores by the length of entities: how well short ones are found, and how well long ones."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.evaluators.aggregation.events import CORRECT, Numbering
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.spans import Span

if TYPE_CHECKING:
    from pii_sft.evaluators.aggregation.count_arrays import Counts, Events
    from pii_sft.evaluators.statistics.count_tables import SparseTable

ENTITY_LENGTHS = {1: "1-4", 5: "5-9", 10: "10-19", 20: "20-49", 50: "50 and more"}
"""Names of the classes of span lengths, by the shortest length of each, in characters."""

NOWHERE = "not in the text"
"""The class of predicted entities whose string is not in the text, so that they have no length."""

_SHORTEST = tuple(ENTITY_LENGTHS)


def entity_length_class(span: Span) -> str:
    """The class of a span's length, one of `ENTITY_LENGTHS`."""
    return ENTITY_LENGTHS[_SHORTEST[bisect_right(_SHORTEST, span.end - span.start) - 1]]


class EntityLengths:
    """Counts the outcomes of spans by their length; 4 bytes a span and 4 a document.

    Documents are counted as `pii_sft.evaluators.aggregation.accumulate.Scorer` counts them, with
    classes of lengths in the place of labels.
    """

    def __init__(self) -> None:
        self._numbers = Numbering()
        self._events = array("I")
        self._lengths = array("I")

    def add(self, gold: Collection[Span], errors: Collection[SpanError]) -> None:
        """Count one more document.

        Args:
            gold: its annotated spans.
            errors: everything that is wrong with what was predicted, as `Scorer.add` returns it.
        """
        numbers = self._numbers
        right = Counter(map(entity_length_class, gold))
        events = []
        for error in errors:
            wanted = entity_length_class(error.gold) if error.gold else None
            given = entity_length_class(error.predicted) if error.predicted else None
            if wanted is not None:
                right[wanted] -= 1
            if error.named is not None:
                given = NOWHERE
            events.append(numbers[error.kind, wanted, given])
        for name, count in right.items():
            events += [numbers[CORRECT, name, name]] * count
        self._events.extend(events)
        self._lengths.append(len(events))

    def scores(self, counts: Counts, options: ScoreOptions) -> dict[str, dict[str, Any]]:
        """As JSON: for each class, from the shortest on, its documents and micro averages.

        A pair counts in the class of its gold span. Recall is about the gold spans of a class,
        precision about its predictions.

        Args:
            counts: of the documents.
            options: complete.
        """
        from pii_sft.evaluators.aggregation.count_arrays import Events, listed_times
        from pii_sft.evaluators.aggregation.scores import scheme_scores

        events = Events(list(self._numbers))
        times = listed_times(self._events, self._lengths, len(self._numbers))
        schemes = scheme_scores(
            msgspec.structs.replace(counts, events=events, times=times), options
        )
        documents = _documents_with(events, times)
        return {
            name: {
                "documents": documents[name],
                "schemes": {
                    scheme: {"micro": each.labels[name].to_dict()}
                    for scheme, each in schemes.items()
                },
            }
            for name in (*ENTITY_LENGTHS.values(), NOWHERE)
            if name in documents
        }


def _documents_with(events: Events, times: SparseTable) -> dict[str, int]:
    """For each label, the number of documents with a gold or predicted span of it."""
    import numpy as np

    here, there = times.documents, times.columns
    pairs = [
        here[labelled] * len(events.labels) + label_of[there[labelled]]
        for label_of in (events.gold, events.predicted)
        for labelled in [label_of[there] >= 0]
    ]
    different = np.unique(np.concatenate(pairs))
    counts = np.bincount(different % len(events.labels), minlength=len(events.labels))
    return dict(zip(events.labels, counts.tolist(), strict=True))
