"""Adjudication: documents on which two annotations differ, for a third person to decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft import __version__
from pii_sft.converters import WRITERS, Row
from pii_sft.evaluators.annotator_agreement.agreement import Disagreement, Pair, disagreements
from pii_sft.files import Staging, encode, indented
from pii_sft.labels import Label
from pii_sft.prompt import Prompt
from pii_sft.records.dataset_folder import DatasetFolder, Manifest, SplitCounts
from pii_sft.spans import Document, Span, reading_order

Keep = Literal["both", "a", "b", "agreed"]

DISPUTED = "disputed"
"""Key of `meta` that lists the questions to decide."""

_AGREED = Path("agreed") / "documents.jsonl"


class Adjudication(msgspec.Struct, frozen=True):
    """The files and rows that were written.

    Attributes:
        disputed: documents to decide on.
        agreed: documents on which both annotations agree.
        decisions: how many there are to make.
    """

    disputed: int
    agreed: int
    decisions: int


def adjudication(
    pairs: Iterable[Pair],
    out: Path,
    *,
    inputs: Sequence[Path],
    to: str = "label_studio",
    keep: Keep = "both",
    overwrite: bool = False,
) -> Adjudication:
    """Write the documents on which two annotations differ, for a third person to decide.

    Documents come with the spans that are not disputed, and with those of both annotations where
    they differ (or of one, or none); `meta.disputed` lists each question with its spans, those with
    most questions first. What both agree on goes to `agreed/documents.jsonl`, to be converted
    together with the answers.

    Args:
        pairs: both annotations of each document.
        out: folder to write.
        inputs: files that are never replaced.
        to: writer of an annotation tool, or `documents`.
        keep: which of the disputed spans the documents contain.
        overwrite: whether the files of an earlier call are replaced.

    Raises:
        UsageError: a file is in the way.
    """
    disputed: list[tuple[int, Document]] = []
    agreed: list[Document] = []
    for one, other in pairs:
        questions = list(disagreements(one.spans, other.spans))
        if questions:
            disputed.append((len(questions), _question(one, other, questions, keep)))
        else:
            agreed.append(one)
    disputed.sort(key=lambda item: -item[0])
    manifest = _manifest([document for _, document in disputed], to, keep)
    folder = DatasetFolder(out)
    with Staging(overwrite, inputs) as staging:
        folder.claim(staging, overwrite)
        rows = (Row("", document, [], "") for _, document in disputed)
        WRITERS.get(to).write(rows, out, manifest, staging)
        stream = staging.open(out / _AGREED)
        for document in agreed:
            stream.write(encode(document) + b"\n")
        manifest.files = staging.digests(out)
        staging.open(folder.manifest_path, index=True).write(indented(manifest))
    return Adjudication(len(disputed), len(agreed), sum(number for number, _ in disputed))


def _question(
    one: Document, other: Document, questions: Sequence[Disagreement], keep: Keep
) -> Document:
    common = set(one.spans) & set(other.spans)
    added: set[Span] = set()
    if keep in ("both", "a"):
        added.update(one.spans)
    if keep in ("both", "b"):
        added.update(other.spans)
    listed = [msgspec.to_builtins(each) for each in questions]
    spans = tuple(sorted(common | added, key=reading_order))
    return one.replaced(spans=spans, meta={**one.meta, DISPUTED: listed})


def _manifest(documents: Sequence[Document], to: str, keep: Keep) -> Manifest:
    labels: dict[str, int] = {}
    for document in documents:
        for span in document.spans:
            labels[span.label] = labels.get(span.label, 0) + 1
        for question in document.meta[DISPUTED]:
            for annotator in ("a", "b"):
                if annotator in question:
                    labels.setdefault(question[annotator]["label"], 0)
    counts = SplitCounts(
        documents=len(documents),
        without_entities=sum(not document.spans for document in documents),
        spans=sum(labels.values()),
        labels=dict(sorted(labels.items())),
    )
    return Manifest(
        version=__version__,
        target="",
        prompt=Prompt("", "", "", ""),
        labels=[Label(name) for name in sorted(labels)],
        seed=0,
        options={"adjudicate": to, "keep": keep},
        inputs=[],
        splits={"": counts},
        dropped={},
    )
