"""Policies for documents with several annotators, so that annotations are never mixed silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.read_results import Note
from pii_sft.spans import HoldsText

POLICIES = ("first", "latest", "union", "majority", "each")


class Annotation(HoldsText, msgspec.Struct, frozen=True):
    """One annotator's marks on a document.

    Attributes:
        marks: what was marked; empty if the annotator found nothing.
        by: name or number of the annotator; empty if unknown.
        time: when it was made, in a form that sorts; empty if unknown.
        trusted: whether the annotation tool flags it as ground truth.
    """

    marks: tuple[RawSpan, ...]
    by: str = ""
    time: str = ""
    trusted: bool = False


class Choice:
    """Chooses among the annotations of one document, and counts how often there was a choice.

    Every policy prefers annotations that are flagged as ground truth, unless it names an annotator.

    Args:
        policy: `first` in the file; `latest` by time; `union` of all marks; `majority`: marks that
            more than half of the annotators made; `each`: a document for each annotator; anything
            else is the name or number of the annotator to take.
    """

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self._several = 0
        self._differing = 0
        self._without = 0

    def of(self, annotations: Sequence[Annotation]) -> list[Annotation]:
        """Choose one annotation, or all with `each`; none if the named annotator is missing."""
        if self._policy not in POLICIES:
            fitting = [each for each in annotations if each.by == self._policy][:1]
            self._without += not fitting
            return fitting
        trusted = [each for each in annotations if each.trusted] or list(annotations)
        if len(trusted) < 2:
            return trusted
        self._several += 1
        self._differing += len({frozenset(each.marks) for each in trusted}) > 1
        return _chosen(trusted, self._policy)

    def notes(self) -> list[Note]:
        """The choice, in words for the user."""
        if self._without:
            text = f"{self._without} documents are not annotated by the one asked for; left out"
            return [Note(text)]
        if not self._several:
            return []
        return [
            Note(
                f"{self._several} documents have several annotations, {self._differing} of which "
                f"differ; policy: {self._policy} (option annotators)"
            )
        ]


def _chosen(annotations: list[Annotation], policy: str) -> list[Annotation]:
    if policy == "each":
        return annotations
    if policy == "first":
        return annotations[:1]
    if policy == "latest":
        return [max(annotations, key=lambda each: each.time)]
    votes = Counter(mark for each in annotations for mark in dict.fromkeys(each.marks))
    least = len(annotations) / 2 if policy == "majority" else 0
    return [Annotation(tuple(mark for mark, number in votes.items() if number > least))]
