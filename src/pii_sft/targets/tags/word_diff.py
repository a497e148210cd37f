"""Letters of two short stretches of text that belong together, for all typos between them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

Word = tuple[int, int]
"""Bounds of a word, of a run of white space, or of a single mark or ideograph."""

_Pairing = tuple[float, tuple[tuple[int, int], ...]]
"""Number of letters that pairs of words have in common, and the pairs."""

LEAST_ALIKE = 0.5
"""Least likeness of two words that are one with a typo, from 0 to 1."""

MOST_WORDS = 24
"""Most words in a row, on either side, that are compared with each other."""

_WORD = re.compile("[^\\W\u0e00-\U0010ffff]+|\\s+|.", re.DOTALL)


def words(text: str, start: int, end: int, borders: Collection[int] = ()) -> list[Word]:
    """Cut a stretch into words; none goes over a border."""
    found: list[Word] = []
    for match in _WORD.finditer(text, start, end):
        inside = [at for at in range(match.start() + 1, match.end()) if at in borders]
        found += pairwise([match.start(), *inside, match.end()])
    return found


def matches(
    left: str, left_words: Sequence[Word], right: str, right_words: Sequence[Word]
) -> Iterator[tuple[int, int]]:
    """Indices of letters that belong together, in order.

    Equal words are matched first, as many as can be; between them those that are most alike; and at
    last what stands between words.

    Args:
        left: a text.
        left_words: those of its words that are compared.
        right: another text.
        right_words: its words.
    """
    ours = [_spelled(left, word) for word in left_words]
    theirs = [_spelled(right, word) for word in right_words]
    done = reached = 0
    for one, other in [*_pairs(ours, theirs), (len(ours), len(theirs))]:
        for at, place in _equal(ours[done:one], theirs[reached:other]):
            yield from _letters(left, left_words[done + at], right, right_words[reached + place])
        if one < len(ours):
            yield from _letters(left, left_words[one], right, right_words[other])
        done, reached = one + 1, other + 1


def _spelled(text: str, word: Word) -> str:
    """A word to be compared; all white space is the same."""
    spelled = text[word[0] : word[1]]
    return " " if spelled.isspace() else spelled


def _letters(left: str, word: Word, right: str, other: Word) -> Iterator[tuple[int, int]]:
    """Indices of the letters that two words have in common."""
    blocks = _common(left[slice(*word)], right[slice(*other)])
    if left[slice(*word)].isspace():
        blocks = [(0, 0, min(word[1] - word[0], other[1] - other[0]))]
    for at, place, size in blocks:
        yield from zip(
            range(word[0] + at, word[0] + at + size),
            range(other[0] + place, other[0] + place + size),
            strict=True,
        )


def _pairs(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[int, int]]:
    """Words that are equal or alike, in order, by their indices."""
    left = [index for index, word in enumerate(ours) if len(word) > 1 or word.isalnum()]
    right = [index for index, word in enumerate(theirs) if len(word) > 1 or word.isalnum()]
    ours, theirs = [ours[index] for index in left], [theirs[index] for index in right]
    pairs: list[tuple[int, int]] = []
    done = reached = 0
    for one, other in [*_equal(ours, theirs), (len(ours), len(theirs))]:
        alike = _alike(ours[done:one], theirs[reached:other])
        pairs += [(done + at, reached + place) for at, place in alike]
        pairs.append((one, other))
        done, reached = one + 1, other + 1
    return [(left[one], right[other]) for one, other in pairs[:-1]]


def _equal(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of equal items in order, as many as can be."""
    return [
        (at + number, place + number)
        for at, place, size in _common(left, right)
        for number in range(size)
    ]


def _common(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int, int]]:
    """The longest common subsequence: start, start and length of each run."""
    from rapidfuzz.distance import LCSseq

    blocks = LCSseq.opcodes(left, right).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks]


def _alike(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of words, in order, that have most letters in common altogether."""
    from rapidfuzz.distance import LCSseq

    if not (0 < len(left) <= MOST_WORDS and 0 < len(right) <= MOST_WORDS):
        return []
    best: list[list[_Pairing]] = [[(0.0, ())] * (len(right) + 1)]
    for one, word in enumerate(left):
        row: list[_Pairing] = [(0.0, ())]
        for other, counterpart in enumerate(right):
            choice = max(best[one][other + 1], row[other])
            alike = LCSseq.normalized_similarity(word, counterpart, score_cutoff=LEAST_ALIKE)
            if alike > 0:
                score, pairs = best[one][other]
                choice = max(choice, (score + alike * len(word), (*pairs, (one, other))))
            row.append(choice)
        best.append(row)
    return list(best[-1][-1][1])
