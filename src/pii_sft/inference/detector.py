"""`Detector`: finds entities in texts with a trained model."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pii_sft.decoding.proposals import Anchoring, Proposal
from pii_sft.inference.finder import Answer, Decode, Finder, FinderSettings, needed, reach_of
from pii_sft.inference.operating_point import OperatingPoint, point_at_work
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.select_entities import EntitySelector, Selected, rules_of
from pii_sft.inference.serving import Serving, serving_of_run
from pii_sft.inference.verifier import EVEN
from pii_sft.labels import usual_labels
from pii_sft.redaction.redact_files import failure
from pii_sft.spans import Document
from pii_sft.terminal import ShownPath

if TYPE_CHECKING:
    from pii_sft.redaction.styles import Style

Thresholds = Mapping[str, float]
Entities = tuple[PredictedSpan, ...]


class Dial(msgspec.Struct, frozen=True):
    """Settings that choose among a model's proposals; see `pii_sft.decoding.proposals.choose`.

    Attributes:
        recall_bias: added to the log-odds of opening an entity.
        threshold: least score of an entity, calibrated where the operating point is.
        thresholds: least score by label, instead of `threshold`.
    """

    recall_bias: float = 0.0
    threshold: float = 0.0
    thresholds: dict[str, float] = {}


def dial_of(point: OperatingPoint) -> Dial:
    """The dial of an operating point."""
    return Dial(point.recall_bias, point.threshold, point.thresholds)


class Detection:
    """The entities of a text.

    The text is only shown through `surface`, `text`, and the marked text in notebooks, never in
    `repr`.

    Args:
        text: the text.
        proposals: everything the model would open.
        select: chooses among the proposals by a dial.
        dial: the dial to choose by.
        failure: what was wrong with the model's answer, so that entities may be missing; empty if
            nothing was, as always in anchored decoding.
        known: labels of the data set; other labels, which may be text that the model copied, are
            redacted as `UNKNOWN`. None trusts all.
        confirm: verifies the chosen entities; None for no verification.
    """

    def __init__(
        self,
        text: str,
        proposals: tuple[Proposal, ...],
        select: Callable[[str, tuple[Proposal, ...], Dial], Entities],
        dial: Dial,
        failure: str = "",
        known: Collection[str] | None = None,
        confirm: Callable[[str, Entities], Entities] | None = None,
    ) -> None:
        self.failure = failure
        self.text = text
        self.proposals = proposals
        self.dial = dial
        self._select = select
        self._known = known
        chosen = select(text, proposals, dial)
        self.entities = chosen if confirm is None else confirm(text, chosen)
        """In reading order."""

    def __repr__(self) -> str:
        return f"Detection(characters={len(self.text)}, entities={len(self.entities)})"

    def __iter__(self) -> Iterator[PredictedSpan]:
        return iter(self.entities)

    def __len__(self) -> int:
        return len(self.entities)

    def at(
        self,
        *,
        recall_bias: float | None = None,
        threshold: float | None = None,
        thresholds: Thresholds | None = None,
    ) -> Detection:
        """Choose by another dial, without asking the model again and without verification.

        Args:
            recall_bias: added to the log-odds of opening; None leaves it.
            threshold: least score of an entity; None leaves it.
            thresholds: least score by label; None leaves them.
        """
        return Detection(
            self.text,
            self.proposals,
            self._select,
            turned(self.dial, recall_bias, threshold, thresholds),
            self.failure,
            self._known,
        )

    def surface(self, entity: PredictedSpan) -> str:
        """The characters of an entity."""
        return self.text[entity.start : entity.end]

    def document(self, id: str = "text") -> Document:
        """Text and entities as a document."""
        spans = dict.fromkeys(each.span for each in self.entities)
        return Document(id, self.text, tuple(spans))

    def redacted(self, style: Style) -> str:
        """The text with its entities replaced; all of it masked if the model's answer failed."""
        from pii_sft.redaction.redact import mask_all, redact

        document = self.document()
        if self.failure:
            return mask_all(document).document.text
        return redact(document, document.spans, style, known=self._known).document.text

    def to_dict(self) -> dict[str, Any]:
        """Entities as plain values, without their strings."""
        return {"entities": [msgspec.to_builtins(each) for each in self.entities]}

    def _repr_html_(self) -> str:
        """The text with its entities marked, for notebooks."""
        pieces: list[str] = []
        done = 0
        for each in self.entities:
            if each.start < done:
                continue
            score = "" if each.score is None else f" {each.score:.2f}"
            surface, label = html.escape(self.surface(each)), html.escape(each.label)
            pieces += [
                html.escape(self.text[done : each.start]),
                f'<mark title="{html.escape(each.source)}{score}">',
                f"{surface} <small>{label}</small></mark>",
            ]
            done = each.end
        pieces.append(html.escape(self.text[done:]))
        return f'<div style="white-space:pre-wrap">{"".join(pieces)}</div>'


