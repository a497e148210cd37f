"""Check of languages, by the scripts of the texts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, character_class, table_of_ranges
from pii_sft.dataset.audit.check import TRAIN, Found, Places, Subject, report

_STARTS = (
    (0x0000, "Latin"), (0x0370, "Greek"), (0x0400, "Cyrillic"), (0x0530, "Armenian"),
    (0x0590, "Hebrew"), (0x0600, "Arabic"), (0x0700, "Other"), (0x0900, "Devanagari"),
    (0x0980, "Other"), (0x0E00, "Thai"), (0x0E80, "Other"), (0x1E00, "Latin"), (0x1F00, "Greek"),
    (0x2000, "Other"), (0x3041, "Kana"), (0x3100, "Other"), (0x3400, "Han"), (0xA000, "Other"),
    (0xAC00, "Hangul"), (0xD7B0, "Other"), (0xF900, "Han"), (0xFB00, "Other"), (0x20000, "Han"),
    (0x30000, "Other"),
)  # fmt: skip
"""First code points of the blocks of each script, roughly."""
_FIRSTS = [first for first, _ in _STARTS]
_FOREIGN_RANGES = (
    (0x370, 0x1DFF), (0x1F00, 0x1FFF), (0x3041, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)
)  # fmt: skip
_FOREIGN = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in _FOREIGN_RANGES)}]+")
_IS_FOREIGN = character_class(table_of_ranges(_FOREIGN_RANGES))
_IS_HAN = character_class(table_of_ranges(((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FFFF))))
_KANA = re.compile("[\u3041-\u30ff]")
_LETTER = re.compile(r"[^\W\d_]")
SAMPLE = 200
"""Number of characters of a text that are examined."""
ENOUGH = 0.15
"""Share of the characters from which on a script is that of the text: names occur in others."""

EXPECTED = {
    "zh": ("Han",), "ja": ("Kana", "Han"), "ko": ("Hangul",), "ru": ("Cyrillic",),
    "uk": ("Cyrillic",), "bg": ("Cyrillic",), "el": ("Greek",), "ar": ("Arabic",),
    "fa": ("Arabic",), "he": ("Hebrew",), "hi": ("Devanagari",), "th": ("Thai",),
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "vi"), ("Latin",)),
}  # fmt: skip


class Languages:
    """Compares scripts with `meta.language`, and the mix of the splits."""

    def __init__(self, subject: Subject) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._named: Counter[str] = Counter()
        self._wrong = Places(subject)
        self._documents = 0

    def see(self, block: Block) -> None:
        """Detect the scripts of texts."""
        self._documents += len(block.seen)
        ends = np.minimum(block.text_ends, block.begins + SAMPLE)
        foreign = block.count(block.of_class(_IS_FOREIGN), block.begins, ends)
        han = block.count(block.of_class(_IS_HAN), block.begins, ends)
        latin = (foreign == 0) | (foreign < ENOUGH * (ends - block.begins))
        scripts = [
            "Latin" if is_latin else "Han" if is_han else script_of(seen.document.text)
            for seen, is_latin, is_han in zip(
                block, latin.tolist(), (foreign == han).tolist(), strict=True
            )
        ]
        names = [seen.document.meta.get("language") for seen in block]
        known = [name if name and isinstance(name, str) else "" for name in names]
        splits = [seen.split for seen in block]
        triples = list(zip(splits, known, scripts, strict=True))
        odd = set()
        for (split, name, script), count in Counter(triples).items():
            self._counts[split][script] += count
            if name:
                self._named[name] += count
            if (fitting := _scripts_of(name)) and script not in fitting:
                odd.add((split, name, script))
        for seen, triple in zip(block, triples, strict=True) if odd else ():
            _, name, script = triple
            if triple in odd and _lacks(seen.document.text, _scripts_of(name)):
                self._wrong.add(seen, note=f"said to be {name}, written in {script}")

    def figures(self) -> Mapping[str, Any]:
        """Documents by script, by split, and by named language."""
        return {
            "scripts": {split: dict(each.most_common()) for split, each in self._counts.items()},
            "languages": dict(self._named.most_common()),
        }

    def found(self) -> Iterator[Found]:
        """Languages that are not what they are called, and tests in a language never trained."""
        if self._wrong.count:
            yield report(
                "language-names",
                "note",
                (
                    "Languages that are not what they are called",
                    "{count} of {documents} documents are written in another script than their "
                    "meta.language has",
                    "correct meta.language, or scores by language will mislead",
                ),
                self._wrong,
                documents=self._documents,
            )
        train = self._counts.get(TRAIN)
        if not train:
            return
        for split, counts in self._counts.items():
            for script, number in counts.most_common():
                if split == TRAIN or script in train or number < 0.02 * counts.total():
                    continue
                yield report(
                    "untrained-language",
                    "error",
                    (
                        "A language that training never shows",
                        "{count} of {documents} documents of {split} are written in {script}, and "
                        "not one of train",
                        "split the data again, or score that language apart",
                    ),
                    (),
                    count=number,
                    documents=counts.total(),
                    split=split,
                    script=script,
                )


def _scripts_of(language: str) -> tuple[str, ...]:
    """The scripts of a language; empty where they are not known."""
    return EXPECTED.get(language[:2].lower(), ()) if len(language) in (2, 5) else ()


LETTERS = 20
"""Least letters in a text for judging that a script is missing: codes are in Latin letters."""


def _lacks(text: str, expected: Sequence[str]) -> bool:
    """True if a text holds next to nothing in the scripts of its language."""
    if "Latin" not in expected and any(
        _script(each) in expected and _LETTER.match(each)
        for run in _FOREIGN.findall(text)
        for each in run
    ):
        return False
    letters = _LETTER.findall(text)
    if len(letters) < LETTERS:
        return False
    return sum(_script(each) in expected for each in letters) < FITTING * len(letters)


FITTING = 0.3
"""Share of Latin letters below which a text is not in a language that uses them. Other scripts need
a single letter, since Latin letters occur in code and data of every language."""


def _script(character: str) -> str:
    return _STARTS[bisect_right(_FIRSTS, ord(character)) - 1][1]


def script_of(text: str) -> str:
    """The script of a text, from its first characters."""
    sample = text[:SAMPLE]
    runs = _FOREIGN.findall(sample)
    if not runs or sum(map(len, runs)) < ENOUGH * len(sample):
        return "Latin"
    longest = max(runs, key=len)
    script = _script(longest[0])
    return "Kana" if script == "Han" and _KANA.search(sample) else script
