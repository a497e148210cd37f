"""Google Cloud DLP: `{"result": {"findings": [{"infoType", "location", "quote"}]}}`, without text.

Both ranges of a location name their unit, so they are believed: `codepointRange`, or else
`byteRange`, which counts bytes of UTF-8. A `start` of 0 is left out, numbers may be strings, and
`quote` is there if it was asked for. Findings come from a service and were not reviewed by a
person; the texts are in other files (`converters/entities/companion_texts.py`).

Documented shape: https://cloud.google.com/sensitive-data-protection/docs/reference/rest/v2/InspectResult
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from pii_sft.converters.entities.companion_texts import Result, ResultsReader
from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.offsets.conventions import BYTES, Ruler
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.errors import RecordError


class DlpReader(ResultsReader):
    """Reads answers of DLP, and the texts beside them."""

    name = "dlp"
    believed = True

    def looks(self, value: Any) -> bool:
        """True for findings with a location."""
        match value:
            case {"result": {"findings": list(findings)}} | {"findings": list(findings)}:
                return not findings or (isinstance(findings[0], dict) and "location" in findings[0])
        return False

    def parse(self, value: Any) -> Iterator[Result]:
        """Read the findings of one answer, each of which is verified against its quote."""
        return _parsed(value)


def _parsed(value: Any) -> Iterator[Result]:
    match value:
        case {"result": dict(result)}:
            pass
        case {"findings": _}:
            result = value
        case _:
            raise RecordError("wrong shape", "has no `findings`")
    findings = result.get("findings") or []
    if not isinstance(findings, list):
        raise RecordError("wrong shape", "`findings` is not a list")
    if result.get("findingsTruncated") or result.get("findings_truncated"):
        raise RecordError("not annotated", "the service cut the list of findings short")
    yield Result(partial(_marks, findings))


def _marks(findings: list[Any], text: str) -> tuple[RawSpan, ...]:
    bytes_ruler = Ruler(text, BYTES)
    return tuple(_mark(finding, bytes_ruler, at) for at, finding in enumerate(findings, 1))


def _mark(finding: Any, bytes_ruler: Ruler, at: int) -> RawSpan:
    given = _snake(finding)
    location, kind = _snake(given.get("location")), _snake(given.get("info_type"))
    label, surface = kind.get("name"), given.get("quote")
    if not isinstance(label, str):
        raise RecordError("no label", f"finding {at} has no info type")
    if not isinstance(surface, str) or not surface:
        surface = None
    if location.get("codepoint_range"):
        return RawSpan(*_range(location["codepoint_range"], at), label, surface)
    if not location.get("byte_range"):
        raise RecordError("offsets", f"finding {at} ({label}) has no range in a text")
    start, end = _range(location["byte_range"], at)
    place = bytes_ruler.place(start, end)
    if place is None:
        raise RecordError("offsets", f"finding {at} ({label}), bytes {start}-{end}, does not fit")
    return RawSpan(*place, label, surface)


def _range(given: Any, at: int) -> tuple[int, int]:
    bounds = _snake(given)
    start = whole_number(bounds.get("start", 0), f"the start of finding {at}")
    return start, whole_number(bounds.get("end"), f"the end of finding {at}")


_SPELLINGS: dict[str, str] = {
    "infoType": "info_type",
    "byteRange": "byte_range",
    "codepointRange": "codepoint_range",
}


def _snake(given: Any) -> dict[str, Any]:
    """An object with the keys that the Python client writes; empty if it is none."""
    items: dict[str, Any] = given if isinstance(given, dict) else {}
    return {_SPELLINGS.get(key, key): value for key, value in items.items() if value is not None}


READER = DlpReader()
