"""Addresses and tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.server.limits import Limits
from pii_sft.server.run import check_exposure, read_token


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="--token-file"):
        check_exposure(host, None)
    check_exposure(host, "x" * 16)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_none(host: str) -> None:
    check_exposure(host, None)


def test_a_token_is_read_and_has_to_be_long(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" 0123456789abcdef\n")
    assert read_token(file) == "0123456789abcdef"
    assert read_token(None) is None
    file.write_text("short")
    with pytest.raises(UsageError, match="16 ASCII"):
        read_token(file)
    with pytest.raises(UsageError, match="can't be read"):
        read_token(tmp_path / "none")


def test_limits_that_let_nothing_through_are_refused() -> None:
    with pytest.raises(UsageError, match="waiting"):
        Limits(waiting=0)
