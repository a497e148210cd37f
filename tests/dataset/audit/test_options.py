"""Options of an audit."""

from __future__ import annotations

from typing import Any

import pytest

from pii_sft.dataset.audit import AuditOptions
from pii_sft.errors import UsageError


@pytest.mark.parametrize("options", [{"cutoff_len": 0}, {"confidence": 0.0}, {"surfaces": 0}])
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        AuditOptions(**options)
