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
        self._sketch = minhasher()
        self._sketches = bytearray()
        self._texts = array("q")
        self._train = array("b")
        self._near: dict[int, int] = {}
        self._ids: dict[int, Place] = {}

    def see(self, block: Block) -> None:
        """Compute the hashes of texts."""
        for seen in block:
            self._sketch_text(seen)

    def _sketch_text(self, seen: Seen) -> None:
        self._sketches += self._sketch(seen.document.text)
        self._texts.append(hash(seen.document.text))
        self._train.append(seen.split == TRAIN)

    def compare(self, texts: Texts) -> None:
        """Compare the texts that may be alike; those that are equal are not counted again."""
        sketches = np.frombuffer(self._sketches, np.uint64).reshape(-1, BANDS)
        rows = np.ones(len(sketches), bool)
        rows[repeats(np.array(self._texts, np.int64).view(np.uint64))[0]] = False
        self._near = near_repeats(sketches, rows, texts)
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
                    "characters in threes with one on the other side of the split",
                    "split again without near duplicates, or keep them on one side by a group",
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
