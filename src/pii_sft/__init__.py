"""From annotated personal data to a fine-tuned small model, and honestly scored.

Names of the library are imported when they are used, so that this package itself costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pii_sft.converters.api import read, to_datasets
    from pii_sft.dataset.convert import convert
    from pii_sft.evaluators.api import (
        SpanMetric,
        compare,
        compute_generated_metrics,
        compute_metrics,
        evaluate,
    )
    from pii_sft.inference.detector import Detection, Detector
    from pii_sft.redaction.redact import redact
    from pii_sft.spans import Document, Span

__version__ = "0.1.0"

__all__ = [
    "Detection",
    "Detector",
    "Document",
    "Span",
    "SpanMetric",
    "compare",
    "compute_generated_metrics",
    "compute_metrics",
    "convert",
    "evaluate",
    "read",
    "redact",
    "to_datasets",
]

_MODULES = {
    "Detection": "pii_sft.inference.detector",
    "Detector": "pii_sft.inference.detector",
    "Document": "pii_sft.spans",
    "Span": "pii_sft.spans",
    "SpanMetric": "pii_sft.evaluators.api",
    "compare": "pii_sft.evaluators.api",
    "compute_generated_metrics": "pii_sft.evaluators.api",
    "compute_metrics": "pii_sft.evaluators.api",
    "convert": "pii_sft.dataset.convert",
    "evaluate": "pii_sft.evaluators.api",
    "read": "pii_sft.converters.api",
    "redact": "pii_sft.redaction.redact",
    "to_datasets": "pii_sft.converters.api",
}


def __getattr__(name: str) -> Any:
    """Import a name of the library on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """All names, imported or not."""
    return sorted([*globals(), *__all__])
