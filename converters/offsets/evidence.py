"""Evidence of the unit that a file's offsets count, from its spans."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pii_sft.align import stands_alone
from pii_sft.converters.offsets.conventions import CONVENTIONS, Convention, Ruler, counts_alike
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan

ENOUGH_TELLING = 100


class Evidence:
    """Evidence of the convention of a file.

    Attributes:
        possible: conventions that no span contradicts, the preferred one first.
        believed: whether the records name their convention, so that there is nothing to decide.
        judged: spans without surface that start and end at word borders in some of the units only.
        doubtful: whether a convention was chosen although another one is as good and gives other
            spans.

    Args:
        documented: the convention that the format documents; it is preferred.
        believed: whether no other convention is tried.
    """

    def __init__(self, documented: Convention, believed: bool = False) -> None:
        others = [each for each in CONVENTIONS if each != documented and not believed]
        self.possible: Sequence[Convention] = (documented, *others)
        self.believed = believed
        self.judged = 0
        self.doubtful = False
        self._inclusive = documented.inclusive
        self._held: Counter[Convention] = Counter()
        self._clean: Counter[Convention] = Counter()
        self._telling = 0
        self._readings: dict[Convention, int] = {}

    @property
    def best(self) -> Convention:
        """The convention to be used."""
        return self.possible[0]

    @property
    def disputed(self) -> bool:
        """True if the possible conventions differ on the records since the last decision."""
        return self._differ(self.possible)

    @property
    def enough(self) -> bool:
        """True if many spans since then are right by some of the conventions only."""
        return self._telling >= ENOUGH_TELLING

    def weigh(self, record: RawDocument) -> None:
        """Read a record by every possible convention."""
        if not record.marks or len(self.possible) == 1:
            return
        text, ends = record.text, {each.inclusive for each in self.possible}
        if len(ends) == 1 and counts_alike(text[: _last(record.marks) + 2]):
            return
        rulers = {each: Ruler(text, each) for each in self.possible}
        if len(ends) == 1 and all(ruler.regular for ruler in rulers.values()):
            return
        places = {
            each: [ruler.place(mark.start, mark.end) for mark in record.marks]
            for each, ruler in rulers.items()
        }
        for each, read in places.items():
            self._readings[each] = hash((self._readings.get(each), *read))
        for at, mark in enumerate(record.marks):
            self._vote(text, mark.surface, {each: read[at] for each, read in places.items()})

    def _vote(
        self, text: str, surface: str | None, places: dict[Convention, tuple[int, int] | None]
    ) -> None:
        if surface is not None:
            votes = {each: holds(text, place, surface) for each, place in places.items()}
            self._held.update(votes)
        else:
            votes = {
                each: is_clean(text, place)
                for each, place in places.items()
                if each.inclusive == self._inclusive
            }
            self._clean.update(votes)
        if len(set(votes.values())) > 1:
            self._telling += 1
            self.judged += surface is None

    def decide(self) -> None:
        """Keep the conventions with the most votes, and only one if they give different spans.

        Surfaces count first. Spans without surface can tell units apart, but not whether ends are
        included.
        """
        leading = _leading(self.possible, self._held)
        as_documented = [each for each in leading if each.inclusive == self._inclusive]
        leading = _leading(as_documented or leading, self._clean)
        if self._differ(leading):
            self.doubtful = True
            leading = leading[:1]
        self.possible = leading
        self._readings.clear()
        self._telling = 0

    def _differ(self, conventions: Iterable[Convention]) -> bool:
        return len({self._readings.get(each) for each in conventions}) > 1


def _last(marks: Iterable[RawSpan]) -> int:
    return max(0, *(max(mark.start, mark.end) for mark in marks))


def _leading(among: Sequence[Convention], votes: Counter[Convention]) -> list[Convention]:
    most = max(votes[each] for each in among)
    return [each for each in among if votes[each] == most]


def holds(text: str, place: tuple[int, int] | None, surface: str) -> int:
    """2 if a stretch holds a surface, 1 if it does with white-space runs as one, else 0."""
    if place is None:
        return 0
    found = text[slice(*place)]
    return 2 if found == surface else int(_spaced(found) == _spaced(surface))


def _spaced(string: str) -> str:
    return re.sub(r"\s+", " ", string)


def squeezed(string: str) -> str:
    """A string without white space, and without line breaks that are written as escapes."""
    return _SPACE.sub("", string)


_SPACE = re.compile(r"(?:\s|\\[nrt])+")


def is_clean(text: str, place: tuple[int, int] | None) -> int:
    """Number of ends, of 2, that neither cut a word or a character nor touch white space.

    An impossible span is stronger evidence than several unlikely ones.
    """
    if place is None:
        return -4
    start, end = place
    return int(not text[start].isspace() and not cuts(text, start)) + int(
        not text[end - 1].isspace() and not cuts(text, end)
    )


def cuts(text: str, at: int) -> bool:
    """True if the place before a character is inside a word, a line break or a character."""
    inside = 0 < at < len(text)
    return inside and (text[at - 1 : at + 1] == "\r\n" or not stands_alone(text, at, len(text)))
