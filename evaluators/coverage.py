"""Coverage: the mentions and entities that predictions hide completely.

A *mention* is a gold span; it is covered if the predictions together, whatever their labels, cover
all of it except white space, punctuation and `WORDS_TO_IGNORE` (titles and function words). An
*entity* has one or more mentions; it is covered only if all of them are, because one mention left
over still names it.

A prediction is right when it stays within one mention.

A document may list which mentions belong together in `meta.entity_mentions`. Without that, mentions
with the same label and the same text, apart from case, are one entity.

Source: `evaluation.py` of the Text Anonymization Benchmark (Pilán et al., "The Text Anonymization
Benchmark (TAB)", Computational Linguistics 48(4), 2022), commit 07a0882.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from pii_sft.errors import RecordError
from pii_sft.evaluators.characters import Bounds
from pii_sft.spans import Span

Event = tuple[str, str | None, str | None]
"""Name of what happened, and up to two labels that it concerns."""

META_KEY = "entity_mentions"

REPEATED = "repeated mention"
EXPOSED = "exposed mention"
EXPOSED_ENTITY = "exposed entity"
MENTION_OF_EXPOSED = "mention of an exposed entity"
EXPOSED_ALONE = "exposed mention that is an entity of its own"
"""Three events in one: an exposed mention, an exposed entity, and a mention of that."""

STRAY = "prediction outside of every mention"
IDENTIFIED = "entity with a kind of identifier"
EXPOSED_IDENTIFIED = "exposed entity with a kind of identifier"

WORDS_TO_IGNORE = (
    *("mr", "mrs", "ms", "no", "nr", "the", "a", "an", "and", "or", "'s", "’s"),
    *("about", "after", "as", "at", "before", "between", "by", "during", "for", "from", "in"),
    *("into", "of", "on", "over", "since", "to", "until", "with"),
)

_WORDS = re.compile(rf"\b(?:{'|'.join(map(re.escape, WORDS_TO_IGNORE))})\b", re.IGNORECASE)


class Mention(msgspec.Struct, frozen=True):
    """One item of `meta.entity_mentions`.

    Attributes:
        start: of the gold span it is about.
        end: of the gold span.
        entity: which entity it stands for, unique in the document.
        identifier: what kind of identifier the entity is, for example `direct` or `quasi`.
    """

    start: int
    end: int
    entity: str | int
    identifier: str | None = None


def mentions_of(id: str, meta: Mapping[str, Any]) -> Sequence[Mention]:
    """The mentions that a document groups into entities; none for most.

    Raises:
        RecordError: `meta.entity_mentions` does not have the shape of a list of `Mention`.
    """
    if META_KEY not in meta:
        return ()
    try:
        return msgspec.convert(meta[META_KEY], list[Mention])
    except msgspec.ValidationError as error:
        raise RecordError("wrong shape", f"meta.{META_KEY}: {error}", id) from None


def mention_events(
    gold: Collection[Span],
    exposed: Collection[Span],
    text: str | None,
    known: Collection[Mention] = (),
) -> Sequence[Event]:
    """List the events of the mentions and entities of one document.

    Args:
        gold: annotated spans; each is a mention.
        exposed: the mentions among them that are not covered.
        text: of the document; None where it is not known: then every mention that `known` does not
            name is an entity of its own.
        known: which mentions belong together.

    Returns:
        For every mention but the first of its entity, `REPEATED` with its label; for every
        exposed mention `EXPOSED`; for every entity with one, `EXPOSED_ENTITY` with the label of
        its first mention, and `MENTION_OF_EXPOSED` for each of its mentions; `EXPOSED_ALONE`
        instead where no mention is of the entity of another. For every entity of which the kind of
        identifier is known, `IDENTIFIED` with it, and likewise if it is exposed.
    """
    if known or (len(gold) > 1 and _repeats(gold, text)):
        return [*_events(gold, frozenset(exposed), text, known)]
    return [(EXPOSED_ALONE, span.label, None) for span in exposed]


def _repeats(gold: Collection[Span], text: str | None) -> bool:
    """True if two mentions are of one entity, as far as label and text say."""
    if text is None:
        return len(set(gold)) < len(gold)
    entities = {(span.label, text[span.start : span.end].casefold()) for span in gold}
    return len(entities) < len(gold)


def _events(
    gold: Collection[Span], exposed: frozenset[Span], text: str | None, known: Collection[Mention]
) -> Iterator[Event]:
    identifier_of = {each.entity: each.identifier for each in known if each.identifier}
    for entity, mentions in _entities(gold, text, known).items():
        yield from ((REPEATED, mention.label, None) for mention in mentions[1:])
        identifier = identifier_of.get(entity) if isinstance(entity, (str, int)) else None
        if identifier:
            yield IDENTIFIED, None, identifier
        if not exposed.isdisjoint(mentions):
            yield from ((EXPOSED, each.label, None) for each in mentions if each in exposed)
            yield from ((MENTION_OF_EXPOSED, each.label, None) for each in mentions)
            yield EXPOSED_ENTITY, mentions[0].label, None
            if identifier:
                yield EXPOSED_IDENTIFIED, None, identifier


def _entities(
    gold: Collection[Span], text: str | None, known: Collection[Mention]
) -> Mapping[object, Sequence[Span]]:
    """The mentions of each entity, in text order."""
    entity_at = {(each.start, each.end): each.entity for each in known}
    entities: dict[object, list[Span]] = defaultdict(list)
    for span in sorted(gold):
        entities[entity_at.get((span.start, span.end), _entity(span, text))].append(span)
    return entities


def _entity(span: Span, text: str | None) -> object:
    """The key that mentions of one entity share, where the document does not say."""
    return span if text is None else (span.label, text[span.start : span.end].casefold())


def exposed_mentions(
    gold: Iterable[Span], covered: Sequence[Bounds], text: str | None
) -> list[Span]:
    """Find the gold spans that are not covered.

    Args:
        gold: annotated spans.
        covered: what the predictions cover, as `merged` makes it.
        text: of the document; None where it is not known.
    """
    return [span for span in gold if not is_covered(span, covered, text)]


def strays(predicted: Collection[Span], gold: Sequence[Bounds]) -> list[Span]:
    """Find the predictions that do not lie within one gold span.

    Args:
        predicted: spans of the model.
        gold: bounds of the gold spans, sorted.
    """
    if not predicted:
        return []
    starts = [start for start, _ in gold]
    reach = [*accumulate([end for _, end in gold], max), 0]
    return [span for span in predicted if reach[bisect_right(starts, span.start) - 1] < span.end]


def is_covered(mention: Span, covered: Sequence[Bounds], text: str | None) -> bool:
    """True if a mention is covered.

    Args:
        mention: a gold span.
        covered: as `merged` makes it.
        text: of the document; None where it is not known.
    """
    left = _left(mention, covered)
    if not left:
        return True
    if text is None or left[0] == (mention.start, mention.end):
        return False
    surface = text[mention.start : mention.end]
    needed = _needed(surface)
    gaps = {index for start, end in left for index in range(start, end)}
    return not gaps.intersection(at + mention.start for at in needed)


def _left(mention: Span, covered: Sequence[Bounds]) -> list[Bounds]:
    """The parts of a mention that are not covered."""
    left: list[Bounds] = []
    reached = mention.start
    first = max(0, bisect_right(covered, (mention.start, mention.end)) - 1)
    for index in range(first, len(covered)):
        start, end = covered[index]
        if start >= mention.end:
            break
        if start > reached:
            left.append((reached, start))
        reached = max(reached, end)
    if reached < mention.end:
        left.append((reached, mention.end))
    return left


def _needed(surface: str) -> set[int]:
    """Find the characters to hide: those beside spaces, punctuation and ignored words, or all."""
    needed = {
        index
        for index, character in enumerate(surface)
        if not character.isspace() and not unicodedata.category(character).startswith("P")
    }
    for word in _WORDS.finditer(surface):
        needed.difference_update(range(*word.span()))
    return needed or set(range(len(surface)))
