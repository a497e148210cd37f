"""Check of parts: entities such as addresses that are one span here, and several spans there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, Flags, character_class, table_of, table_where
from pii_sft.dataset.audit.check import Found, Places, Subject, report

AT_LEAST = 5
"""Least number of occurrences of each of the two habits."""
MINORITY = 0.1
"""Least share of each habit among the spans of a label: a company may be called `Lee, Ray and Co`,
and lists of companies have commas too."""

_LONGEST_GAP = 40
_IS_HARD = table_of(",，、\n")
_HARD = character_class(_IS_HARD)
_IS_TAIL = table_of("\n,，、 \t")
_SEPARATOR = re.compile(r"\s*[,，、\n]\s*")
_SEPARATORS = character_class(
    table_where(str.isspace, plain=False, other=False) | table_of(",，、;>|?*-")
)
_CONTINUES = re.compile(r"\s*[,，、\n]\s*([^,，、\n.;。；:：]{2,40})")
MOST_CONTINUATIONS = 20_000
"""Most different strings after spans that are remembered."""
_NUMBERS = "0123456789 \t-"


class Parts:
    """Counts spans that hold several parts, and spans beside which a further part stands."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans: Counter[str] = Counter()
        self._whole: defaultdict[str, Places] = defaultdict(lambda: Places(subject))
        self._apart: defaultdict[str, Places] = defaultdict(lambda: Places(subject))
        self._behind: dict[tuple[str, str], Places | None] = {}
        self._parts: dict[str, set[str]] = {}
        self._beside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))

    def see(self, block: Block) -> None:
        """Look inside the spans of documents, and at what stands behind each."""
        hard = block.of_class(_HARD)
        inside = block.count(hard, block.start + 1, block.end - 1) > 0
        for seen, number in block.some(inside & (block.end - block.start > 5)):
            span = seen.document.spans[number]
            self._whole[span.label].add(seen, span, "several parts in one span")
        self._see_neighbours(block, _adjoining(block))
        by_number = list(block.labels)
        for label, count in enumerate(np.bincount(block.label).tolist()):
            self._spans[by_number[label]] += count

    def _see_neighbours(self, block: Block, adjoining: Flags) -> None:
        """Note spans with only separators between them and the next."""
        by_number = list(block.labels)
        pairs = block.label[:-1] * len(by_number) + block.label[1:]
        counts = np.bincount(pairs[adjoining[:-1]])
        for pair in np.flatnonzero(counts).tolist():
            one, other = (by_number[each] for each in divmod(pair, len(by_number)))
            if self._neighbours(one, other).add_more(int(counts[pair])):
                adjoining[:-1] &= pairs != pair
        for seen, number in block.some(adjoining):
            span, following = seen.document.spans[number : number + 2]
            same = span.label == following.label
            note = "one part of several" if same else f"beside {following.label}"
            self._neighbours(span.label, following.label).add(seen, span, note)

    def _neighbours(self, label: str, following: str) -> Places:
        if label == following:
            return self._apart[label]
        return self._beside[min(label, following), max(label, following)]

    def settle(self) -> None:
        """Collect the parts that the spans of each label hold."""
        self._parts = {
            label: {
                part.strip(_NUMBERS)
                for surface in self._subject.surfaces.counts.get(label, {})
                for part in _SEPARATOR.split(surface)[1:]
            }
            for label in self._whole
        }

    def see_again(self, block: Block) -> None:
        """Note spans followed by an unlabelled part that other spans of their label include."""
        divided = np.array([label in self._parts for label in block.labels], bool)
        going_on = np.flatnonzero(divided[block.label] & _maybe_going_on(block))
        text, by_number = block.text, list(block.labels)
        text_ends = block.text_ends[block.document]
        for at, label, end, text_end in zip(
            going_on.tolist(),
            *(each[going_on].tolist() for each in (block.label, block.end, text_ends)),
            strict=True,
        ):
            if match := _CONTINUES.match(text, end, text_end):
                begins = match.start(1)
                while begins < text_end and text[begins].isspace():
                    begins += 1
                if not block.covered[begins]:
                    self._note_continuation(block, at, by_number[label], match[1].strip(_NUMBERS))

    def _note_continuation(self, block: Block, at: int, label: str, what: str) -> None:
        key = (label, what)
        if key not in self._behind and len(self._behind) < MOST_CONTINUATIONS:
            parts = self._parts[label]
            is_part = any(each in parts for each in _beginnings(what))
            self._behind[key] = Places(self._subject) if is_part else None
        places = self._behind.get(key)
        if places is not None and not places.add_more(1):
            seen, number = block.one(at)
            places.add(seen, seen.document.spans[number], "goes on without a label")

    @cached_property
    def _divided(self) -> Mapping[str, tuple[Places, Places]]:
        """For labels with both, the whole spans and the divided ones."""
        for (label, _), places in self._behind.items():
            if places is not None:
                self._apart[label].join(places)
        both = sorted(self._whole.keys() & self._apart.keys())
        return {label: (self._whole[label], self._apart[label]) for label in both}

    def figures(self) -> Mapping[str, Any]:
        """Spans by label, whole and apart."""
        return {
            "parts": {
                label: {"whole": whole.count, "apart": apart.count}
                for label, (whole, apart) in self._divided.items()
            }
        }

    def found(self) -> Iterator[Found]:
        """Labels whose entities are sometimes divided and sometimes whole."""
        total = self._spans.total()
        for label, (whole, apart) in self._divided.items():
            rarer = min(whole.count, apart.count)
            if rarer < max(AT_LEAST, MINORITY * self._spans[label]):
                continue
            kept = max(1, self._subject.options.examples // 2)
            yield report(
                "divided-entities",
                "warning",
                (
                    "Entities sometimes whole, sometimes in parts",
                    "{label}: {whole} spans hold several parts (with commas or line breaks), and "
                    "{apart} end where the next part begins, which is labelled apart or not at "
                    "all: whether street, town and country belong together can't be learned",
                    "decide on one, write it into the guideline, and have these spans reviewed; "
                    "until then, judge {label} by the partial scheme",
                ),
                (*whole.kept[:kept], *apart.kept[:kept]),
                count=rarer,
                gain=round(rarer / total, 4),
                label=label,
                whole=whole.count,
                apart=apart.count,
            )
        yield from self._adjoining(total)

    def _adjoining(self, total: int) -> Iterator[Found]:
        """Labels whose spans are followed by another label, and elsewhere include such entities."""
        for (one, other), places in sorted(self._beside.items()):
            if places.count < AT_LEAST:
                continue
            label, part = max(((one, other), (other, one)), key=lambda pair: self._holding(*pair))
            holding = self._holding(label, part)
            if holding < max(AT_LEAST, MINORITY * places.count):
                continue
            count = min(places.count, holding)
            yield report(
                "adjoining-entities",
                "warning",
                (
                    "Parts that belong to an entity here, and not there",
                    "{pairs} times {label} and {part} stand side by side as two spans, and "
                    "{holding} spans of {label} hold a string that is {part} elsewhere, such as "
                    "the town of an address",
                    "decide whether {part} belongs to {label}, and have the others reviewed",
                ),
                places,
                count=count,
                gain=round(count / total, 4),
                pairs=places.count,
                label=label,
                part=part,
                holding=holding,
            )

    def _holding(self, label: str, part: str) -> int:
        """Spans of a label of which a part is labelled otherwise elsewhere."""
        known = self._subject.surfaces.counts.get(part, {})
        return sum(
            count
            for surface, count in self._subject.surfaces.counts.get(label, {}).items()
            if any(each.strip(_NUMBERS) in known for each in _SEPARATOR.split(surface)[1:])
        )


def _adjoining(block: Block) -> Flags:
    """The spans with only separators, and at least one, between them and the next."""
    gaps = block.start[1:] - block.end[:-1]
    near = (gaps > 0) & (gaps <= _LONGEST_GAP) & (np.diff(block.document) == 0)
    near &= _IS_TAIL[block.codes[block.end[:-1]]]
    some = np.flatnonzero(near)
    separators = block.count(block.of_class(_SEPARATORS), block.end[some], block.start[some + 1])
    adjoining = np.zeros(len(block.end), bool)
    adjoining[some] = separators == gaps[some]
    return adjoining


def _maybe_going_on(block: Block) -> Flags:
    """The spans behind which a part may stand that is not the next span."""
    behind, after = block.codes[block.end], block.codes[block.end + 1]
    space = table_where(str.isspace, plain=False, other=True)
    apart = _IS_HARD[behind] | _IS_HARD[after] | space[after]
    inside = block.end < block.text_ends[block.document]
    going_on: Flags = _IS_TAIL[behind] & inside & apart & ~_adjoining(block)
    return going_on


def _beginnings(what: str) -> Iterator[str]:
    """A string, and its first words."""
    yield what
    words = what.split()
    for number in range(1, min(4, len(words))):
        yield " ".join(words[:number])
