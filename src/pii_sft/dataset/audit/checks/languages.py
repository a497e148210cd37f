"""Which languages the texts are in, as far as their scripts tell."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pii_sft.dataset.audit.check import TRAIN, Found, Places, Subject, report
from pii_sft.dataset.audit.places import Seen

_SCRIPTS = (
    ("Kana", re.compile("[\u3041-\u30ff]")),
    ("Hangul", re.compile("[\uac00-\ud7a3]")),
    ("Han", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("Cyrillic", re.compile("[\u0400-\u04ff]")),
    ("Greek", re.compile("[\u0370-\u03ff]")),
    ("Arabic", re.compile("[\u0600-\u06ff]")),
    ("Hebrew", re.compile("[\u0590-\u05ff]")),
    ("Devanagari", re.compile("[\u0900-\u097f]")),
    ("Thai", re.compile("[\u0e00-\u0e7f]")),
)
_LETTER = re.compile(r"[^\W\d_]")
_WIDE_RUN = re.compile("[\u0370-\uffff]")
ENOUGH = 0.2
"""Share of the letters that a script needs to be that of the text: names of others occur."""

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

    def see(self, seen: Seen) -> None:
        """Tell the script of a text."""
        text = seen.document.text
        self._documents += 1
        script = "Latin" if text.isascii() else script_of(text)
        meta = seen.document.meta
        named = meta.get("language") if meta else None
        self._counts[seen.split][script] += 1
        if isinstance(named, str) and named:
            self._named[named] += 1
            expected = EXPECTED.get(named[:2].lower()) if len(named) in (2, 5) else None
            if expected and script not in expected and _LETTER.search(text):
                self._wrong.add(seen, note=f"said to be {named}, written in {script}")

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


def script_of(text: str) -> str:
    """The script of a text: the first but Latin that has a fair share of its letters."""
    letters = len(_LETTER.findall(text)) if _WIDE_RUN.search(text) else 0
    for name, pattern in _SCRIPTS if letters else ():
        if pattern.search(text) and len(pattern.findall(text)) >= ENOUGH * letters:
            return name
    return "Latin"
