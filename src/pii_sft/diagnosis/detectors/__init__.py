"""Detectors of faults, each a function with the rule it follows in its docstring."""

from __future__ import annotations

from pii_sft.diagnosis.detectors import development, evaluations, gradients, loss, rates, speed
from pii_sft.diagnosis.evidence import Detector

OF_LOGS: tuple[Detector, ...] = (
    *loss.DETECTORS,
    *gradients.DETECTORS,
    *development.DETECTORS,
    *rates.DETECTORS,
    *evaluations.DETECTORS,
    *speed.DETECTORS,
)
"""Of equal severity, in the order in which findings are shown."""
