"""The table of measures, one row each, which scores, JSON, thresholds, tables and pages all read.

How spans earn credit under a scheme is defined in `pii_sft.evaluators.schemes.SCHEMES`. All other
figures about the documents as a whole are rows of `BUILT_IN`. Other packages add rows through the
entry-point group `pii_sft.measures`; `pii-sft score --measure NAME` uses them.
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
        beside: a second rate that is shown under it.
        note: a line under it, with counts of the row in braces.
        whole: the count that has to be above 0 for the number to have a meaning.
    """

    title: str
    column: str
    beside: str = ""
    note: str = ""
    whole: str = ""


class Measure(msgspec.Struct, frozen=True):
    """A row of scores: names for people and programs, a direction, and the computation.

    Attributes:
        name: key in the JSON, with a dot for each level; names of thresholds start with it.
        title: how tables name the row.
        rates: the rates by name, on all documents and on each resample; each is a column.
        lower_is_better: the rates and counts that are better when they are smaller.
        counts: the counts behind the rates, on all documents; by default those of `counted`.
        counted: names of the whole numbers that this measure adds up over the documents, in
            addition to events and characters. `Totals` has them as `NAME.COUNTED`.
        count: gives these numbers of one document.
        by_label: the same rates with the labels along the second axis, if the measure has labels.
        counts_by_label: the counts behind these.
        table: title of the table that the row is one of; by default a table of its own.
        lead: the words before `said` in the terminal; rows with the same lead share a line.
        said: the row as a short sentence, with rates and counts in braces.
        cards: the numbers that a page shows large; by default every rate.
        compared: whether `pii-sft compare` tests it.
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
        """Give the row as a short sentence; empty if a terminal has no room for it."""
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
"""The built-in measures, in the order of the lines in the terminal."""

MEASURES: Registry[Measure] = Registry("measure", "pii_sft.measures", {})
"""The measures of other packages."""


def chosen_measures(names: Collection[str] = ()) -> tuple[Measure, ...]:
    """Give the built-in measures, and those of other packages that are asked for.

    Raises:
        UsageError: there is no measure of a name.
    """
    own = {each.name for each in BUILT_IN}
    return (*BUILT_IN, *(MEASURES.get(name) for name in dict.fromkeys(names) if name not in own))
