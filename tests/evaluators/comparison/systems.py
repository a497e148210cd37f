"""Two systems that make errors at random, in memory and in files."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pii_sft.evaluators import Prediction
from pii_sft.evaluators.comparison.compare import Triple
from pii_sft.spans import Document, Span

GOLD = (Span(0, 4, "A"), Span(6, 9, "B"), Span(12, 15, "A"))


def noisy(draw: random.Random, gold: Sequence[Span], miss: float) -> Prediction:
    """Spans of which some are missed, have a wrong end or a wrong label, and some false alarms."""
    found = [Span(16, 19, "B")] if draw.random() < 0.2 else []
    for span in gold:
        if draw.random() < miss:
            continue
        kind = draw.random()
        end = span.end + (kind < 0.1)
        label = draw.choice("AB") if kind > 0.9 else span.label
        found.append(Span(span.start, end, label))
    return Prediction(tuple(found))


def systems(documents: int, first: float, second: float, seed: int = 1) -> list[Triple]:
    draw = random.Random(seed)
    golds = [GOLD[: draw.randrange(4)] for _ in range(documents)]
    return [
        (
            Document(f"d{number}", "x" * 20, gold),
            noisy(draw, gold, first),
            noisy(draw, gold, second),
        )
        for number, gold in enumerate(golds)
    ]


def write(folder: Path, triples: Sequence[Triple]) -> None:
    rows: dict[str, list[Any]] = {"gold": [], "a": [], "b": []}
    for document, one, other in triples:
        spans = [[_json(span) for span in each.spans] for each in (document, one, other)]
        rows["gold"].append({"id": document.id, "text": document.text, "spans": spans[0]})
        rows["a"].append({"id": document.id, "spans": spans[1]})
        found = [[span["label"], "x" * (span["end"] - span["start"])] for span in spans[2]]
        rows["b"].append({"id": document.id, "output": json.dumps(found)})
    for name, each in rows.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in each))


def _json(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label}
