"""Cases: annotated documents with all proposals of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite

import msgspec

from pii_sft.decoding.proposals import Proposal
from pii_sft.evaluators import Prediction
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.select_entities import EntitySelector
from pii_sft.rules import Hits
from pii_sft.spans import Document, HoldsText


class Case(HoldsText, msgspec.Struct, frozen=True):
    """An annotated document with a model's proposals for it.

    Attributes:
        document: with its gold spans.
        proposals: entities that the model could open.
        hits: of rules.
    """

    document: Document
    proposals: tuple[Proposal, ...] = ()
    hits: Hits = Hits(())


def selected(case: Case, selector: EntitySelector) -> tuple[PredictedSpan, ...]:
    """Entities of a case at the operating point of a selector."""
    return selector.select(case.document.text, case.proposals, case.hits).spans


def pairs(cases: Iterable[Case], selector: EntitySelector) -> Iterator[tuple[Document, Prediction]]:
    """Documents with their predictions at the operating point of a selector."""
    for case in cases:
        spans = selected(case, selector)
        yield (
            case.document,
            Prediction(tuple(each.span for each in spans), tuple(each.score for each in spans)),
        )


def with_hits(cases: Iterable[Case], selector: EntitySelector) -> list[Case]:
    """Add the hits of a selector's rules to the cases."""
    return [msgspec.structs.replace(case, hits=selector.hits(case.document.text)) for case in cases]


def have_dial(cases: Iterable[Case]) -> bool:
    """True if proposals have odds of opening, which a recall bias can change."""
    return any(isfinite(each.open) for case in cases for each in case.proposals)
