"""Redaction of files, by the documents' own spans or by predictions, which may have failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.detect import ANY_FORMAT, read_annotations
from pii_sft.evaluators import Prediction, read_pairs
from pii_sft.files import Staging, read_documents
from pii_sft.labels import usual_labels
from pii_sft.records.prediction_file import Source
from pii_sft.redaction.outside_text import KEPT_META
from pii_sft.redaction.redact import Redacted, Replacement, mask_all, redact
from pii_sft.redaction.styles import Style
from pii_sft.spans import Document, Span
from pii_sft.targets import TARGETS

OnFailed = Literal["withhold", "keep", "mask-all"]
"""Ways to treat a document whose answer failed.

`withhold`: it is not written. `keep`: it is redacted by what was found, if anything. `mask-all`:
its whole text is masked.
"""

HARMLESS = frozenset({"repaired", "duplicate", "unknown_label"})
"""Issues of answers that are complete nevertheless."""

ENDED = frozenset({"stop", "eos", "eos_token", "stop_sequence", "end_turn"})
"""Finish reasons of complete answers, as different servers call them."""

SHOWN_IDS = 20


class Annotated(msgspec.Struct, frozen=True):
    """A document to be redacted.

    Attributes:
        document: the text.
        spans: what is to be replaced.
        failure: what was wrong with the answer that the spans come from, so that entities may be
            missing; empty if nothing was.
    """

    document: Document
    spans: tuple[Span, ...]
    failure: str = ""


class Mapped(msgspec.Struct, frozen=True):
    """A row of the mapping: what was replaced in one document.

    Attributes:
        id: of the document before.
        new_id: of the document as it is written.
        replacements: what was replaced.
    """

    id: str
    new_id: str
    replacements: tuple[Replacement, ...]


class Redaction(msgspec.Struct):
    """The outcome of a redaction.

    Attributes:
        documents: how many were written.
        replaced: number of regions.
        labels: number of regions by label.
        standing: number of documents in which a replaced string still occurs elsewhere.
        renamed: number of documents that got another id, since theirs held replaced words.
        meta_dropped: number of values of `meta` that were dropped though their key was to stay.
        failed: number of documents whose answer failed, by what was wrong.
        failed_ids: the first of them.
        withheld: number of them that were not written.
    """

    documents: int = 0
    replaced: int = 0
    labels: dict[str, int] = {}
    standing: int = 0
    renamed: int = 0
    meta_dropped: int = 0
    failed: dict[str, int] = {}
    failed_ids: list[str] = []
    withheld: int = 0

    def add(self, redacted: Redacted) -> None:
        """Count one more document."""
        self.documents += 1
        self.replaced += len(redacted.replacements)
        self.standing += redacted.standing > 0
        self.meta_dropped += len(redacted.meta_dropped)
        for each in redacted.replacements:
            self.labels[each.label] = self.labels.get(each.label, 0) + 1

    def add_failed(self, id: str, failure: str) -> None:
        """Count one more document whose answer failed."""
        self.failed[failure] = self.failed.get(failure, 0) + 1
        if len(self.failed_ids) < SHOWN_IDS:
            self.failed_ids.append(id)


def annotated(data: Path, source: str = ANY_FORMAT) -> Iterator[Annotated]:
    """Documents with their own spans.

    Args:
        data: a file or folder in any annotation format; `-` is standard input.
        source: name of its reader, or `auto`.

    Raises:
        InputError: a record can't be read.
        UsageError: there is no such reader, or none or several recognise the input.
    """
    for document in read_annotations([data], source):
        yield Annotated(document, document.spans)


def predicted(pred: Path, source: Source) -> Iterator[Annotated]:
    """Documents with the spans of predictions.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.predictions`.
        source: the documents, and how answers that are still text are to be read.

    Raises:
        InputError: a row can't be read, or the files can't be joined without guessing.
    """
    for document, prediction in read_pairs(pred, source.gold, TARGETS.get(source.target)):
        yield Annotated(document, prediction.spans, failure_of(prediction))


def failure(issues: Collection[str], unplaced: Collection[str], finish_reason: str | None) -> str:
    """Name the failure of an answer with these issues; see `failure_of`.

    Args:
        issues: of the answer.
        unplaced: labels of entities whose string the text does not hold.
        finish_reason: why the model stopped, where that is known.
    """
    for issue in issues:
        if issue not in HARMLESS:
            return issue
    if unplaced:
        return "not_in_text"
    return "" if (finish_reason or "stop") in ENDED else "not ended"


def failure_of(prediction: Prediction) -> str:
    """Name the failure of an answer in which entities may be missing; empty if it is complete.

    In scores, an answer that is a refusal, truncated, empty or unreadable counts as one without
    entities. For redaction it says nothing about the document.
    """
    return failure(prediction.issues, prediction.unplaced, prediction.finish_reason)


def known_labels(source: Source, others: Collection[str] = ()) -> frozenset[str]:
    """Collect the known labels: of the data set, of its annotation, and named by the user.

    If there are none, the labels of the shipped label files are used.

    Args:
        source: the documents of the predictions.
        others: labels that the user names.
    """
    documents = read_documents(source.gold)
    annotated_labels = {span.label for document in documents for span in document.spans}
    known = {*source.labels, *others, *annotated_labels}
    return frozenset(known or usual_labels())


def redact_files(
    documents: Iterable[Annotated],
    out: Path,
    style: Style,
    *,
    mapping: Path | None = None,
    on_failed: OnFailed = "withhold",
    everywhere: bool = False,
    parts: Collection[str] = (),
    known: Collection[str] | None = None,
    keep_meta: Collection[str] = KEPT_META,
    overwrite: bool = False,
    inputs: Iterable[Path] = (),
) -> Redaction:
    """Write redacted documents as Documents JSONL, and if asked for a mapping of the replacements.

    A document whose id holds replaced words gets a number as id.

    Args:
        documents: each with the spans to replace.
        out: where the documents go; `-` is standard output.
        style: what to put in the place of spans.
        mapping: where the strings that were replaced go; None writes them nowhere.
        on_failed: what happens to documents whose answer failed.
        everywhere: see `redact`, like the following.
        parts: labels of names whose words are sought alone as well.
        known: labels that hold no text.
        keep_meta: keys of `meta` that stay.
        overwrite: replace files that exist.
        inputs: files that are never replaced.

    Raises:
        UsageError: a file exists or is an input, or both outputs are one file.
    """
    done = Redaction()
    ids = _Ids()
    with Staging(overwrite, inputs) as staging:
        texts = staging.jsonl(out)
        rows: Any = None if mapping is None else staging.jsonl(mapping)
        for number, each in enumerate(documents, 1):
            document = each.document
            if each.failure:
                done.add_failed(document.id, each.failure)
            if each.failure and on_failed == "withhold":
                done.withheld += 1
                continue
            if each.failure and on_failed == "mask-all":
                redacted = mask_all(document, keep_meta)
            else:
                redacted = redact(
                    document,
                    each.spans,
                    style,
                    everywhere=everywhere,
                    parts=parts,
                    known=known,
                    keep_meta=keep_meta,
                )
            done.add(redacted)
            id = ids.of(document.id, number, tells=redacted.id_tells)
            done.renamed += id != document.id
            if rows is not None:
                rows.write(Mapped(document.id, id, redacted.replacements))
            texts.write(redacted.document.replaced(id=id))
    return done


class _Ids:
    """Ids of redacted documents: their own, or a number that no other document has as id."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, id: str, number: int, *, tells: bool) -> str:
        """The id of a document.

        Args:
            id: its own.
            number: of the document.
            tells: whether its own must not be written.
        """
        if tells or id in self._taken:
            id = f"redacted-{number}"
            while id in self._taken:
                id += "-"
            self._taken.add(id)
        elif id.startswith("redacted-"):
            self._taken.add(id)
        return id
