"""PubAnnotation JSON: `{"text", "denotations": [{"span": {"begin", "end"}, "obj"}], ...}`.

Offsets are code points, half-open, without surfaces. Annotation sets of several projects come as
`tracks`; one of them has to be named, unless there is only one. Denotations of several pieces go
by a policy. Relations, attributes and blocks are ignored.

Search results, whose `text` is a list of snippets, and documents without `denotations` hold no
annotation and are refused.

Format: https://www.pubannotation.org/docs/annotation-format/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.entities.discontinuous import Pieces, Policy
from pii_sft.converters.entities.json_fields import known_meta, name_of, naming, whole_number
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import read_annotated
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import CODE_POINTS, settle
from pii_sft.converters.read_results import ReadResult
from pii_sft.converters.reader import CERTAIN, NO, POSSIBLE
from pii_sft.errors import RecordError


class PubAnnotationOptions(msgspec.Struct, frozen=True):
    """Policies for PubAnnotation.

    Attributes:
        track: project whose annotations are taken; empty for those of the document itself, or
            for the only track it has.
        discontinuous: what becomes of denotations of several pieces; see `Pieces`.
    """

    track: str = ""
    discontinuous: Policy = "fragments"


@dataclass(frozen=True)
class PubAnnotationReader:
    """Reads documents annotated in PubAnnotation or its editor TextAE."""

    options: PubAnnotationOptions = field(default_factory=PubAnnotationOptions)

    name = "pubannotation"

    def sniff(self, head: Head) -> float:
        """Certain of denotations, and of the two names of a source."""
        record = head.record
        if isinstance(record.get("denotations"), list) or isinstance(record.get("tracks"), list):
            return CERTAIN
        return POSSIBLE if {"text", "sourcedb", "sourceid"} <= record.keys() else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Settle the unit of the offsets; what is not annotated is rejected."""
        pieces = Pieces(self.options.discontinuous)
        yield from settle(
            path,
            read_annotated(path, lambda record, name: [self._annotated(record, name, pieces)]),
            CODE_POINTS,
        )
        yield from pieces.notes()

    def _annotated(self, record: dict[str, Any], name: str, pieces: Pieces) -> RawDocument:
        parts = [name_of(record, (key,), "") for key in ("sourcedb", "sourceid", "divid")]
        id = name_of(record, ("id",), ":".join(filter(None, parts)) or name)
        with naming(id):
            text = _text(record)
            denotations = self._denotations(record)
            entities = [_entity(given, at) for at, given in enumerate(denotations, 1)]
        marks = tuple(mark for entity in entities for mark in pieces.marks(text, entity))
        return RawDocument(id, text, marks, known_meta(record))

    def _denotations(self, record: dict[str, Any]) -> list[Any]:
        own, tracks = record.get("denotations"), record.get("tracks") or []
        if not isinstance(tracks, list) or not all(isinstance(each, dict) for each in tracks):
            raise RecordError("wrong shape", "`tracks` is not a list of objects")
        wanted = self.options.track
        if wanted:
            tracks = [each for each in tracks if each.get("project") == wanted]
            found = own if record.get("project") == wanted and own is not None else None
        else:
            found = own
        if found is None:
            found = _of_only_track(tracks)
        if not isinstance(found, list):
            raise RecordError("wrong shape", "`denotations` is not a list")
        return found


def _of_only_track(tracks: list[dict[str, Any]]) -> Any:
    if not tracks:
        raise RecordError("not annotated", "the record has no `denotations`, or none of the track")
    if len(tracks) > 1:
        raise RecordError(
            "several tracks", f"it has {len(tracks)} tracks; name one: --option track=PROJECT"
        )
    return tracks[0].get("denotations", [])


def _text(record: dict[str, Any]) -> str:
    text = record.get("text")
    if isinstance(text, list):
        raise RecordError("no text", "`text` is a list of snippets, as in search results")
    if not isinstance(text, str) or not text:
        raise RecordError("no text", "the record has no text")
    return text


def _entity(given: Any, at: int) -> list[RawSpan]:
    """The pieces of a denotation, in text order."""
    if not isinstance(given, dict) or not isinstance(given.get("obj"), str):
        raise RecordError("no label", f"denotation {at} has no `obj`")
    span = given.get("span")
    places = [_place(each, at) for each in (span if isinstance(span, list) else [span])]
    return [RawSpan(start, end, given["obj"]) for start, end in sorted(places)]


def _place(span: Any, at: int) -> tuple[int, int]:
    if not isinstance(span, dict):
        raise RecordError("offsets", f"denotation {at} has no span")
    begin = whole_number(span.get("begin"), f"the begin of denotation {at}")
    return begin, whole_number(span.get("end"), f"the end of denotation {at}")


READER = PubAnnotationReader()
