"""Documents with proposals of which it is known how often they are right."""

from __future__ import annotations

import math
import random

from pii_sft.decoding.proposals import Proposal
from pii_sft.inference.tuning.cases import Case
from pii_sft.spans import Document, Span

NAMES = ("Ann Lee", "Bo Chan", "Cy Roth", "Di Park", "Ed Moss", "Flo Kay")
TOWNS = ("Rome", "Oslo", "Bern", "Lima", "Kiev", "Bonn")


def proposal(start: int, end: int, label: str, score: float, *, taken: bool = True) -> Proposal:
    """One that opens with half of the log-probability of its score, and is named with the rest."""
    half = math.sqrt(score)
    return Proposal(
        start, end, label, math.log(half / (1 - half)), math.log(half), 0.0, taken=taken
    )


def simulated(count: int, seed: int, overconfidence: float = 2.0) -> list[Case]:
    """Cases of a model whose log-odds are too large by a factor.

    A word of each document is proposed with a score; it is in the annotation with the probability
    that the score would mean without overconfidence. Every document has one more entity that is
    proposed with certainty, and one that is not proposed at all in a tenth of them.
    """
    random_ = random.Random(seed)
    cases = []
    for number in range(count):
        name, town, other = (random_.choice(each) for each in (NAMES, TOWNS, NAMES))
        text = f"{name} lives in {town} near {other} now."
        odds = random_.gauss(0.0, 1.5)
        right = random_.random() < 1 / (1 + math.exp(-odds))
        score = 1 / (1 + math.exp(-overconfidence * odds))
        score = min(max(score, 1e-4), 1 - 1e-4)
        at, beside = text.index(town), text.rindex(other)
        spans = [Span(0, len(name), "PERSON")]
        proposals = [proposal(0, len(name), "PERSON", 0.9999)]
        if right:
            spans.append(Span(at, at + len(town), "CITY"))
        taken = score > 0.25
        proposals.append(proposal(at, at + len(town), "CITY", score, taken=taken))
        if number % 10 == 0:
            spans.append(Span(beside, beside + len(other), "PERSON"))
        cases.append(Case(Document(f"d{number}", text, tuple(spans)), tuple(proposals)))
    return cases
