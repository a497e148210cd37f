"""Random digits, patterns and words, from which values are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ADJECTIVES = (
    "night", "pixel", "silent", "rusty", "cosmic", "lazy", "velvet", "turbo", "salty", "neon",
    "foggy", "tiny", "crimson", "mellow", "static", "quiet", "sunny", "iron", "paper", "wild",
)  # fmt: skip

NOUNS = (
    "owl", "panda", "fox", "badger", "noodle", "otter", "comet", "pickle", "raven", "biscuit",
    "yeti", "lantern", "mango", "wolf", "penguin", "teapot", "cactus", "falcon", "kettle", "moth",
)  # fmt: skip


def digits(rng: Random, count: int) -> str:
    """Return `count` random digits."""
    return "".join(rng.choices("0123456789", k=count))


def fill(pattern: str, rng: Random) -> str:
    """Return `pattern` with its wildcards replaced at random.

    Args:
        pattern: Text in which `#` is a digit, `%` a digit above zero, `?` a capital letter and
            `*` a lower-case hexadecimal digit.
        rng: Source of randomness.
    """
    alphabets = {
        "#": "0123456789",
        "%": "123456789",
        "?": "ABCDEFGHJKLMNPQRSTUVWXYZ",
        "*": "0123456789abcdef",
    }
    return "".join(rng.choice(alphabets.get(character, character)) for character in pattern)
