"""Code points as other programs count them: slow, and plain to see."""

from __future__ import annotations

import regex

from pii_sft.converters.offsets.conventions import Convention


def units_before(text: str, at: int, convention: Convention) -> int:
    """How many units stand before a code point, counted on the string itself."""
    before = text[:at]
    lone_returns = before.count("\r\n") if convention.unix_lines else 0
    match convention.unit:
        case "code points":
            return len(before) - lone_returns
        case "utf-16":
            return len(before.encode("utf-16-le", "surrogatepass")) // 2 - lone_returns
        case "bytes":
            return len(before.encode("utf-8", "surrogatepass"))
        case "graphemes":
            return len(regex.findall(r"\X", text)) - len(regex.findall(r"\X", text[at:]))


def counted(text: str, start: int, end: int, convention: Convention) -> tuple[int, int]:
    """A half-open span of code points, as a file of some convention would write it."""
    first, last = (units_before(text, at, convention) for at in (start, end))
    return first, last - convention.inclusive
