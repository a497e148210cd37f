"""Scoring beside nervaluate, seqeval, spaCy and presidio-evaluator, on the same documents.

Run with `PYTHONPATH=src python benchmarks/score.py [--documents N] [--json FILE]`, where
nervaluate, seqeval, spacy and presidio-evaluator are installed; what is not is left out. All run
in one process, one after the other, on documents of 1,000 characters with about 5 gold and 5
predicted spans each, 9 of 10 right. Slow peers get fewer documents. On a machine that does other
work, only ratios mean anything; times are of the processor, the best of several runs.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pii_sft.evaluators import Prediction, Scorer, evaluate_pairs
from pii_sft.files import encode, write_json
from pii_sft.spans import Document, Span, checked

LENGTH = 1000
TOKEN = 5
RESAMPLES = 1000
ROUNDS = 7
LABELS = (8, 54)
SHUFFLED = 10_000
USUAL = 0.9
"""Share of the spans that are predicted right."""
SHARES = (1.0, USUAL, 0.7, 0.5, 0.0)
FEW = {"seqeval": 4_000, "spaCy": 2_000, "presidio": 200}
"""Documents for peers that are slow."""

Pair = tuple[Document, Prediction]


@dataclass
class Data:
    """The same documents in the shape that each tool wants."""

    pairs: list[Pair]
    labels: list[str]

    def pairs(self, documents: int | None = None) -> Iterable[tuple[list[Span], list[Span]]]:
        for document, prediction in self.pairs[:documents]:
            yield list(document.spans), list(prediction.spans)


def dictionaries(spans: Iterable[Span]) -> list[dict[str, Any]]:
    """Nervaluate: dictionaries with inclusive ends."""
    return [{"start": span.start, "end": span.end - 1, "label": span.label} for span in spans]


def tokens(span: Span) -> tuple[int, int]:
    """First token of a span, and the one after its last."""
    return span.start // TOKEN, -(-span.end // TOKEN)


def tags(spans: Iterable[Span], first: str = "B-", other: str = "I-") -> list[str]:
    """A tag for each token of five characters."""
    row = ["O"] * (LENGTH // TOKEN)
    for span in spans:
        start, end = tokens(span)
        row[start:end] = [f"{first}{span.label}"] + [f"{other}{span.label}"] * (end - start - 1)
    return row


def generate(documents: int, labels: int, seed: int = 7, right: float = USUAL) -> Data:
    """Documents whose spans stand in 20 slots of 50 characters, and flawed predictions of them."""
    draw = random.Random(seed)
    names = [f"LABEL_{index}" for index in range(labels)]
    pairs = []
    for number in range(documents):
        text = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz ", k=LENGTH))
        gold, predicted = [], []
        for slot in range(20):
            if draw.random() < 0.25:
                start = slot * 50 + draw.randrange(1, 15)
                span = Span(start, start + draw.randrange(4, 25), draw.choice(names))
                gold.append(span)
                predicted.extend(_predict(span, names, draw, right))
            elif draw.random() < 0.005:
                start = slot * 50 + draw.randrange(1, 15)
                predicted.append(Span(start, start + draw.randrange(4, 25), draw.choice(names)))
        pairs.append((checked(f"d{number}", text, gold), Prediction(tuple(predicted))))
    return Data(pairs, names)


def _predict(span: Span, names: list[str], draw: random.Random, right: float) -> list[Span]:
    if draw.random() < right:
        return [span]
    luck = draw.random()
    if luck < 0.3:
        return [Span(span.start, span.end + draw.randrange(1, 8), span.label)]
    if luck < 0.5:
        return [Span(span.start, span.end, draw.choice(names))]
    if luck < 0.7:
        middle = (span.start + span.end) // 2
        return [Span(span.start, middle, span.label), Span(middle, span.end, span.label)]
    return []


def fastest(runs: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of processor time of each, the best of several rounds in which all take turns."""
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            begin = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - begin)
    return best


def intersections(data: Data) -> int:
    """The least that any scorer does: strict true positives, in plain Python."""
    return sum(len(set(gold) & set(found)) for gold, found in data.pairs())


def ours(data: Data) -> None:
    """Everything that `pii-sft score` computes, without intervals."""
    evaluate_pairs(data.pairs, by=("label",), ci=0.0)


def counted(data: Data) -> Scorer:
    """The documents counted, without turning the counts into scores."""
    scorer = Scorer()
    for document, prediction in data.pairs:
        scorer.add(document.spans, prediction.spans, (), document.text)
    return scorer


def nervaluate(data: Data) -> Callable[[], object]:
    from nervaluate.evaluator import Evaluator

    gold, predicted = zip(
        *((dictionaries(g), dictionaries(p)) for g, p in data.pairs()), strict=True
    )
    return lambda: Evaluator(list(gold), list(predicted), data.labels, "dict").evaluate()


def seqeval(data: Data) -> Callable[[], object]:
    from seqeval.metrics import classification_report

    pairs = data.pairs(FEW["seqeval"])
    gold, predicted = zip(*((tags(g), tags(p)) for g, p in pairs), strict=True)
    return lambda: classification_report(list(gold), list(predicted))


