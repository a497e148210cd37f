"""Lines of an answer that name entities in another way than `LABEL: string`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_sft.entity_keys import WRAPPER_KEYS, plain_key

_BULLET = re.compile(r"[\s>]*+(?:[-*•·+–—▪◦]|[0-9]{1,3}[.)、．])\s++(?P<content>\S.*)")
_HEADER = re.compile(
    r"[\s>]*+(?:#{1,6}\s++|[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?:\*\*|__|`)?"
    r"(?P<label>[^\W\d][^:：*`#|\n]{0,59}?)\s*+(?:\*\*|__|`)?\s*+[:：]\s*+(?:\*\*|__)?\s*+"
)
_SEPARATED = re.compile(
    r"[\s|>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?:\*\*|__|`)?(?P<first>[^\n|]{1,200}?)(?:\*\*|__|`)?"
    r"(?:\s*(?:->|=>|→|⇒|➜|＝|=)\s*|\s*\t+\s*|\s+[-–—]\s+|\s*\|\s*)(?P<second>[^\n|]+?)[\s|]*"
)
_IN_BRACKETS = re.compile(
    r"[\s>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?P<second>\S.*?)\s*[(\[（【](?P<first>[^()\[\]（）【】]{1,60})[)\]）】]\s*"
)
_WEAKLY_SEPARATED = re.compile(
    r"[\s>]*+(?:[-*•+]\s++|[0-9]{1,3}[.)]\s++)?(?P<first>[^\n,;，；]{1,80}?)"
    r"\s*[,;，；]\s*(?P<second>\S.*?)[\s,;，；]*"
)
_LABEL_ALONE = re.compile(r"[\s>]*+(?:#{1,6}\s++)?(?P<label>[A-Z][A-Z0-9]+(?:[_/ -][A-Z0-9]+)*)\s*")
_HOW_SURE = re.compile(
    r"\s*[(\[（]\s*(?:[01]?\.[0-9]+|[0-9]{1,3}\s*%|high|medium|low|[0-9]{1,9}\s*[-–:,]\s*[0-9]{1,9})"
    r"\s*[)\]）]\s*\Z",
    re.IGNORECASE,
)
_NEXT_ENTITY = re.compile(r"\s*[;；,，|]\s*(?=[^\W\d][\w /-]{0,40}[:：]\s?\S)")
_BETWEEN = re.compile(r"\s*[,;，；、|]\s*|\s+(?:and|und|et|y|e|or|oder|和|与|及)\s+")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:[_/ -][A-Z0-9]+)*")
_WRAPPING = "\"'“”‘’`*_ \t"
_MOST_WORDS_OF_LABEL = 3


def header_in(line: str) -> str | None:
    """The label of a line with nothing behind its colon, whose strings follow below."""
    alone = _LABEL_ALONE.fullmatch(line)
    if alone is not None:
        return alone["label"]
    found = _HEADER.fullmatch(line)
    if found is None:
        return None
    words = found["label"].split()
    if len(words) > _MOST_WORDS_OF_LABEL or plain_key(words[-1]) in WRAPPER_KEYS:
        return None
    return found["label"].strip()


def bullet_in(line: str) -> str | None:
    """What stands behind the mark or number of a list."""
    found = _BULLET.fullmatch(line)
    return None if found is None else found["content"].strip().strip(_WRAPPING)


def separated_in(line: str, text: str) -> tuple[str, str] | None:
    """A label and a string with an arrow, a dash, a tab, a bar or brackets between them.

    Prose has these, too: so the text must have the string, or the label must be in capitals.
    """
    lowered = text.lower()
    for pattern in (_SEPARATED, _IN_BRACKETS, _WEAKLY_SEPARATED):
        found = pattern.fullmatch(line)
        if found is None:
            continue
        label, surface = (found[part].strip().strip(_WRAPPING) for part in ("first", "second"))
        if not label or not surface:
            continue
        capital, held = _CAPITALS.fullmatch(label) is not None, surface.lower() in lowered
        if (capital and held) if pattern is _WEAKLY_SEPARATED else (capital or held):
            return label, surface
        if _CAPITALS.fullmatch(surface) and label.lower() in lowered:
            return surface, label
    return None


def without_certainty(surface: str) -> str:
    """A string without how sure the model is of it, or its offsets, in brackets behind it."""
    return _HOW_SURE.sub("", surface)


def names_label(line: str) -> bool:
    """True for a line that is no prose, as it begins or ends with what may be a label."""
    words = line.split()
    return len(words) <= _MOST_WORDS_OF_ENTITY and any(
        len(bare) > 2 and _CAPITALS.fullmatch(bare)
        for bare in (each.strip(_AROUND_LABELS) for each in (*words[:1], *words[-1:]))
    )


_MOST_WORDS_OF_ENTITY = 8
_AROUND_LABELS = "\"'“”‘’`*_()[]<>{}:：;,.-|=/"


def entities_in(line: str) -> Iterator[str]:
    """The parts of a line that names several labels, each with its string."""
    start = 0
    for found in _NEXT_ENTITY.finditer(line):
        yield line[start : found.start()]
        start = found.end()
    yield line[start:]


def strings_in(surface: str, text: str) -> list[str]:
    """The strings that stand behind one label, if the text has each of them and not the whole."""
    lowered = text.lower()
    if "".join(surface.lower().split()) in "".join(lowered.split()):
        return [surface]
    inner = surface[1:-1] if surface[:1] + surface[-1:] in ("[]", "()", "{}") else surface
    strings = [each.strip().strip(_WRAPPING) for each in _BETWEEN.split(inner)]
    strings = [each for each in strings if each]
    if len(strings) > 1 and all(_named(each, lowered) for each in strings):
        return strings
    return [surface]


def _named(string: str, lowered: str) -> bool:
    """True for a string of two letters or digits and more that the text has."""
    return string.lower() in lowered and sum(map(str.isalnum, string)) > 1
