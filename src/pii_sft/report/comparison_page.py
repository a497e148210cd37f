"""The page of a comparison: two sets of predictions, and what only one of them finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

import msgspec

from pii_sft.evaluators.comparison.compare import Comparison, Triple
from pii_sft.evaluators.comparison.results import Difference
from pii_sft.evaluators.inputs.label_map import LabelMap
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.known_labels import shown
from pii_sft.report.language import Code, Language
from pii_sft.report.pages import Facts, asset, render
from pii_sft.report.text_segments import Segment, segments
from pii_sft.spans import Document, HoldsText, Span
from pii_sft.top import Top

SHOWN_DOCUMENTS = 150
CHANCE = 0.05


class Entry(HoldsText, msgspec.Struct, frozen=True):
    """A document in which one system finds a gold span that the other misses.

    Attributes:
        id: of the document.
        only_a: labels of the gold spans that A alone finds.
        only_b: labels of those that B alone finds.
        a: its text as A marked it; None where texts are left out.
        b: likewise of B.
        places: system and offsets of these spans, where texts are left out.
    """

    id: str
    only_a: list[str]
    only_b: list[str]
    a: list[Segment] | None
    b: list[Segment] | None
    places: list[tuple[str, str]]


class FoundByOne(msgspec.Struct, frozen=True):
    """The spans that each system finds alone.

    Attributes:
        entries: documents with the most of it.
        changed: how many documents have any.
        only_a: gold spans that A alone finds.
        only_b: gold spans that B alone finds.
    """

    entries: Sequence[Entry]
    changed: int
    only_a: int
    only_b: int


def found_by_one(
    triples: Iterable[Triple],
    *,
    texts: bool = True,
    labels: LabelMap | None = None,
    known: frozenset[str] | None = None,
) -> FoundByOne:
    """Collect, document by document, the gold spans that only one system finds.

    Args:
        triples: each gold document with what A and B predicted.
        texts: whether texts are kept.
        labels: which labels are the same, as in `compare`.
        known: labels that are shown by name; gold labels are.
    """
    worst: Top[Entry] = Top(SHOWN_DOCUMENTS)
    counts = [0, 0]
    for given, first, second in triples:
        document = given if labels is None else labels.gold(given)
        one, other = (_spans(each, labels) for each in (first, second))
        gold = set(document.spans)
        alone = sorted(gold & one - other), sorted(gold & other - one)
        number = sum(map(len, alone))
        if not number:
            continue
        counts = [count + len(part) for count, part in zip(counts, alone, strict=True)]
        if worst.admits(number):
            worst.add(number, _entry(document, alone, (one, other), texts, known))
        else:
            worst.pass_over()
    return FoundByOne(worst.result(), worst.seen, *counts)


def _spans(prediction: Prediction, labels: LabelMap | None) -> set[Span]:
    return set((prediction if labels is None else labels.predicted(prediction)).spans)


def _entry(
    document: Document,
    alone: tuple[list[Span], list[Span]],
    both: tuple[set[Span], set[Span]],
    texts: bool,
    known: frozenset[str] | None,
) -> Entry:
    names = None if known is None else known | {span.label for span in document.spans}
    marked = [
        segments(
            document.text,
            document.spans,
            [Span(span.start, span.end, shown(span.label, names)) for span in sorted(spans)],
        )
        if texts
        else None
        for spans in both
    ]
    places = [
        (system, f"{span.label} {span.start}–{span.end}")
        for system, spans in zip("AB", alone, strict=True)
        for span in spans
        if not texts
    ]
    only_a, only_b = ([span.label for span in spans] for spans in alone)
    return Entry(document.id, only_a, only_b, marked[0], marked[1], places)


def comparison_page(
    found: Comparison,
    seen: FoundByOne,
    names: tuple[str, str],
    *,
    facts: Facts = (),
    language: Code = "en",
) -> str:
    """The page of a comparison.

    Args:
        found: what is more than chance.
        seen: what each system finds alone.
        names: of both.
        facts: where they come from.
        language: of the page.
    """
    said = Language(language)
    scheme = next(iter(found.labels), next(iter(found.measures)))
    measures = [
        (f"{said(group)} {said(name)}", _row(each, each.p))
        for group, each_group in found.measures.items()
        for name, each in each_group.items()
    ]
    labels = sorted(found.labels.get(scheme, {}).items(), key=lambda item: item[1].p)
    return render(
        "comparison.html.jinja",
        said,
        title=said("Comparison"),
        sections=[
            ("next", "Which one is better"),
            ("labels", "Labels"),
            ("documents", "What one finds and the other misses"),
        ],
        facts=facts,
        first=names[0],
        second=names[1],
        documents=found.documents,
        verdict=_verdict(found, scheme, said),
        measures=measures,
        labels=[(label, _row(each, _corrected(each))) for label, each in labels],
        documents_of=lambda **filters: f"#documents?{urlencode(filters)}",
        browser_script=asset("comparison.js"),
        with_texts=any(entry.a is not None for entry in seen.entries),
        **msgspec.structs.asdict(seen),
    )


class Row(msgspec.Struct, frozen=True):
    """A difference as it is shown."""

    a: float
    b: float
    difference: float
    ci: tuple[float, float] | None
    p: float


def _row(each: Difference, p: float) -> Row:
    return Row(each.a, each.b, each.difference, each.ci, round(p, 4))


def _corrected(each: Difference) -> float:
    return each.p if each.p_adjusted is None else each.p_adjusted


def _verdict(found: Comparison, scheme: str, said: Language) -> str:
    """Name the system with the higher F1, if that is more than chance."""
    each = found.measures[scheme]["f1"]
    values = {"a": f"{each.a:.3f}", "b": f"{each.b:.3f}", "p": f"{each.p:.3f}"}
    if each.p >= CHANCE:
        return said(
            "No difference in F1 that is more than chance: {a} and {b} (p = {p}).", **values
        )
    better = "B is better: F1 {b} instead of {a} (p = {p})."
    worse = "A is better: F1 {a} instead of {b} (p = {p})."
    return said(better if each.difference > 0 else worse, **values)
