"""Audits of annotated data: faults that harm training or scores, with places and corrections."""

from __future__ import annotations

from pii_sft.dataset.audit.audit import Audit, audit
from pii_sft.dataset.audit.check import Found
from pii_sft.dataset.audit.fixes import FIXES
from pii_sft.dataset.audit.options import AuditOptions
from pii_sft.dataset.audit.places import Place
from pii_sft.dataset.audit.suspects import Suspect

__all__ = ["FIXES", "Audit", "AuditOptions", "Found", "Place", "Suspect", "audit"]
