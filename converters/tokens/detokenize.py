"""From tokens to characters: where tokens stand in a text, or a text made of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Literal

import regex

from pii_sft.errors import RecordError
from pii_sft.spans import Span

Join = Literal["auto", "space", "none"]
Place = tuple[int, int]

GIVEN = "given"
SPACED = "spaced"
REBUILT = "rebuilt"

_GAP = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]*")
_TREEBANK = {
    "``": '"',
    "''": '"',
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
}
_SCRIPTS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\u3000-\u303f\ufe30-\ufe4f\uff01-\uff65\uffe0-\uffe6"
)
_UNSPACED = regex.compile(rf"[{_SCRIPTS}]")
_UNSPACED_OR_SHARED = regex.compile(rf"[{_SCRIPTS}\u2014\u2018-\u201d\u2026\u00b7]")
_FIRST_UNSPACED = "\u0e00"
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_CHARACTER = regex.compile(r"\X")

CHARACTER_SHARE = 0.9


def find_tokens(text: str, tokens: Sequence[str]) -> list[Place]:
    """Places of tokens in their text: one after the other, with nothing but space between.

    Args:
        text: the text.
        tokens: its tokens; brackets and quotes may be written as the Penn Treebank does.

    Returns:
        First code point of each token, and the one after the last.

    Raises:
        RecordError: the tokens are not those of the text.
    """
    places = []
    at = 0
    for number, token in enumerate(tokens, 1):
        place = _next_place(text, token, at)
        if place is None:
            raise RecordError("text", f"token {number} is not what comes next in the text")
        places.append(place)
        at = place[1]
    if _after_gap(text, at) < len(text):
        raise RecordError("text", "the text goes on after the last token")
    return places


def _next_place(text: str, token: str, at: int) -> Place | None:
    if text.startswith(token, at):
        return at, at + len(token)
    after = _after_gap(text, at)
    for spelled in (token, _TREEBANK.get(token, token)):
        # a token may be of characters that otherwise count as space between tokens
        start = text.find(spelled, at, after + len(spelled))
        if start >= 0:
            return start, start + len(spelled)
    return None


def _after_gap(text: str, at: int) -> int:
    match = _GAP.match(text, at)
    return at if match is None else match.end()


def join_tokens(tokens: Sequence[str], gaps: Sequence[str]) -> tuple[str, list[Place]]:
    """Make a text of tokens.

    Args:
        tokens: the tokens.
        gaps: what stands behind each of them; what is behind the last is left out.

    Returns:
        The text, and the place of each token in it.
    """
    ends = list(accumulate(map(len, chain.from_iterable(zip(tokens, gaps, strict=True)))))
    starts = [0, *ends[1::2]]
    text = "".join(chain.from_iterable(zip(tokens, gaps, strict=True)))
    length = ends[-2] if ends else 0
    return text[:length], list(zip(starts, ends[::2], strict=False))


def gaps_between(tokens: Sequence[str], join: Join, characters: bool = False) -> list[str]:
    """Guess the gap behind each token.

    Args:
        tokens: the tokens of a sentence.
        join: `space` or `none` everywhere; `auto` knows the scripts that are written without
            spaces, where also foreign words stand close.
        characters: whether the tokens are characters rather than words.
    """
    if join != "auto":
        return [" " if join == "space" else ""] * len(tokens)
    if not characters and _are_spaced_words(tokens):
        return [" "] * len(tokens)
    close = _is_unspaced(tokens)
    gaps = [""] * len(tokens)
    filled = [at for at, token in enumerate(tokens) if token]  # nothing stands around an empty one
    for at, following in pairwise(filled):
        gaps[at] = _gap(tokens[at], tokens[following], close, characters)
    return gaps


def _are_spaced_words(tokens: Sequence[str]) -> bool:
    """True if every token is a word of a script below the first one written without spaces."""
    return all(map(str.strip, tokens)) and max(map(max, tokens), default="") < _FIRST_UNSPACED


def _gap(left: str, right: str, close: bool, characters: bool) -> str:
    if not left.strip() or not right.strip():
        return ""
    if characters and (_is_character(left) or _is_character(right)):
        return ""
    if close:
        touching = _UNSPACED_OR_SHARED.match(left[-1]) or _UNSPACED_OR_SHARED.match(right[0])
    else:
        touching = _UNSPACED.match(left[-1]) and _UNSPACED.match(right[0])
    return "" if touching else " "


def _is_unspaced(tokens: Iterable[str]) -> bool:
    """True if most of the words of a sentence are of scripts that are written without spaces."""
    words = [token for token in tokens if _LETTER.search(token)]
    return 2 * sum(_UNSPACED.search(word) is not None for word in words) >= max(len(words), 1)


def _is_character(token: str) -> bool:
    return len(token) == 1 or _CHARACTER.fullmatch(token) is not None


def are_characters(tokens: Sequence[str]) -> bool:
    """True if the tokens of a file are characters rather than words.

    So they are in most Chinese files, and wherever the space between words is a token of its own.
    """
    single = sum(_is_character(token) for token in tokens)
    if single < CHARACTER_SHARE * len(tokens) or not single:
        return False
    if any(token.isspace() for token in tokens):
        return True
    unspaced = sum(_UNSPACED.match(token) is not None for token in tokens)
    return unspaced >= (1 - CHARACTER_SHARE) * single


def lack_spaces(tokens: Sequence[str]) -> bool:
    """True if tokens are characters of a script with spaces between words, and spaces are lost."""
    syllables = sum(_SYLLABLE.fullmatch(token) is not None for token in tokens)
    enough = _ENOUGH_SYLLABLES if 2 * syllables > len(tokens) else _ENOUGH_TOKENS
    return (
        len(tokens) >= enough
        and sum(_is_character(token) for token in tokens) >= CHARACTER_SHARE * len(tokens)
        and not are_characters(tokens)
    )


_ENOUGH_TOKENS = 12
_ENOUGH_SYLLABLES = 5
"""So many tokens in a row are not by chance all of one character, or one syllable of Korean."""
_SYLLABLE = re.compile("[\uac00-\ud7a3]")


def _are_pieces(tokens: Sequence[str]) -> bool:
    """True if tokens are pieces of words in the spelling of a model's vocabulary."""
    if any(_PIECE.match(token) for token in tokens):
        return True
    return any(
        token.startswith("##") and token[2:].isalnum() and before.isalnum()
        for before, token in pairwise(tokens)
    )


