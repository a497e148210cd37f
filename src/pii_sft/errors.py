"""The errors a user can meet. None of them ever carries document text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pii_sft.terminal import printable, printable_lines

LONGEST_ID = 80
"""Characters of an id that are shown: there are data sets that use whole texts as ids."""

LONGEST_REASON = 500
"""Characters of a reason that are shown, for the same of labels."""


class PiiSftError(Exception):
    """Base of every error raised on purpose; the command line prints it and exits with 2.

    Args:
        message: what is wrong and what to do; it may have several lines.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable_lines(message))


class UsageError(PiiSftError):
    """An option, a name or a combination of options that can't work; says what to do instead."""


def unknown_name(kind: str, name: str, known: Iterable[str], more: str = "") -> UsageError:
    """Say that there is nothing of a name, what was probably meant, and what there is.

    Args:
        kind: what is named, such as `recipe`.
        name: as the user wrote it.
        known: the names there are.
        more: what else can be written, as the rest of the sentence.
    """
    import difflib  # only mistakes need it

    names = list(known)
    close = difflib.get_close_matches(name, names, n=3)
    hint = f"Did you mean {' or '.join(close)}? " if close else ""
    return UsageError(f"There is no {kind} {name!r}. {hint}Known: {', '.join(names)}{more}.")


class MissingExtraError(PiiSftError):
    """A package that an optional stage needs is not installed.

    Args:
        package: name of the package that could not be imported.
        extra: name of the extra of this distribution that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; this step needs it. Run: pip install 'pii-sft[{extra}]'"
        )


class RecordError(PiiSftError):
    """One record of an input can't become a document.

    Args:
        kind: short stable name of the problem, used to group reports (`"offsets"`, `"no text"`).
        reason: what is wrong, naming fields and offsets, never text of the document.
        id: id of the document, where it is known.
    """

    def __init__(self, kind: str, reason: str, id: str | None = None) -> None:
        super().__init__(f"{kind}: {printable(reason, LONGEST_REASON)}")
        self.kind = kind
        self.reason = reason
        self.id = id


class Problem(msgspec.Struct, frozen=True):
    """Place and reason of a refused record.

    Attributes:
        kind: short stable name that groups problems.
        file: path of the input as the user gave it.
        line: line on which the record starts, counted from 1; 0 where lines mean nothing.
        id: id of the document, or None where it is unknown.
        reason: what is wrong, without any text of the document.
    """

    kind: str
    file: str
    line: int
    id: str | None
    reason: str

    def __str__(self) -> str:
        file = printable(self.file)
        place = f"{file}:{self.line}" if self.line else file
        name = f" [{printable(self.id, LONGEST_ID)}]" if self.id is not None else ""
        return f"{place}{name} {printable(self.reason, LONGEST_REASON)}"


SHOWN_PROBLEMS = 20
SHOWN_ALIKE = 3
"""So many problems that differ in numbers alone are shown; the others are counted."""

_NUMBER = re.compile(r"\d+")

Sort = tuple[str, str]


def _sort(problem: Problem) -> Sort:
    """The key of problems of one cause: their kind, and their reason but for numbers."""
    return problem.kind, _NUMBER.sub("#", problem.reason)


class InputError(PiiSftError):
    """Input that can't be read as asked; nothing was written.

    Args:
        problems: the first problems found, of which at most `SHOWN_PROBLEMS` are shown.
        advice: one sentence that says what to do next.
        counts: how many problems of each sort there are, where only the first were kept.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        advice: str = "",
        counts: Mapping[Sort, int] | None = None,
    ) -> None:
        self.problems = tuple(problems)
        counted = Counter(map(_sort, self.problems)) if counts is None else counts
        shown: dict[str, dict[Sort, list[Problem]]] = defaultdict(lambda: defaultdict(list))
        number = 0
        for problem in self.problems:
            alike = shown[problem.kind][_sort(problem)]
            if len(alike) < SHOWN_ALIKE and number < SHOWN_PROBLEMS:
                alike.append(problem)
                number += 1
        lines = []
        others = 0
        for kind, sorts in shown.items():
            if any(sorts.values()):
                lines.append(f"{kind}:")
            for sort, alike in sorts.items():
                lines.extend(f"  {problem}" for problem in alike)
                more = counted[sort] - len(alike)
                if alike and more:
                    which = "this" if len(alike) == 1 else "these"
                    lines.append(f"  and {more:,} more like {which}")
                others += 0 if alike else more
        if others:
            lines.append(f"and {others:,} more of other sorts")
        if advice:
            lines.append(printable(advice))
        super().__init__("\n".join(lines))


class ProblemTally:
    """The first problems of each sort, and how many there are of each."""

    def __init__(self) -> None:
        self._first: list[Problem] = []
        self._counts: Counter[Sort] = Counter()

    def __len__(self) -> int:
        return sum(self._counts.values())

    def add(self, problem: Problem) -> None:
        """Count a problem."""
        sort = _sort(problem)
        self._counts[sort] += 1
        if self._counts[sort] <= SHOWN_ALIKE and len(self._first) < _MOST_KEPT:
            self._first.append(problem)

    def error(self, advice: str) -> InputError:
        """All of them in one."""
        counts = {_sort(problem): self._counts[_sort(problem)] for problem in self._first}
        return InputError(self._first, advice, counts)


_MOST_KEPT = 1000
