"""A text with its entities marked, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from rich.text import Text

from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.terminal import printable

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")


def marked_text(text: str, entities: Iterable[PredictedSpan], *, colour: bool) -> Text:
    """The text with each entity marked and named; of overlapping ones the outer is shown.

    Args:
        text: the text.
        entities: in reading order.
        colour: whether they are marked in colour; else by brackets.
    """
    shown = Text()
    done = 0
    for each in entities:
        if each.start < done:
            continue
        surface, label = _lines(text[each.start : each.end]), printable(each.label)
        style = _style(each.label)
        shown.append(_lines(text[done : each.start]))
        shown.append(surface if colour else f"[{surface}", style=f"bold {style}")
        shown.append(f" {label}" if colour else f" {label}]", style=f"dim {style}")
        done = each.end
    return shown.append(_lines(text[done:]))


def _lines(text: str) -> str:
    """A text without what would command a terminal; line breaks and tabs stay."""
    return "\n".join(
        "\t".join(printable(part) for part in line.split("\t")) for line in text.split("\n")
    )


def _style(label: str) -> str:
    """A colour that a label has everywhere."""
    return _COLOURS[blake2b(label.encode(), digest_size=1).digest()[0] % len(_COLOURS)]


def entity_row(id: str, text: str, entities: Iterable[PredictedSpan]) -> Mapping[str, object]:
    """A document's entities as JSON values, with their strings."""
    rows = [
        {
            "start": each.start,
            "end": each.end,
            "label": each.label,
            "text": text[each.start : each.end],
            "score": each.score,
            "source": each.source,
        }
        for each in entities
    ]
    return {"id": id, "entities": rows}
