"""Prediction of the spans of documents; an interrupted call can be resumed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from pii_sft import __version__
from pii_sft.align import Policy
from pii_sft.converters.detect import ANY_FORMAT
from pii_sft.decoding.proposals import ANCHORED_TARGET, Proposal
from pii_sft.errors import UsageError
from pii_sft.files import (
    STANDARD_STREAM,
    Staging,
    check_output,
    encode,
    indented,
)
from pii_sft.inference.detector import Detector, Dial
from pii_sft.inference.finder import Answer, Decode, Finder, FinderSettings, is_anchored
from pii_sft.inference.operating_point import OperatingPoint
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.resumable_rows import Unfinished, remove_stored
from pii_sft.inference.select_entities import EntitySelector, rules_of
from pii_sft.inference.serving import Serving
from pii_sft.inference.text_source import TextSource
from pii_sft.records.prediction_file import record_path
from pii_sft.spans import Document, HoldsText, texts_digest
from pii_sft.targets import TARGETS, aligned_by


class Row(HoldsText, msgspec.Struct, frozen=True):
    """A line of `predictions.jsonl`; `output` is the only field that holds document text.

    `unplaced` lists the labels of entities whose string is not in the text; `text_digest`
    identifies the text that the offsets are about. `proposals` is there only if asked for.
    """

    id: str
    output: str
    finish_reason: str
    spans: list[PredictedSpan]
    issues: list[str]
    unplaced: list[str]
    text_digest: str
    proposals: list[Proposal] | msgspec.UnsetType = msgspec.UNSET


class Predictions(msgspec.Struct):
    """The record of a prediction run; kept beside its rows as `<name>.meta.json`.

    Attributes:
        version: of this package.
        gold: the documents that were predicted, path as given.
        gold_sha256: digest of that file; of several, of the digests.
        texts_digest: digest of ids and texts only; it stays the same if the annotation is
            corrected.
        serving: model, template, prompt and target.
        labels: that entities can have; empty if they are not known.
        decode: `anchored` or `free`.
        recall_bias: number added to the log-odds of opening an entity.
        point: the operating point, with its calibration, thresholds and rules.
        backend: name of the backend.
        server: the address that texts were sent to; empty for a local model.
        batch_size: how many documents were answered together.
        align_by: which occurrence of a string the answers were taken to mean.
        shard: which part of the documents was predicted; empty for all.
        documents: number answered by this call; with `resume`, only the remaining ones.
        tokens: number of tokens generated for them, or read in drafts; 0 if a server does not list
            them.
        seconds: how long that took, without loading the model.
    """

    version: str
    gold: str
    gold_sha256: str
    texts_digest: str
    serving: Serving
    labels: list[str]
    decode: Decode
    recall_bias: float
    point: OperatingPoint
    backend: str
    batch_size: int
    align_by: Policy = "next"
    server: str = ""
    shard: str = ""
    documents: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Predicting(msgspec.Struct, frozen=True):
    """Settings of a prediction.

    Attributes:
        finder: settings of the engine.
        dial: chooses among the model's proposals.
        point: calibration, rules and propagation.
        verify: least probability of yes when the model is asked about a single entity; 0 does not
            ask.
        keep_proposals: whether rows hold all proposals.
        source: format of the data; `auto` detects it.
        shard: which part of the documents, as `1/4`; empty for all.
        resume: continue an interrupted call.
        overwrite: replace existing predictions.
    """

    finder: FinderSettings = FinderSettings()
    dial: Dial = Dial()
    point: OperatingPoint = OperatingPoint()
    verify: float = 0.0
    keep_proposals: bool = False
    source: str = ANY_FORMAT
    shard: str = ""
    resume: bool = False
    overwrite: bool = False


def is_predicted(out: Path) -> bool:
    """True if predictions exist; also removes the part file of a call killed at its very end."""
    if not out.is_file():
        return False
    remove_stored(_part_of(out), out)
    return True


def _part_of(out: Path) -> Path:
    """Folder in which answers are kept until all are there."""
    return out.with_name(f"{out.name}.part")


def predict(
    serving: Serving,
    data: Path | Sequence[Path],
    out: Path,
    settings: Predicting | None = None,
    *,
    on_start: Callable[[int], None] = lambda _: None,
    on_document: Callable[[], None] = lambda: None,
) -> Predictions:
    """Predict the spans of every document.

    Answers are appended to `<out>.part` as they come and put in the order of the documents at the
    end, when the file gets its name. A call that fails before its first answer leaves nothing.

    Args:
        serving: settings for asking the model.
        data: file, or files, of documents; their spans are not looked at.
        out: file for the rows.
        settings: see `Predicting`.
        on_start: called with the number of documents to answer, when the model is loaded.
        on_document: called after each of them.

    Raises:
        UsageError: `out` exists, or there is an interrupted call that was not to be resumed or had
            other settings; or the target does not support `align_by`.
        InputError: `data` can't be read, or two documents have one id.
    """
    how = settings or Predicting()
    paths = [data] if isinstance(data, Path) else list(data)
    if out == STANDARD_STREAM or (out.exists() and not (out.is_file() or out.is_dir())):
        raise UsageError(
            f"Rows are kept beside {out} until all are there, and a record after that, so it has "
            "to be a file. pii-sft detect --json prints."
        )
    is_predicted(out)
    for path in (out, record_path(out)):
        check_output(path, how.overwrite, paths)
    aligned_by(TARGETS.get(serving.target), how.finder.align_by)
    if not is_anchored(serving, how.finder.decode) and how.dial.recall_bias:
        raise UsageError(
            "--recall-bias needs anchored decoding, and the answers of this run "
            f"({serving.target}) don't hold the text. Train on a data set of the target "
            f"{ANCHORED_TARGET}."
        )
    shard = _Shard.named(how.shard)
    with TextSource(paths, how.source) as texts, ExitStack() as on_leaving:
        ids = [id for number, id in enumerate(texts.ids()) if shard.holds(number)]
        summary = Predictions(
            version=__version__,
            gold=",".join(map(str, paths)),
            gold_sha256=texts.sha256,
            texts_digest=texts_digest(shard.of(texts.documents())),
            serving=serving,
            labels=list(serving.labels),
            decode="free",
            recall_bias=how.dial.recall_bias,
            point=how.point,
            backend=how.finder.backend,
            batch_size=how.finder.batch_size,
            align_by=how.finder.align_by,
            server=how.finder.server.url if how.finder.server else "",
            shard=how.shard,
        )
        part = Unfinished(_part_of(out), _fingerprint(summary, how))
        on_leaving.enter_context(part)
        done = part.begin(resume=how.resume, overwrite=how.overwrite)
        selector = EntitySelector(how.point, rules_of(how.point, serving.labels))
        detector = Detector(Finder(serving, how.finder), how.dial, selector)
        if how.dial.recall_bias and not detector.anchored:
            raise UsageError(
                f"The backend {how.finder.backend} gives no probabilities of a draft here, which "
                "a recall bias needs. Use --recall-bias 0, or an --operating-point without one."
            )
        summary.decode = "anchored" if detector.anchored else "free"
        on_start(len(ids) - len(done))
        began = time.monotonic()
        waiting = (each for each in shard.of(texts.documents()) if each.id not in done)
        for answer in detector.finder.answers(waiting):
            part.append(encode(_row(detector, answer, how)))
            summary.documents += 1
            summary.tokens += answer.tokens
            on_document()
        summary.seconds = round(time.monotonic() - began, 3)
        with Staging(how.overwrite, paths) as staging:
            rows = staging.open(out)
            for line in part.in_order(ids):
                rows.write(line)
            staging.open(record_path(out)).write(indented(summary))
        part.remove()
    return summary


def _row(detector: Detector, answer: Answer, how: Predicting) -> Row:
    document = answer.document
    spans, issues, output = answer.spans, answer.issues, answer.output
    if detector.anchored or how.point != OperatingPoint() or how.dial != Dial():
        selected = detector.selected(document.text, answer.proposals, how.dial)
        spans, issues = selected.spans, (*answer.issues, *selected.issues)
    if how.verify:
        spans = detector.finder.verified(document.text, spans, how.verify)
    if detector.anchored:
        output = detector.finder.written(document, spans)
    return Row(
        document.id,
        output,
        answer.finish_reason,
        list(spans),
        list(issues),
        list(answer.unplaced),
        document.text_digest,
        list(answer.proposals) if how.keep_proposals and detector.anchored else msgspec.UNSET,
    )


class _Shard(msgspec.Struct, frozen=True):
    """Every n-th document, starting with one of them."""

    number: int
    of_all: int

    @classmethod
    def named(cls, name: str) -> _Shard:
        """Read `I/N`, counted from 1; an empty name means all documents.

        Raises:
            UsageError: there is no such shard.
        """
        if not name:
            return cls(1, 1)
        number, slash, of_all = name.partition("/")
        if not slash or not (number.isdecimal() and of_all.isdecimal()):
            raise UsageError(f"--shard takes I/N, such as 1/4, not {name!r}.")
        shard = cls(int(number), int(of_all))
        if not 1 <= shard.number <= shard.of_all:
            raise UsageError(f"--shard takes a number from 1 to {of_all}, not {number}.")
        return shard

    def holds(self, number: int) -> bool:
        """True if a document belongs to it, by its number from 0 on."""
        return number % self.of_all == self.number - 1

    def of(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Its documents."""
        return (each for number, each in enumerate(documents) if self.holds(number))


def _fingerprint(summary: Predictions, how: Predicting) -> str:
    finder = how.finder
    made_of = (
        *(summary.gold_sha256, summary.texts_digest, summary.serving, summary.backend),
        *(finder.decode, finder.anchoring, finder.max_new_tokens, finder.dtype),
        *(finder.align_by, how.dial, how.point, how.verify, how.keep_proposals),
        finder.server and finder.server.model,  # which may move to another address
    )
    return hashlib.sha256(encode(made_of)).hexdigest()
