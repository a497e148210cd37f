"""The protocol of a check, and its findings."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.options import AuditOptions
from pii_sft.dataset.audit.places import Place, Seen, place
from pii_sft.dataset.audit.surfaces import Surfaces
from pii_sft.dataset.audit.suspects import Suspect
from pii_sft.dataset.options import KEEP_SPLIT, NO_SPLIT
from pii_sft.findings import Finding, Severity
from pii_sft.spans import Span

TRAIN, DEV, TEST = "train", "dev", "test"

_SPLITS = frozenset({"--split", "--split-by", "--deduplicate"})
"""Options of convert that say which documents are in which split."""

_DONE = frozenset({"--negatives", "--augment"})
"""Options of convert whose effect is in the documents of the data set; once more would be twice."""

_WINDOWS = frozenset({"--max-chars", "--max-tokens", "--tokenizer", "--window-overlap"})
"""Options of convert on windows: if one of them is given, all earlier ones are replaced."""


class Found(msgspec.Struct, frozen=True):
    """A finding with its size and some of its places.

    Attributes:
        finding: what is wrong.
        count: how often.
        places: some of the places.
    """

    finding: Finding
    count: int
    places: tuple[Place, ...] = ()


class SplitCounts(msgspec.Struct):
    """The content of a split.

    Attributes:
        documents: how many.
        bare: how many of them have no entity.
        spans: entities by label.
        documents_by_label: documents that hold each label.
    """

    documents: int = 0
    bare: int = 0
    spans: Counter[str] = msgspec.field(default_factory=Counter)
    documents_by_label: Counter[str] = msgspec.field(default_factory=Counter)


class Subject:
    """The audited data, with the counts that checks share.

    Args:
        name: the inputs as they are written in commands.
        options: of the audit.
        converted: target of the data set, if it is a folder that `convert` wrote; else empty.
        kept: options of convert that such a data set was made with, with their values.

    Attributes:
        splits: counts by split, as the check of balance fills them.
        surfaces: the strings that are annotated, as the check of consistency fills them.
    """

    def __init__(
        self,
        name: str,
        options: AuditOptions,
        converted: str = "",
        kept: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.options = options
        self.converted = converted
        self._kept = kept or {}
        self.splits: dict[str, SplitCounts] = {}
        self.surfaces = Surfaces(options.surfaces)

    def mending(self, fix: str) -> str:
        """Give the command that makes a correction."""
        return f"pii-sft audit {self.name} --fix {fix} --out mended"

    def converting(self, words: str) -> str:
        """Give the command that converts the data with more options in addition to those it had.

        A converted data set keeps its splits, unless the options are about them.
        """
        changed = set(words.split())
        if changed & _WINDOWS:
            changed |= _WINDOWS
        if self.converted and not changed & _SPLITS and self._kept.get("--split") != NO_SPLIT:
            words += f" --split {KEEP_SPLIT}"
            changed |= {"--split", "--split-by"}
        kept = [
            f" {option} {shlex.quote(value)}"
            for option, value in self._kept.items()
            if option not in changed | _DONE
        ]
        return f"pii-sft convert {self.name} {words}{''.join(kept)}"


class Check(Protocol):
    """A check that sees every document once, in order, and reports at the end."""

    def see(self, block: Block) -> None:
        """Look at the next documents."""

    def found(self) -> Iterator[Found]:
        """The findings, once all documents have been seen."""

    def figures(self) -> Mapping[str, Any]:
        """Numbers for tables, plots and programs, by name; empty where there are none."""


@runtime_checkable
class SecondLook(Check, Protocol):
    """A check that has to see all documents before it can judge one."""

    def settle(self) -> None:
        """Draw conclusions between the two passes."""

    def see_again(self, block: Block) -> None:
        """Look at documents in the second pass, in the same order."""


@runtime_checkable
class Suspecting(Check, Protocol):
    """A check that can say which annotations are probably wrong."""

    def suspects(self) -> Sequence[Suspect]:
        """Likely errors with their scores."""


class Places:
    """Counts places, and keeps the first ones.

    Args:
        subject: says how many are kept, and whether text may be shown.

    Attributes:
        count: how many there were.
    """

    def __init__(self, subject: Subject) -> None:
        self.count = 0
        self._most = subject.options.examples
        self._texts = subject.options.show_text
        self._kept: list[Place] = []

    def add(self, seen: Seen, span: Span | None = None, note: str = "") -> None:
        """Count one more place."""
        self.count += 1
        if len(self._kept) < self._most:
            self._kept.append(place(seen, span, note, texts=self._texts))

    def add_more(self, count: int) -> bool:
        """Count further places at once if no more are kept; return True if they were counted."""
        if len(self._kept) < self._most:
            return False
        self.count += count
        return True

    def join(self, others: Places) -> None:
        """Add the places of another counter."""
        self.count += others.count
        self._kept += others.kept[: max(0, self._most - len(self._kept))]

    @property
    def kept(self) -> tuple[Place, ...]:
        """The first places."""
        return tuple(self._kept)


def report(
    id: str,
    severity: Severity,
    sentences: tuple[str, str, str],
    places: Places | Sequence[Place],
    *,
    count: int | None = None,
    command: str = "",
    gain: float = 0.0,
    **figures: Any,
) -> Found:
    """Make a finding.

    Args:
        id: stable name of the rule.
        severity: how bad it is.
        sentences: title, evidence and fix; templates over the figures.
        places: where it shows.
        count: how often it occurs; counted from the places where it is not given.
        command: the command to type.
        gain: upper bound of the gain in strict F1.
        figures: numbers of the sentences by name.
    """
    kept = places.kept if isinstance(places, Places) else tuple(places)
    total = count if count is not None else getattr(places, "count", len(kept))
    figures = {"count": total, **figures}
    title, evidence, fix = (each.format_map(figures) for each in sentences)
    finding = Finding(
        id=id,
        severity=severity,
        title=title,
        evidence=evidence,
        fix=fix,
        command=command,
        gain=gain,
        figures=figures,
        examples=tuple(dict.fromkeys(each.id for each in kept)),
    )
    return Found(finding, total, kept)
