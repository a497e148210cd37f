"""Ids that are unique: the second document called `a` becomes `a~2`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.row_index import Digests, Numbers, digest_of
from pii_sft.spans import Document
from pii_sft.windows import META_KEY, window_of


class UniqueIds:
    """New names for documents whose id is taken.

    Args:
        ids: digest of the id of each document.
        kept: mask of the documents that stay; only these need unique ids.
    """

    def __init__(self, ids: Digests, kept: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(kept)
        order = np.argsort(ids[rows], kind="stable")
        self._taken = ids[rows[order]]
        new = self._taken[1:] != self._taken[:-1]
        begins = np.concatenate([np.ones(min(1, len(rows)), bool), new])
        starts = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))
        self._times = np.zeros(len(ids), np.uint32)
        self._times[rows[order]] = np.arange(len(rows)) - starts
        if begins.all():
            self._taken = self._taken[:0]
        self._given: dict[str, str] = {}

    @property
    def changed(self) -> Numbers:
        """The documents that get a new name."""
        return np.flatnonzero(self._times)

    def renamed(self, document: Document, number: int) -> Document:
        """A document, or a window of one, under a name of its own.

        Args:
            document: what to rename.
            number: of the document among all.
        """
        window = window_of(document)
        if window is None or not document.id.startswith(f"{window.document}#"):
            return document.replaced(id=self._new(document.id, number))
        name = self._new(window.document, number)
        place = {**document.meta[META_KEY], "document": name}
        return document.replaced(
            id=name + document.id.removeprefix(window.document),
            meta={**document.meta, META_KEY: place},
        )

    def _new(self, id: str, number: int) -> str:
        name = f"{id}~{self._times[number] + 1}"
        if not self._is_taken(name):
            return name
        given = self._given.get(name)
        if given is None:
            given = f"{name}_"
            while self._is_taken(given) or given in self._given.values():
                given += "_"
            self._given[name] = given
        return given

    def _is_taken(self, name: str) -> bool:
        digest = np.frombuffer(digest_of(name), np.uint64)[0]
        place = np.searchsorted(self._taken, digest)
        return bool(place < len(self._taken) and self._taken[place] == digest)
