"""Blocks of lines from a stream; no line waits longer than a set time."""

from __future__ import annotations

import codecs
import os
import re
import select
import time
from collections.abc import Iterator

MOST_CHARACTERS = 1_500
"""Most characters of a block of several lines; entities over line ends are found within a block."""

SECONDS = 0.5
"""Longest time a line may wait for others, in seconds."""

_LONGEST_LINE = 1 << 16
"""Characters after which a line is cut; limits what is held in memory."""

_AT_ONCE = 1 << 16
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


def line_blocks(
    handle: int, most_characters: int = MOST_CHARACTERS, seconds: float = SECONDS
) -> Iterator[str]:
    """Read lines from a pipe, a terminal or a file as they come.

    Args:
        handle: file descriptor to read from.
        most_characters: a block ends with the line that reaches this.
        seconds: a block ends when its first line has waited so long.

    Yields:
        Blocks of whole lines, with their line ends; together they are the stream. Bytes that are
        no UTF-8 become U+FFFD.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    held = ""
    since = 0.0
    while True:
        whole = held.rfind("\n") + 1
        patience = max(0.0, since + seconds - time.monotonic()) if whole else None
        if not select.select([handle], [], [], patience)[0]:
            yield from _blocks(held[:whole], most_characters)
            held = held[whole:]
            continue
        piece = os.read(handle, _AT_ONCE)
        if not piece:
            yield from _blocks(held + decoder.decode(b"", final=True), most_characters)
            return
        if not whole:
            since = time.monotonic()
        held += decoder.decode(piece)
        end = held.rfind("\n") + 1 or (len(held) if len(held) >= _LONGEST_LINE else 0)
        if end >= most_characters:
            yield from _blocks(held[:end], most_characters)
            held = held[end:]


def _blocks(lines: str, most_characters: int) -> Iterator[str]:
    block: list[str] = []
    size = 0
    for line in _LINE.findall(lines):
        block.append(line)
        size += len(line)
        if size >= most_characters:
            yield "".join(block)
            block, size = [], 0
    if block:
        yield "".join(block)
