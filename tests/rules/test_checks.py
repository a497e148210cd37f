"""Check digits and grammars."""

from __future__ import annotations

import pytest

from pii_sft.errors import UsageError
from pii_sft.rules.checks import check_named


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("luhn", "4012888888881881", "4012888888881882"),
        ("card", "4012 8888 8888 1881", "0604 2607 0011"),
        ("card", "6229083600444761569", "6229083600444761560"),
        ("card", "2131 0000 0000 0008", "0000000000000000"),
        ("resident_id", "11010519491231002X", "110105194912310021"),
        ("resident_id", "11010519491231002x", "11010519491331002X"),
        ("email", "ann.lee@example.org", "ann..lee@example.org"),
        ("ip", "2001:db8::1", "2001:db8::1::2"),
        ("stdnum.iban", "GB82WEST12345698765432", "GB82WEST12345698765433"),
    ],
)
def test_checks(check: str, right: str, wrong: str) -> None:
    assert check_named(check)(right)
    assert not check_named(check)(wrong)


@pytest.mark.parametrize("name", ["lunh", "os.system", "stdnum.nowhere.x", "stdnum..iban"])
def test_only_known_checks_are_imported(name: str) -> None:
    with pytest.raises(UsageError):
        check_named(name)
