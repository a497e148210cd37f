"""Documents that are nearly the same as others, in their split or across."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import TRAIN, Found, Subject, report
from pii_sft.dataset.audit.places import Place, Seen
from pii_sft.dataset.minhash import BANDS, minhasher
from pii_sft.dataset.selection.deduplicate import NEAR, Texts, near_repeats, repeats


class NearDuplicates:
    """Computes the MinHash of every text, and compares texts that share a band.

    Args:
        subject: the data.

    Raises:
        MissingExtraError: datasketch is not installed.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._hash_bands = minhasher()
        self._band_hashes = bytearray()
        self._texts = array("q")
        self._train = array("b")
        self._near: dict[int, int] = {}
        self._ids: dict[int, Place] = {}

    def see(self, block: Block) -> None:
        """Compute the hashes of texts."""
        for seen in block:
            self._hash_bands_of(seen)

    def _hash_bands_of(self, seen: Seen) -> None:
        self._band_hashes += self._hash_bands(seen.document.text)
        self._texts.append(hash(seen.document.text))
        self._train.append(seen.split == TRAIN)

    def compare(self, texts: Texts) -> None:
        """Compare the texts that may be alike; those that are equal are not counted again."""
        band_hashes = np.frombuffer(self._band_hashes, np.uint64).reshape(-1, BANDS)
        rows = np.ones(len(band_hashes), bool)
        rows[repeats(np.array(self._texts, np.int64).view(np.uint64))[0]] = False
        self._near = near_repeats(band_hashes, rows, texts)
        kept = sorted(self._near)
        leaking = [row for row in kept if self._leaks(row)]
        most = self._subject.options.examples
        for row in (*leaking[:most], *kept[:most]):
            for number in (row, self._near[row]):
                self._ids[number] = Place("")

    def _leaks(self, row: int) -> bool:
        return self._train[row] != self._train[self._near[row]]

    def name(self, seen: Seen) -> None:
        """Look up the id of a document that is shown."""
        if seen.number in self._ids:
            self._ids[seen.number] = Place(seen.document.id, seen.split)

    def figures(self) -> Mapping[str, Any]:
        """Number of findings."""
        leaking = sum(map(self._leaks, self._near))
        return {"near_duplicates": {"documents": len(self._near), "leaking": leaking}}

    def _places(self, rows: list[int]) -> list[Place]:
        places = []
        for row in rows[: self._subject.options.examples]:
            later, first = self._ids[row], self._ids[self._near[row]]
            where = f" in {first.split}" if first.split else ""
            places.append(Place(later.id, later.split, None, f"nearly {first.id}{where}"))
        return places

    def found(self) -> Iterator[Found]:
        """Near duplicates, and near leaks."""
        rows = sorted(self._near)
        leaking = [row for row in rows if self._leaks(row)]
        common = {"documents": len(self._texts), "near": NEAR}
        command = self._subject.converting("--deduplicate near")
        if leaking:
            yield report(
                "leaked-near-duplicates",
                "error" if len(leaking) >= 0.01 * len(self._texts) else "warning",
                (
                    "Test texts that were nearly trained on",
                    "{count} of {documents} documents share at least {near:.0%} of their "
                    "characters in threes with one in another split",
                    "split again without near duplicates, or keep them in one split by a group",
                ),
                self._places(leaking),
                count=len(leaking),
                command=command,
                **common,
            )
        if len(rows) > len(leaking):
            yield report(
                "near-duplicates",
                "note",
                (
                    "Near duplicates",
                    "{count} of {documents} documents share at least {near:.0%} of their "
                    "characters in threes with an earlier one",
                    "drop the later ones, if they are not different cases",
                ),
                self._places([row for row in rows if not self._leaks(row)]),
                count=len(rows) - len(leaking),
                command=command,
                **common,
            )
