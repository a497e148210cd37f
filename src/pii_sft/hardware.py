"""What the machine computes well in."""

from __future__ import annotations

from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def cpu_computes_in_bfloat16() -> bool:
    """Whether the CPU multiplies matrices of bfloat16 in hardware (Intel AMX).

    Without it, bfloat16 on a CPU is slower than float32. Only Linux tells; elsewhere it is False.
    """
    try:
        return "amx_bf16" in _CPU_INFO.read_text("ascii", errors="replace")
    except OSError:
        return False
