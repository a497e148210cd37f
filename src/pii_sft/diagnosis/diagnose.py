"""Diagnosis: all detectors and recipe checks applied to a run, the most severe finding first."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pii_sft.diagnosis.detectors import OF_LOGS, OF_SCORES
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding, ranked
from pii_sft.recipe_lint import DataFacts, RecipeContext, check

RECIPE_FAULTS = (
    "no-clipping",
    "no-warmup",
    "warmup-longer-than-run",
    "restarts-never",
    "waves-of-cosine",
    "patience-within-cycle",
    "cycles-between-evaluations",
    "rate-of-practice",
    "smoothing-with-accumulation",
    "missing-metric",
    "unknown-key",
    "cut-rows",
    "half-precision",
    "hidden-nan",
)
"""Rules of `recipes check` that explain what a run did; the others are about starting one."""

_INSTEAD: dict[str, tuple[str, ...]] = {
    "loss-not-a-number": ("loss-spike", "loss-zero"),
    "loss-diverges": ("loss-spike", "loss-plateau", "loss-oscillates", "underfit"),
    "loss-oscillates": ("loss-plateau", "wide-gap"),
    "loss-zero": ("memorisation", "wide-gap", "loss-plateau", "loss-oscillates"),
    "gradients-vanish": ("loss-plateau",),
    "underfit": ("loss-plateau", "development-plateau"),
    "overfitting": ("wide-gap",),
    "learning-rate-zero": ("restarts-never",),
    "no-warmup": ("restarts-never",),
}
"""Findings that are consequences of another one; they are left out if it is there."""


def diagnose(evidence: Evidence) -> list[Finding]:
    """Find what is wrong with a run, its data and its result.

    Args:
        evidence: all that is known of it.

    Returns:
        Findings by severity, then by what mending them gains.
    """
    found = [each for detector in (*OF_LOGS, *OF_SCORES) for each in detector(evidence)]
    return ranked(_without_consequences([*found, *_of_recipe(evidence, found)]))


def _of_recipe(evidence: Evidence, found: Iterable[Finding]) -> Iterable[Finding]:
    if evidence.settings is None:
        return
    known = {each.id for each in found}
    if len(evidence.restarts):  # settings that were not recorded whole; the log knows better
        known.add("restarts-never")
    manifest = evidence.manifest
    counts = manifest.splits.get("train") if manifest is not None else None
    facts = DataFacts(counts.documents, manifest=manifest) if counts is not None else None
    for each in check(RecipeContext(dict(evidence.settings), data=facts, trainer="pii-sft")):
        if each.id in RECIPE_FAULTS and each.id not in known:
            yield msgspec.structs.replace(each, command=evidence.train(**each.changes))


def _without_consequences(found: list[Finding]) -> list[Finding]:
    hidden = {id for each in found for id in _INSTEAD.get(each.id, ())}
    return [each for each in found if each.id not in hidden]
