"""Detectors on scores: low recall, low precision, and figures that contradict each other.

Figures are strict and micro, unless they say else. Gains are bounds from the counts: F1 as it were
with just that kind of error gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pii_sft.diagnosis.detectors.gains import BOUNDS, f1_of, tune
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.score_table import Rates
from pii_sft.findings import Finding

LOPSIDED = 0.1
"""With precision this far above recall, a model says nothing where it is unsure."""

GENERATES = 0.05
"""With recall this far above precision, a model reports too much."""

MEASURED = (
    "measured on presidio_research_en with a 135M model: anchored decoding of 'tags' took recall "
    "from .45 to .55 at a higher precision"
)


def low_recall(evidence: Evidence) -> Iterator[Finding]:
    """Precision a tenth or more above recall, in every row of the scores of which that is true."""
    found = [each for each in _rates(evidence) if each.precision - each.recall >= LOPSIDED]
    for rates in found:
        yield _low_recall(evidence, rates, len(found))


def _low_recall(evidence: Evidence, rates: Rates, rows: int) -> Finding:
    goal = evidence.goals.get("precision")
    wanted = evidence.goals.get("recall")
    room = None if goal is None else rates.precision - goal
    gap = rates.precision - rates.recall
    shown = (
        f"{rates.name}: precision {rates.precision:.4f}, recall {rates.recall:.4f}: a gap of "
        f"{100 * gap:.1f} points; the model is conservative"
    )
    if wanted is not None:
        shown += f", and {100 * (wanted - rates.recall):.1f} points of recall short of {wanted:g}"
    if room is not None:
        shown += (
            f"; precision is {100 * abs(room):.1f} points {'above' if room >= 0 else 'below'} its "
            f"goal of {goal:g}"
        )
    if rows > 1:
        shown += (
            f"; {rows} runs with other settings have the same gap, so more of the same training "
        )
        shown += "is unlikely to close it"
    share = _empty_share(evidence)
    if share is not None:
        shown += f"; {share:.0%} of the training documents have no entities"
    return Finding(
        "low-recall",
        "warning",
        shown,
        "in the order of effect: " + "; ".join(_levers(room, share)),
        {},
        "Too little is found",
        {
            "name": rates.name,
            "precision": rates.precision,
            "recall": rates.recall,
            "gap": gap,
            "room": room if room is not None else 0.0,
            "empty_share": share if share is not None else 0.0,
            "rows": rows,
        },
        tune(evidence),
        gain=_gain(evidence, "missed"),
    )


def _levers(room: float | None, share: float | None) -> Iterator[str]:
    dial = "the operating point (recall dial and thresholds: pii-sft tune)"
    if room is None or room > 0:
        more = "" if room is None else f", as far as {100 * room:.1f} points of precision go"
        yield f"{dial}{more}"
    yield (
        f"the balance of the data (convert --negatives {min(0.3, share):.2g} --oversample auto)"
        if share is not None and share > 0.3
        else "the balance of the data (check the share of empty answers: pii-sft audit; "
        "convert --negatives, --oversample auto)"
    )
    yield "the weight of entities in the loss (train --entity-weight 2)"
    yield "rules for labels with a format (predict --rules)"
    yield f"decoding that decides at every position (convert --target tags; {MEASURED})"
    yield "a larger model"
    if room is not None and room <= 0:
        yield f"last, {dial}: precision has no room, so it can only trade one for the other"


def low_precision(evidence: Evidence) -> Iterator[Finding]:
    """Recall a twentieth or more above precision; where counts are there, of which kind."""
    for rates in _rates(evidence):
        gap = rates.recall - rates.precision
        if gap < GENERATES:
            continue
        kinds = _surplus(evidence.report)
        most = max(kinds, key=lambda name: kinds[name]) if any(kinds.values()) else ""
        counted = ", ".join(f"{count} {name}" for name, count in kinds.items() if count)
        memorised = any(
            each.series("loss").finite().values.size
            and float(abs(each.series("loss").finite().values[-3:]).max()) < 0.01
            for each in [evidence.log]
        )
        yield Finding(
            "low-precision",
            "warning",
            f"{rates.name}: recall {rates.recall:.4f}, precision {rates.precision:.4f}: recall is "
            f"{100 * gap:.1f} points above precision; the model over-generates"
            + (f" ({counted})" if counted else "")
            + (
                "; the training loss is near zero, which points to memorisation"
                if memorised
                else ""
            ),
            _against(most),
            {},
            "Too much is found",
            {
                "name": rates.name,
                "precision": rates.precision,
                "recall": rates.recall,
                "gap": gap,
                **{name.replace(" ", "_"): count for name, count in kinds.items()},
            },
            tune(evidence),
            gain=_gain(evidence, "spurious"),
        )


def _surplus(report: Mapping[str, Any]) -> dict[str, int]:
    kinds = report.get("error_kinds", {})
    return {
        "spurious": kinds.get("spurious", 0) + kinds.get("duplicate", 0),
        "hallucinated": kinds.get("hallucinated", 0),
        "with other bounds": sum(kinds.get(name, 0) for name in BOUNDS),
        "with another label": kinds.get("label", 0) + kinds.get("label_and_bounds", 0),
    }


def _against(kind: str) -> str:
    """Say what to do first about the most frequent kind of surplus prediction."""
    return {
        "hallucinated": "strings that the text does not hold: --target tags with anchored decoding "
        "can't make them; then raise thresholds (pii-sft tune)",
        "with other bounds": "bounds: pii-sft audit DATA shows where the annotation disagrees with "
        "itself; --fix trim evens spaces and punctuation",
        "with another label": "labels: describe them in the label file, merge those that people "
        "confuse too, and look at pii-sft audit DATA for surfaces with two labels",
    }.get(
        kind,
        "false positives first: raise thresholds (pii-sft tune), add documents without entities "
        "(convert --negatives), look at the spurious ones in the report, stop earlier",
    )


def inconsistent_f1(evidence: Evidence) -> Iterator[Finding]:
    """An F1 that is not the harmonic mean of the precision and recall beside it.

    Beyond what rounding to four digits allows; of averages over labels it need not be.
    """
    for rates in _rates(evidence):
        if evidence.report or abs(rates.f1 - rates.harmonic) < 0.0015:
            continue
        yield Finding(
            "f1-inconsistent",
            "warning",
            f"{rates.name}: F1 is given as {rates.f1:.4f}, but precision {rates.precision:.4f} and "
            f"recall {rates.recall:.4f} make {rates.harmonic:.4f}: it was computed elsewhere, "
            "averaged over labels, or mistyped",
            "score predictions and gold again with 'pii-sft score'",
            {},
            "F1 does not follow from precision and recall",
            {
                "name": rates.name,
                "f1": rates.f1,
                "harmonic": rates.harmonic,
                "precision": rates.precision,
                "recall": rates.recall,
            },
            "pii-sft score --pred PREDICTIONS --gold GOLD",
        )


DETECTORS = (low_recall, low_precision, inconsistent_f1)


def _rates(evidence: Evidence) -> tuple[Rates, ...]:
    return evidence.scores.rows if evidence.scores is not None else ()


def _gain(evidence: Evidence, kind: str) -> float:
    """The gain in F1 without the missed spans, all found, or without the spurious ones."""
    scheme = next(iter(evidence.report.get("schemes", {}).values()), None)
    if scheme is None:
        return 0.0
    micro = scheme["micro"]
    found, surplus = (micro["missed"], 0) if kind == "missed" else (0, micro["spurious"])
    better = f1_of(micro["correct"] + found, micro["possible"], micro["actual"] + found - surplus)
    return max(0.0, better - f1_of(micro["correct"], micro["possible"], micro["actual"]))


def _empty_share(evidence: Evidence) -> float | None:
    counts = evidence.manifest.splits.get("train") if evidence.manifest else None
    return counts.without_entities / counts.documents if counts and counts.documents else None