class Detector:
    """Finds entities in texts, with the model of a training run.

    Several threads may use one detector; the model answers one batch at a time.

    Args:
        finder: the engine.
        dial: the default dial, which chooses among proposals.
        selector: calibration, rules and propagation; None for none.
        verify: least probability of yes when the model is asked about a single entity; 0 does not
            ask.
    """

    def __init__(
        self,
        finder: Finder,
        dial: Dial,
        selector: EntitySelector | None = None,
        verify: float = 0.0,
    ) -> None:
        self.finder = finder
        self.dial = dial
        self.verify = verify
        self._selector = selector or EntitySelector(OperatingPoint())
        uses = self._selector.point.rules.uses.values()
        of_rules = {each.label for each in uses}
        self._known = of_rules.union(self.labels or usual_labels())

    @classmethod
    def load(
        cls,
        run: str | Path,
        *,
        model: str | None = None,
        operating_point: str | Path | None = None,
        rules: str | None = None,
        recall_bias: float | None = None,
        threshold: float | None = None,
        thresholds: Thresholds | None = None,
        verify: bool = False,
        decode: Decode = "auto",
        floor: float = Anchoring().floor,
        batch_size: int = 16,
        backend: str = "transformers",
        dtype: Any = "auto",
        trust_remote_code: bool = False,
    ) -> Detector:
        """Load the model of a run.

        Args:
            run: folder of the run, or one of its checkpoints.
            model: base model, if not the recorded one.
            operating_point: a file of `pii-sft tune`, or `off`; None uses that of the run, if there
                is one.
            rules: rule sets and files instead of the point's, see `pii_sft.rules.ruleset`.
            recall_bias: added to the log-odds of opening an entity; above 0 for more recall. None
                uses that of the operating point, also for `threshold` and `thresholds`.
            threshold: least score of an entity.
            thresholds: least score by label.
            verify: whether the model verifies every entity, even if the operating point does not
                say so; needs a model that was trained for it.
            decode: `anchored`, `free`, or what the run allows.
            floor: least P(open) of a place that is followed up; it limits how far a dial can be
                turned.
            batch_size: how many texts are answered together.
            backend: name of the backend.
            dtype: number format of the weights, see `backends.Settings`.
            trust_remote_code: whether code of the model's repository may run.

        Raises:
            UsageError: the run is not complete, or its model is not found.
            MissingExtraError: a package of the backend is not installed.
        """
        serving = serving_of_run(ShownPath(run), model=model)
        point = point_at_work(ShownPath(run), operating_point, rules)
        dial = turned(dial_of(point), recall_bias, threshold, thresholds)
        settings = FinderSettings(
            decode=decode,
            anchoring=Anchoring(floor=min(floor, reach_of(dial.recall_bias))),
            backend=backend,
            batch_size=batch_size,
            dtype=dtype,
            trust_remote_code=trust_remote_code,
        )
        selector = EntitySelector(point, rules_of(point, serving.labels))
        least = (point.verify or EVEN) if verify else point.verify
        return cls(Finder(serving, settings), dial, selector, least)

    @property
    def serving(self) -> Serving:
        """Settings for asking the model."""
        return self.finder.serving

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that entities can have; empty where they are not known."""
        return self.finder.serving.labels

    @property
    def anchored(self) -> bool:
        """True if the copy is forced; only then does a dial have an effect."""
        return self.finder.anchored

    def detect(self, text: str) -> Detection:
        """Find the entities of a text."""
        return next(self.detect_many([text]))

    def detect_many(self, texts: Iterable[str], *, follow_up: bool = True) -> Iterator[Detection]:
        """Find the entities of texts, in their order; texts are taken a batch at a time.

        Args:
            texts: to look through.
            follow_up: whether to find also proposals that only other dials accept, for
                `Detection.at`. Without this, the entities are the same, and it takes less time.
        """
        number = count()
        documents = (Document(str(next(number)), text) for text in texts)
        for _, detection in self.detect_documents(documents, follow_up=follow_up):
            yield detection

    def detect_documents(
        self, documents: Iterable[Document], *, follow_up: bool = True
    ) -> Iterator[tuple[Document, Detection]]:
        """Find the entities of documents, in their order; their own spans are not looked at.

        Args:
            documents: to look through.
            follow_up: see `detect_many`.
        """
        floor = None if follow_up else needed(self.dial.recall_bias)
        for answer in self.finder.in_order(documents, floor):
            yield (
                answer.document,
                Detection(
                    answer.document.text,
                    answer.proposals,
                    self.select,
                    self.dial,
                    failure(answer.issues, answer.unplaced, answer.finish_reason),
                    self._known,
                    self._confirmed if self.verify else None,
                ),
            )

    def _confirmed(self, text: str, entities: Entities) -> Entities:
        return self.finder.verified(text, entities, self.verify)

    def answers(self, documents: Iterable[Document]) -> Iterator[Answer]:
        """Ask the model about documents; gives its answers in their order, with all proposals."""
        yield from self.finder.in_order(documents)

    def select(self, text: str, proposals: tuple[Proposal, ...], dial: Dial) -> Entities:
        """The entities that count at a dial."""
        return self.selected(text, proposals, dial).spans

    def selected(self, text: str, proposals: Sequence[Proposal], dial: Dial) -> Selected:
        """Choose entities by a dial, and name the issues on the way."""
        changes = msgspec.structs.asdict(dial)
        point = msgspec.structs.replace(self._selector.point, **changes)
        found = self._selector.at(point).select(text, proposals)
        return Selected(tuple(map(_rounded, found.spans)), found.issues)

    def redact(self, text: str, style: str = "label") -> str:
        """A text with its entities replaced.

        Args:
            text: the text.
            style: name of a style of `pii_sft.redaction`: label, mask, pseudonym, hash.

        Raises:
            UsageError: there is no such style.
        """
        return next(self.redact_many([text], style))

    def redact_many(self, texts: Iterable[str], style: str = "label") -> Iterator[str]:
        """Texts with their entities replaced, in their order; see `redact`."""
        from pii_sft.redaction.named_styles import style_named

        written = style_named(style)
        for detection in self.detect_many(texts, follow_up=False):
            yield detection.redacted(written)


def _rounded(span: PredictedSpan) -> PredictedSpan:
    if span.score is None:
        return span
    return msgspec.structs.replace(span, score=round(span.score, 4))


def turned(
    dial: Dial,
    recall_bias: float | None,
    threshold: float | None,
    thresholds: Thresholds | None,
) -> Dial:
    """Change those settings of a dial that are not None."""
    return Dial(
        dial.recall_bias if recall_bias is None else recall_bias,
        dial.threshold if threshold is None else threshold,
        dial.thresholds if thresholds is None else dict(thresholds),
    )
