"""Names and labels from data, made fit to be shown: nothing of them commands a terminal.

An id, a label or a file name may hold escape sequences, which set titles and erase lines, and line
breaks, which forge messages of ours.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from pathlib import WindowsPath as _SystemPath
else:
    from pathlib import PosixPath as _SystemPath


def printable(text: str, longest: int = 0) -> str:
    """The text on one line, without characters that would command a terminal.

    Args:
        text: a name, a label or a message.
        longest: how many characters are shown at most; 0 shows all.
    """
    shown = text if text.isprintable() else "".join(map(_escaped, text))
    return f"{shown[:longest]}..." if 0 < longest < len(shown) else shown


def printable_lines(text: str) -> str:
    """The same for a message of ours, which may have several lines."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def counted(number: int, noun: str) -> str:
    """A number of something: `1 document`, `2 documents`, `3 entities`."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of a noun of ours."""
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\x{ord(character):02x}"


class ShownPath(_SystemPath):
    """A path that is printable where it stands in a message, `f"{path}"`, and itself elsewhere.

    Paths made of it, such as the files of a folder, are of this kind too.
    """

    def __format__(self, format_spec: str) -> str:
        return format(printable(str(self)), format_spec)
