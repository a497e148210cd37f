"""Tags of tokens as spans that count tokens."""

from __future__ import annotations

from collections.abc import Sequence

from pii_sft.errors import RecordError
from pii_sft.evaluators.inputs.conlleval import read_leniently
from pii_sft.evaluators.inputs.tag_schemes import ANY, TagScheme, read_strictly
from pii_sft.spans import Span

_NOT_ANNOTATED = frozenset({"", "-", "_", "NA", "N/A", "-100", "?"})
_LIKE_IOBES = {"U": "S", "L": "E"}


def read_tags(tags: Sequence[str], scheme: TagScheme | None = None) -> tuple[Span, ...]:
    """The entities of one document; their bounds count tokens, half-open.

    Args:
        tags: `O`, or a letter and a label (`B-PER`), for each token; in data with one label, the
            letter alone.
        scheme: how the tags are meant; what is not well-formed is then no entity. None reads them
            as `conlleval.pl` does, which takes IOB1, IOB2, IOE1, IOE2, IOBES and BILOU as they are
            meant, and makes the best of what is none of them.

    Raises:
        RecordError: a tag is none, or not of the scheme; the reason begins with its position.
    """
    letters = ANY if scheme is None else scheme.letters
    for at, tag in enumerate(tags):
        if tag == "O" or (tag and tag[0] in letters and tag[0] != "O" and _label_fits(tag)):
            continue
        known = ", ".join(letter for letter in letters if letter != "O")
        if tag in _NOT_ANNOTATED:
            raise RecordError(
                "not annotated",
                f"[{at}] says that the token is not annotated; leave such documents out",
            )
        raise RecordError("no tag", f"[{at}] is neither O nor one of {known} with a label")
    if scheme is not None:
        entities = read_strictly(tags, scheme)
    else:
        entities = read_leniently(_LIKE_IOBES.get(tag[0], tag[0]) + tag[1:] for tag in tags)
    return tuple(Span(first, last + 1, label) for label, first, last in entities)


def _label_fits(tag: str) -> bool:
    """True for a letter alone, and for one with a label behind a dash."""
    return len(tag) == 1 or (tag[1] == "-" and len(tag) > 2)
