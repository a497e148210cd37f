"""Aligning: speed and recovery, beside langextract and plain searching.

Run with `PYTHONPATH=src python -m benchmarks.align [--texts N] [--json FILE]`, where langextract is
installed; without it, its columns are left out. All run in one process, one after the other, on
the same texts. What is measured is processor time, but a machine that does other work is slower
by that measure, too; then only ratios mean anything.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import alignment_suites as suites
from pii_sft.align import Policy, Stretch, Wanted, align, align_by
from pii_sft.files import write_json

LENGTH = 1000
STRINGS = 5

Aligned = list[Stretch | None]
Aligner = Callable[[str, Sequence[str]], Aligned]
Text = tuple[str, list[str]]


def texts(number: int, seed: int = 7) -> list[Text]:
    """Texts of about 1,000 characters, and five strings of each in the order of the text."""
    made: list[Text] = []
    draw = random.Random(seed)
    filler = " ".join(sentence.format("them") for sentence in suites.SENTENCES)
    pool = suites.cases(suites.in_order)
    for at in range(number):
        case = pool[at % len(pool)]
        text = f"{case.text} {at} {filler}"[:LENGTH]
        chosen = sorted(draw.sample(case.spans, STRINGS))
        made.append((text, [text[start:end] for start, end in chosen]))
    return made


def with_typo(text: Text, draw: random.Random) -> Text:
    """A letter is missing from the longest string without digits."""
    strings = list(text[1])
    words = [each for each in strings if not any(map(str.isdigit, each))] or strings
    slipped = max(words, key=len)
    strings[strings.index(slipped)] = suites.character_deleted([slipped], draw)[0]
    return text[0], strings


def with_hallucination(text: Text, draw: random.Random) -> Text:
    """One string is of a person whom the text does not name."""
    strings = list(text[1])
    strings[draw.randrange(STRINGS)] = f"Zebulon {draw.choice(suites.CITIES)}ham"
    return text[0], strings


def in_any_order(text: Text, draw: random.Random) -> Text:
    return text[0], draw.sample(text[1], STRINGS)


def as_it_is(text: Text, _: random.Random) -> Text:
    return text


KINDS: dict[str, Callable[[Text, random.Random], Text]] = {
    "exact": as_it_is,
    "one typo": with_typo,
    "one hallucination": with_hallucination,
    "shuffled": in_any_order,
}


def ours(text: str, strings: Sequence[str], policy: Policy = "next") -> Aligned:
    """The public interface of this package."""
    if policy == "all":
        found = align_by(text, [Wanted(each) for each in strings], policy)
        return [(place.start, place.end) for places in found for place in places]
    places = align(text, [Wanted(each) for each in strings])
    return [None if place is None else (place.start, place.end) for place in places]


def first_occurrence(text: str, strings: Sequence[str]) -> Aligned:
    """`str.find`."""
    return [_stretch(text.find(each), each) for each in strings]


def next_occurrence(text: str, strings: Sequence[str]) -> Aligned:
    """`str.find` from the last hit of the same string on."""
    ends: dict[str, int] = {}
    found: Aligned = []
    for each in strings:
        at = text.find(each, ends.get(each, 0))
        ends[each] = at + len(each)
        found.append(_stretch(at, each))
    return found


def from_last_hit(text: str, strings: Sequence[str]) -> Aligned:
    """`str.find` from the last hit of any string on: the least that can be done."""
    cursor, found = 0, []
    for each in strings:
        at = text.find(each, cursor)
        cursor = at + len(each)
        found.append((at, cursor))
    return list(found)


def _stretch(at: int, string: str) -> Stretch | None:
    return None if at < 0 else (at, at + len(string))


def langextract() -> Aligner | None:
    """The aligner of langextract, with its defaults."""
    try:
        from langextract.core.data import Extraction
        from langextract.resolver import WordAligner
    except ImportError:
        return None

    def aligned(text: str, strings: Sequence[str]) -> Aligned:
        wanted = [Extraction(extraction_class="x", extraction_text=each) for each in strings]
        (group,) = WordAligner().align_extractions([wanted], text)
        places = [each.char_interval for each in group]
        return [None if each is None else (each.start_pos, each.end_pos) for each in places]

    return aligned


def rate(work: Sequence[Text], run: Aligner, times: int) -> float:
    """Texts a second of processor time, the best of several runs."""
    best = float("inf")
    for _ in range(times):
        begin = time.process_time()
        for text, strings in work:
            run(text, strings)
        best = min(best, time.process_time() - begin)
    return len(work) / best


def speeds(number: int) -> dict[str, dict[str, float]]:
    """Texts a second by kind of list and by aligner."""
    peer = langextract()
    measured: dict[str, dict[str, float]] = {}
    for kind, change in KINDS.items():
        draw = random.Random(3)
        work = [change(text, draw) for text in texts(number)]
        measured[kind] = {
            "pii-sft": rate(work, ours, 3),
            "str.find from the last hit": rate(work, from_last_hit, 3),
        }
        if peer is not None:
            measured[kind]["langextract"] = rate(work[: number // 50], peer, 1)
    return measured


def f1(cases: Sequence[suites.Case], run: Aligner) -> float:
    """Recovered spans, where each span counts once and every place that was given counts."""
    right = given = wanted = 0
    for case in cases:
        found = [each for each in run(case.text, case.answer) if each is not None]
        right += len(set(found) & set(case.spans))
        given += len(found)
        wanted += len(case.spans)
    return 2 * right / (given + wanted)


def recovery() -> dict[str, dict[str, float]]:
    """F1 of spans from strings, by suite and by aligner."""
    aligners: dict[str, Aligner] = {
        "pii-sft": ours,
        "first occurrence": first_occurrence,
        "next occurrence": next_occurrence,
    }
    peer = langextract()
    if peer is not None:
        aligners["langextract"] = peer
    rows: dict[str, dict[str, float]] = {}
    for name, suite in suites.SUITES.items():
        policy: Policy = "all" if name == suites.EACH_ONCE else "next"
        runs = {**aligners, "pii-sft": partial(ours, policy=policy)}
        rows[name] = {aligner: f1(suite(), run) for aligner, run in runs.items()}
    return rows


def false_placements() -> dict[str, dict[str, float]]:
    """Share of absent strings that were placed, by suite and by aligner."""
    aligners: dict[str, Aligner] = {"pii-sft": ours, "next occurrence": next_occurrence}
    peer = langextract()
    if peer is not None:
        aligners["langextract"] = peer
    rows: dict[str, dict[str, float]] = {}
    for name, suite in suites.ABSENT.items():
        cases = suite()
        strings = sum(len(case.answer) for case in cases)
        rows[name] = {
            aligner: sum(
                place is not None for case in cases for place in run(case.text, case.answer)
            )
            / strings
            for aligner, run in aligners.items()
        }
    return rows


def table(title: str, rows: dict[str, dict[str, float]], form: str) -> None:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    print(f"{title:34}" + "".join(f"{column:>28}" for column in columns))
    for name, row in rows.items():
        cells = (format(row[column], form) if column in row else "-" for column in columns)
        print(f"{name:34}" + "".join(f"{cell:>28}" for cell in cells))
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rates = speeds(options.texts)
    table("texts/s", rates, ",.0f")
    ratios = {
        kind: {name: row["pii-sft"] / each for name, each in row.items()}
        for kind, row in rates.items()
    }
    table("rate of pii-sft / rate of", ratios, ".3g")
    recovered = recovery()
    table("recovery, F1 of spans", recovered, ".3f")
    placed = false_placements()
    table("absent strings that were placed", placed, ".4f")
    if options.json:
        write_json(
            options.json,
            {
                "texts": options.texts,
                "python": sys.version.split()[0],
                "texts_per_second": rates,
                "recovery": recovered,
                "false_placements": placed,
            },
            overwrite=True,
        )


if __name__ == "__main__":
    main()