def spacy(data: Data) -> Callable[[], object]:
    from spacy import blank
    from spacy.scorer import Scorer as TheirScorer
    from spacy.tokens import Doc
    from spacy.tokens import Span as TheirSpan
    from spacy.training import Example
    from spacy.util import filter_spans

    vocab = blank("xx").vocab
    words = ["x" * TOKEN] * (LENGTH // TOKEN)

    def doc(spans: Iterable[Span]) -> Doc:
        made = Doc(vocab, words=words, spaces=[False] * len(words))
        made.ents = filter_spans([TheirSpan(made, *tokens(each), each.label) for each in spans])
        return made

    examples = [Example(doc(p), doc(g)) for g, p in data.pairs(FEW["spaCy"])]
    return lambda: TheirScorer.score_spans(examples, "ents")


def presidio(data: Data) -> Callable[[], object]:
    import pandas
    from presidio_evaluator.evaluation import SpanEvaluator

    rows = []
    for number, (gold, predicted) in enumerate(data.pairs(FEW["presidio"])):
        wanted, found = tags(gold, "", ""), tags(predicted, "", "")
        rows += [
            (number, "x" * TOKEN, at * TOKEN, *both)
            for at, both in enumerate(zip(wanted, found, strict=True))
        ]
    columns = ["sentence_id", "token", "start_indices", "annotation", "prediction"]
    frame = pandas.DataFrame(rows, columns=columns)
    evaluator = SpanEvaluator(iou_threshold=0.9, skip_words=[])
    return lambda: evaluator.calculate_score_on_df(frame, level="entity")


PEERS: dict[str, tuple[str, str, Callable[[Data], Callable[[], object]]]] = {
    "nervaluate": ("nervaluate", "four schemes, by label", nervaluate),
    "seqeval": ("seqeval", "exact, by label", seqeval),
    "spaCy": ("spacy", "exact, by label", spacy),
    "presidio": ("presidio-evaluator", "intersection over union, by label", presidio),
}


OURS = "pii-sft, everything by label"
WITH = "result with intervals"
WITHOUT = "result without intervals"
BOOTSTRAP = "seconds of the bootstrap, all metrics"


def runs_of(data: Data) -> dict[str, Callable[[], object]]:
    """The functions to time on some documents, by name."""
    scorer = counted(data)
    runs: dict[str, Callable[[], object]] = {
        "set intersection, strict only": lambda: intersections(data),
        OURS: lambda: ours(data),
        "pii-sft, counts alone": lambda: counted(data),
        "pii-sft, with intervals": lambda: evaluate_pairs(data.pairs, by=("label",)),
        WITH: scorer.result,
        WITHOUT: lambda: scorer.result(ci=0.0),
    }
    for name, (package, what, prepare) in PEERS.items():
        if _version(package):
            runs[f"{name}, {what}"] = prepare(data)
    return runs


def speeds(documents: int) -> dict[int, dict[str, float]]:
    """Documents a second of every tool, by number of labels; all take turns."""
    everything: dict[str, Callable[[], object]] = {}
    for labels in LABELS:
        data = generate(documents, labels)
        clean = sum(set(gold) == set(found) for gold, found in data.pairs())
        print(f"{labels} labels, {clean / documents:.0%} of the documents without an error")
        everything |= {f"{labels} {name}": run for name, run in runs_of(data).items()}
    seconds = fastest(everything)
    rates = {}
    for labels in LABELS:
        of_labels = {
            key.removeprefix(f"{labels} "): each
            for key, each in seconds.items()
            if key.startswith(f"{labels} ")
        }
        bootstrap = of_labels.pop(WITH) - of_labels.pop(WITHOUT)
        rates[labels] = {name: _size(name, documents) / each for name, each in of_labels.items()}
        rates[labels][BOOTSTRAP] = bootstrap
    return rates


def by_share_right(documents: int) -> dict[int, dict[float, dict[str, float]]]:
    """Documents a second by number of labels, and by the share of spans predicted right."""
    rates: dict[int, dict[float, dict[str, float]]] = {}
    for labels in LABELS:
        rates[labels] = {}
        for right in SHARES:
            data = generate(documents, labels, right=right)
            runs: dict[str, Callable[[], object]] = {
                "pii-sft": lambda data=data: ours(data),
                "with intervals": lambda data=data: evaluate_pairs(data.pairs, by=("label",)),
            }
            for name in ("nervaluate", "spaCy"):
                package, _, prepare = PEERS[name]
                if _version(package):
                    runs[name] = prepare(data)
            seconds = fastest(runs, rounds=3)
            rate = {name: _size(name, documents) / each for name, each in seconds.items()}
            rates[labels][right] = rate
            row = "".join(f"{name} {each:8,.0f}   " for name, each in rate.items())
            print(f"{labels:3} labels, {right:4.0%} right: {row}", flush=True)
    return rates


def whole_process(documents: int) -> dict[int, dict[str, float]]:
    """Seconds of processor time of `pii-sft score` on files, and of nervaluate on objects."""
    seconds: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        gold, found, one = (Path(folder) / name for name in ("gold", "found", "one"))
        for labels in LABELS:
            pairs = generate(documents, labels).pairs
            gold.write_bytes(b"".join(encode(document) + b"\n" for document, _ in pairs))
            found.write_bytes(
                b"".join(
                    encode({"id": document.id, "spans": prediction.spans}) + b"\n"
                    for document, prediction in pairs
                )
            )
            seconds[labels] = {"pii-sft score": _score_seconds(found, gold)}
            if _version("nervaluate"):
                evaluation = nervaluate(Data(pairs, [f"LABEL_{each}" for each in range(labels)]))
                seconds[labels]["nervaluate, evaluate()"] = fastest({"": evaluation}, rounds=1)[""]
            print(f"{labels:3} labels, whole process: {seconds[labels]}", flush=True)
        one.write_bytes(encode(pairs[0][0]) + b"\n")
        seconds[1] = {"pii-sft score": _score_seconds(one, one)}
        print(f"one document: {seconds[1]}")
    return seconds


def _score_seconds(found: Path, gold: Path) -> float:
    """The best of three processes."""
    command = [sys.executable, "-m", "pii_sft", "score", "--pred", str(found), "--gold", str(gold)]
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def _size(name: str, documents: int) -> int:
    return min(documents, FEW.get(name.partition(",")[0], documents))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def dense(documents: int, seed: int = 3) -> list[tuple[list[Span], list[Span]]]:
    """Documents whose spans overlap at will."""
    draw = random.Random(seed)

    def side() -> list[Span]:
        starts = [draw.randrange(60) for _ in range(draw.randrange(1, 7))]
        return [Span(each, each + draw.randrange(1, 15), draw.choice("ABC")) for each in starts]

    return [(side(), side()) for _ in range(documents)]


def changed_by_shuffling(documents: int) -> dict[str, int]:
    """Documents whose counts change when their spans come in another order."""
    draw = random.Random(5)
    counters: dict[str, Callable[[Sequence[Span], Sequence[Span]], object]] = {"pii-sft": _counts}
    if _version("nervaluate"):
        counters["nervaluate"] = _counts_of_nervaluate
    changed = dict.fromkeys(counters, 0)
    for gold, predicted in dense(documents):
        other = draw.sample(gold, len(gold)), draw.sample(predicted, len(predicted))
        for name, counts in counters.items():
            changed[name] += counts(gold, predicted) != counts(*other)
    return changed


def _counts(gold: Sequence[Span], predicted: Sequence[Span]) -> object:
    scorer = Scorer()
    scorer.add(gold, predicted)
    names = list(scorer.numbers)
    return Counter(names[number] for number in scorer.events)


def _counts_of_nervaluate(gold: Sequence[Span], predicted: Sequence[Span]) -> object:
    from nervaluate.evaluator import Evaluator

    evaluator = Evaluator([dictionaries(gold)], [dictionaries(predicted)], list("ABC"), "dict")
    overall = evaluator.evaluate()["overall"]
    names = ("correct", "incorrect", "partial", "missed", "spurious")
    return {name: [getattr(each, count) for count in names] for name, each in overall.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--by-share", type=int, default=10_000, help="documents of each share")
    parser.add_argument("--shuffled", type=int, default=SHUFFLED)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rates = speeds(options.documents)
    print(f"{'documents/s':46}{'8 labels':>11}{'54 labels':>11}{'ours is faster by':>20}")
    for name in rates[LABELS[0]]:
        both = [rates[labels][name] for labels in LABELS]
        if name == BOOTSTRAP:
            print(f"{name:46}{both[0]:11.2f}{both[1]:11.2f}")
            continue
        best = [rates[labels][OURS] for labels in LABELS]
        print(f"{name:46}{both[0]:11,.0f}{both[1]:11,.0f}", end="")
        print(f"{best[0] / both[0]:10.1f}{best[1] / both[1]:10.1f}")
    few, many = (rates[labels][OURS] for labels in LABELS)
    print(f"pii-sft is {1 - many / few:.0%} slower with {LABELS[1]} labels than with {LABELS[0]}")
    shares = by_share_right(options.by_share)
    processes = whole_process(options.documents)
    shuffled = changed_by_shuffling(options.shuffled)
    for name, number in shuffled.items():
        print(f"{name}: {number} of {options.shuffled} shuffled documents change their counts")
    if options.json:
        found = {
            "documents": options.documents,
            "resamples": RESAMPLES,
            "python": sys.version.split()[0],
            "versions": {package: _version(package) for package, *_ in PEERS.values()},
            "rates": rates,
            "by_share_right": {"documents": options.by_share, "rates": shares},
            "seconds_of_processes": processes,
            "shuffled": {"documents": options.shuffled, "changed": shuffled},
        }
        write_json(options.json, found, overwrite=True)


if __name__ == "__main__":
    main()
