"""Answers that tag words, as CoNLL does: `Nora B-PERSON`, `Quill I-PERSON`, `lives O`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from pii_sft.spans import HoldsText
from pii_sft.targets.item import Item
from pii_sft.targets.stated_offsets import SaidOffsets

OUTSIDE = "O"
MAY_TAG = re.compile(r"(?<![\w-])[BSU]-\w")

_TAG = re.compile(r"([BIMELSUW])-(\w.*)")
_BETWEEN = re.compile(r"\s*[\t|,;]\s*|\s+")
_AROUND = " \t\r|`\"'"
_LEAST_TAGGED = 0.8
_FAR = 200
"""Most characters between two words in the text, if an answer leaves out words."""


class TaggedWord(HoldsText, msgspec.Struct, frozen=True):
    """A word and its tag.

    Attributes:
        word: the word.
        tag: `O`, or a letter and a label.
        output: where both stand in the answer.
    """

    word: str
    tag: str
    output: tuple[int, int]


def may_tag(output: str) -> bool:
    """False for an answer that surely tags no words."""
    begins = "B-" in output or "S-" in output or "U-" in output
    return begins and MAY_TAG.search(output) is not None


def tagged_lines(lines: Iterable[tuple[int, str]]) -> list[TaggedWord]:
    """The words of lines with a word and a tag each; nothing if the lines are something else."""
    found: list[TaggedWord] = []
    others = 0
    for start, line in lines:
        cells = _BETWEEN.split(line.strip(_AROUND))
        at = next((at for at in (-1, 0) if _is_tag(cells[at])), None)
        if len(cells) > 1 and at is not None:
            words = [cell for cell in cells[:at] or cells[1:] if not cell.isdecimal()]
            word = (words or [""])[0 if at else -1]
            found.append(TaggedWord(word, cells[at], (start, start + len(line))))
        else:
            others += any(map(str.isalnum, line))
    enough = len(found) >= _LEAST_TAGGED * (len(found) + others)
    return found if enough and _are_words(found) else []


def tagged_items(items: Sequence[Item]) -> list[TaggedWord]:
    """The words of items that name a word and a tag, in either order; else nothing."""
    if all(_is_tag(item.label) for item in items):
        found = [TaggedWord(item.surface, item.label, item.output) for item in items]
    elif all(_is_tag(item.surface) for item in items):
        found = [TaggedWord(item.label, item.surface, item.output) for item in items]
    else:
        return []
    return found if _are_words(found) else []


def are_tags(values: Iterable[str]) -> bool:
    """True for tags of words, some of which begin an entity."""
    given = list(values)
    return all(map(_is_tag, given)) and any(map(MAY_TAG.match, given))


def _is_tag(value: str) -> bool:
    return value == OUTSIDE or _TAG.fullmatch(value) is not None


def _are_words(found: Sequence[TaggedWord]) -> bool:
    """True if some begin an entity, and others continue it or are outside of any."""
    letters = {each.tag[0] for each in found}
    return bool(letters & set("BSU")) and bool(letters & set("OIELMW"))


def untagged(words: Sequence[TaggedWord], text: str) -> list[Item]:
    """The entities of tagged words.

    Words outside of entities tell which occurrence of its string an entity is: each word is looked
    for behind the one before.
    """
    offsets = SaidOffsets(text)
    whole = any(each.tag == OUTSIDE for each in words)
    items: list[Item] = []
    opened: list[tuple[TaggedWord, int]] = []
    cursor = 0

    def close() -> None:
        if not opened:
            return
        first, last = opened[0][0], opened[-1][0]
        start, end = opened[0][1], opened[-1][1] + len(last.word)
        placed = all(at >= 0 for _, at in opened)
        surface = text[start:end] if placed else " ".join(each.word for each, _ in opened)
        number = offsets.occurrence(surface, start) if placed and whole else 0
        output = (first.output[0], last.output[1])
        items.append(Item(first.tag[2:], surface, number, output))
        opened.clear()

    for each in words:
        at = text.find(each.word, cursor, cursor + _FAR + len(each.word)) if each.word else -1
        cursor = cursor if at < 0 else at + len(each.word)
        letter, label = each.tag[0], each.tag[2:]
        if each.tag == OUTSIDE or letter in "BSU" or (opened and opened[0][0].tag[2:] != label):
            close()
        if each.tag != OUTSIDE and each.word:
            opened.append((each, at))
        if letter in "ELSUW":
            close()
    close()
    return items
