"""Detectors of faults, each a function with the rule it follows in its docstring."""

from __future__ import annotations

from pii_sft.diagnosis.detectors import (
    attempts,
    development,
    errors,
    evaluations,
    gradients,
    learning,
    loss,
    rates,
    scores,
    speed,
)
from pii_sft.diagnosis.evidence import Detector

OF_LOGS: tuple[Detector, ...] = (
    *loss.DETECTORS,
    *gradients.DETECTORS,
    *learning.DETECTORS,
    *development.DETECTORS,
    *rates.DETECTORS,
    *evaluations.DETECTORS,
    *speed.DETECTORS,
    *attempts.DETECTORS,
)
"""Detectors of training logs. Of equal severity, in the order in which findings are shown."""

OF_SCORES: tuple[Detector, ...] = (*scores.DETECTORS, *errors.DETECTORS)
"""Detectors of results."""
