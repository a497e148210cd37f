"""The best score that each target allows."""

from __future__ import annotations

from pathlib import Path

from pii_sft.spans import Document, Span
from tests.dataset.audit.planted import healthy, one, run


def test_ceilings_of_targets(tmp_path: Path) -> None:
    """Lines give a repeated string its occurrences in order; nested ones are the harder case."""
    found = run(tmp_path, healthy())
    assert found.figures["ceilings"] == {"json": 1.0, "lines": 1.0, "tags": 1.0}
    assert found.figures["ceilings_measured_on"] == 240


def test_a_target_that_loses_entities_is_not_advised(tmp_path: Path) -> None:
    """Tags leave out white space at the edges of spans; JSON keeps it."""
    text = "Ann lives in Rome."
    documents = [Document(f"d{at}", f"{text} {at}", (Span(0, 4, "PERSON"),)) for at in range(20)]
    found = run(tmp_path, documents)
    assert found.figures["ceilings"]["tags"] < found.figures["ceilings"]["json"] == 1.0
    assert "--target json" in one(found, "target-ceiling").finding.command
