"""The text once more, with inline tags, as in `<PERSON>Ann Lee</PERSON> met Bob`.

Spans may nest, and cross if their labels differ. Places are found by following the copy along the
text, so repeated strings need no numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pii_sft.align import Tier
from pii_sft.align.boundaries import goes_on
from pii_sft.spans import Document, Span, encodable, reading_order
from pii_sft.targets.base import Found, Parsed
from pii_sft.targets.item import Item
from pii_sft.targets.place import place
from pii_sft.targets.reasoning import Answer, answer_in
from pii_sft.targets.refusals_and_loops import loops_in_text, without_entities
from pii_sft.targets.status import Issue
from pii_sft.targets.tags.markup import PLAIN_TAG, Copy, Mark, marked, read_copy, tag_like
from pii_sft.targets.tags.other_marks import respelled, unread_marks
from pii_sft.targets.tags.trace_copy import NOWHERE, SLACK, copied, trace

if TYPE_CHECKING:
    from pii_sft.span_columns import SpanColumns
    from pii_sft.targets.token_roles import Stretch

LEAST_ALIKE = 0.6
"""Least likeness of a marked string and its place, from 0 to 1."""

LEAST_COPIED = 0.5
"""Least share of an answer without marks that follows the text, to be an answer at all."""

_LETTER = re.compile(r"\w")


class Tags:
    """`<PERSON>Ann Lee</PERSON> lives in <CITY>Rome</CITY>`."""

    name = "tags"
    instruction = (
        r"Repeat the text with <LABEL> before and </LABEL> after each entity; write \< for other <."
    )

    def render(self, document: Document) -> str:
        """The text with a tag at both ends of each span."""
        return marked(document.text, document.spans)

    def proved_drafts(self, columns: SpanColumns) -> list[str | None]:
        """The marked copies of many documents; see `Drafting`."""
        from pii_sft.targets.tags.drafts import proved_drafts  # brings numpy

        return proved_drafts(columns)

    def stretches(self, answer: str) -> list[Stretch]:
        """The parts of an answer by role."""
        from pii_sft.targets.tags.token_roles import tags_stretches  # training alone asks

        return tags_stretches(answer)

    def parse(self, text: str, output: str) -> Parsed:
        """Follow the copy along the text; entities that the answer's end has cut are dropped."""
        plain = _plain(text, output)
        if plain is not None:
            return plain
        answer = answer_in(output, text)
        body = output[answer.start : answer.end]
        copy = _trimmed(_unwrapped(_read(text, output, answer)))
        if copy.marks and _is_list(copy, text):
            items = [
                Item(mark.label, copy.text[mark.start : mark.end], 0, mark.output)
                for mark in sorted(copy.marks, key=lambda mark: mark.output)
                if encodable(mark.label)
            ]
            wrong: list[Issue] = ["malformed_entity"] * (
                copy.malformed + len(copy.marks) - len(items)
            )
            return place(text, items, ["repaired", *wrong])
        borders = {border for mark in copy.marks for border in (mark.start, mark.end)}
        origin = trace(copy.text, text, borders)
        faithful = _faithful(copy.text, text)
        if (not body.strip() and text.strip()) or not (
            copy.marks or faithful or copied(copy.text, text, origin) >= LEAST_COPIED
        ):
            return Parsed((), without_entities(text, body, thinking=answer.thinking))
        left = text[_reached(copy.text, origin) :]
        ends_early = bool(_LETTER.search(left)) and (faithful or len(left) > SLACK)
        cut = copy.cut or answer.thinking or ends_early
        issues: list[Issue] = []
        if copy.mended or not faithful:
            issues.append("repaired")
        if cut:
            issues.append("truncated")
        if not faithful and loops_in_text(copy.text, text):
            issues.append("looped")
        malformed = copy.malformed + (0 if cut else copy.unclosed)
        if not (copy.marks or faithful):
            malformed += unread_marks(copy.text, text)
        issues += ["malformed_entity"] * malformed
        return _placed(text, copy, origin, issues)


