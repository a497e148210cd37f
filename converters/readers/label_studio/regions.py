"""Label Studio's regions: which of them mark text, where, and in which field of the task."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal

import msgspec

from pii_sft.converters.entities.json_fields import whole_number
from pii_sft.converters.offsets.conventions import (
    CODE_POINTS,
    UTF_16,
    Convention,
    Ruler,
    counts_alike,
)
from pii_sft.converters.offsets.evidence import holds, squeezed
from pii_sft.converters.offsets.raw_spans import RawSpan
from pii_sft.converters.readers.label_studio.html_text import rendered, rendered_texts
from pii_sft.errors import RecordError
from pii_sft.spans import HoldsText

TEXT_LABELS = ("labels", "hypertextlabels", "htmllabels")
_NO_REGIONS = frozenset(
    (
        *("relation", "choices", "taxonomy", "textarea", "rating", "number", "datetime"),
        *("pairwise", "ranker", "reactcode", "dynamicchoices"),
    )
)
_ADDRESS = ("http://", "https://", "s3://", "gs://", "azure-blob://", "/data/")


class Regions(HoldsText, msgspec.Struct, frozen=True):
    """The regions of one annotation of a task.

    Attributes:
        marks: the marked stretches of text; one for each label of a region.
        names: what they say the marked object is called.
        on_page: whether offsets count in the rendered text of an HTML page.
        foreign: regions of images, sound, video or dialogues.
        others: results that mark nothing, such as relations and choices.
    """

    marks: tuple[RawSpan, ...] = ()
    names: tuple[str, ...] = ()
    on_page: bool = False
    foreign: int = 0
    others: int = 0


def read_regions(result: Any) -> Regions:
    """Read the results of an annotation; relations, choices and comments are no regions.

    Args:
        result: a list of regions, as the JSON export nests them or as JSON-MIN and CSV flatten
            them.

    Raises:
        RecordError: a region of text has no label or no usable offsets, or a result is neither a
            region nor one that is known to mark nothing.
    """
    if not isinstance(result, list):
        raise RecordError("wrong shape", "the result of an annotation is not a list")
    try:
        return _as_usual(msgspec.convert(result, list[_UsualRegion]))
    except msgspec.ValidationError:
        return _one_by_one(result)


class _UsualValue(HoldsText, msgspec.Struct, forbid_unknown_fields=True, gc=False):
    start: int
    end: int
    text: str
    labels: Annotated[list[str], msgspec.Meta(min_length=1)]


class _UsualRegion(msgspec.Struct, gc=False):
    """A region with labels and nothing that needs a second look, as nearly all are."""

    type: Literal["labels"]
    value: _UsualValue
    to_name: str | None = None


def _as_usual(regions: list[_UsualRegion]) -> Regions:
    marks = [
        RawSpan(value.start, value.end, label, value.text)
        for value in [region.value for region in regions]
        for label in dict.fromkeys(value.labels)
    ]
    names = dict.fromkeys(region.to_name for region in regions if region.to_name is not None)
    return Regions(tuple(marks), tuple(names))


def _one_by_one(result: list[Any]) -> Regions:
    marks: list[RawSpan] = []
    names: dict[str, None] = {}
    labelled: set[tuple[str, ...]] = set()
    answered: dict[tuple[str, ...], int] = {}
    on_page, foreign, others = False, 0, 0
    for at, region in enumerate(flat(result), 1):
        if not isinstance(region, dict):
            raise RecordError("wrong shape", f"result {at} of an annotation is not an object")
        if _marks_nothing(region):
            answered.update(_place_answered(region.get("value", region), at))
            others += 1
            continue
        value = region.get("value", region)
        if not isinstance(value, dict):
            raise RecordError("wrong shape", f"the value of result {at} is not an object")
        labels = next((value[key] for key in TEXT_LABELS if key in value), None)
        if _is_foreign(value, labels):
            foreign += 1
            continue
        if labels is None and not _is_stretch(region, value):
            if value is region and not _is_answer(value):
                raise RecordError("wrong shape", f"region {at} has neither a place nor a label")
            answered.update(_place_answered(value, at))
            others += 1
            continue
        start, end, rendered = _place(value, at)
        on_page = on_page or rendered
        surface = value.get("text")
        given = surface if isinstance(surface, str) else None
        marks.extend(RawSpan(start, end, label, given) for label in _strings(labels, at))
        if isinstance(region.get("to_name"), str):
            names[region["to_name"]] = None
        labelled.add(_ends(value))
    for ends, at in answered.items():
        if ends not in labelled:
            raise RecordError("no label", _OTHER_LABELS.format(at))
    return Regions(tuple(marks), tuple(names), on_page, foreign, others)


_OTHER_LABELS = (
    "result {} marks text without a label of the kind that is read (`labels`), such as a taxonomy; "
    "label the region, or delete it"
)


def _place_answered(value: Any, at: int) -> dict[tuple[str, ...], int]:
    """The place that an answer is about, which a region with labels has as well."""
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys() or _is_sound(value):
        return {}
    return {_ends(value): at}


def _ends(value: Mapping[str, Any]) -> tuple[str, ...]:
    keys = ("start", "end", "startOffset", "endOffset")
    return tuple(str(value.get(key)) for key in keys)


def flat(result: Iterable[Any]) -> Iterable[Any]:
    """The regions; old aggregated exports nest them one list deeper."""
    for item in result:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def _marks_nothing(region: Mapping[str, Any]) -> bool:
    """True for relations, whatever their labels, and for answers about the whole or a region."""
    kind = region.get("type")
    if isinstance(kind, str) and kind.lower() in _NO_REGIONS:
        return True
    return "value" not in region and {"from_id", "to_id"} <= region.keys()


def _is_stretch(region: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """True for a region of text, which has to have a label."""
    if region.get("type") in TEXT_LABELS:
        return True
    kind = region.get("type")
    answered = isinstance(kind, str) and kind in value
    return {"start", "end"} <= value.keys() and not answered and not _is_answer(value)


def _is_answer(value: Mapping[str, Any]) -> bool:
    """True if a value is what was chosen or written about a region, which repeats its place."""
    return isinstance(value.get("text"), list) or bool(_NO_REGIONS & value.keys())


def _is_foreign(value: Mapping[str, Any], labels: Any) -> bool:
    """True for a region of something that is no text."""
    if _is_sound(value):
        return True
    return labels is None and any(
        key.endswith("labels") and key not in TEXT_LABELS for key in value
    )


def _is_sound(value: Mapping[str, Any]) -> bool:
    """True if labels are of a stretch of time: in seconds, without a text."""
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
        raise RecordError("no label", f"region {at} has no label; label it, or delete it")
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
    if len(fields) == 1:
        return next(iter(fields))
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


def _holds(text: str, surfaces: Collection[str], on_page: bool) -> bool:
    """True if every surface is in a text, white space aside."""
    if not surfaces:
        return True
    spaced = [squeezed(each) for each in (rendered_texts(text) if on_page else [text])]
    return any(all(squeezed(surface) in each for surface in surfaces) for each in spaced)


def text_of_field(text: str, regions: Iterable[Regions], on_page: bool, addresses: bool) -> str:
    """The text that offsets count in.

    Args:
        text: the field.
        regions: what was marked in it.
        on_page: whether it is rendered.
        addresses: whether addresses are texts themselves, as the rest of the file shows.

    Raises:
        RecordError: the field holds the address of a text.
    """
    spans = [mark for each in regions for mark in each.marks]
    held = any(mark.surface and mark.surface in text for mark in spans)
    if is_address(text) and not addresses and not held:
        raise RecordError("no text", "the task holds an address, not the text behind it")
    return rendered(text, spans) if on_page else text


def is_address(text: str) -> bool:
    """True for a text that is the address of one, as far as it tells."""
    return text.startswith(_ADDRESS) and len(text.split()) == 1


def as_in_text(text: str, marks: Iterable[RawSpan]) -> tuple[RawSpan, ...]:
    """Marks with the strings that the text holds, where the editor wrote them differently.

    It trims strings, leaves line breaks out of them, or writes them as a backslash and an `n`. The
    place still has to hold every other character of the string, in one of the units of a browser.
    """
    marks = tuple(marks)
    ruler = Ruler(text, UTF_16)
    if all(
        mark.surface is None or holds(text, ruler.place(mark.start, mark.end), mark.surface)
        for mark in marks
    ):
        return marks
    others = () if counts_alike(text) else _OF_BROWSERS
    rulers = [ruler, *[Ruler(text, convention) for convention in others]]
    return tuple([_as_in_text(text, mark, rulers) for mark in marks])


_OF_BROWSERS = (
    CODE_POINTS,
    Convention("utf-16", unix_lines=True),
    Convention("code points", unix_lines=True),
)


def _as_in_text(text: str, mark: RawSpan, rulers: Iterable[Ruler]) -> RawSpan:
    if mark.surface is None:
        return mark
    places = []
    for ruler in rulers:
        place = ruler.place(mark.start, mark.end)
        if holds(text, place, mark.surface):
            return mark
        places.append(place)
    for place in places:
        if place is not None and squeezed(text[slice(*place)]) == squeezed(mark.surface) != "":
            return msgspec.structs.replace(mark, surface=text[slice(*place)])
    return mark
