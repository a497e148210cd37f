"""Entities of token tags as `conlleval.pl` reads them, and seqeval by default.

No scheme is asked for: an entity begins where IOB1, IOB2, IOE or IOBES would begin one, well-formed
or not. Tags begin with their letter (`B-PER`).

Source: Tjong Kim Sang and Buchholz, "Introduction to the CoNLL-2000 Shared Task: Chunking", 2000,
and its `conlleval.pl`; `get_entities` of seqeval 1.2.2 (MIT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

Entity = tuple[str, int, int]
"""Label, first token, last token (inclusive)."""

UNNAMED = "_"
"""The label of a tag that is a letter and nothing else."""


def read_leniently(tags: Iterable[str]) -> Iterator[Entity]:
    """The entities of a stream of tags, in the order of their ends.

    Args:
        tags: none of them empty; `O` between sentences keeps their entities apart.
    """
    letter_before, label_before, begun = "O", "", 0
    for at, tag in enumerate(chain(tags, ("O",))):
        letter, label = tag[0], tag[1:].split("-", maxsplit=1)[-1] or UNNAMED
        changed = label_before != label
        if (
            letter_before in "ES"
            or (letter_before in "BI" and letter in "BSO")
            or (letter_before not in "O." and changed)
        ):
            yield label_before, begun, at - 1
        if (
            letter in "BS"
            or (letter_before in "ESO" and letter in "EI")
            or (letter not in "O." and changed)
        ):
            begun = at
        letter_before, label_before = letter, label
