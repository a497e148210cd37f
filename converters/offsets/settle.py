"""Offsets of a file: find out what they count, verify them on surfaces, convert to code points.

The documentation of a format says what its offsets count, but exports often differ, so the file
itself decides. Surfaces count first: the convention under which most spans match their surface is
the file's. In formats without surfaces, and where the units differ, spans that would cut a word or
a character, or start or end with white space, speak against a convention. Without any evidence the
documented convention is used, and the note says that it was not tested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pii_sft.converters.offsets.conventions import (
    BYTES,
    CODE_POINTS,
    CODE_POINTS_INCLUSIVE,
    GRAPHEMES,
    UTF_16,
    Convention,
    Ruler,
)
from pii_sft.converters.offsets.evidence import Evidence, cuts, holds
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.errors import RecordError
from pii_sft.spans import Document, Span, checked
from pii_sft.terminal import counted

__all__ = [
    "BYTES",
    "CODE_POINTS",
    "CODE_POINTS_INCLUSIVE",
    "GRAPHEMES",
    "UTF_16",
    "Convention",
    "settle",
]

MOST_WAITING = 1000
MOST_WAITING_SIZE = 1 << 24


def settle(
    path: Path,
    records: Iterable[RawDocument | ReadResult],
    documented: Convention,
    believed: bool = False,
) -> Iterator[ReadResult]:
    """Decide how the offsets of a file count, and make code points of them.

    A limited number of records is held back while several conventions are still possible and give
    different spans. A record with a span that does not match its surface is rejected.

    Args:
        path: the file, for messages.
        records: its records, in order; what is not `RawDocument` passes through.
        documented: the convention of the format's documentation, used if the file gives no
            evidence.
        believed: whether no other convention is tried, because the records name theirs.

    Yields:
        The documents and rejected records in order, and at the end a note about the decision.
    """
    evidence = Evidence(documented, believed)
    conversion = _Conversion(path)
    waiting: list[RawDocument | ReadResult] = []
    size = 0
    for record in records:
        waiting.append(record)
        if isinstance(record, RawDocument):
            evidence.weigh(record)
            size += len(record.text) + len(record.raw)
        if evidence.enough or len(waiting) >= MOST_WAITING or size >= MOST_WAITING_SIZE:
            evidence.decide()
        if not evidence.disputed:
            yield from conversion.converted(waiting, evidence.best)
            waiting, size = [], 0
    evidence.decide()
    yield from conversion.converted(waiting, evidence.best)
    if conversion.documents:
        yield Note(conversion.report(evidence))


class _Conversion:
    """Makes documents of records, and counts what was seen on the way.

    Attributes:
        documents: number of documents made.
    """

    def __init__(self, path: Path) -> None:
        self.documents = 0
        self._path = path
        self._counts: Counter[str] = Counter()

    def converted(
        self, records: Iterable[RawDocument | ReadResult], convention: Convention
    ) -> Iterator[ReadResult]:
        """The records, read by a convention; what is not `RawDocument` as it is."""
        for record in records:
            if not isinstance(record, RawDocument):
                yield record
                continue
            try:
                yield self._document(record, convention)
            except RecordError as error:
                yield rejected(error, self._path, record.line, record.raw)

    def _document(self, record: RawDocument, convention: Convention) -> Document:
        ruler = Ruler(record.text, convention)
        verified = spaced = cut = ragged = 0
        spans = []
        for mark in record.marks:
            place = ruler.place(mark.start, mark.end)
            if place is None:
                reason = f"{_named(mark)} does not fit its text, counted in {convention}"
                raise RecordError("offsets", reason, record.id)
            if mark.surface is not None:
                held = holds(record.text, place, mark.surface)
                if not held:
                    reason = f"{_named(mark)} does not hold its surface, counted in {convention}"
                    raise RecordError("offsets", reason, record.id)
                verified += 1
                spaced += held == 1
            else:
                cut += cuts(record.text, place[0]) or cuts(record.text, place[1])
            ragged += _is_ragged(record.text, place)
            spans.append(Span(*place, mark.label))
        document = checked(record.id, record.text, spans, record.meta)
        self.documents += 1
        counts = self._counts
        counts["spans"] += len(spans)
        counts["repeated"] += len(spans) - len(document.spans)
        counts["verified"] += verified
        counts["spaced"] += spaced
        counts["cut"] += cut
        counts["ragged"] += ragged
        return document

    def report(self, evidence: Evidence) -> str:
        """The decision, its grounds, and other notes about the spans."""
        counts = self._counts
        if not counts["spans"]:
            return f"no spans in {counted(self.documents, 'document')}"
        parts = [f"offsets count {evidence.best} ({self._grounds(evidence)})"]
        parts += [
            f"{counts[key]} {what}"
            for key, what in (
                ("repeated", "repeated spans kept once"),
                ("spaced", "spans equal their surface but for white space"),
                ("cut", "spans without surface begin or end inside a word"),
                ("ragged", "spans begin or end with white space"),
            )
            if counts[key]
        ]
        return "; ".join(parts)

    def _grounds(self, evidence: Evidence) -> str:
        counts = self._counts
        if not counts["verified"]:
            if evidence.believed:
                return "as the file says"
            if not evidence.judged:
                return "as documented; not tested, since the file has nothing that tells"
            return f"judged by {counted(evidence.judged, 'span')} that other units would cut"
        part = "" if counts["verified"] == counts["spans"] else f"{counts['verified']} of "
        grounds = f"verified on {part}{counted(counts['spans'], 'span')}"
        if evidence.doubtful:
            return f"{grounds}, though another convention holds as many"
        others = {each.unit_name: None for each in evidence.possible}
        others.pop(evidence.best.unit_name)
        return f"{grounds}; as right in {', '.join(others)}" if others else grounds


def _named(mark: RawSpan) -> str:
    return f"span {mark.start}-{mark.end} ({mark.label})"


def _is_ragged(text: str, place: tuple[int, int]) -> bool:
    return text[place[0]].isspace() or text[place[1] - 1].isspace()
