"""Label Studio's regions: which of them mark text, where, and in which field of the task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.readers.label_studio.html_text import text_of
from pii_sft.errors import RecordError

_TEXT_LABELS = ("labels", "hypertextlabels", "htmllabels")
_ADDRESS = ("http://", "https://", "s3://", "gs://", "azure-blob://", "/data/")


class Regions(msgspec.Struct, frozen=True):
    """What one annotation of a task marks.

    Attributes:
        marks: the marked stretches of text; one for each label of a region.
        names: what they say the marked object is called.
        on_page: whether offsets count in the rendered text of an HTML page.
        foreign: regions of images, sound, video or dialogues.
    """

    marks: tuple[RawSpan, ...] = ()
    names: tuple[str, ...] = ()
    on_page: bool = False
    foreign: int = 0

    def __repr__(self) -> str:
        return f"Regions(marks={self.marks!r})"


def read_regions(result: Any) -> Regions:
    """Read the results of an annotation; relations, choices and comments are no regions.

    Args:
        result: a list of regions, as the JSON export nests them or as JSON-MIN and CSV flatten
            them.

    Raises:
        RecordError: a region of text has no label or no usable offsets.
    """
    if not isinstance(result, list):
        raise RecordError("wrong shape", "the result of an annotation is not a list")
    marks: list[RawSpan] = []
    names: dict[str, None] = {}
    on_page, foreign = False, 0
    for at, region in enumerate(_flat(result), 1):
        value = region.get("value", region)
        if not isinstance(value, dict):
            continue
        labels = _labels(value)
        if labels is None or _is_sound(value):
            foreign += labels is not None or any(key.endswith("labels") for key in value)
            continue
        start, end, rendered = _place(value, at)
        on_page = on_page or rendered
        surface = value.get("text")
        given = surface if isinstance(surface, str) else None
        marks.extend(RawSpan(start, end, label, given) for label in _strings(labels, at))
        if isinstance(region.get("to_name"), str):
            names[region["to_name"]] = None
    return Regions(tuple(marks), tuple(names), on_page, foreign)


def _flat(result: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """The regions; old aggregated exports nest them one list deeper."""
    for item in result:
        for region in item if isinstance(item, list) else [item]:
            if isinstance(region, dict):
                yield region


def _labels(value: Mapping[str, Any]) -> Any:
    """What a region of text is labelled; None for anything else."""
    return next((value[key] for key in _TEXT_LABELS if key in value), None)


def _is_sound(value: Mapping[str, Any]) -> bool:
    """Whether labels are of a stretch of time: in seconds, without a text."""
    return "channel" in value or (isinstance(value.get("start"), float) and "text" not in value)


def _place(value: Mapping[str, Any], at: int) -> tuple[int, int, bool]:
    """Offsets of a region, and whether they count in a rendered page."""
    start, end = value.get("start"), value.get("end")
    on_page = isinstance(start, str) and start.startswith("/")
    if on_page:
        offsets = value.get("globalOffsets")
        if not isinstance(offsets, dict):
            reason = f"region {at} of an HTML page has no `globalOffsets`; export it again"
            raise RecordError("offsets", reason)
        start, end = offsets.get("start"), offsets.get("end")
    first = whole_number(start, f"the start of region {at}")
    return first, whole_number(end, f"the end of region {at}"), on_page


def _strings(labels: Any, at: int) -> list[str]:
    names = [labels] if isinstance(labels, str) else labels
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in names):
        raise RecordError("no label", f"region {at} has no label")
    return list(dict.fromkeys(names))


def text_field(fields: Mapping[str, str], regions: Iterable[Regions], usual: str) -> str:
    """Name of the field that the regions of a task are about.

    Args:
        fields: the strings of the task.
        regions: its annotations.
        usual: the field that other tasks of the file use; empty if unknown.

    Raises:
        RecordError: there is none, or nothing tells which it is.
    """
    if not fields:
        raise RecordError("no text", "the task has no string")
    regions = list(regions)
    surfaces = {mark.surface for each in regions for mark in each.marks if mark.surface}
    on_page = any(each.on_page for each in regions)
    holding = [name for name, text in fields.items() if _holds(text, surfaces, on_page)]
    possible = holding or list(fields)
    named = {name for each in regions for name in each.names}
    for preferred in (named, {usual}, {"text"}, set(possible)):
        found = [name for name in possible if name in preferred]
        if len(found) == 1:
            return found[0]
    raise RecordError(
        "no text", "the task has several strings; name the one that is annotated: --option text=KEY"
    )


def _holds(text: str, surfaces: Iterable[str], on_page: bool) -> bool:
    """Whether every surface is in a text, white space aside."""
    spaced = " ".join((text_of(text) if on_page else text).split())
    return all(" ".join(surface.split()) in spaced for surface in surfaces)


def text_of_field(text: str, on_page: bool) -> str:
    """The text that offsets count in.

    Raises:
        RecordError: the field holds the address of a text.
    """
    if text.startswith(_ADDRESS) and len(text.split()) == 1:
        raise RecordError("no text", "the task holds an address, not the text behind it")
    return text_of(text) if on_page else text