_PIECE = re.compile("[\u0120\u2581]\\w")


def covered(entities: Iterable[tuple[int, int, str]], places: Sequence[Place]) -> list[Span]:
    """Spans of characters for spans of tokens (first, after the last, label).

    Raises:
        RecordError: an entity is of empty tokens alone.
    """
    spans = [Span(places[start][0], places[end - 1][1], label) for start, end, label in entities]
    if any(span.start >= span.end for span in spans):
        reason = "an entity is of an empty token alone; tag a token that holds text, or nothing"
        raise RecordError("empty token", reason)
    return spans


class TextMaker:
    """Finds or makes the texts of the tokens of a file, and counts where they are from.

    Args:
        join: what is put between tokens where nothing says it.
        characters: whether the tokens are characters rather than words.
        lost: whether they are characters, and the spaces between words are lost.
    """

    def __init__(self, join: Join, characters: bool, lost: bool = False) -> None:
        self._join: Join = join
        self._characters = characters
        self._lost = lost
        self._counts: Counter[str] = Counter()

    def find(self, tokens: Sequence[str], text: str) -> list[Place]:
        """Places of tokens in their text.

        Raises:
            RecordError: they are not those of the text.
        """
        places = find_tokens(text, tokens)
        self._counts[GIVEN] += 1
        return places

    def make(
        self, tokens: Sequence[str], gaps: Sequence[str] | None = None
    ) -> tuple[str, list[Place]]:
        """A text of tokens, and their places in it.

        Args:
            tokens: the tokens.
            gaps: what stands behind each of them; None where that has to be guessed.

        Raises:
            RecordError: there is nothing to guess from.
        """
        if gaps is None and self._lost and self._join == "auto":
            raise RecordError(
                "text",
                "the tokens are characters, and the spaces between words are lost; "
                "join=none puts nothing between them, join=space a space",
            )
        if gaps is None and self._join == "auto" and _are_pieces(tokens):
            raise RecordError(
                "text",
                "the tokens are pieces of words (##, \u2581 or \u0120), not those of the text; "
                "convert the words they were made of (join=space takes them for words)",
            )
        self._counts[REBUILT if gaps is None else SPACED] += 1
        if gaps is None:
            gaps = gaps_between(tokens, self._join, self._characters)
        return join_tokens(tokens, gaps)

    def notes(self) -> Iterator[str]:
        """Note on the origin of the texts."""
        what = "characters" if self._characters else "words"
        for kind, explained in _SOURCES.items():
            if self._counts[kind]:
                yield f"{self._counts[kind]} texts {explained.format(what)}"


_SOURCES = {
    GIVEN: "as the file gives them, in which all tokens were found",
    SPACED: "made of {}, and of what the file says of the space between",
    REBUILT: "rebuilt from {}, with a guess at the space between (meta.text: rebuilt)",
}
