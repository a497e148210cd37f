"""Strict reading of tagging schemes: tags that are not well-formed are not an entity.

Each scheme is a table of what two neighbouring tags mean: whether the second begins an entity,
whether it goes on with that of the first, and whether that of the first ends before it.

Source: Ramshaw and Marcus, "Text Chunking using Transformation-Based Learning", 1995 (IOB1); Tjong
Kim Sang and Veenstra, "Representing Text Chunks", 1999 (IOB2, IOE1, IOE2); `seqeval/scheme.py` of
seqeval 1.2.2 (MIT), whose readings are reproduced, IOE1 included, which it does not finish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from pii_sft.errors import UsageError, unknown_name
from pii_sft.evaluators.inputs.conlleval import UNNAMED, Entity

ANY = "IOBESUL"

Pattern = tuple[str, str, bool | None]
"""Letters of the first tag, letters of the second, and whether their labels have to be the same."""


class TagScheme(msgspec.Struct, frozen=True):
    """The meaning of neighbouring tags.

    Attributes:
        letters: those that a tag may have.
        starts: the second tag begins an entity.
        inside: the second tag goes on with the entity of the first.
        ends: the entity of the first tag ends before the second.
    """

    letters: str
    starts: tuple[Pattern, ...]
    inside: tuple[Pattern, ...]
    ends: tuple[Pattern, ...]


TAG_SCHEMES: Mapping[str, TagScheme] = {
    "IOB1": TagScheme(
        "IOB",
        starts=(("OB", "I", None), ("I", "I", False), ("IB", "B", True)),
        inside=(("BI", "I", True),),
        ends=(("IB", "I", False), ("IB", "O", None), ("I", "B", None), ("B", "B", True)),
    ),
    "IOB2": TagScheme(
        "IOB",
        starts=((ANY, "B", None),),
        inside=(("BI", "I", True),),
        ends=(("IB", "OB", None), ("IB", "I", False)),
    ),
    "IOE1": TagScheme(
        "IOE",
        starts=(("OE", "I", None), ("I", "I", False), ("E", "E", True)),
        inside=(("I", "IE", True),),
        ends=(("I", "IE", False), ("I", "O", None), ("E", "IE", True)),
    ),
    "IOE2": TagScheme(
        "IOE",
        starts=(("OE", "IE", None), ("I", "IE", False)),
        inside=(("I", "IE", True),),
        ends=(("E", ANY, None),),
    ),
    "IOBES": TagScheme(
        "IOBES",
        starts=((ANY, "BS", None),),
        inside=(("BI", "IE", True),),
        ends=(("SE", ANY, None),),
    ),
    "BILOU": TagScheme(
        "BILOU",
        starts=((ANY, "BU", None),),
        inside=(("BI", "IL", True),),
        ends=(("UL", ANY, None),),
    ),
}


def scheme_named(name: str) -> TagScheme:
    """The scheme called `name`.

    Raises:
        UsageError: there is none.
    """
    if name not in TAG_SCHEMES:
        raise unknown_name("tagging scheme", name, TAG_SCHEMES)
    return TAG_SCHEMES[name]


def read_strictly(tags: Sequence[str], scheme: TagScheme) -> Iterator[Entity]:
    """The well-formed entities of one document.

    Args:
        tags: of its tokens.
        scheme: how they are meant.

    Raises:
        UsageError: a tag has a letter that the scheme does not know.
    """
    outside = ("O", UNNAMED)
    tokens = [*(_split(tag, scheme) for tag in tags), outside]
    before, at = outside, 0
    while at < len(tokens):
        token = tokens[at]
        if not _fits(scheme.starts, before, token):
            before, at = token, at + 1
            continue
        end = at + 1
        while _fits(scheme.inside, tokens[end - 1], tokens[end]):
            end += 1
        if _fits(scheme.ends, tokens[end - 1], tokens[end]):
            yield token[1], at, end - 1
        before, at = tokens[end - 1], end


def _split(tag: str, scheme: TagScheme) -> tuple[str, str]:
    letter, label = tag[:1], tag[1:]
    if not letter or letter not in scheme.letters:
        raise UsageError(
            f"A tag does not have one of the letters of its scheme: {', '.join(scheme.letters)}."
        )
    return letter, label.strip("-") or UNNAMED


def _fits(patterns: Iterable[Pattern], before: tuple[str, str], token: tuple[str, str]) -> bool:
    same = before[1] == token[1]
    return any(
        before[0] in first and token[0] in second and wanted in (None, same)
        for first, second, wanted in patterns
    )
