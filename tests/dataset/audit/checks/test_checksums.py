"""Numbers with wrong check digits."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import annotated
from tests.dataset.audit.planted import ids, one, run


def test_check_digits(tmp_path: Path) -> None:
    good = ["4111111111111111", "5500005555555559", "340000000000009", "6011000000000004"] * 5
    documents = [
        annotated(f"c{n}", f"card {card} end {n}", (card, "CREDIT_CARD"))
        for n, card in enumerate([*good, "4111111111111112", "**** **** **** 1234"])
    ]
    wrong = one(run(tmp_path, documents), "wrong-check-digits")
    assert (wrong.count, wrong.finding.severity) == (1, "warning")
    assert wrong.places[0].id == "c20"
    invented = [
        annotated(
            f"i{n}", f"IBAN DE4450010517540732493{n} end", (f"DE4450010517540732493{n}", "IBAN")
        )
        for n in range(10)
    ] + [annotated("id", "号码11010519491231002Y", ("11010519491231002Y", "身份证号"))]
    assert one(run(tmp_path, invented), "invented-numbers").count == 9
    chinese = [annotated("id", "号码110105194912310021", ("110105194912310021", "身份证号"))]
    assert one(run(tmp_path, chinese), "invented-numbers").finding.figures["kind"] == "chinese_id"
    right = [annotated("id", "号码11010519491231002X", ("11010519491231002X", "身份证号"))]
    assert "invented-numbers" not in ids(run(tmp_path, right))
