"""Correction of items in which label and string are swapped."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from pii_sft.align import stands_alone
from pii_sft.spans import encodable
from pii_sft.targets.item import Item
from pii_sft.targets.searched_text import SearchedText

_LABEL = re.compile(r"[A-Z][A-Z0-9]*(?:[_/ -][A-Z0-9]+)*")


def told_apart(items: Sequence[Item], text: str) -> Sequence[Item]:
    """Swap label and string of the items that name their string first.

    An item is swapped only if the text has its label as a whole word and does not have its string,
    and if the string is a label: that of another item, or one in capitals, or if all items of the
    answer look swapped.

    Args:
        items: what the answer names.
        text: the text.
    """
    if all(surface in text for surface in {item.surface for item in items}):
        return items
    searched = SearchedText(text)
    lowered = searched.lowered
    # each string is sought once: answers repeat them; half of a surrogate pair is no label
    lacks = {
        name: name.lower() not in lowered and encodable(name)
        for name in {item.surface for item in items}
    }
    labels = {item.label for item in items if lacks[item.surface]}
    stands = {label: _stands(label, searched) for label in labels}
    odd = [lacks[item.surface] and stands[item.label] for item in items]
    if not any(odd):
        return items
    known = {item.label for item, each in zip(items, odd, strict=True) if not each}
    whole = all(odd)
    return [
        _turned(item)
        if each and (whole or item.surface in known or _LABEL.fullmatch(item.surface))
        else item
        for item, each in zip(items, odd, strict=True)
    ]


def _stands(string: str, searched: SearchedText) -> bool:
    at = searched.find(string, 0)
    while at >= 0:
        if stands_alone(searched.text, at, at + len(string)):
            return True
        at = searched.find(string, at + 1)
    return False


def _turned(item: Item) -> Item:
    return msgspec.structs.replace(item, label=item.surface, surface=item.label)
