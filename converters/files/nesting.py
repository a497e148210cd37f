"""Nesting of the brackets of JSON and Python literals.

Earlier versions of Python stop at deep nesting with a RecursionError; 3.13 goes on and may crash
without an exception. So we set a limit of our own, the same for all versions.
"""

from __future__ import annotations

import re

MOST_NESTED = 500
"""Deepest nesting of the value of a record."""

TOKEN = re.compile(
    # a string that is not closed reaches to the end, so that nothing is looked at twice
    r"""'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[({]|[\])}]""",
    re.DOTALL,
)
"""A string, or a bracket outside of strings."""

_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


def depth_of_literal(source: str) -> int:
    """The depth of a Python literal or of JSON, whatever its quotes."""
    depth = deepest = 0
    for match in TOKEN.finditer(source):
        bracket = match[0]
        depth += (bracket in "[({") - (bracket in "])}")
        deepest = max(deepest, depth)
    return deepest


def nests_too_deeply(raw: bytes) -> bool:
    """True for JSON beyond `MOST_NESTED`; looked at closely only if it has so many brackets."""
    if raw.count(b"[") + raw.count(b"{") <= MOST_NESTED:
        return False
    depth = 0
    for match in _JSON_TOKEN.finditer(raw):
        bracket = match[0]
        if bracket in b"[{":
            depth += 1
            if depth > MOST_NESTED:
                return True
        elif bracket in b"]}":
            depth -= 1
    return False
