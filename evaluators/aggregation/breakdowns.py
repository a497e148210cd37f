"""Breakdowns: the same scores for parts of the documents or spans, and the fate of each label."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.errors import unknown_name
from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.events import CORRECT, SPAN_EVENTS
from pii_sft.evaluators.aggregation.length_breakdown import EntityLengths
from pii_sft.evaluators.errors import SpanError
from pii_sft.evaluators.known_labels import shown
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.spans import Document

if TYPE_CHECKING:
    from pii_sft.evaluators.aggregation.count_arrays import Counts

LENGTHS = {0: "0-199", 200: "200-999", 1000: "1000-4999", 5000: "5000 and more"}
"""Names of the classes of document lengths, by the shortest length of each, in characters."""

SIZES = {0: "0", 1: "1", 2: "2-4", 5: "5-9", 10: "10-19", 20: "20 and more"}
"""Names of the classes of document sizes, by the smallest size of each, in gold spans."""

META = "meta."
UNSAID = "unknown"
"""The class of documents without this key."""

OTHERS = "(others)"
MOST_CLASSES = 50
"""Most values of a key that get a class of their own, the most frequent; the rest is `OTHERS`."""

_SHORTEST = tuple(LENGTHS)
_SMALLEST = tuple(SIZES)


def length_class(document: Document) -> str:
    """The class of a document's length, one of `LENGTHS`."""
    return LENGTHS[_SHORTEST[bisect_right(_SHORTEST, len(document.text)) - 1]]


def size_class(document: Document) -> str:
    """The class of a document's size, one of `SIZES`."""
    return SIZES[_SMALLEST[bisect_right(_SMALLEST, len(document.spans)) - 1]]


def meta_value(document: Document, keys: tuple[str, ...]) -> str:
    """Give a value of `meta` as text; `unknown` if a document does not have it.

    Args:
        document: of which.
        keys: the path to it, from the outside in.
    """
    value: Any = document.meta
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None or value == "" or isinstance(value, Mapping):
        return UNSAID
    return str(value)


CLASSES: Mapping[str, Callable[[Document], str]] = {
    "length": length_class,
    "size": size_class,
    "language": partial(meta_value, keys=("language",)),
}
"""Ways to divide documents that need no key of `meta`."""

LABEL, ENTITY_LENGTH = "label", "entity_length"
BREAKDOWNS = (LABEL, ENTITY_LENGTH, *CLASSES)


class Fate(msgspec.Struct):
    """The outcomes of the spans of one label.

    Attributes:
        support: gold spans of the label.
        predicted: predictions of the label.
        found: gold spans found with their bounds and label.
        boundary: gold spans found with other bounds.
        missed: gold spans without a partner.
        spurious: predictions of the label without a partner.
        taken_for: gold spans found under another label, by that label, with any bounds.
    """

    support: int = 0
    predicted: int = 0
    found: int = 0
    boundary: int = 0
    missed: int = 0
    spurious: int = 0
    taken_for: dict[str, int] = {}


def fates(scorer: Scorer, known: Collection[str] | None = None) -> dict[str, Fate]:
    """Count the outcomes of each label that occurs, sorted by name.

    Args:
        scorer: the counts.
        known: labels to show by name; None for all.
    """
    import numpy as np

    table: dict[str, Fate] = defaultdict(Fate)
    events = np.frombuffer(scorer.events, np.uint32)
    times = np.bincount(events, minlength=len(scorer.numbers)).tolist()
    for (name, *labels), number in scorer.numbers.items():
        gold, predicted = (label and shown(label, known) for label in labels)
        if name in SPAN_EVENTS:
            _note(table, name, gold, predicted, times[number])
    return {label: table[label] for label in sorted(table)}


