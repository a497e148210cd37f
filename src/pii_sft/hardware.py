"""Number formats that the machine computes well in."""

from __future__ import annotations

from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_BFLOAT16 = ("amx_bf16", "avx512_bf16")


def cpu_computes_in_bfloat16() -> bool:
    """True if the CPU multiplies matrices of bfloat16 in hardware (AMX, AVX-512).

    Without it, bfloat16 on a CPU is slower than float32. Only Linux tells; elsewhere it is False.
    """
    try:
        flags = _CPU_INFO.read_text("ascii", errors="replace")
    except OSError:
        return False
    return any(each in flags for each in _BFLOAT16)
