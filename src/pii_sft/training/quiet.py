"""Silence for the libraries below: what they say reads like a failure of the user's."""

from __future__ import annotations

from logging import ERROR, getLogger


def quiet_libraries() -> None:
    """Leave out progress bars of transformers, and all warnings below errors.

    They are about calls that LLaMA-Factory makes, and about packages that nobody needs.
    """
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # peft imports it for any adapter, and it misses a package where the CPU computes in bfloat16.
    getLogger("bitsandbytes").setLevel(ERROR)
