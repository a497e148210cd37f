"""Quoted strings of damaged JSON: their ends and their content."""

from __future__ import annotations

import json
import re

import msgspec

from pii_sft.spans import HoldsText

OPENING_QUOTES = frozenset("\"'“”„‘’`＂「『")

_CLOSING_QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`'",
    "“": '”“"',
    "”": '”"',
    "„": '”“"',
    "‘": "’‘'",
    "’": "’'",
    "＂": '＂"',
    "「": "」",
    "『": "』",
}
_QUOTE_OR_ESCAPE = {
    quote: re.compile(rf"\\.|[{closing}]", re.DOTALL) for quote, closing in _CLOSING_QUOTES.items()
}
_STRICT = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_BLANK = re.compile(
    r"(?:[\s\u200b\u2060\ufeff]|\\[nrt]|//[^\n\"]*+\n|/\*[^*]*+\*/|\#[^\n\"]*+\n)*+"
)
_DOUBLED = re.compile(r"""([\"'])\1(?![\s"',:\]}）)，：])""")
_STRAY_WORDS = re.compile(r"[ \t]+[A-Za-z][A-Za-z ]{0,30}(?=[,\]}])")
_KEY = re.compile(r"[\"'“‘][^\"'“”‘’\s,]{1,40}[\"'”’]\s*+[:：]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([bfnrt\"'\\/]))")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_BEGINS_LISTS = frozenset("[{［｛")
_ENDS_LISTS = frozenset("]}］｝】")
_COMMAS = frozenset(",，、;；")
_COLONS = frozenset(":：=")
_SEPARATORS = _ENDS_LISTS | _COMMAS | _COLONS
_BEGINS_VALUE = frozenset("\"'“‘`＂「『[{［｛(（]}］｝】-\\0123456789")


class QuotedString(HoldsText, msgspec.Struct, frozen=True):
    """A quoted string.

    Attributes:
        text: what it says.
        end: where to read on.
        strict: whether it is strict JSON.
    """

    text: str
    end: int
    strict: bool


def read_quoted(
    output: str, start: int, *, first_in_list: bool = False, in_parentheses: bool = False
) -> QuotedString | None:
    """Read the string that begins with the quote at `start`.

    A quote ends the string if what follows makes sense there; others belong to it. A string without
    a closing quote ends where the next item or key must have begun.

    Args:
        output: the answer.
        start: where the opening quote stands.
        first_in_list: whether it is the first value of a list, the place of a label.
        in_parentheses: whether a round bracket may follow.

    Returns:
        The string, or None if the answer ends before it does.
    """
    quote = output[start]
    if _DOUBLED.match(output, start):
        return _doubled(output, start)
    if quote == '"':
        strict = _STRICT.match(output, start)
        if strict is not None and closes_string(
            output, strict.end() - 1, in_parentheses=in_parentheses
        ):
            text = strict.group()
            return QuotedString(
                json.loads(text) if "\\" in text else text[1:-1], strict.end(), True
            )
    inner = 0
    for found in _QUOTE_OR_ESCAPE[quote].finditer(output, start + 1):
        at = found.start()
        if output[at] == "\\":
            continue
        if closes_string(output, at, inner, in_parentheses=in_parentheses):
            return QuotedString(content_of(output[start + 1 : at]), at + 1, False)
        end = _end_before(output, start, at, first_in_list)
        if end is not None:
            return QuotedString(content_of(output[start + 1 : end]), end, False)
        inner += 1
    return None


def _doubled(output: str, start: int) -> QuotedString | None:
    """Read a string whose opening quote stands twice, as in CSV; the closing one may, too."""
    quote = output[start]
    for found in _QUOTE_OR_ESCAPE[quote].finditer(output, start + 2):
        at = found.start()
        if output[at] == "\\":
            continue
        end = at + 2 if output.startswith(quote, at + 1) else at + 1
        if closes_string(output, end - 1):
            return QuotedString(content_of(output[start + 2 : at]), end, False)
    return None


def closes_string(output: str, at: int, inner: int = 0, *, in_parentheses: bool = False) -> bool:
    """True if the quote at `at` ends its string, after `inner` quotes that did not."""
    paired = inner % 2 == 0
    follows = _skip_blank(output, at + 1)
    if follows == len(output):
        return True
    character = output[follows]
    if character in _ENDS_LISTS:
        return True
    if not inner and character.isascii() and character.isalpha():
        return _stray_words_at(output, at + 1)
    if character in _COMMAS:
        after = _skip_blank(output, follows + 1)
        return paired or after == len(output) or output[after] in _BEGINS_VALUE
    if character in ")）":
        return in_parentheses
    if character in _COLONS or character in _BEGINS_LISTS:
        return paired
    if character in OPENING_QUOTES and character not in "”’":
        return paired and (follows > at + 1 or not _separator_at(output, follows + 1))
    return False


def _stray_words_at(output: str, at: int) -> bool:
    """True if words without quotes are followed by a comma and a quote, or by the end of a list."""
    words = _STRAY_WORDS.match(output, at)
    if words is None or output[words.end()] != ",":
        return words is not None
    after = _skip_blank(output, words.end() + 1)
    return output[after : after + 1] in OPENING_QUOTES


def _separator_at(output: str, at: int) -> bool:
    """True if what follows a quote would make it the end of a string."""
    follows = _skip_blank(output, at)
    return follows == len(output) or output[follows] in _SEPARATORS


def _end_before(output: str, start: int, at: int, first_in_list: bool) -> int | None:
    """End of the string from `start` without a quote, if the one at `at` opens another."""
    before = _last_ink(output, at)
    if before <= start:
        return None
    if output[before] in _BEGINS_LISTS:
        before = _last_ink(output, before)
        if before > start and output[before] in _COMMAS:
            before = _last_ink(output, before)
        return before if before > start and output[before] in _ENDS_LISTS else None
    if output[before] in _COMMAS and (first_in_list or _KEY.match(output, at)):
        return before
    return None


def _last_ink(output: str, before: int) -> int:
    """Index of the last character before `before` that is no white space, or -1."""
    before -= 1
    while before >= 0 and output[before].isspace():
        before -= 1
    return before


def _skip_blank(output: str, at: int) -> int:
    found = _BLANK.match(output, at)
    return at if found is None else found.end()


def content_of(content: str) -> str:
    """A string without its escapes; a backslash that escapes nothing stays."""
    return _ESCAPE.sub(_unescaped, content) if "\\" in content else content


def _unescaped(escape: re.Match[str]) -> str:
    code, character = escape.groups()
    return chr(int(code, 16)) if code else _CONTROLS.get(character, character)