TARGET = Tags()


def _plain(text: str, output: str) -> Parsed | None:
    """The entities of a copy as it mostly is: to the letter, no backslash copied, tags that nest.

    Returns:
        What all of `parse` makes of it, too, and slower; None if there is more to decide.
    """
    if "\\" in text:
        return None
    pieces = PLAIN_TAG.split(output)
    escapes = output.count("\\<")
    if escapes and "｜" in text:  # of which markers of a turn are made, whatever stands between
        return None
    if output.count("<") > escapes + len(pieces) // 3:
        return None
    if "".join(pieces[::3]).replace("\\<", "<") != text:
        return None
    found: list[Found] = []
    opened: list[tuple[str, int, int]] = []
    nested = False
    done = len(pieces[0])
    at = done - pieces[0].count("\\<")
    for slash, label, piece in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if slash:
            done += len(label) + 3
            name, start, begin = opened.pop() if opened else ("", at, done)
            if name != label or start == at or text[start].isspace() or text[at - 1].isspace():
                return None
            found.append(Found(Span(start, at, label), "exact", (begin, done)))
        else:
            nested = nested or bool(opened)
            opened.append((label, at, done))
            done += len(label) + 2
        at += len(piece) - (piece.count("\\<") if escapes else 0)
        done += len(piece)
    if opened:
        return None
    if nested:
        found.sort(key=lambda each: reading_order(each.span))
        if any(one.span == other.span for one, other in pairwise(found)):
            return None
    return Parsed(tuple(found))


def _read(text: str, output: str, answer: Answer) -> Copy:
    """Read the markup; what the text itself has of it counts as text if a copy forgot to escape."""
    copy = read_copy(output, answer.start, answer.end)
    unescaped = copy.text.rstrip("\\")
    if not text.startswith(copy.text) and text.startswith(unescaped):
        copy.text = unescaped
    if _faithful(copy.text, text):
        return copy
    literal = tag_like(text)
    if literal:
        return read_copy(output, answer.start, answer.end, literal)
    return copy if copy.marks else _in_other_marks(text, output, answer) or copy


def _in_other_marks(text: str, output: str, answer: Answer) -> Copy | None:
    """Read marks that are no inline tags, if there are any."""
    for other in respelled(output, answer.start, answer.end, text):
        copy = read_copy(other.output, answer.start, len(other.output))
        if copy.marks:
            for mark in copy.marks:
                mark.output = (other.origin[mark.output[0]], other.origin[mark.output[1] - 1] + 1)
            copy.mended = True
            return copy
    return None


_WRAPPERS = frozenset(
    ("text", "answer", "output", "document", "doc", "root", "result", "response", "body", "p", "s")
)


def _unwrapped(copy: Copy) -> Copy:
    """Take away an element around the whole copy, in lower case where entities are not."""
    start, end = len(copy.text) - len(copy.text.lstrip()), len(copy.text.rstrip())
    around = [
        mark
        for mark in copy.marks
        if mark.label in _WRAPPERS and mark.start <= start and mark.end >= end
    ]
    if around and all(mark in around or not mark.label.islower() for mark in copy.marks):
        rest = [mark for mark in copy.marks if mark not in around]
        copy.marks, copy.mended = rest or copy.marks, copy.mended or bool(rest)
    return copy


def _trimmed(copy: Copy) -> Copy:
    """Take white space at their ends out of the marks; one of white space alone marks nothing."""
    kept = []
    for mark in copy.marks:
        content = copy.text[mark.start : mark.end]
        inner = content.strip()
        if len(inner) < len(content):
            copy.mended = True
            mark.start += len(content) - len(content.lstrip())
            mark.end = mark.start + len(inner)
        if inner:
            kept.append(mark)
    copy.malformed += len(copy.marks) - len(kept)
    copy.marks = kept
    return copy


def _is_list(copy: Copy, text: str) -> bool:
    """True for marked strings without the text between them, where the text has more."""
    outside = list(copy.text)
    for mark in copy.marks:
        outside[mark.start : mark.end] = " " * (mark.end - mark.start)
    return not _LETTER.search("".join(outside)) and not _faithful(copy.text, text)


