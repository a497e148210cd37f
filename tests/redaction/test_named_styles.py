"""Styles by their names, and where their keys come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft.errors import UsageError
from pii_sft.redaction.named_styles import style_named
from pii_sft.redaction.styles import (
    KEY_VARIABLE,
    STYLES,
    Hash,
)
from tests.conftest import Program
from tests.redaction.redacted import KEY, redacted


def test_the_key_comes_from_the_file_then_the_environment_then_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)

    def hashed(key_file: Path | None = None) -> str:
        return redacted("Ann", (0, 3, "P"), style=style_named("hash", key_file))

    assert hashed() != hashed()
    monkeypatch.setenv(KEY_VARIABLE, KEY.decode())
    assert hashed() == hashed() == redacted("Ann", (0, 3, "P"), style=Hash(KEY))
    file = tmp_path / "key"
    file.write_bytes(b"another key of some length\n")
    assert hashed(file) == redacted("Ann", (0, 3, "P"), style=Hash(b"another key of some length"))
    with pytest.raises(UsageError, match="No such file"):
        hashed(tmp_path / "none")


def test_styles_take_only_what_they_use(tmp_path: Path) -> None:
    for words in (("stars", None, None), ("label", tmp_path, None), ("mask", None, "en_US")):
        with pytest.raises(UsageError):
            style_named(*words)


def test_every_style_is_an_option_of_the_command(pii_sft: Program) -> None:
    assert f"[{'|'.join(STYLES)}]" in pii_sft("redact", "--help").stdout
