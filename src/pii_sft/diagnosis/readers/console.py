"""Output of a trainer: progress bars of tqdm, rows of the Hugging Face Trainer, `name: value`.

Of a line, only numbers behind known names are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pii_sft.diagnosis.log import TrainingLog
from pii_sft.diagnosis.readers.names import EPOCH, STEP, canonical, number
from pii_sft.diagnosis.readers.rows import log_of
from pii_sft.files import open_binary

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|NaN|inf|Infinity)\b"
_PAIR = re.compile(
    r"['\"]?(?<![A-Za-z0-9])([A-Za-z](?:[A-Za-z0-9/. -]|_){0,30}?)['\"]?\s*(?:[:=]|\s)\s*[\['\"(]?"
    rf"({_NUMBER})(?:\s?/\s?(\d+))?"
)
_BAR = re.compile(r"(\d+)/(\d+) \[")
_RATE = re.compile(r"(\d[\d.]*)\s?(it/s|s/it|steps?/s(?:ec)?)\b")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE_ENDS = re.compile(r"[\r\n]+")


class _Line(msgspec.Struct):
    """The figures of a line, and the numbers of steps and epochs that it names."""

    figures: dict[str, float]
    bar: float | None = None
    steps: float | None = None
    epochs: float | None = None


def sniff(head: str) -> bool:
    """True if any line holds a figure; the last format that is tried."""
    return any(_line(line).figures.keys() - {STEP, EPOCH} for line in head.splitlines())


def read(path: Path) -> TrainingLog:
    """Read what was printed; carriage returns end lines, colours are dropped."""
    with open_binary(path) as stream:
        text = _ANSI.sub("", stream.read().decode("utf-8", "replace"))
    lines = [_line(line) for line in _LINE_ENDS.split(text)]
    counted = Counter(line.bar for line in lines if line.bar is not None)
    bar = max(counted, key=lambda each: (counted[each], each), default=None)
    rows = list(_rows(lines, bar))
    in_steps = any(STEP in row for row in rows)
    totals = [each.steps if in_steps else each.epochs for each in lines if each.bar in (None, bar)]
    return log_of(rows, max((each for each in totals if each), default=None))


def _rows(lines: list[_Line], bar: float | None) -> Iterator[dict[str, float]]:
    """The figures of each line; a line without step or epoch belongs to those above it.

    Bars of another length than most are those of evaluations, whose steps are not the run's. A bar
    that begins again after it was full is that of the next epoch.
    """
    place: dict[str, float] = {}
    before, last = 0.0, 0.0
    for line in lines:
        if line.bar is not None and line.bar != bar:
            continue
        found = line.figures
        if line.bar is not None and STEP in found:
            if found[STEP] < last and last >= line.bar - 1:
                before += line.bar
            last = found[STEP]
            found = {**found, STEP: last + before}
        place |= {name: found[name] for name in (STEP, EPOCH) if name in found}
        if found.keys() - {STEP, EPOCH}:
            yield {**place, **found}


def _line(text: str) -> _Line:
    line = _Line({})
    bar = _BAR.search(text)
    if bar is not None:
        line.bar = line.steps = float(bar[2])
        line.figures[STEP] = float(bar[1])
    rate = _RATE.search(text)
    if rate is not None and float(rate[1]) > 0:
        speed = float(rate[1])
        line.figures["steps_per_second"] = 1 / speed if rate[2] == "s/it" else speed
    for name, value, whole in _pairs(text):
        if name == STEP and whole:
            line.steps = float(whole)
        if name == EPOCH and whole:
            line.epochs = float(whole)
        line.figures.setdefault(name, value)
    return line


def _pairs(line: str) -> Iterator[tuple[str, float, str | None]]:
    for match in _PAIR.finditer(line):
        value = number(match[2])
        name = _named(match[1])
        if name is not None and value is not None:
            yield name, value, match[3]


def _named(words: str) -> str | None:
    """The figure that the last words before a number name: "then val loss" is an `eval_loss`."""
    parts = words.split()
    for first in range(len(parts)):
        name = canonical(" ".join(parts[first:]))
        if name is not None:
            return name
    return None
