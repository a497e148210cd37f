"""Limits of a server, so that one client can't block the others."""

from __future__ import annotations

import msgspec

from pii_sft.errors import UsageError


class Limits(msgspec.Struct, frozen=True):
    """Bounds of a server.

    Attributes:
        batch_size: texts that the model answers together.
        waiting: texts that may wait for the model; requests beyond are refused with 429.
        seconds: how long a request may take, until it is refused with 503; and its body to
            arrive, until it is refused with 408.
        body_bytes: longest body of a request; longer ones are refused with 413.
        texts: most texts in one request.
    """

    batch_size: int = 16
    waiting: int = 1024
    seconds: float = 60.0
    body_bytes: int = 2_000_000
    texts: int = 500

    def __post_init__(self) -> None:
        """Refuse limits that allow no request."""
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise UsageError(f"The limit {name} must be above 0.")
