"""The choice of a data set's label for each kind of entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pii_sft.labels import LabelSet, read_labels

_SHIPPED = ("en", "core", "zh")
"""Label files that know what data sets call things, from the finest to the coarsest."""


def labelling(
    kinds: Mapping[str, Iterable[str]],
    labels: Iterable[str],
    chosen: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Choose a label for each kind, if the data set has one.

    A kind takes the first label that the data set has: the one chosen for it, its own name, those
    named with it, what a shipped label file calls any of these, and what such a file says that
    others call it. Case, spaces, `_` and `-` make no difference.

    Args:
        kinds: of entities, each with the labels that data sets give to it, the best first.
        labels: of the data set.
        chosen: label by kind; wins over everything.
    """
    present = {_folded(label): label for label in labels}
    files = [read_labels(name) for name in _SHIPPED]
    named: dict[str, str] = {}
    for kind, spellings in kinds.items():
        words = (kind, *spellings)
        for word in (*words, *_covering(files, words)):
            if _folded(word) in present:
                named[kind] = present[_folded(word)]
                break
    return named | {kind: label for kind, label in (chosen or {}).items() if kind in kinds}


def _folded(label: str) -> str:
    return "".join(each for each in label.casefold() if each.isalnum())


def _covering(files: Iterable[LabelSet], words: Iterable[str]) -> list[str]:
    """Labels of files that have one of the words as an alias."""
    spoken = {_folded(word) for word in words}
    return [
        name
        for file in files
        for name, entry in file.labels.items()
        if spoken & {_folded(alias) for alias in entry.aliases}
    ]
