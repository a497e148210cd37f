"""Signals that end a process: turned into exceptions, so that what it had open is cleaned up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""From `docker stop`, systemd and `timeout`; from a terminal that is closed."""

SIGNALLED = 128
"""The number a shell adds to that of a signal to make it an exit code."""


def end_by_exception() -> None:
    """Have the signals that end a process raise SystemExit in it, unless they are ignored."""
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(SIGNALLED + number)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off interrupts to the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        # Python runs handlers in the main thread alone
        yield
        return
    came: list[signal.Signals] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        came.append(signal.Signals(number))

    before: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, *ENDING):
        if callable(signal.getsignal(number)):
            before[number] = signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)
