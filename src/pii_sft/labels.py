"""Label sets: which labels a data set uses, and what each of them means."""

from __future__ import annotations

import msgspec


class Label(msgspec.Struct, frozen=True):
    """An entity type.

    Attributes:
        name: as it stands in the data.
        description: one line for prompts; empty where there is none.
    """

    name: str
    description: str = ""
