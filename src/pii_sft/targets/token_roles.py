"""What each part of an answer is for, so that training can weight it.

No part has two roles. Where the same character says that another entity follows and what its label
begins with, as on a line, the decision has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Literal

import msgspec

from pii_sft.targets.line_format import LINE
from pii_sft.targets.line_reading import END
from pii_sft.targets.reasoning import answer_in
from pii_sft.targets.tags.markup import TOKEN

Role = Literal["surface", "label", "more", "end", "scaffold"]

ROLES: dict[Role, str] = {
    "surface": "the string of an entity",
    "label": "the label of an entity",
    "more": "what decides that another entity follows",
    "end": "what decides that the list ends",
    "scaffold": "everything else: brackets, quotes, separators, text that is copied",
}


class Stretch(msgspec.Struct, frozen=True):
    """A part of an answer, in code points, half-open; one at the answer's end is empty."""

    start: int
    end: int
    role: Role


_decode_at = JSONDecoder().raw_decode


def json_stretches(answer: str) -> list[Stretch]:
    """Parts of a JSON list: `[["PERSON","Ann Lee"],["CITY","Rome",2]]`.

    Whether the list goes on is decided by the character behind an item, and for the first item by
    the one behind the opening bracket.

    Raises:
        ValueError: the answer is not such a list.
    """
    at = answer.index("[") + 1
    found: list[Stretch] = []
    while True:
        follows = answer[at : at + 1]
        found.append(Stretch(at, at + 1, "end" if follows == "]" else "more"))
        if follows == "]":
            return found
        at += follows == ","
        _, label_end = scanstring(answer, at + 2)
        _, surface_end = scanstring(answer, label_end + 2)
        found += [
            Stretch(at + 2, label_end - 1, "label"),
            Stretch(label_end + 2, surface_end - 1, "surface"),
        ]
        _, at = _decode_at(answer, at)


def lines_stretches(answer: str) -> list[Stretch]:
    """Parts of a list of lines: `PERSON: Ann Lee`, `CITY#2: Rome`, and `-` at the end.

    Whether the list goes on is decided by the first character of a line: `-` ends it, any other is
    `more`, and only the rest of the label is `label`.

    Raises:
        ValueError: the answer is not such a list.
    """
    body = answer_in(answer)
    at = body.start
    found: list[Stretch] = []
    for line in answer[body.start : body.end].split("\n"):
        start, at = at, at + len(line) + 1
        if line == END:
            return [*found, Stretch(start, start + len(END), "end")]
        parts = LINE.fullmatch(line)
        if parts is not None:
            found.append(Stretch(start, start + 1, "more"))
            if parts.end("label") > 1:
                found.append(Stretch(start + 1, start + parts.end("label"), "label"))
            found.append(Stretch(start + parts.start("surface"), start + len(line), "surface"))
        elif line:
            raise ValueError("a line that is no entity")
    raise ValueError("a list without an end")


def tags_stretches(answer: str) -> list[Stretch]:
    """Parts of a text with inline tags: `<PERSON>Ann Lee</PERSON> met Bob`.

    That an entity begins is decided by the `<` of its opening tag, that no other follows by the
    answer's end, where an empty stretch stands for the token that ends it. The label is that of the
    opening tag: the closing one only repeats it. What stands inside of at least one entity is
    surface, so tags that nest or cross cut the string around them into several stretches.

    Raises:
        ValueError: the answer is not such a text.
    """
    body = answer_in(answer)
    found: list[Stretch] = []
    opened = 0
    done = body.start
    for token in TOKEN.finditer(answer, body.start, body.end):
        if token["bare"]:
            raise ValueError("a < that is neither escaped nor in a tag")
        if token["tag"] is None:
            continue
        start = token.start("tag")
        if opened and done < start:
            found.append(Stretch(done, start, "surface"))
        if token["closing"]:
            opened -= 1
        else:
            opened += 1
            found += [
                Stretch(start, start + 1, "more"),
                Stretch(*token.span("label"), "label"),
            ]
        if opened < 0:
            raise ValueError("a closing tag that closes nothing")
        done = token.end()
    if opened:
        raise ValueError("an opening tag that nothing closes")
    return [*found, Stretch(body.end, body.end, "end")]


STRETCHES: Mapping[str, Callable[[str], list[Stretch]]] = {
    "json": json_stretches,
    "lines": lines_stretches,
    "tags": tags_stretches,
}
"""By name of the target."""


def stretches(target: str, answer: str) -> list[Stretch]:
    """Parts of an answer that are no scaffolding, in order; none if it can't be read.

    Args:
        target: name of the target it is written in.
        answer: an answer of a training row.
    """
    read = STRETCHES.get(target)
    if read is None:
        return []
    try:
        return read(answer)
    except (ValueError, JSONDecodeError, IndexError):
        return []
