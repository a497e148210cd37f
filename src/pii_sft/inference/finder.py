"""`Finder`: asks a model about documents, for `predict`, `detect` and `Detector` alike.

Long texts are asked about in windows, and the answers merged.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, cast

import msgspec

from pii_sft.align import Policy
from pii_sft.decoding.proposals import ANCHORED_TARGET, Anchoring, Proposal
from pii_sft.errors import UsageError
from pii_sft.inference.backends import (
    BACKENDS,
    AnchoringBackend,
    Backend,
    CountingBackend,
    Dtype,
    Generation,
    Question,
    Server,
    Settings,
)
from pii_sft.inference.backends.on_ray import RayBackend
from pii_sft.inference.confidence import confidence
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.serving import Serving
from pii_sft.inference.verifier import verified
from pii_sft.prompt import guarded
from pii_sft.spans import Document, HoldsText, Span, reading_order
from pii_sft.targets import TARGETS, aligned_by, read_answer
from pii_sft.windows import cut, placed

Decode = Literal["auto", "anchored", "free"]
Engine = Literal["local", "ray"]

_BATCHES_ORDERED = 64
"""Batches that are sorted by length together; limits how many texts are held in memory."""

_MOST_BIAS = 30.0
"""Largest recall bias that makes a difference; with more, every place counts anyway."""

_OVERLAP = 8
"""The overlap of two windows is the window divided by this number."""


class FinderSettings(msgspec.Struct, frozen=True):
    """Settings of a `Finder`.

    Attributes:
        decode: `anchored` forces the copy, `free` lets the model write it; `auto` is `anchored`
            where that is possible.
        anchoring: settings of anchored decoding.
        backend: name of the backend.
        batch_size: how many texts are answered together.
        max_new_tokens: longest free answer in tokens.
        trust_remote_code: whether code of the model's repository may run.
        dtype: number format of the weights, see `backends.Settings`.
        align_by: which occurrence a string of a free answer means.
        server: the server that generates; None to generate in this process.
        engine: `local`, or `ray` to run the model in processes of a cluster.
        workers: how many of them; 0 for one on each GPU.
    """

    decode: Decode = "auto"
    anchoring: Anchoring = Anchoring()
    backend: str = "transformers"
    batch_size: int = 32
    max_new_tokens: int = 1024
    trust_remote_code: bool = False
    dtype: Dtype = "auto"
    align_by: Policy = "next"
    server: Server | None = None
    engine: Engine = "local"
    workers: int = 0


def finder_settings(
    decode: str, recall_bias: float, *, follow_up: bool = False, **settings: Any
) -> FinderSettings:
    """Make settings for a dial, which follow up only places that the dial can accept.

    Args:
        decode: see `FinderSettings`.
        recall_bias: what will be added to the log-odds of opening an entity.
        follow_up: whether other dials will be tried on the same proposals.
        settings: other fields of `FinderSettings`.

    Raises:
        UsageError: the bias is not a number, or decoding is free, where a bias has no effect.
    """
    if not math.isfinite(recall_bias):
        raise UsageError(f"--recall-bias takes a number, not {recall_bias}.")
    if decode == "free" and recall_bias:
        raise UsageError("--recall-bias works on anchored decoding; leave out --decode free.")
    floor = min(Anchoring().floor, reach_of(recall_bias)) if follow_up else needed(recall_bias)
    return FinderSettings(decode=cast(Decode, decode), anchoring=Anchoring(floor=floor), **settings)


def reach_of(recall_bias: float) -> float:
    """Give the least P(open) that a bias accepts."""
    return 1 / (1 + math.exp(min(recall_bias, _MOST_BIAS)))


def needed(recall_bias: float) -> float:
    """Give the least P(open) that has to be followed up if only this bias is used; 1 for none."""
    return reach_of(recall_bias) if recall_bias > 0 else 1.0


class Answer(HoldsText, msgspec.Struct, frozen=True):
    """The answer of the model about a document.

    Attributes:
        document: the document; its own spans are not looked at.
        output: the answer as text; for several windows, and in anchored decoding, as the target
            writes it.
        finish_reason: why it ended; `length` or `loop` if that of any window did.
        proposals: all proposals in anchored decoding; else the entities of the answer.
        spans: the model's own entities, without any bias or threshold.
        issues: what was wrong with the answer.
        unplaced: labels of entities whose string is not in the text.
        tokens: how many tokens were generated, or read in drafts.
    """

    document: Document
    output: str
    finish_reason: str
    proposals: tuple[Proposal, ...]
    spans: tuple[PredictedSpan, ...]
    issues: tuple[str, ...] = ()
    unplaced: tuple[str, ...] = ()
    tokens: int = 0


class Finder:
    """Asks a model about documents.

    Args:
        serving: settings for asking the model.
        settings: see `FinderSettings`.

    Raises:
        UsageError: the model can't be loaded, or does not allow anchored decoding.
    """

    def __init__(self, serving: Serving, settings: FinderSettings) -> None:
        self.serving = serving
        self.settings = settings
        self.anchored = is_anchored(serving, settings.decode)
        self._target = aligned_by(TARGETS.get(serving.target), settings.align_by)
        self._lock = threading.RLock()
        made_by = Settings(
            model=serving.model,
            adapter=serving.adapter,
            template=serving.template,
            enable_thinking=serving.enable_thinking,
            batch_size=settings.batch_size,
            max_new_tokens=settings.max_new_tokens,
            trust_remote_code=settings.trust_remote_code,
            dtype=settings.dtype,
            server=settings.server,
            drafts=self.anchored,
        )
        self._backend: Backend = (
            RayBackend(settings.backend, made_by, settings.workers)
            if settings.engine == "ray"
            else BACKENDS.get(settings.backend)(made_by)
        )
        if self.anchored and not isinstance(self._backend, AnchoringBackend):
            if settings.decode == "anchored":
                raise UsageError(
                    f"The backend {settings.backend} gives no probabilities of a draft, which "
                    "--decode anchored needs. Use --decode free."
                )
            self.anchored = False

    def answers(self, documents: Iterable[Document]) -> Iterator[Answer]:
        """Ask about documents; answers come as they are ready, not always in order."""
        remaining = iter(documents)
        size = self.settings.batch_size * _BATCHES_ORDERED
        while chunk := list(islice(remaining, size)):
            yield from self._together(chunk)

    def written(self, document: Document, spans: Iterable[PredictedSpan]) -> str:
        """The answer that a document with some entities would have."""
        known = sorted({each.span for each in spans}, key=reading_order)
        return guarded(self._target.render(document.replaced(spans=tuple(known))))

    def verified(
        self, text: str, spans: Sequence[PredictedSpan], threshold: float
    ) -> tuple[PredictedSpan, ...]:
        """The entities that the model confirms when it is asked about each of them."""
        with self._lock:
            return verified(self._backend, text, spans, threshold)

    def in_order(
        self, documents: Iterable[Document], floor: float | None = None
    ) -> Iterator[Answer]:
        """Ask about documents, a batch at a time; answers come in their order.

        Args:
            documents: to ask about.
            floor: least P(open) of places that are followed up in addition to the answers; None
                takes that of the settings.
        """
        remaining = iter(documents)
        while chunk := list(islice(remaining, self.settings.batch_size)):
            numbered = [each.replaced(id=str(at)) for at, each in enumerate(chunk)]
            found = {int(each.document.id): each for each in self._together(numbered, floor)}
            for at, document in enumerate(chunk):
                yield msgspec.structs.replace(found[at], document=document)

    def _together(
        self, documents: Sequence[Document], floor: float | None = None
    ) -> Iterator[Answer]:
        cuts = [self._windows(document) for document in documents]
        windows = [(at, number) for at, parts in enumerate(cuts) for number in range(len(parts))]
        texts = [cuts[at][number] for at, number in windows]
        waiting = [len(parts) for parts in cuts]
        found: list[dict[int, Answer]] = [{} for _ in documents]
        with self._lock:
            for index, answer in self._asked(texts, floor):
                at, number = windows[index]
                found[at][number] = answer
                waiting[at] -= 1
                if not waiting[at]:
                    parts = [found[at][each] for each in range(len(cuts[at]))]
                    yield parts[0] if len(parts) == 1 else self._merged(documents[at], parts)
                    found[at] = {}

    def _windows(self, document: Document) -> Sequence[Document]:
        limit = self.serving.window
        if not isinstance(self._backend, CountingBackend) or len(document.text) <= limit // 4:
            return (document,)
        bare = document.replaced(spans=())
        windows = cut(bare, limit, limit // _OVERLAP, self._backend.count)
        return (document,) if len(windows) == 1 else windows

    def _asked(
        self, documents: Sequence[Document], floor: float | None
    ) -> Iterator[tuple[int, Answer]]:
        prompt = self.serving.prompt
        if self.anchored and isinstance(self._backend, AnchoringBackend):
            questions = [Question(prompt.messages(each.text), each.text) for each in documents]
            settings = self.settings.anchoring.nested(self.serving.nesting)
            if floor is not None:
                settings = msgspec.structs.replace(settings, floor=floor)
            for index, each in self._backend.anchor(questions, self.serving.labels, settings):
                document = documents[index]
                yield index, self._of_proposals(document, each.proposals, each.tokens)
            return
        prompts = [prompt.messages(each.text) for each in documents]
        for generation in self._backend.generate(prompts):
            yield generation.index, self._of_generation(documents[generation.index], generation)

    def _of_proposals(
        self, document: Document, proposals: tuple[Proposal, ...], tokens: int
    ) -> Answer:
        taken = [each for each in proposals if each.taken]
        spans = tuple(_predicted(each.span, each.score) for each in taken)
        output = self.written(document, spans)
        return Answer(document, output, "stop", proposals, spans, tokens=tokens)

    def _of_generation(self, document: Document, answer: Generation) -> Answer:
        parsed = read_answer(
            self._target, document.text, answer.text, ended=answer.finish_reason == "stop"
        )
        issues: list[str] = list(parsed.issues)
        if answer.finish_reason == "loop":
            issues.append("looped")
        elif answer.finish_reason == "length" and "truncated" not in issues:
            issues.append("truncated")
        spans = tuple(
            _predicted(each.span, confidence(answer.tokens, *each.output)) for each in parsed.found
        )
        return Answer(
            document,
            answer.text,
            answer.finish_reason,
            tuple(map(_settled, spans)),
            spans,
            tuple(issues),
            parsed.unplaced,
            len(answer.tokens),
        )

    def _merged(self, document: Document, parts: Sequence[Answer]) -> Answer:
        """Merge the answers about the windows of a document."""
        starts = [int(part.document.meta["window"]["start"]) for part in parts]
        taken = _agreed(document, parts, taken=True)
        spans = tuple(
            _predicted(span, each.score)
            for span, each in ((span, parts[window].spans[index]) for span, window, index in taken)
        )
        proposals = [
            _own(parts[window], parts[window].spans[index].span).moved(starts[window])
            for _, window, index in taken
        ]
        kept = [each.span for each in proposals]
        for span, window, index in _agreed(document, parts, taken=False):
            if not any(span.start < other.end and other.start < span.end for other in kept):
                others = [each for each in parts[window].proposals if not each.taken]
                proposals.append(others[index].moved(starts[window]))
        reasons = [part.finish_reason for part in parts]
        return Answer(
            document,
            self.written(document, spans),
            next((each for each in reasons if each != "stop"), "stop"),
            tuple(sorted(proposals, key=lambda each: (each.start, -each.end, each.label))),
            spans,
            tuple(issue for part in parts for issue in part.issues),
            tuple(label for part in parts for label in part.unplaced),
            sum(part.tokens for part in parts),
        )


def is_anchored(serving: Serving, decode: Decode) -> bool:
    """True if decoding is anchored.

    Raises:
        UsageError: anchored decoding was asked for and is not possible.
    """
    possible = serving.target == ANCHORED_TARGET
    if decode == "anchored" and not possible:
        raise UsageError(
            f"--decode anchored forces the copy of the text, and the answers of this run "
            f"({serving.target}) hold none. Train on a data set of the target {ANCHORED_TARGET}."
        )
    if not possible or decode == "free":
        return False
    if not serving.labels:
        raise UsageError(
            "The labels that this model knows are recorded nowhere, and the data set that it was "
            "trained on is not there. Add them to pii_sft.json of the run "
            '("labels": ["PERSON", ...]); predict also takes documents of that data set (--data), '
            "or --decode free."
        )
    return True


def _predicted(span: Span, score: float | None) -> PredictedSpan:
    rounded = None if score is None else round(score, 4)
    return PredictedSpan(span.start, span.end, span.label, rounded)


def _settled(span: PredictedSpan) -> Proposal:
    """A proposal from an entity of a free answer, of which only the score is uncertain."""
    logprob = math.log(span.score) if span.score else 0.0
    return Proposal(span.start, span.end, span.label, math.inf, 0.0, logprob, taken=True)


def _own(part: Answer, span: Span) -> Proposal:
    return next(each for each in part.proposals if each.taken and each.span == span)


def _agreed(
    document: Document, parts: Sequence[Answer], *, taken: bool
) -> list[tuple[Span, int, int]]:
    """Merge the entities of windows; return each with the window and index it comes from."""
    windows = []
    for part in parts:
        spans = (
            tuple(each.span for each in part.spans)
            if taken
            else tuple(each.span for each in part.proposals if not each.taken)
        )
        windows.append(part.document.replaced(spans=spans))
    return [(each.span, each.window, each.index) for each in placed(document, windows)]
