"""A trained model as a component of a spaCy pipeline.

    nlp = spacy.blank("en")
    nlp.add_pipe("pii_sft", config={"run": "runs/qwen1_5b"})
    doc = nlp("Ann Lee lives in Rome.")
    doc.spans["pii"], doc.ents

`doc.spans` has every entity, nested ones too; `doc.ents` those that don't overlap, the longest
first. spaCy's spans begin and end with tokens, so an entity that ends inside one takes all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pii_sft.inference.detector import Detection, Detector

SPANS_KEY = "pii"


class PiiSftComponent:
    """Sets `doc.spans` and `doc.ents`, and the score of each span as `span._.pii_score`.

    Args:
        detector: what finds entities.
        spans_key: key of `doc.spans`.
        set_ents: whether `doc.ents` is set too.
    """

    def __init__(self, detector: Detector, spans_key: str, set_ents: bool) -> None:
        self._detector = detector
        self._key = spans_key
        self._set_ents = set_ents
        if not Span.has_extension("pii_score"):
            Span.set_extension("pii_score", default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        return self._annotated(doc, self._detector.detect(doc.text))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 16) -> Iterator[Doc]:
        """Annotate many documents, a batch at a time."""
        batch: list[Doc] = []
        for doc in stream:
            batch.append(doc)
            if len(batch) == batch_size:
                yield from self._batch(batch)
                batch = []
        yield from self._batch(batch)

    def _batch(self, docs: list[Doc]) -> Iterator[Doc]:
        found = self._detector.detect_many(doc.text for doc in docs)
        for doc, detection in zip(docs, found, strict=True):
            yield self._annotated(doc, detection)

    def _annotated(self, doc: Doc, detection: Detection) -> Doc:
        spans = []
        for found in detection:
            span = doc.char_span(found.start, found.end, label=found.label, alignment_mode="expand")
            if span is not None:
                span._.pii_score = found.score
                spans.append(span)
        doc.spans[self._key] = spans
        if self._set_ents:
            doc.set_ents(filter_spans(spans))
        return doc

    def to_disk(self, path: Any, *, exclude: Iterable[str] = ()) -> None:
        """Write nothing: the run stays where it is, and the configuration names it."""
        del path, exclude

    def from_disk(self, path: Any, *, exclude: Iterable[str] = ()) -> PiiSftComponent:
        """Read nothing."""
        del path, exclude
        return self


@Language.factory(
    "pii_sft",
    assigns=["doc.spans", "doc.ents"],
    default_config={"run": "", "spans_key": SPANS_KEY, "set_ents": True, "settings": {}},
)
def make_component(
    nlp: Language, name: str, run: str, spans_key: str, set_ents: bool, settings: dict[str, Any]
) -> PiiSftComponent:
    """Make the component; `settings` are those of `Detector.load`."""
    del nlp, name
    return PiiSftComponent(Detector.load(run, **settings), spans_key, set_ents)
