"""An audit as a page: what to do next, plots of lengths, counts, and likely annotation errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pii_sft.dataset.audit import Audit, Place
from pii_sft.diagnosis.training_log import Series
from pii_sft.report.curves import Plot, plot
from pii_sft.report.language import Code, Language
from pii_sft.report.pages import findings_page
from pii_sft.report.tables import Table

SHOWN_PLACES = 5
SHOWN_SUSPECTS = 200


def audit_page(found: Audit, code: Code = "en") -> str:
    """The page of an audit.

    Args:
        found: what was found.
        code: language of the page.
    """
    language = Language(code)
    figures = found.figures
    spans = sum(row["spans"] for row in figures["splits"].values())
    return findings_page(
        found.name,
        [each.finding for each in found.found],
        language=language,
        lead=" · ".join(
            (language.counted(found.documents, "document"), language.counted(spans, "entity"))
        ),
        facts=[("data", found.name), *(("note", note) for note in found.notes)],
        plots=[each for each in _plots(figures, language) if each is not None],
        tables=[each for each in _tables(found, language) if each.rows],
    )


def _plots(figures: Mapping[str, Any], language: Language) -> Iterator[Plot | None]:
    lengths = figures.get("lengths", {})
    yield plot(
        language("Lengths of the documents"),
        language("characters"),
        [(split or "all", _series(spread), False) for split, spread in lengths.items() if spread],
    )
    if tokens := figures.get("tokens"):
        yield plot(
            language("Lengths of the rows"),
            language("tokens"),
            [(language("rows"), _series(tokens), False)],
            [(float(tokens["cutoff_len"]), "cutoff_len", "next")],
        )
    if density := figures.get("entities_in_a_document"):
        yield plot(
            language("Entities in a document"),
            language("entities"),
            [(language("documents"), _series(density), False)],
        )


def _series(spread: Mapping[str, Any]) -> Series:
    bins = np.array(spread["histogram"], float).reshape(-1, 2)
    return Series(bins[:, 0], bins[:, 1])


def _tables(found: Audit, language: Language) -> Iterator[Table]:
    figures = found.figures
    yield _splits(figures["splits"], language)
    yield _labels(figures["labels"], list(figures["splits"]), language)
    yield _suspects(found, language)
    yield _places(found, language)
    yield Table(
        language("Bounds: what stands inside and outside"),
        (language("label and habit"), language("inside"), language("outside")),
        tuple(
            (name, str(row["inside"]), str(row["outside"]))
            for name, row in figures.get("boundaries", {}).items()
            if row["inside"] and row["outside"]
        ),
    )
    yield Table(
        language("Check digits"),
        (language("label"), language("right"), language("wrong")),
        tuple(
            (name, str(row["right"]), str(row["wrong"]))
            for name, row in figures.get("checksums", {}).items()
        ),
    )
    yield Table(
        language("Best strict F1 by target"),
        (language("target"), "F1"),
        tuple((name, f"{f1:.4f}") for name, f1 in figures.get("ceilings", {}).items()),
    )
    for split, rows in figures.get("drift", {}).items():
        yield _drift(split, rows, language)
    yield Table(
        language("Strings of the test that training labels, too"),
        (language("label"), language("entities"), language("known")),
        tuple(
            (label, str(row["spans"]), str(row["seen"]))
            for label, row in figures.get("seen_in_training", {}).items()
        ),
    )


def _splits(splits: Mapping[str, Any], language: Language) -> Table:
    return Table(
        language("Documents"),
        tuple(map(language, ("split", "documents", "without entities", "entities"))),
        tuple(
            (
                name or language("all"),
                f"{row['documents']:,}",
                f"{row['without_entities']:,}",
                f"{row['spans']:,}",
            )
            for name, row in splits.items()
        ),
    )


def _labels(labels: Mapping[str, Any], splits: Sequence[str], language: Language) -> Table:
    own = splits if len(splits) > 1 else []
    return Table(
        language("Entities by label"),
        (language("label"), *own, language("entities")),
        tuple(
            (
                label,
                *(f"{row['by_split'][split]['spans']:,}" for split in own),
                f"{row['spans']:,}",
            )
            for label, row in labels.items()
        ),
    )


def _suspects(found: Audit, language: Language) -> Table:
    texts = any(each.place.text is not None for each in found.suspects)
    columns = (
        "document",
        "place",
        "label",
        "expected",
        "why",
        "score",
        *(["text"] if texts else ()),
    )
    return Table(
        language("Likely annotation errors"),
        tuple(map(language, columns)),
        tuple(
            (
                each.place.id,
                _where(each.place),
                (each.place.span.label if each.place.span else "") or "–",
                each.expected or "–",
                each.reason,
                f"{each.score:.2f}",
                *([each.place.text or ""] if texts else ()),
            )
            for each in found.suspects[:SHOWN_SUSPECTS]
        ),
    )


def _places(found: Audit, language: Language) -> Table:
    places = [
        (each.finding.id, place)
        for each in found.found
        for place in each.places[:SHOWN_PLACES]
        if place.note or place.text or place.span
    ]
    texts = any(place.text is not None for _, place in places)
    columns = ("finding", "document", "split", "place", "what", *(["text"] if texts else ()))
    return Table(
        language("Where it shows"),
        tuple(map(language, columns)),
        tuple(
            (
                id,
                place.id,
                place.split or "–",
                _where(place),
                place.note or (place.span.label if place.span else ""),
                *([place.text or ""] if texts else ()),
            )
            for id, place in places
        ),
    )


def _where(place: Place) -> str:
    return f"{place.span.start}–{place.span.end}" if place.span else "–"


def _drift(split: str, rows: Mapping[str, Any], language: Language) -> Table:
    return Table(
        language("Documents that hold each label: train and {split}", split=split),
        (language("label"), "train", split, "p", language("expected cost in macro F1, 90 %, 72 %")),
        tuple(
            (
                label,
                f"{row['train']:.1%}",
                f"{row['other']:.1%}",
                f"{row['p']:.2g}",
                f"{row['expected_cost_if_good']:.3f}, {row['expected_cost_if_poor']:.3f}",
            )
            for label, row in rows.items()
        ),
    )
