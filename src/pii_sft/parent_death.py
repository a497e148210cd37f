"""Processes that end with the one that started them; apart, as ctypes is slow to import."""

from __future__ import annotations

import ctypes
import signal

_DIE_WITH_PARENT = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl."""

_prctl = getattr(ctypes.CDLL(None), "prctl", None)
"""Looked up here, as little as possible may happen between fork and exec."""


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Have Linux end this process when the one that started it ends; elsewhere it goes on."""
    if _prctl is not None:
        _prctl(_DIE_WITH_PARENT, number)