def _note(
    table: Mapping[str, Fate], name: str, gold: str | None, predicted: str | None, count: int
) -> None:
    if predicted is not None:
        table[predicted].predicted += count
        table[predicted].spurious += count if gold is None else 0
    if gold is None:
        return
    fate = table[gold]
    fate.support += count
    if predicted is None:
        fate.missed += count
    elif predicted != gold:
        fate.taken_for[predicted] = fate.taken_for.get(predicted, 0) + count
    elif name == CORRECT:
        fate.found += count
    else:
        fate.boundary += count


class Breakdowns:
    """Assignment of the documents and spans of a stream to groups.

    Memory grows by 4 bytes a document for each way to divide the documents, and by 4 bytes a span
    if spans are divided by their length.

    Args:
        by: what to divide by, from `BREAKDOWNS`, or a key of `meta` (`meta.domain`).

    Raises:
        UsageError: something else was asked for.
    """

    def __init__(self, by: Collection[str] = ()) -> None:
        self._by = by
        self._documents = 0
        self._entity_lengths = EntityLengths()
        self._class_of = {
            name: _division(name) for name in by if name not in (LABEL, ENTITY_LENGTH)
        }
        self._members: dict[str, dict[str, array[int]]] = {
            name: defaultdict(lambda: array("I")) for name in self._class_of
        }

    def add(self, document: Document, errors: Collection[SpanError]) -> None:
        """Assign the next document of the stream and its spans to groups.

        Args:
            document: the gold.
            errors: what is wrong with its prediction, as `Scorer.add` returns it.
        """
        for name, class_of in self._class_of.items():
            self._members[name][class_of(document)].append(self._documents)
        if ENTITY_LENGTH in self._by:
            self._entity_lengths.add(document.spans, errors)
        self._documents += 1

    def result(
        self, scorer: Scorer, known: Collection[str] | None, options: ScoreOptions
    ) -> dict[str, dict[str, Any]]:
        """As JSON: scores of each class of documents or spans, and the `Fate` of each label.

        Args:
            scorer: the counts of all documents.
            known: labels to show by name; None for all.
            options: complete.
        """
        if not self._by:
            return {}
        from pii_sft.evaluators.aggregation.count_arrays import counted

        counts = counted(scorer, known)
        of_spans: dict[str, Callable[[], dict[str, Any]]] = {
            LABEL: lambda: {
                label: msgspec.structs.asdict(fate) for label, fate in fates(scorer, known).items()
            },
            ENTITY_LENGTH: lambda: self._entity_lengths.scores(counts, options),
        }
        return {
            name: of_spans[name]() if name in of_spans else self._parts(name, counts, options)
            for name in self._by
        }

    def _parts(self, name: str, counts: Counts, options: ScoreOptions) -> dict[str, Any]:
        from pii_sft.evaluators.aggregation.scores import scores

        classes = _largest(self._members[name])
        return {
            each: scores(counts.of(classes[each]), options).to_dict()
            for each in _in_order(name, classes)
        }


def _division(name: str) -> Callable[[Document], str]:
    if name in CLASSES:
        return CLASSES[name]
    keys = tuple(name.removeprefix(META).split("."))
    if not name.startswith(META) or not all(keys):
        raise unknown_name(
            "breakdown by", name, BREAKDOWNS, f", and keys of meta, as in {META}domain"
        )
    return partial(meta_value, keys=keys)


def _largest(classes: Mapping[str, array[int]]) -> dict[str, array[int]]:
    """Keep the classes with the most documents; all others become one."""
    if len(classes) <= MOST_CLASSES:
        return dict(classes)
    names = sorted(classes, key=lambda name: (-len(classes[name]), name))
    kept = {name: classes[name] for name in names[:MOST_CLASSES]}
    rest = sorted(index for name in names[MOST_CLASSES:] for index in classes[name])
    kept[OTHERS] = array("I", rest)
    return kept


def _in_order(name: str, classes: Collection[str]) -> list[str]:
    """Classes of numbers by number, others by name."""
    order = {"length": list(LENGTHS.values()), "size": list(SIZES.values())}.get(name)
    return [each for each in order if each in classes] if order else sorted(classes)
