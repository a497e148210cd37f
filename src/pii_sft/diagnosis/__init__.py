"""Diagnosis of a training run, from its log, its settings, its data and its scores."""

from __future__ import annotations

from pii_sft.diagnosis.diagnose import diagnose
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.readers import read_log
from pii_sft.diagnosis.sources import Given, gather, read_goals
from pii_sft.diagnosis.training_log import TrainingLog

__all__ = ["Evidence", "Given", "TrainingLog", "diagnose", "gather", "read_goals", "read_log"]
