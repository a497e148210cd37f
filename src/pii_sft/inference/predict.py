"""Documents in, predicted spans out; an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from pii_sft import __version__
from pii_sft.align import Policy
from pii_sft.errors import UsageError
from pii_sft.files import (
    Staging,
    check_output,
    digest,
    encode,
    indented,
    make_private,
    read_documents,
)
from pii_sft.inference.backends import BACKENDS, Backend, Dtype, Generation, Settings
from pii_sft.inference.confidence import confidence
from pii_sft.inference.serving import Serving
from pii_sft.records.prediction_file import record_path
from pii_sft.spans import Document, Span, texts_digest
from pii_sft.targets import TARGETS, Target, aligned_by, read_answer

WINDOW = 64
"""How many batches are ordered by length together; bounds what is held in memory."""


class PredictedSpan(msgspec.Struct, frozen=True):
    """A span and how sure the model was, from 0 to 1; None where it can't be told."""

    start: int
    end: int
    label: str
    score: float | None


class Row(msgspec.Struct, frozen=True):
    """A line of `predictions.jsonl`; `output` is the only field that holds document text.

    `unplaced` are the labels of entities whose string the text does not hold; `text_digest` says
    which text the offsets count in.
    """

    id: str
    output: str
    finish_reason: str
    spans: list[PredictedSpan]
    issues: list[str]
    unplaced: list[str]
    text_digest: str

    def __repr__(self) -> str:
        return f"Row(id={self.id!r}, spans={len(self.spans)}, issues={self.issues!r})"


class Predictions(msgspec.Struct):
    """What a prediction run did; kept beside its rows as `<name>.meta.json`.

    Attributes:
        version: of this package.
        gold: the documents that were predicted, path as given.
        gold_sha256: digest of that file.
        texts_digest: digest of its ids and texts alone, which stays when annotation is corrected.
        serving: model, template, prompt and target.
        backend: name of the backend.
        batch_size: how many documents were answered together.
        align_by: which occurrence of a string the answers were taken to mean.
        documents: how many were answered by this call; with `resume`, only the remaining ones.
        tokens: how many tokens were generated for them.
        seconds: how long that took, without loading the model.
    """

    version: str
    gold: str
    gold_sha256: str
    texts_digest: str
    serving: Serving
    backend: str
    batch_size: int
    align_by: Policy = "next"
    documents: int = 0
    tokens: int = 0
    seconds: float = 0.0


def predict(
    serving: Serving,
    data: Path,
    out: Path,
    *,
    backend: str = "transformers",
    batch_size: int = 32,
    max_new_tokens: int = 1024,
    trust_remote_code: bool = False,
    dtype: Dtype = "auto",
    align_by: Policy = "next",
    resume: bool = False,
    overwrite: bool = False,
    on_start: Callable[[int], None] = lambda _: None,
    on_document: Callable[[], None] = lambda: None,
) -> Predictions:
    """Predict the spans of every document.

    Answers are appended to `<out>.part` as they come and put in the order of the documents at the
    end, when the file gets its name.

    Args:
        serving: how to ask the model.
        data: Documents JSONL; their spans are not looked at.
        out: where the rows go.
        backend: what generates.
        batch_size: how many documents are answered together.
        max_new_tokens: longest answer in tokens.
        trust_remote_code: whether code of the model's repository may run.
        dtype: number format of the weights, see `Settings`.
        align_by: which occurrence a string of an answer means, if the text holds several.
        resume: go on with what an interrupted call left.
        overwrite: replace what is there.
        on_start: called with the number of documents to answer, when the model is loaded.
        on_document: called after each of them.

    Raises:
        UsageError: `out` exists, or an interrupted call is in the way, or was made otherwise; or
            answers of the target leave nothing to `align_by`.
        InputError: `data` can't be read.
    """
    check_output(out, overwrite, [data])
    target = aligned_by(TARGETS.get(serving.target), align_by)
    summary = Predictions(
        version=__version__,
        gold=str(data),
        gold_sha256=digest(data),
        texts_digest=texts_digest(read_documents(data)),
        serving=serving,
        backend=backend,
        batch_size=batch_size,
        align_by=align_by,
    )
    part = _Part(out.with_name(f"{out.name}.part"), _fingerprint(summary, max_new_tokens, dtype))
    done = part.begin(resume=resume, overwrite=overwrite)
    ids = [document.id for document in read_documents(data)]
    waiting = (document for document in read_documents(data) if document.id not in done)
    model = BACKENDS.get(backend)(
        Settings(
            model=serving.model,
            adapter=serving.adapter,
            template=serving.template,
            enable_thinking=serving.enable_thinking,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            trust_remote_code=trust_remote_code,
            dtype=dtype,
        )
    )
    on_start(len(ids) - len(done))
    began = time.monotonic()
    with part:
        for row, tokens in _answers(model, serving, target, waiting, batch_size * WINDOW):
            part.append(row)
            summary.documents += 1
            summary.tokens += tokens
            on_document()
    summary.seconds = round(time.monotonic() - began, 3)
    with Staging(overwrite=True) as staging:
        rows = staging.open(out)
        for line in part.in_order(ids):
            rows.write(line)
        staging.open(record_path(out)).write(indented(summary))
    part.path.unlink()
    return summary


