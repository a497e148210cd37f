"""Entities that are one span here, and one for each of their parts there, such as addresses."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, Flags, table_of, table_where
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.dataset.audit.places import Seen
from pii_sft.spans import Span

AT_LEAST = 5
"""How often each of two habits has to occur."""
MINORITY = 0.1
"""Share of the spans of a label that each has to have: a company may be called `Lee, Ray and Co`,
and companies are listed with commas."""

_LONGEST_GAP = 40
_IS_HARD = table_of(",，、\n")
_IS_TAIL = table_of("\n,，、 \t")
_SEPARATOR = re.compile(r"\s*[,，、\n]\s*")
_ONLY_SEPARATORS = re.compile(r"[\s,，、;>|?*-]*")
_CONTINUES = re.compile(r"\s*[,，、\n]\s*([^,，、\n.;。；:：]{2,40})")
MOST_CONTINUATIONS = 20_000
"""Different strings behind spans that are remembered."""
_NUMBERS = "0123456789 \t-"


class Parts:
    """Counts spans that hold several parts, and spans beside which a further part stands."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._spans: Counter[str] = Counter()
        self._whole: defaultdict[str, Places] = defaultdict(lambda: Places(subject))
        self._apart: defaultdict[str, Places] = defaultdict(lambda: Places(subject))
        self._behind: dict[tuple[str, str], Places] = {}
        self._beside: defaultdict[tuple[str, str], Places] = defaultdict(lambda: Places(subject))

    def see(self, block: Block) -> None:
        """Look inside the spans of documents, and at what stands behind each."""
        hard = _IS_HARD[block.codes]
        inside = block.count(hard, block.start + 1, block.end - 1) > 0
        for seen, number in block.some(inside & (block.end - block.start > 5)):
            span = seen.document.spans[number]
            self._whole[span.label].add(seen, span, "several parts in one span")
        for seen, number in block.some(_maybe_going_on(block, hard)):
            self._look_behind(block, seen, number)
        by_number = list(block.labels)
        for label, count in enumerate(np.bincount(block.label).tolist()):
            self._spans[by_number[label]] += count

    def _look_behind(self, block: Block, seen: Seen, number: int) -> None:
        text, spans = seen.document.text, seen.document.spans
        span, end = spans[number], spans[number].end
        if number + 1 < len(spans) and _adjoin(text, span, spans[number + 1]):
            self._note_neighbour(seen, span, spans[number + 1])
        elif match := _CONTINUES.match(text, end):
            begins = match.start(1)
            while begins < len(text) and text[begins].isspace():
                begins += 1
            if not block.is_covered(seen, begins):
                self._note_continuation(seen, span, match[1])

    def _note_neighbour(self, seen: Seen, span: Span, following: Span) -> None:
        if span.label == following.label:
            self._apart[span.label].add(seen, span, "one part of several")
        else:
            one, other = sorted((span.label, following.label))
            self._beside[one, other].add(seen, span, f"beside {following.label}")

    def _note_continuation(self, seen: Seen, span: Span, what: str) -> None:
        """Remember what stands behind a span, until it is known what parts there are."""
        key = (span.label, what.strip(_NUMBERS))
        places = self._behind.get(key)
        if places is None:
            if len(self._behind) >= MOST_CONTINUATIONS:
                return
            places = self._behind[key] = Places(self._subject)
        places.add(seen, span, "goes on without a label")

    def settle(self) -> None:
        """Count what goes on with a part that other spans of the label hold."""
        parts = {
            label: {
                part.strip(_NUMBERS)
                for surface in self._subject.surfaces.counts.get(label, {})
                for part in _SEPARATOR.split(surface)[1:]
            }
            for label in self._whole
        }
        for (label, what), places in self._behind.items():
            if any(each in parts.get(label, ()) for each in _beginnings(what)):
                self._apart[label].join(places)

    def see_again(self, block: Block) -> None:
        """Everything is known."""

    def figures(self) -> Mapping[str, Any]:
        """Spans by label, whole and apart."""
        return {
            "parts": {
                label: {"whole": self._whole[label].count, "apart": self._apart[label].count}
                for label in sorted(self._whole.keys() & self._apart.keys())
            }
        }

    def found(self) -> Iterator[Found]:
        """Labels that are divided here, and whole there."""
        total = self._spans.total()
        for label in sorted(self._whole.keys() & self._apart.keys()):
            whole, apart = self._whole[label], self._apart[label]
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
        """Labels that stand beside another, and elsewhere hold what that other labels."""
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


def _maybe_going_on(block: Block, hard: Flags) -> Flags:
    """The spans behind which a part may stand, in a span of its own or without one."""
    ends = block.end
    behind = block.codes[ends]
    space = table_where(str.isspace, plain=False, other=True)
    apart = hard[ends] | hard[ends + 1] | space[block.codes[ends + 1]]
    gaps = block.start[1:] - ends[:-1]
    beside = np.zeros(len(ends), bool)
    beside[:-1] = (gaps > 0) & (gaps <= _LONGEST_GAP) & (np.diff(block.document) == 0)
    inside = ends < block.text_ends[block.document]
    going_on: Flags = _IS_TAIL[behind] & inside & (apart | beside)
    return going_on


def _beginnings(what: str) -> Iterator[str]:
    """A string, and its first words."""
    yield what
    words = what.split()
    for number in range(1, min(4, len(words))):
        yield " ".join(words[:number])


def _adjoin(text: str, span: Span, following: Span) -> bool:
    """True if only separators stand between two spans."""
    gap = following.start - span.end
    if not 0 < gap <= _LONGEST_GAP:
        return False
    return _ONLY_SEPARATORS.fullmatch(text, span.end, following.start) is not None
