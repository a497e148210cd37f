"""JSON as trainers write it: `NaN` and `Infinity` are bare words."""

from __future__ import annotations

import json
from typing import Any


def decode(content: bytes) -> Any:
    """Decode JSON in which numbers may be `NaN`, `Infinity` or `-Infinity`.

    Raises:
        ValueError: it is no JSON, or no UTF-8.
    """
    return json.loads(content.decode("utf-8"))
