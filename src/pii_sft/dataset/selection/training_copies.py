"""Copies of training rows, repeated or altered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import numpy as np
from numpy.typing import NDArray

from pii_sft.dataset.row_index import Digests, Numbers, digest_of
from pii_sft.dataset.selection.augment import Alter, SurfacePool
from pii_sft.dataset.selection.seeded_hash import chances, seeded_hash
from pii_sft.dataset.selection.unique_ids import UniqueIds
from pii_sft.dataset.spill import Spill, decode_spilled
from pii_sft.spans import Document
from pii_sft.windows import META_KEY

COPY_OF = "copy_of"
ALTERED = "augmented"

_ALTERING = 3


class TrainingCopies:
    """Copies of training rows.

    Args:
        spill: the rows.
        names: new ids of documents whose id is taken.
        document_of: number of the document of each row.
        keys: a digest of each row.
        train: which rows are in the training split.
        repeats: how often each row is repeated.
        alterations: how documents are altered, by name.
        shares: of the training rows that are altered so, by name.
        seed: of the choice of rows and alterations.

    Attributes:
        made: number of copies, by kind.
    """

    def __init__(
        self,
        spill: Spill,
        names: UniqueIds,
        document_of: Numbers,
        keys: Digests,
        train: NDArray[np.bool_],
        repeats: Numbers,
        alterations: Mapping[str, Alter],
        shares: Mapping[str, float],
        seed: int,
    ) -> None:
        self.made: dict[str, int] = {}
        self._spill = spill
        self._names = names
        self._document_of = document_of
        self._train = train
        self._repeats = repeats
        self._alterations = alterations
        self._altered = {
            name: train & (chances(keys, seed + _ALTERING + place) < share)
            for place, (name, share) in enumerate(shares.items())
        }
        self._seeds = seeded_hash(keys, seed)

    def documents(self, texts: Digests) -> Iterator[Document]:
        """The copies, in the order of their originals.

        Args:
            texts: sorted digests of all texts; an alteration that gives one of these is dropped.
        """
        changed = set(self._names.changed.tolist())
        for row, line in enumerate(self._spill.documents()):
            kinds = [name for name, rows in self._altered.items() if rows[row]]
            if not self._train[row] or not (kinds or self._repeats[row]):
                continue
            document = decode_spilled(line)
            number = int(self._document_of[row])
            if number in changed:
                document = self._names.renamed(document, number)
            yield from self._repeated(document, int(self._repeats[row]))
            for name in kinds:
                yield from self._alter(document, name, int(self._seeds[row]), texts)

    def _repeated(self, document: Document, times: int) -> Iterator[Document]:
        for number in range(2, times + 2):
            self.made["repeated"] = self.made.get("repeated", 0) + 1
            yield _copy(document, document, f"r{number}", {})

    def _alter(
        self, document: Document, name: str, seed: int, texts: Digests
    ) -> Iterator[Document]:
        draw = Random(f"{name}:{seed}")  # noqa: S311 - it must repeat, nothing is secret
        altered = self._alterations[name](document, draw)
        if altered is None or _holds(texts, altered.text):
            return
        self.made[name] = self.made.get(name, 0) + 1
        yield _copy(document, altered, name, {ALTERED: name})


def _copy(original: Document, made: Document, suffix: str, more: Mapping[str, str]) -> Document:
    meta = {key: value for key, value in original.meta.items() if key != META_KEY}
    return made.replaced(id=f"{original.id}#{suffix}", meta={**meta, COPY_OF: original.id, **more})


def _holds(texts: Digests, text: str) -> bool:
    digest = np.frombuffer(digest_of(text), np.uint64)[0]
    place = np.searchsorted(texts, digest)
    return bool(place < len(texts) and texts[place] == digest)


def pool_of(spill: Spill, rows: NDArray[np.bool_]) -> SurfacePool:
    """The surfaces of some rows."""
    pool = SurfacePool()
    for chosen, line in zip(rows, spill.documents(), strict=True):
        if chosen:
            pool.add(decode_spilled(line))
    return pool
