"""What a CPU says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_sft import hardware


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("fpu sse2 avx2 avx512f avx512_vnni", False),
        ("fpu avx512f avx512_bf16", True),
        ("fpu amx_tile amx_bf16", True),
        ("\xe9", False),
    ],
)
def test_bfloat16(flags: str, fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(f"flags\t\t: {flags}\n", "utf-8")
    monkeypatch.setattr(hardware, "_CPU_INFO", file)
    assert hardware.cpu_computes_in_bfloat16() is fast


def test_a_system_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_CPU_INFO", tmp_path / "missing")
    assert hardware.cpu_computes_in_bfloat16() is False
