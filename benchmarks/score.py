"""Speed of scoring: ours beside nervaluate and seqeval, on the same generated documents.

Run with `PYTHONPATH=src python benchmarks/score.py [--documents N] [--json FILE]`. All run in
one process, one after the other, on documents of 1,000 characters with about 5 gold and 5 predicted
spans each, 9 of 10 right. On a machine that does other work, only ratios mean anything.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pii_sft.evaluators import Prediction, Scorer, evaluate
from pii_sft.files import write_json
from pii_sft.spans import Document, Span, checked

LENGTH = 1000
TOKEN = 5
LEVEL = 0.95


@dataclass
class Data:
    """The same documents in the shape that each tool wants."""

    pairs: list[tuple[Document, Prediction]]
    labels: list[str]

    def dictionaries(self, predicted: bool) -> list[list[dict[str, Any]]]:
        """Nervaluate: dictionaries with inclusive ends."""
        return [
            [
                {"start": span.start, "end": span.end - 1, "label": span.label}
                for span in (prediction.spans if predicted else document.spans)
            ]
            for document, prediction in self.pairs
        ]

    def tags(self, predicted: bool) -> list[list[str]]:
        """Seqeval: a BIO tag for each token of five characters."""
        rows = []
        for document, prediction in self.pairs:
            row = ["O"] * (LENGTH // TOKEN)
            for span in prediction.spans if predicted else document.spans:
                first, end = span.start // TOKEN, -(-span.end // TOKEN)
                row[first:end] = [f"B-{span.label}"] + [f"I-{span.label}"] * (end - first - 1)
            rows.append(row)
        return rows


def generate(documents: int, labels: int, seed: int = 7) -> Data:
    """Documents whose spans stand in 20 slots of 50 characters, and flawed predictions of them."""
    draw = random.Random(seed)
    names = [f"LABEL_{index}" for index in range(labels)]
    text = "x" * LENGTH
    pairs = []
    for number in range(documents):
        gold, predicted = [], []
        for slot in range(20):
            if draw.random() < 0.25:
                start = slot * 50 + draw.randrange(1, 15)
                span = Span(start, start + draw.randrange(4, 25), draw.choice(names))
                gold.append(span)
                predicted.extend(_predict(span, names, draw))
            elif draw.random() < 0.005:
                start = slot * 50 + draw.randrange(1, 15)
                predicted.append(Span(start, start + draw.randrange(4, 25), draw.choice(names)))
        pairs.append((checked(f"d{number}", text, gold), Prediction(tuple(predicted))))
    return Data(pairs, names)


def _predict(span: Span, names: list[str], draw: random.Random) -> list[Span]:
    luck = draw.random()
    if luck < 0.90:
        return [span]
    if luck < 0.93:
        return [Span(span.start, span.end + draw.randrange(1, 8), span.label)]
    if luck < 0.95:
        return [Span(span.start, span.end, draw.choice(names))]
    if luck < 0.97:
        middle = (span.start + span.end) // 2
        return [Span(span.start, middle, span.label), Span(middle, span.end, span.label)]
    return []


def ours(data: Data) -> Scorer:
    """All four schemes by label, characters and kinds of error, without intervals."""
    scorer = Scorer()
    for document, prediction in data.pairs:
        scorer.add(document.spans, prediction.spans)
    scorer.result(ci=0.0)
    return scorer


def with_intervals(data: Data) -> None:
    """Everything that `pii-sft score` computes by default."""
    evaluate(data.pairs, ci=LEVEL)


def rate(documents: int, run: Callable[[], object], times: int = 3) -> float:
    """Documents a second, the best of several runs."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return documents / best


def measure(documents: int, labels: int) -> dict[str, float]:
    """Rates of every tool with a number of labels."""
    from nervaluate.evaluator import Evaluator
    from seqeval.metrics import classification_report

    data = generate(documents, labels)
    gold, predicted = data.dictionaries(False), data.dictionaries(True)
    gold_tags, predicted_tags = data.tags(False), data.tags(True)
    strict = sum(each.spans == other.spans for each, other in data.pairs)
    print(f"{labels} labels, {strict / documents:.0%} of the documents without an error")
    return {
        "pii-sft, 4 schemes": rate(documents, lambda: ours(data)),
        "pii-sft, with intervals": rate(documents, lambda: with_intervals(data), 1),
        "nervaluate, 4 schemes": rate(
            documents, lambda: Evaluator(gold, predicted, data.labels, "dict").evaluate(), 1
        ),
        "seqeval, exact only": rate(
            documents, lambda: classification_report(gold_tags, predicted_tags), 1
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rates = {labels: measure(options.documents, labels) for labels in (8, 54)}
    print(f"{'documents/s':28}{'8 labels':>12}{'54 labels':>12}{'ours is faster by':>26}")
    for name in rates[8]:
        few, many = rates[8][name], rates[54][name]
        ratios = [rates[labels]["pii-sft, 4 schemes"] / rates[labels][name] for labels in rates]
        print(f"{name:28}{few:12,.0f}{many:12,.0f}{ratios[0]:13.1f}{ratios[1]:13.1f}")
    if options.json:
        write_json(
            options.json,
            {"documents": options.documents, "python": sys.version.split()[0], "rates": rates},
            overwrite=True,
        )


if __name__ == "__main__":
    main()
