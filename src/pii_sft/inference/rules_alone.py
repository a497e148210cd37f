"""Rules without a model: scores of rules, and their entities as predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pii_sft.converters.detect import ANY_FORMAT, read_annotations
from pii_sft.errors import UsageError
from pii_sft.evaluators import Prediction, Report, evaluate_pairs
from pii_sft.files import Staging
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.rules import Proof, Ruleset, ruleset
from pii_sft.spans import Document


class RulesReport(msgspec.Struct, frozen=True):
    """Scores of rules without a model on annotated documents.

    Attributes:
        report: scores of the labels that some kind of rule has.
        labelling: label by kind.
        unruled: labels of the data that no kind of rule has, with their numbers of spans.
        stopped: number of documents on which a rule took too long, by kind.
    """

    report: Report
    labelling: dict[str, str]
    unruled: dict[str, int]
    stopped: dict[str, int]


def measure_rules(
    rules: str, data: Path, source: str = ANY_FORMAT, *, least: Proof = Proof.LIKELY
) -> RulesReport:
    """Score rules alone.

    Args:
        rules: as for `pii_sft.rules.ruleset`.
        data: annotated documents in any format.
        source: name of its reader, or `auto`.
        least: lowest level of proof with which a candidate counts.

    Raises:
        InputError: a record can't be read.
        UsageError: there is no such rule set or reader.
    """
    documents = list(read_annotations([data], source))
    found: dict[str, int] = {}
    for document in documents:
        for span in document.spans:
            found[span.label] = found.get(span.label, 0) + 1
    chosen = _needed(ruleset(rules, found))
    ruled = set(chosen.labelling.values())
    stopped: dict[str, int] = {}

    def pairs() -> Iterator[tuple[Document, Prediction]]:
        for document in documents:
            gold = tuple(span for span in document.spans if span.label in ruled)
            yield document.replaced(spans=gold), _predicted(chosen, document, least, stopped)

    report = evaluate_pairs(pairs())
    unruled = {label: count for label, count in sorted(found.items()) if label not in ruled}
    return RulesReport(report, chosen.labelling, unruled, stopped)


def predict_by_rules(
    rules: str,
    labels: Iterable[str],
    data: Path,
    out: Path,
    source: str = ANY_FORMAT,
    *,
    least: Proof = Proof.LIKELY,
    overwrite: bool = False,
) -> int:
    """Write what rules find as prediction rows.

    Args:
        rules: as for `pii_sft.rules.ruleset`.
        labels: labels to write; if none are given, those of the data set that `data` belongs to.
            Without a data set the kinds keep their names.
        data: documents in any format; their spans are not looked at.
        out: file for the rows.
        source: name of the reader, or `auto`.
        least: lowest level of proof with which a candidate counts.
        overwrite: replace an existing file.

    Returns:
        The number of documents.
    """
    around = DatasetFolder.around(data)
    named = list(labels) or ([label.name for label in around.manifest.labels] if around else [])
    chosen = _needed(ruleset(rules, named))
    if not named:
        chosen = _needed(ruleset(rules, chosen.kinds))
    count = 0
    with Staging(overwrite, [data]) as staging:
        rows = staging.jsonl(out)
        for document in read_annotations([data], source):
            rows.write(_row(chosen, document, least))
            count += 1
    return count


def _needed(rules: Ruleset | None) -> Ruleset:
    if rules is None:
        raise UsageError("--rules off leaves nothing to do here.")
    return rules


def _predicted(
    rules: Ruleset, document: Document, least: Proof, stopped: dict[str, int]
) -> Prediction:
    hits = rules.find(document.text)
    for kind in hits.stopped:
        stopped[kind] = stopped.get(kind, 0) + 1
    return Prediction(tuple(hit.span for hit in hits.found if hit.proof >= least))


def _row(rules: Ruleset, document: Document, least: Proof) -> dict[str, Any]:
    spans = [
        {
            "start": hit.span.start,
            "end": hit.span.end,
            "label": hit.span.label,
            "score": None,
            "source": f"rule:{hit.kind}",
        }
        for hit in rules.find(document.text).found
        if hit.proof >= least
    ]
    return {
        "id": document.id,
        "spans": spans,
        "issues": [],
        "text_digest": document.text_digest,
    }