def _faithful(copy: str, text: str) -> bool:
    """True if a copy, as far as it goes, differs from the text in white space only."""
    if text.startswith(copy):
        return True
    return _squeezed(text).startswith(_squeezed(copy))


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _reached(copy: str, origin: Sequence[int]) -> int:
    """Behind the last letter or mark of the text that the copy has."""
    if isinstance(origin, range):
        return len(copy)
    inked = (index for index, each in zip(origin, copy, strict=True) if not each.isspace())
    return max(inked, default=NOWHERE) + 1


def _placed(text: str, copy: Copy, origin: Sequence[int], issues: list[Issue]) -> Parsed:
    """Spans of the marks; one that the copy does not lead to is looked for by its string."""
    found: dict[Span, Found] = {}
    elsewhere: list[Item] = []
    for mark in copy.marks:
        content = copy.text[mark.start : mark.end]
        traced = _traced(text, content, mark, origin) if encodable(mark.label) else None
        if not encodable(mark.label):
            issues.append("malformed_entity")
        elif traced is None:
            elsewhere.append(Item(mark.label, content, 0, mark.output))
        elif traced.span in found:
            issues.append("duplicate")
        else:
            found[traced.span] = traced
    rest = place(text, elsewhere)
    new = {each.span: each for each in rest.found if each.span not in found}
    issues += ["duplicate"] * (len(rest.found) - len(new))
    ordered = sorted((found | new).values(), key=lambda each: reading_order(each.span))
    return Parsed(tuple(ordered), (*issues, *rest.issues), rest.unplaced)


def _traced(text: str, content: str, mark: Mark, origin: Sequence[int]) -> Found | None:
    if isinstance(origin, range):
        return Found(Span(mark.start, mark.end, mark.label), "exact", mark.output)
    places = origin[mark.start : mark.end]
    known = [number for number, index in enumerate(places) if index != NOWHERE]
    if not known:
        return None
    before = _nearest(origin, range(mark.start - 1, -1, -1), NOWHERE)
    after = _nearest(origin, range(mark.end, len(origin)), len(text))
    start, end = places[known[0]], places[known[-1]] + 1
    inside = text.find(content, start, end)
    if inside >= 0:
        start, end = inside, inside + len(content)
        known = [0, len(places) - 1]
    start = _start(text, start, known[0], before)
    end = _end(text, end, len(places) - 1 - known[-1], after)
    tier = _tier(content, text[start:end])
    return None if tier is None else Found(Span(start, end, mark.label), tier, mark.output)


def _nearest(origin: Sequence[int], indices: range, otherwise: int) -> int:
    """The place of the first of some letters of a copy that has one."""
    return next((origin[at] for at in indices if origin[at] != NOWHERE), otherwise)


def _start(text: str, start: int, other: int, before: int) -> int:
    """Go back over what the copy left out: as many letters as it has others, and the whole word.

    Args:
        text: the text.
        start: where the first letter stands that the copy has.
        other: how many letters the copy has in front of it that the text does not have.
        before: where the letter stands that the copy has in front of the mark, or `NOWHERE`.
    """
    while start > before + 1 and (other > 0 or goes_on(text, start)):
        start, other = start - 1, other - 1
    return start


def _end(text: str, end: int, other: int, after: int) -> int:
    while end < after and (other > 0 or goes_on(text, end)):
        end, other = end + 1, other - 1
    return end


def _tier(content: str, original: str) -> Tier | None:
    """Tier by which a marked string is compared with its place; None if they are not alike."""
    from rapidfuzz.distance import Levenshtein

    if content == original:
        return "exact"
    if content.lower() == original.lower():
        return "case"
    if _squeezed(content).lower() == _squeezed(original).lower():
        return "space"
    alike = Levenshtein.normalized_similarity(
        content.lower(), original.lower(), score_cutoff=LEAST_ALIKE
    )
    return "fuzzy" if alike else None
