"""A text in which many strings are searched for."""

from __future__ import annotations

from functools import cached_property

from pii_sft.align import finder


class SearchedText:
    """A text that says if it has a string, however many are asked for.

    Attributes:
        text: the text.
        find: its `str.find`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.find = finder(text)

    def __contains__(self, string: str) -> bool:
        return self.find(string, 0) >= 0

    def __repr__(self) -> str:
        return f"SearchedText(characters={len(self.text)})"

    @cached_property
    def lowered(self) -> SearchedText:
        """The same in lower case."""
        return SearchedText(self.text.lower())

    @cached_property
    def closed_up(self) -> SearchedText:
        """The same in lower case without white space."""
        return SearchedText(closed_up(self.text))


def closed_up(string: str) -> str:
    """A string in lower case without white space."""
    return "".join(string.lower().split())
