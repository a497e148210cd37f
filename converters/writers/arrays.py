"""A JSON array that is written one item after another."""

from __future__ import annotations

from typing import IO, Any

from pii_sft.files import encode


class JsonArray:
    """Writes items into an open stream, each on a line of its own.

    Args:
        stream: where the array goes; the caller closes it.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._separator = b"[\n"

    def add(self, item: Any) -> None:
        """Write one more item."""
        self._stream.write(self._separator + encode(item))
        self._separator = b",\n"

    def end(self) -> None:
        """Close the array."""
        self._stream.write(b"[]\n" if self._separator == b"[\n" else b"\n]\n")
