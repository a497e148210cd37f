"""Check of texts: characters and markers that harm training, and lengths."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

import numpy as np

from pii_sft.dataset.audit.block import Block, Flags, character_class, table_of, table_where
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.findings import Severity

LONG = 6000
"""Characters from which on a document, its prompt and its answer may pass 2048 tokens."""
BINS = 24

_RULES: tuple[tuple[str, Severity, re.Pattern[str], tuple[str, str, str]], ...] = (
    (
        "broken-characters",
        "warning",
        re.compile("\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac"),
        (
            "Broken characters",
            "{count} of {documents} documents hold replacement characters, or UTF-8 that was read "
            "as another encoding",
            "export them again as UTF-8",
        ),
    ),
    (
        "chat-markers",
        "warning",
        re.compile(r"<\|[a-z_]+\|>|</?think>|<(?:image|video|audio)>"),
        (
            "Markers of chat templates in texts",
            "{count} of {documents} documents hold markers such as those that end a turn or stand "
            "for an image: trainers take them for their own",
            "convert guards those it knows; check that these texts are meant",
        ),
    ),
    (
        "literal-escapes",
        "note",
        re.compile(r"\\[nrt](?![a-z])|\\u[0-9a-f]{4}|&(?:amp|lt|gt|quot|nbsp|#\d+);"),
        (
            "Escapes that were never resolved",
            "{count} of {documents} documents hold a literal \\n, \\u.... or &amp; where a "
            "character was meant",
            "resolve them before annotating; afterwards offsets would shift",
        ),
    ),
    (
        "invisible-characters",
        "note",
        re.compile("[\u200b\u200c\u2060\ufeff\u00ad\u202a-\u202e\x00-\x08\x0b\x0c\x0e-\x1f]"),
        (
            "Invisible characters",
            "{count} of {documents} documents hold zero-width, directional or control characters, "
            "which copies of a text often lose",
            "remove them before annotating, or keep them in the texts the model will see, too",
        ),
    ),
)


class Texts:
    """Measures texts, and searches them for what does harm."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._documents = 0
        self._lengths: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._entities: Counter[int] = Counter()
        self._empty = Places(subject)
        self._long = Places(subject)
        self._rules = [(Places(subject), pattern) for _, _, pattern, _ in _RULES]

    def see(self, block: Block) -> None:
        """Measure texts and search them."""
        self._documents += len(block.seen)
        lengths = block.lengths.tolist()
        for split in dict.fromkeys(seen.split for seen in block):
            here = (n for n, seen in zip(lengths, block, strict=True) if seen.split == split)
            self._lengths[split].update(here)
        self._entities.update(np.diff(block.firsts).tolist())
        for at in np.flatnonzero((block.lengths > LONG) | _may_be_blank(block)).tolist():
            seen = block.seen[at]
            if not seen.document.text.strip():
                self._empty.add(seen)
            elif lengths[at] > LONG:
                self._long.add(seen, note=f"{lengths[at]} characters")
        for seen in block.with_character(block.of_class(_SUSPICIOUS)):
            for places, pattern in self._rules:
                if pattern.search(seen.document.text):
                    places.add(seen)

    def figures(self) -> Mapping[str, Any]:
        """Lengths in characters, by split, and entities in a document."""
        return {
            "lengths": {split: spread(lengths) for split, lengths in self._lengths.items()},
            "entities_in_a_document": spread(self._entities),
        }

    def found(self) -> Iterator[Found]:
        """Texts that do harm."""
        if self._empty.count:
            yield report(
                "empty-texts",
                "warning",
                (
                    "Empty texts",
                    "{count} of {documents} documents hold no text",
                    "drop them",
                ),
                self._empty,
                command=self._subject.mending("empty"),
                documents=self._documents,
            )
        if self._long.count:
            yield report(
                "long-texts",
                "note",
                (
                    "Long texts",
                    "{count} of {documents} documents have more than {longest} characters: with "
                    "prompt and answer they may pass the usual cutoff of 2048 tokens, and what "
                    "lies behind is lost",
                    "count their tokens with --tokenizer, and cut them into windows",
                ),
                self._long,
                command=self._subject.converting("--max-chars 3000"),
                documents=self._documents,
                longest=LONG,
            )
        for (id, severity, _, sentences), (places, _) in zip(_RULES, self._rules, strict=True):
            if places.count:
                yield report(id, severity, sentences, places, documents=self._documents)


_SUSPICIOUS = character_class(
    table_of(
        "<\\&\ufffd\u00c3\u00e2\u200b\u200c\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e"
        + "".join(chr(code) for code in range(32) if code not in (9, 10, 13))
    )
)
"""One of the characters that each of the rules needs."""


def _may_be_blank(block: Block) -> Flags:
    """True for the documents that begin with white space, or hold nothing."""
    space = table_where(str.isspace, plain=False, other=True)
    begin: Flags = space[block.codes[block.begins]]
    return begin


def spread(numbers: Counter[int]) -> dict[str, Any]:
    """Percentiles, and a histogram with bins of equal width on a logarithmic axis.

    Args:
        numbers: how often each number occurs.
    """
    if not numbers:
        return {}
    values, counts = (
        np.array(each, np.int64) for each in zip(*sorted(numbers.items()), strict=True)
    )
    reach = np.cumsum(counts)

    def at(place: float) -> float:
        """The number at a place of all in order, between two of them in proportion."""
        low, high = (
            values[np.searchsorted(reach, each, "right")] for each in (int(place), ceil(place))
        )
        return float(low + (high - low) * (place - int(place)))

    names = {"min": 0, "p5": 5, "median": 50, "p95": 95, "p99": 99, "max": 100}
    edges = np.unique(np.geomspace(max(1, values[0]), values[-1] + 1, BINS).astype(int))
    bins, edges = np.histogram(values, edges if len(edges) > 1 else 1, weights=counts)
    return {
        **{
            name: round(at((reach[-1] - 1) * (percent / 100)), 1) for name, percent in names.items()
        },
        "mean": round(float(values @ counts / reach[-1]), 1),
        "histogram": [
            [round(float(edge), 1), int(n)] for edge, n in zip(edges, bins, strict=False)
        ],
    }
