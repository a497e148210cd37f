"""Items of lists in Python source, such as `TRAIN_DATA = [(...), (...)]`, without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_sft.converters.files.json_records import Record
from pii_sft.converters.files.stringified import decoded
from pii_sft.errors import RecordError

# a string that is not closed reaches to the end of the line, or of the file, so that nothing is
# looked at twice
_STRINGS = (
    r"'''(?:[^\\']|\\.|'(?!''))*+(?:'''|\\?\Z)",
    r'"""(?:[^\\"]|\\.|"(?!""))*+(?:"""|\\?\Z)',
    r"'(?:[^'\\\n]|\\.)*+(?:'|\\?\Z|(?=\n))",
    r'"(?:[^"\\\n]|\\.)*+(?:"|\\?\Z|(?=\n))',
)
_TOKEN = re.compile("|".join((*_STRINGS, r"#[^\n]*", r"[\[({]", r"[\])}]")), re.DOTALL)
_OPENING, _CLOSING = "[({", "])}"


def list_items(source: str, marker: re.Pattern[str]) -> Iterator[Record]:
    """Decode the bracketed items of every outermost list or tuple of a module.

    Args:
        source: of the module.
        marker: found in the items of interest; others are passed over.
    """
    depth, start = 0, 0
    line, counted = 1, 0
    for match in _TOKEN.finditer(source):
        token = match[0]
        if token in _OPENING:
            depth += 1
            start = match.start() if depth == 2 else start
        elif token in _CLOSING:
            depth = max(0, depth - 1)
            if depth != 1:
                continue
            item = source[start : match.end()]
            if marker.search(item):
                line += source.count("\n", counted, start)
                counted = start
                yield _record(line, item)


def _record(line: int, item: str) -> Record:
    raw = item.encode(errors="surrogateescape")
    try:
        return Record(line, decoded(item, "item"), raw)
    except RecordError:
        reason = "is no literal of Python; names and calls are not evaluated"
        return Record(line, None, raw, reason)
