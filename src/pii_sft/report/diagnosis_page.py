"""The page of a diagnosis: what to do next, curves of the run, and the checklist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pii_sft.diagnosis.checklist import checklist
from pii_sft.diagnosis.detectors.speed import speed
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding
from pii_sft.report.curves import Plot, plot
from pii_sft.report.language import Code, Language
from pii_sft.report.pages import findings_page, origin_of
from pii_sft.report.tables import Table

_PLACES = ("at", "begin", "onset", "best_at")
"""Figures that say where something happened, in order of preference."""


def diagnosis_page(
    title: str, evidence: Evidence, found: Sequence[Finding], language: Code = "en"
) -> str:
    """The page of a run.

    Args:
        title: what was diagnosed.
        evidence: all that is known of it.
        found: findings, worst first.
        language: of the page.
    """
    said = Language(language)
    first, last = evidence.log.span
    unit = said(evidence.log.unit)
    rows = len(evidence.log.rows)
    lead = said("{rows} logged rows", rows=rows)
    if rows:
        lead += f" · {unit} {first:g}–{last:g}"
    settings = evidence.settings or {}
    facts = origin_of(
        {
            "run": evidence.run,
            "recipe": evidence.recipe if evidence.settings is not None else "",
            "model": str(settings.get("model_name_or_path", "")),
            "data set": evidence.dataset,
            "predictions": evidence.predictions,
        }
    )
    return findings_page(
        title,
        found,
        language=said,
        lead=lead,
        facts=facts,
        plots=list(_plots(evidence, found)),
        tables=_scores(evidence),
        questions=checklist(evidence, found),
    )


def _plots(evidence: Evidence, found: Sequence[Finding]) -> Iterator[Plot]:
    log = evidence.log
    events = []
    for number, each in enumerate(found, 1):
        at = next((each.figures[name] for name in _PLACES if name in each.figures), None)
        if isinstance(at, (int, float)):
            events.append((float(at), str(number), f"finding-{each.id}"))
    held_out = log.eval_loss
    drawn = [
        ("Loss", [("training", log.loss, False), ("development", held_out, True)]),
        (
            "Span metrics on the development split",
            [
                (name, log.series(f"eval_span_{name}"), True)
                for name in ("precision", "recall", "f1")
            ],
        ),
        ("Learning rate", [("learning rate", log.series("learning_rate"), False)]),
        ("Norm of the gradients", [("gradient norm", log.series("grad_norm"), False)]),
    ]
    timed = speed(evidence)
    if timed is not None:
        drawn.append(("Speed", [(timed.unit, timed.series, False)]))
    for title, curves in drawn:
        made = plot(title, log.unit, curves, events)
        if made is not None:
            yield made


def _scores(evidence: Evidence) -> list[Table]:
    rows = evidence.scores.rows if evidence.scores is not None else ()
    if not rows:
        return []
    shown = tuple(
        (each.name, f"{each.precision:.4f}", f"{each.recall:.4f}", f"{each.f1:.4f}")
        for each in rows
    )
    return [Table("Scores", ("of", "precision", "recall", "f1"), shown)]
