"""The same scores for parts of the documents, and what becomes of each label."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from pii_sft.errors import UsageError
from pii_sft.evaluators.counts import Scorer
from pii_sft.evaluators.options import Options
from pii_sft.spans import Document

LENGTHS = {0: "0-199", 200: "200-999", 1000: "1000-4999", 5000: "5000 and more"}
"""Names of the classes of document lengths, by the shortest length of each, in characters."""

_SHORTEST = tuple(LENGTHS)


def length_class(document: Document) -> str:
    """The class of a document's length, one of `LENGTHS`."""
    return LENGTHS[_SHORTEST[bisect_right(_SHORTEST, len(document.text)) - 1]]


def language(document: Document) -> str:
    """`meta.language`; `unknown` where a document does not say."""
    return str(document.meta.get("language") or "unknown")


CLASSES: Mapping[str, Callable[[Document], str]] = {"length": length_class, "language": language}
"""What documents can be divided by."""

BREAKDOWNS = ("label", *CLASSES)


class Fate(msgspec.Struct):
    """What became of the spans of one label.

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


def fates(scorer: Scorer) -> dict[str, Fate]:
    """The confusion table: what became of each label that occurs, sorted by name."""
    table: dict[str, Fate] = defaultdict(Fate)
    times = Counter(scorer.outcomes)
    for (gold, predicted, same_bounds), number in scorer.numbers.items():
        count = times[number]
        if predicted is not None:
            table[predicted].predicted += count
            table[predicted].spurious += count if gold is None else 0
        if gold is None:
            continue
        fate = table[gold]
        fate.support += count
        if predicted is None:
            fate.missed += count
        elif predicted != gold:
            fate.taken_for[predicted] = fate.taken_for.get(predicted, 0) + count
        elif same_bounds:
            fate.found += count
        else:
            fate.boundary += count
    return {label: table[label] for label in sorted(table)}


class Breakdowns:
    """Which documents of a stream belong together.

    Args:
        by: what to divide by, from `BREAKDOWNS`.

    Raises:
        UsageError: something else was asked for.
    """

    def __init__(self, by: Collection[str] = ()) -> None:
        for name in by:
            if name not in BREAKDOWNS:
                known = ", ".join(BREAKDOWNS)
                raise UsageError(f"There is no breakdown by {name!r}. Known: {known}.")
        self._by = by
        self._documents = 0
        self._members: dict[str, dict[str, array[int]]] = {
            name: defaultdict(lambda: array("Q")) for name in CLASSES if name in by
        }

    def add(self, document: Document) -> None:
        """Note where the next document of the stream belongs."""
        for name, classes in self._members.items():
            classes[CLASSES[name](document)].append(self._documents)
        self._documents += 1

    def result(self, scorer: Scorer, options: Options) -> dict[str, dict[str, Any]]:
        """As JSON: the scores of each class of documents, and the `Fate` of each label."""
        parts: dict[str, dict[str, Any]] = {}
        if "label" in self._by:
            parts["label"] = {
                label: msgspec.structs.asdict(fate) for label, fate in fates(scorer).items()
            }
        for name, classes in self._members.items():
            parts[name] = {
                each: scorer.result(classes[each], **options).to_dict() for each in sorted(classes)
            }
        return parts
