"""A Ray cluster: the one that this process is told of, or one of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from pii_sft.errors import MissingExtraError


@contextmanager
def ray_cluster() -> Iterator[Any]:
    """Ray, connected; what was started for that ends with the block.

    Raises:
        MissingExtraError: ray is not installed.
    """
    if find_spec("ray") is None:
        raise MissingExtraError("ray", "ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)
    try:
        yield ray
    finally:
        if started:
            ray.shutdown()
