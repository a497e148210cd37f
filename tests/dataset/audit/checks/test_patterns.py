"""Numbers and addresses of a fixed form without a label."""

from __future__ import annotations

from pathlib import Path

from pii_sft.spans import Span
from tests.conftest import annotated
from tests.dataset.audit.planted import healthy, one, run


def test_forms_that_leave_no_doubt(tmp_path: Path) -> None:
    cards = [annotated(f"c{n}", "Card 4111 1111 1111 1111 ok", ("4111 1111 1111 1111", "CARD"))
             .replaced(id=f"c{n}") for n in range(6)]  # fmt: skip
    mail = annotated("mail", "Write to zed@example.com or not")
    card = annotated("card", "It was 5500 0055 5555 5559, or 1234 5678 9012 3456.")
    found = run(tmp_path, [*healthy(), *cards, mail, card])
    lacking = one(found, "unlabelled-patterns")
    assert [each.id for each in lacking.places] == ["mail", "card"]
    assert lacking.places[1].span == Span(7, 26, "")
    assert {each.expected for each in found.suspects} == {"EMAIL", "CARD"}
