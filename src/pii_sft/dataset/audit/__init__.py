"""Audits of annotated data: what in it will spoil training or scores, where, and what mends it."""

from __future__ import annotations

from pii_sft.dataset.audit.audit import Audit, audit
from pii_sft.dataset.audit.check import Found
from pii_sft.dataset.audit.fixes import FIXES
from pii_sft.dataset.audit.options import AuditOptions
from pii_sft.dataset.audit.places import Place
from pii_sft.dataset.audit.suspects import Suspect

__all__ = ["FIXES", "Audit", "AuditOptions", "Found", "Place", "Suspect", "audit"]
