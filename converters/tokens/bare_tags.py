"""Tags that are a bare `B` or `I`, with their types in another column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pii_sft.converters.tokens.tag_schemes import looks_tagged
from pii_sft.converters.tokens.tag_spellings import OUTSIDE

PLAIN_LABEL = re.compile(r"[^\W\d][\w.-]{0,39}")
_NO_TYPE = frozenset((OUTSIDE, "", "_", "-", "*", "None", "null"))


def types_beside(columns: Sequence[Sequence[str]], token: int, at: int) -> int:
    """The column of the types of bare tags, filled where these are not O; -1 if there is none.

    Args:
        columns: the cells of each.
        token: the column of the tokens.
        at: the column of the tags.
    """
    tags = [cell.strip() for cell in columns[at]]
    if not all(tag == OUTSIDE or (len(tag) == 1 and looks_tagged(tag)) for tag in tags):
        return -1
    for other in range(len(columns)):
        types: dict[bool, set[str]] = {True: set(), False: set()}
        for tag, cell in zip(tags, columns[other], strict=True):
            types[tag == OUTSIDE].add(cell.strip())
        inside, outside = types[False], types[True]
        labels = bool(inside) and all(map(PLAIN_LABEL.fullmatch, inside - _NO_TYPE))
        if other not in (token, at) and labels and outside <= _NO_TYPE and not inside & _NO_TYPE:
            return other
    return -1


def typed(tags: Sequence[str], types: Sequence[str]) -> list[str]:
    """Bare tags with their types: `B-PER`; one without a type stays bare, which is an error."""
    return [
        tag if tag == OUTSIDE or type.strip() in _NO_TYPE else f"{tag}-{type.strip()}"
        for tag, type in zip(tags, types, strict=True)
    ]
