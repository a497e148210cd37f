"""Measures: one row each, read by scores, their JSON, thresholds, tables and pages alike.

The credit of spans under a scheme is `pii_sft.evaluators.schemes.SCHEMES`. Everything else that is
said of all documents together stands in `BUILT_IN`; other packages add rows of their own through
the entry-point group `pii_sft.measures`, and `pii-sft score --measure NAME` takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.evaluators.aggregation.results import Row
from pii_sft.registry import Registry

if TYPE_CHECKING:
    from pii_sft.evaluators.aggregation.rates import Rates, Totals
    from pii_sft.evaluators.inputs.prediction_files import Prediction
    from pii_sft.spans import Document

PERSONAL_DATA = "personal data against none"
"""Title of the table of rows that have precision, recall and F without labels."""


class Card(msgspec.Struct, frozen=True):
    """One number that a page shows large.

    Attributes:
        title: what it is.
        column: the rate or count.
        beside: a rate that is shown under it.
        note: what is said under it; counts of the row stand in braces.
        whole: the count without which the number means nothing.
    """

    title: str
    column: str
    beside: str = ""
    note: str = ""
    whole: str = ""


class Measure(msgspec.Struct, frozen=True):
    """A row of scores: names for people and programs, a direction, and the computation.

    Attributes:
        name: key in the JSON, a dot for each level, and begin of a threshold's name.
        title: how tables name the row.
        rates: the rates by name, on all documents and on each resample; each is a column.
        lower_is_better: the rates and counts that are better when they are smaller.
        counts: what the rates are made of, on all documents; by default what was `counted`.
        counted: names of whole numbers that are added up over the documents, beside the events
            and characters that are counted anyway. `Totals` has them as `NAME.COUNTED`.
        count: gives these numbers of one document.
        by_label: the same rates with the labels along the second axis, where there are labels.
        counts_by_label: likewise what these are made of.
        table: title of the table that the row is one of; by default a table of its own.
        lead: what the terminal says before `said`; rows with one lead share a line.
        said: the row in a few words; rates and counts stand in braces.
        cards: what a page shows large; by default every rate.
        compared: tested by `pii-sft compare`.
    """

    name: str
    title: str
    rates: Callable[[Totals], Rates]
    lower_is_better: tuple[str, ...] = ()
    counts: Callable[[Totals], Mapping[str, Any]] | None = None
    counted: tuple[str, ...] = ()
    count: Callable[[Document, Prediction], Sequence[int]] | None = None
    by_label: Callable[[Totals], Rates] | None = None
    counts_by_label: Callable[[Totals], Mapping[str, Any]] | None = None
    table: str = ""
    lead: str = ""
    said: str | None = None
    cards: tuple[Card, ...] | None = None
    compared: bool = False

    def counts_of(self, totals: Totals) -> Mapping[str, Any]:
        """Counts behind the rates, on all documents."""
        if self.counts is not None:
            return self.counts(totals)
        return {each: totals.coverage[f"{self.name}.{each}"][0] for each in self.counted}

    def heading(self, column: str) -> str:
        """Name of a column in tables."""
        said = column.replace("_", " ")
        return f"{said}, less is better" if column in self.lower_is_better else said

    def sentence(self, row: Row) -> str:
        """The row in a few words; empty where a terminal has no room for it."""
        if self.said is None:
            return ", ".join(f"{self.heading(name)} {rate:.3f}" for name, rate in row.rates.items())
        return self.said.format(**row.rates, **row.counts)

    def shown(self, row: Row) -> tuple[Card, ...]:
        """Numbers that a page shows large."""
        if self.cards is None:
            return tuple(Card(f"{self.title}: {self.heading(name)}", name) for name in row.rates)
        return self.cards


BUILT_IN = (
    Measure(
        "characters",
        "characters",
        lambda totals: totals.characters(),
        lower_is_better=("leaked", "over_redacted"),
        counts=lambda totals: totals.character_counts(),
        table=PERSONAL_DATA,
        lead="characters",
        said="{leaked} leaked (recall {recall:.3f}), {over_redacted} over-redacted",
        cards=(
            Card("characters leaked", "leaked", beside="recall"),
            Card("characters over-redacted", "over_redacted", beside="precision"),
        ),
        compared=True,
    ),
    Measure(
        "mentions",
        "coverage",
        lambda totals: totals.all_mentions(),
        counts=lambda totals: {name: each.sum() for name, each in totals.mention_counts().items()},
        by_label=lambda totals: totals.mentions(),
        counts_by_label=lambda totals: totals.mention_counts(),
        lead="covered",
        said="{mention_recall:.3f} of the mentions, {entity_recall:.3f} of the entities everywhere",
        cards=(
            Card(
                "entities fully covered",
                "entity_recall",
                note="every mention of an entity hidden",
                whole="entities",
            ),
        ),
    ),
    Measure(
        "label_blind.exact",
        "spans, whatever the label, right bounds",
        lambda totals: totals.blind_exact(),
        counts=lambda totals: totals.blind_counts(totals.times @ totals.events.same_bounds),
        table=PERSONAL_DATA,
        lead="whatever the label",
        said="recall {recall:.3f} with the right bounds",
        cards=(),
    ),
    Measure(
        "label_blind.overlap",
        "spans, whatever the label, overlap",
        lambda totals: totals.blind_overlap(),
        counts=lambda totals: totals.blind_counts(totals.blind_pairs()),
        table=PERSONAL_DATA,
        lead="whatever the label",
        said="{recall:.3f} with any overlap",
        cards=(),
    ),
    Measure(
        "label_blind.documents",
        "documents with personal data",
        lambda totals: totals.blind_documents(),
        counts=lambda totals: totals.blind_document_counts(),
        table=PERSONAL_DATA,
        said="",
        cards=(),
    ),
    Measure(
        "documents_without_pii",
        "documents without entities",
        lambda totals: totals.false_alarms(),
        lower_is_better=("false_alarm_rate",),
        counts=lambda totals: {"count": totals.coverage["without_pii"][0]},
        lead="documents without entities",
        said="{count}, false alarms in {false_alarm_rate:.1%}",
        cards=(
            Card(
                "false alarms",
                "false_alarm_rate",
                note="documents without entities: {count}",
                whole="count",
            ),
        ),
        compared=True,
    ),
)
"""The measures that are always there, in the order of the terminal's lines."""

MEASURES: Registry[Measure] = Registry("measure", "pii_sft.measures", {})
"""The measures of other packages."""


def chosen_measures(names: Collection[str] = ()) -> tuple[Measure, ...]:
    """The measures that are always there, and those of other packages that are asked for.

    Raises:
        UsageError: there is no measure of a name.
    """
    own = {each.name for each in BUILT_IN}
    return (*BUILT_IN, *(MEASURES.get(name) for name in dict.fromkeys(names) if name not in own))
