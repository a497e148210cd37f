"""Check of targets: the best strict F1 that each target allows, given what it can't write."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import Found, Subject, report
from pii_sft.dataset.audit.places import Place, Seen, place
from pii_sft.prompt import guarded
from pii_sft.targets import DEFAULT_TARGET, TARGETS
from pii_sft.top import Top

SAMPLE = 400
"""Documents in the sample; each takes about a millisecond for all targets together."""
LOSING = 0.999
"""Ceiling below which the loss shows in a score of three digits."""


class Ceilings:
    """Draws a sample by the ids of the documents, and writes and reads their answers."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._sample: Top[Seen] = Top(SAMPLE)

    def see(self, block: Block) -> None:
        """Keep the documents of the sample: those with the smallest checksums."""
        for seen in block:
            score = -zlib.crc32(seen.document.id.encode())
            if self._sample.admits(score):
                self._sample.add(score, seen)

    def figures(self) -> Mapping[str, Any]:
        """Ceiling of each target, and on how many documents it was measured."""
        return {
            "ceilings": {name: round(f1, 4) for name, (f1, _) in self._measured.items()},
            "ceilings_measured_on": len(self._sample),
        }

    @cached_property
    def _measured(self) -> dict[str, tuple[float, list[Seen]]]:
        chosen = sorted(self._sample.result(), key=lambda seen: seen.number)
        return {name: _ceiling(name, chosen) for name in TARGETS.names()}

    @property
    def _better(self) -> str:
        """The target to advise: the one in use, if it loses nothing; empty if none is better."""
        used = self._subject.converted or DEFAULT_TARGET
        ceilings = {name: f1 for name, (f1, _) in self._measured.items()}
        if ceilings[used] >= LOSING:
            return used
        best = max(ceilings, key=lambda name: (ceilings[name], name == DEFAULT_TARGET))
        return best if ceilings[best] > ceilings[used] else ""

    def found(self) -> Iterator[Found]:
        """Targets that can't write all of this data."""
        for name, (f1, losing) in self._measured.items():
            if f1 >= LOSING:
                continue
            chosen = self._subject.converted == name
            better = self._better
            texts = self._subject.options.show_text
            places: list[Place] = [
                place(seen, None, texts=texts) for seen in losing[: self._subject.options.examples]
            ]
            yield report(
                "target-ceiling",
                "warning" if chosen else "note",
                (
                    "A way of writing answers that loses entities",
                    "answers written as {target} give back {f1:.1%} of the spans (strict F1 on "
                    "{sample} documents): no model trained on them can score higher",
                    "choose a target that loses nothing",
                ),
                places,
                count=len(losing),
                command=self._subject.converting(f"--target {better}") if better else "",
                gain=round(1 - f1, 4) if chosen else 0.0,
                target=name,
                f1=f1,
                sample=len(self._sample),
            )


def _ceiling(name: str, sample: list[Seen]) -> tuple[float, list[Seen]]:
    """Strict F1 of answers that are read back, and the documents that lose something."""
    target = TARGETS.get(name)
    right = wanted = given = 0
    losing = []
    for seen in sample:
        gold = seen.document.spans
        read = target.parse(seen.document.text, guarded(target.render(seen.document))).spans
        right += len(set(gold) & set(read))
        wanted += len(gold)
        given += len(read)
        if set(gold) != set(read):
            losing.append(seen)
    return (2 * right / (wanted + given) if wanted + given else 1.0), losing