def _answers(
    model: Backend, serving: Serving, target: Target, documents: Iterable[Document], window: int
) -> Iterator[tuple[Row, int]]:
    remaining = iter(documents)
    while chunk := list(islice(remaining, window)):
        prompts = [serving.prompt.messages(document.text) for document in chunk]
        for answer in model.generate(prompts):
            yield _row(chunk[answer.index], target, answer), len(answer.tokens)


def _row(document: Document, target: Target, answer: Generation) -> Row:
    parsed = read_answer(target, document.text, answer.text)
    issues: list[str] = list(parsed.issues)
    if answer.finish_reason == "loop":
        issues.append("looped")
    elif answer.finish_reason == "length" and "truncated" not in issues:
        issues.append("truncated")
    spans = [
        _scored(found.span, confidence(answer.tokens, *found.output)) for found in parsed.found
    ]
    return Row(
        document.id,
        answer.text,
        answer.finish_reason,
        spans,
        issues,
        list(parsed.unplaced),
        document.text_digest,
    )


def _scored(span: Span, score: float | None) -> PredictedSpan:
    return PredictedSpan(
        span.start, span.end, span.label, None if score is None else round(score, 4)
    )


def _fingerprint(summary: Predictions, max_new_tokens: int, dtype: Dtype) -> str:
    made_of = (
        *(summary.gold_sha256, summary.serving, summary.backend, summary.align_by),
        *(max_new_tokens, dtype),
    )
    return hashlib.sha256(encode(made_of)).hexdigest()


class _Id(msgspec.Struct):
    id: str


class _Header(msgspec.Struct):
    fingerprint: str


class _Part:
    """Rows of an unfinished run, in the order in which they came; its first line is a header."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self._fingerprint = fingerprint
        self._stream: Any = None

    def begin(self, *, resume: bool, overwrite: bool) -> set[str]:
        """Ids that are answered already; starts a new file where there is nothing to resume."""
        if self.path.exists() and resume:
            return self._answered()
        if self.path.exists() and not overwrite:
            raise UsageError(
                f"{self.path} holds the answers of an interrupted run. Go on with --resume, or "
                "start again with --overwrite."
            )
        make_private(self.path.parent)
        self.path.unlink(missing_ok=True)
        with self._open() as stream:
            stream.write(encode(_Header(self._fingerprint)) + b"\n")
        return set()

    def _answered(self) -> set[str]:
        lines = self.path.read_bytes().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        if not whole or msgspec.json.decode(whole[0], type=_Header) != _Header(self._fingerprint):
            raise UsageError(
                f"{self.path} was made with other data, another model or other options. "
                "Repeat those, or start again with --overwrite."
            )
        if len(whole) < len(lines):
            with self.path.open("r+b") as stream:
                stream.truncate(sum(map(len, whole)))
        return {msgspec.json.decode(line, type=_Id).id for line in whole[1:]}

    def _open(self) -> Any:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(handle, "wb", buffering=0)

    def __enter__(self) -> _Part:
        self._stream = self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def append(self, row: Row) -> None:
        """Store a row; it survives whatever happens next."""
        self._stream.write(encode(row) + b"\n")

    def in_order(self, ids: Iterable[str]) -> Iterator[bytes]:
        """The stored lines in the order of `ids`."""
        places: dict[str, tuple[int, int]] = {}
        with self.path.open("rb") as stream:
            at = len(stream.readline())
            for line in stream:
                places[msgspec.json.decode(line, type=_Id).id] = (at, len(line))
                at += len(line)
            for id in ids:
                start, length = places[id]
                stream.seek(start)
                yield stream.read(length)
