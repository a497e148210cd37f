"""Entities that are sometimes one span and sometimes several."""

from __future__ import annotations

from pathlib import Path

from pii_sft.dataset.audit import AuditOptions, audit
from tests.conftest import annotated
from tests.dataset.audit.planted import one, run


def test_addresses_whole_and_in_parts(tmp_path: Path) -> None:
    towns = ("Springfield", "Riverton", "Oakdale")
    documents = []
    for n in range(60):
        street, town = f"{n} Elm Street", towns[n % 3]
        marked = f"{street}, {town}" if n % 2 else street
        documents.append(
            annotated(f"a{n}", f"Send it to {street}, {town}. Thanks", (marked, "ADDRESS"))
        )
    found = one(run(tmp_path, documents), "divided-entities")
    assert found.finding.figures["whole"] == 30
    assert found.finding.figures["apart"] == 30


def test_towns_that_are_labelled_apart(tmp_path: Path) -> None:
    documents = []
    for n in range(60):
        street, town = f"{n} Elm Street", ("Springfield", "Riverton", "Oakdale")[n % 3]
        marked = (
            ((f"{street}, {town}", "ADDRESS"),) if n % 2 else ((street, "ADDRESS"), (town, "CITY"))
        )
        documents.append(annotated(f"a{n}", f"Send it to {street}, {town}. Thanks", *marked))
    found = one(run(tmp_path, documents), "adjoining-entities")
    assert (found.finding.figures["label"], found.finding.figures["part"]) == ("ADDRESS", "CITY")
    assert found.count == 30


def test_bounds_that_disagree_in_published_addresses(shared_data: Path) -> None:
    """A model found 85 of 121 addresses of this corpus with other bounds."""
    found = audit(
        [shared_data / "presidio_research_en/synth_dataset_v2.json"], AuditOptions(near=False)
    )
    divided = one(found, "divided-entities")
    assert divided.finding.figures["label"] == "STREET_ADDRESS"
    assert divided.count > 100
    assert one(found, "adjoining-entities").finding.figures["part"] == "GPE"
