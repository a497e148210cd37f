"""Output of a trainer: bars of tqdm and Keras, rows of the Hugging Face Trainer, sentences.

Of a line, only numbers behind known names are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pii_sft.diagnosis.readers.averages import DONE, ELAPSED, without_averages
from pii_sft.diagnosis.readers.figure_names import (
    EPOCH,
    STEP,
    canonical,
    in_usual_units,
    number,
    seconds,
)
from pii_sft.diagnosis.readers.log_from_rows import log_of
from pii_sft.diagnosis.training_log import TrainingLog
from pii_sft.files import open_binary

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|NaN|NAN|inf|Infinity|INF)\b"
_PAIR = re.compile(
    r"['\"]?(?<![A-Za-z0-9])([A-Za-z\u4e00-\u9fff](?:[A-Za-z0-9/. \u4e00-\u9fff-]|_){0,40}?)['\"]?"
    rf"\s*(?:[:=：]|\s)\s*[\['\"(]?({_NUMBER})(?:\s*/\s*(\d+))?(\s?ms\b(?!/))?"
)
_BAR = re.compile(r"(\d+)/(\d+) \[")
_BATCH = re.compile(r"(\d+)\s*/\s*(\d+)\s+batches\b")
_BRACKETS = re.compile(r"[Ee]poch\S*\s*\[(\d+)\](?:\[|\s*\[)\s*(\d+)\s*/\s*(\d+)\]")
"""Epoch, step in it and steps of it: `Epoch: [3][40/250]`, `Epoch(train) [3][40/250]`."""
_COUNTED = re.compile(r"第\s*(\d+)\s*(轮|步)")
_IN_BRACKETS = re.compile(r"\(((?:ms|sec|s|seconds)|(?:micro|macro|weighted)[^)]*)\)")
"""Units, and kinds of means, between a name and its number."""
_HELD_OUT = re.compile(
    r"(?<![A-Za-z_/.-])(?:valid(?:ation)?|val|dev|evaluation|eval)(?![A-Za-z_/.-])|验证集?", re.I
)
_TRAINED = re.compile(r"(?<![A-Za-z])train|训练", re.I)
_RATE = re.compile(
    r"(\d[\d.]*)\s?(it/s|s/it|steps?/s(?:ec)?|batch(?:es)?/s|(?:ms|s|sec)/(?:step|batch|it(?:er)?))\b"
)
_ELAPSED = re.compile(r"\[((?:\d+:)?\d+:\d\d)<")
_TRACEBACK = "Traceback (most recent call last)"
_RANK = re.compile(r"^\[rank\d+\]:\s?")
_BEGINS = re.compile(r"\*+ Running training|(?:Resuming|Continuing) training|Resuming from")
"""Lines after which a count that goes back is that of another attempt, not of another epoch."""
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE_ENDS = re.compile(r"[\r\n]+")


class _Line(msgspec.Struct):
    """The figures of a line, and what it says of the length of things.

    Attributes:
        figures: by canonical name.
        bar: the steps of a bar, or of an epoch, that its step is counted in; None where its step is
            one of the run.
        steps: the steps of the run or of its epoch.
        epochs: the epochs of the run.
        elapsed: seconds since the bar began.
        is_bar: True for a bar that is drawn; those of evaluations have another length.
        begins: True if the run failed here, or begins.
    """

    figures: dict[str, float]
    bar: float | None = None
    steps: float | None = None
    epochs: float | None = None
    elapsed: float | None = None
    is_bar: bool = False
    begins: bool = False


def sniff(head: str) -> bool:
    """True if any line holds a figure; the last format that is tried."""
    return any(_line(line).figures.keys() - {STEP, EPOCH} for line in head.splitlines())


def read(path: Path) -> TrainingLog:
    """Read what was printed; carriage returns end lines, colours are dropped."""
    with open_binary(path) as stream:
        text = _ANSI.sub("", stream.read().decode("utf-8", "replace"))
    lines = list(_lines(text))
    if all(line.bar is None for line in lines):
        for line in lines:  # `iter 12/120` counts batches of an epoch where the count begins again
            line.bar = line.steps
    counted = Counter(line.bar for line in lines if line.is_bar)
    bar = max(counted, key=lambda each: (counted[each], each), default=None)
    rows, restarts = _rows(lines, bar)
    rows = without_averages(rows, restarts)
    in_steps = any(STEP in row for row in rows)
    totals = [
        each.steps if in_steps else each.epochs
        for each in lines
        if not each.is_bar or each.bar == bar
    ]
    total = max((each for each in totals if each), default=None)
    epochs = max((each.epochs for each in lines if each.epochs), default=None)
    if restarts and total is not None and epochs:
        total *= epochs
    return log_of(rows, total)


def _rows(lines: list[_Line], bar: float | None) -> tuple[list[dict[str, float]], list[int]]:
    """The figures of each line, and the rows at which a count began again: those of new epochs.

    A line without step or epoch belongs to those above it. Bars of another length than most are
    those of evaluations, whose steps are not the run's. A bar that begins again after it was full,
    or with the next epoch, goes on where it was; unless the run failed in between, and was
    continued.
    """
    rows: list[dict[str, float]] = []
    restarts: list[int] = []
    place: dict[str, float] = {}
    before = last = gap = epoch = 0.0
    befores = {epoch: before}
    again = False
    for line in lines:
        again = again or line.begins
        if line.is_bar and line.bar != bar:
            continue
        found = line.figures
        if line.bar is not None and STEP in found:
            step, now = found[STEP], found.get(EPOCH, epoch)
            if step < last and again:
                before = befores.get(now, 0.0)
            elif step < last and (last >= line.bar - max(1.0, gap) or now == epoch + 1):
                before += line.bar
                restarts.append(len(rows))
            elif step > last:
                gap = step - last
            last, epoch, again = step, now, False
            befores[epoch] = before
            found = {**found, STEP: last + before}
        place |= {name: found[name] for name in (STEP, EPOCH) if name in found}
        if found.keys() - {STEP, EPOCH}:
            rows.append({**place, **found})
            if line.bar is not None:
                rows[-1][DONE] = last
            if line.bar is not None and line.elapsed is not None:
                rows[-1][ELAPSED] = line.elapsed
    return rows, restarts


def _lines(text: str) -> Iterator[_Line]:
    """The figures of each line; code and numbers of tracebacks are none."""
    failed = False
    for line in _LINE_ENDS.split(text):
        before, found, _ = line.partition(_TRACEBACK)
        if found:
            failed = True
            yield _line(_RANK.sub("", before))
            yield _Line({}, begins=True)
        elif failed:  # the first line that is not indented names the error
            failed = _RANK.sub("", line)[:1] in ("", " ", "\t")
        else:
            yield _line(line)


def _line(text: str) -> _Line:
    if _BEGINS.search(text):
        return _Line({}, begins=True)
    text = _IN_BRACKETS.sub(r" \1 ", text)
    line = _Line({})
    pairs = list(_pairs(text))
    held_out = _is_of_evaluation(text, pairs)
    if not held_out:
        _count(text, line)
    for count, what in _COUNTED.findall(text):
        line.figures.setdefault(EPOCH if what == "轮" else STEP, float(count))
    rate = _RATE.search(text)
    if rate is not None and float(rate[1]) > 0 and not held_out:
        speed = float(rate[1])
        line.figures[_unit_of(rate[2])] = speed
    for words, value, whole, _ in pairs:
        name = _named(words, held_out=held_out)
        if name is None or (
            held_out and not name.startswith("eval_") and name not in (STEP, EPOCH)
        ):
            continue
        if name == STEP and whole:
            if held_out:
                continue
            line.steps = line.steps or float(whole)
        if name == EPOCH and whole:
            line.epochs = float(whole)
        line.figures.setdefault(name, value)
    line.figures = in_usual_units(line.figures)
    return line


def _unit_of(rate: str) -> str:
    if rate.endswith(("/s", "/sec")):
        return "steps_per_second"
    return "ms_per_step" if rate.startswith("ms") else "seconds_per_step"


def _count(text: str, line: _Line) -> None:
    """Read a bar, or which batch of how many it is."""
    drawn = _BAR.search(text)
    bar = drawn or _BATCH.search(text)
    brackets = _BRACKETS.search(text)
    if brackets is not None:
        line.figures[EPOCH] = float(brackets[1])
        line.figures[STEP], line.bar = float(brackets[2]), float(brackets[3])
    elif bar is not None:
        line.figures[STEP], line.bar = float(bar[1]), float(bar[2])
    line.steps, line.is_bar = line.bar, drawn is not None
    clock = _ELAPSED.search(text)
    if clock is not None:
        line.elapsed = seconds(clock[1])


def _is_of_evaluation(text: str, pairs: list[tuple[str, float, str | None, int]]) -> bool:
    """True if a line says before its first figure that it is about held-out data, and no other."""
    found = _HELD_OUT.search(text)
    if found is None or _TRAINED.search(text):
        return False
    return any(found.start() < at for words, _, _, at in pairs if _named(words, held_out=True))


def _pairs(line: str) -> Iterator[tuple[str, float, str | None, int]]:
    """Words before a number, the number, of how many, and where it stands."""
    for match in _PAIR.finditer(line):
        value = number(match[2])
        if value is not None:
            yield match[1], value / 1000 if match[4] else value, match[3], match.end(1)


def _named(words: str, *, held_out: bool = False) -> str | None:
    """The figure that the last words before a number name: "then val loss" is an `eval_loss`."""
    parts = words.split()
    for first in range(len(parts)):
        last = " ".join(parts[first:])
        name = (canonical(f"val {last}") if held_out else None) or canonical(last)
        if name is not None:
            return name
    return None
