"""The best score that each target allows."""

from __future__ import annotations

from pathlib import Path

from tests.dataset.audit.planted import healthy, run


def test_ceilings_of_targets(tmp_path: Path) -> None:
    """Lines give a repeated string its occurrences in order; nested ones are the harder case."""
    found = run(tmp_path, healthy())
    assert found.figures["ceilings"] == {"json": 1.0, "lines": 1.0, "tags": 1.0}
    assert found.figures["ceilings_measured_on"] == 240
