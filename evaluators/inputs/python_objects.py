"""Gold and predictions given as Python objects, paired document by document.

Offsets count characters, unless one of the two is a list of tags: then both count tokens. A spaCy
Doc knows both, so it goes with either. Everything else has to count what its counterpart counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol, runtime_checkable

import msgspec

from pii_sft.errors import RecordError, UsageError
from pii_sft.evaluators.inputs.prediction_files import Prediction
from pii_sft.evaluators.inputs.spans import Ends, read_spans
from pii_sft.evaluators.inputs.tag_schemes import TagScheme
from pii_sft.evaluators.inputs.tags import read_tags
from pii_sft.spans import Document, HoldsText, Span

_MISSING = object()


@runtime_checkable
class _Example(Protocol):
    """A spaCy Example: two Docs of one text."""

    @property
    def reference(self) -> Any: ...

    @property
    def predicted(self) -> Any: ...


class Reading(msgspec.Struct, frozen=True):
    """Options of reading objects.

    Attributes:
        ends: of tuples and mappings.
        scheme: of tags; None reads them leniently.
        spans_key: which `doc.spans` of a spaCy Doc are meant; None for `doc.ents`.
    """

    ends: Ends = "exclusive"
    scheme: TagScheme | None = None
    spans_key: str | None = None


class _Annotated(HoldsText, msgspec.Struct, frozen=True):
    """The spans or tags of one document, of whatever kind.

    Attributes:
        spans: in the order given.
        text: None where it has none.
        tokens: how many there are, where offsets count them; otherwise None.
        source: the object itself, if it is one of ours.
    """

    spans: tuple[Span, ...]
    text: str | None = None
    tokens: int | None = None
    source: Document | Prediction | None = None


def pair_objects(
    gold: Iterable[Any],
    predicted: Iterable[Any],
    texts: Iterable[str] | None = None,
    reading: Reading | None = None,
) -> Iterator[tuple[Document, Prediction]]:
    """Stream documents with their predictions.

    Args:
        gold: for each document a `Document`, a spaCy Doc, a list of spans, or a list of tags; of a
            spaCy Example, the reference.
        predicted: for each of the same documents, in the same order, one of these or a
            `Prediction`; of a spaCy Example, what was predicted.
        texts: of the documents, where neither gold nor predictions have them; only breakdowns by
            length need them.
        reading: how the objects are meant; None for `Reading()`.

    Raises:
        UsageError: the numbers of documents differ.
        RecordError: an object can't be read, or gold and predictions contradict each
            other; the reason begins with its place, such as `predicted[3][0]`.
    """
    how = reading or Reading()
    for name, items in (("gold", gold), ("predicted", predicted)):
        if isinstance(items, str) or not isinstance(items, Iterable):
            raise UsageError(f"{name} is one item for each document, not {type(items).__name__}.")
    columns = zip_longest(gold, predicted, *([] if texts is None else [texts]), fillvalue=_MISSING)
    for number, (ours, theirs, *more) in enumerate(columns):
        if ours is _MISSING or theirs is _MISSING or _MISSING in more:
            raise UsageError(
                "Gold, predictions and texts must have the same number of documents, in the same "
                f"order; one of them ends after {number}."
            )
        in_tokens = _is_tags(ours) or _is_tags(theirs)
        one = _placed("gold", number, _part_of_example(ours, "reference"), how, in_tokens)
        other = _placed("predicted", number, _part_of_example(theirs, "predicted"), how, in_tokens)
        _check(number, one, other, *more)
        yield _document(number, one, other, *more), _prediction(other)


def _part_of_example(item: Any, name: str) -> Any:
    """The gold or predicted part of a spaCy Example; any other object as it is."""
    return getattr(item, name) if isinstance(item, _Example) else item


def _is_tags(item: Any) -> bool:
    return isinstance(item, Sequence) and bool(item) and isinstance(item[0], str)


def _placed(name: str, number: int, item: Any, how: Reading, in_tokens: bool) -> _Annotated:
    try:
        return _read(item, how, in_tokens)
    except RecordError as error:
        reason = error.reason if error.reason.startswith("[") else f" {error.reason}"
        raise RecordError(error.kind, f"{name}[{number}]{reason}", error.id) from None


def _read(item: Any, how: Reading, in_tokens: bool) -> _Annotated:
    if isinstance(item, Document | Prediction):
        if in_tokens:
            raise RecordError("units", "counts characters, and its counterpart is tags of tokens")
        text = item.text if isinstance(item, Document) else None
        return _Annotated(item.spans, text, source=item)
    if hasattr(item, "ents") and hasattr(item, "text"):
        return _of_doc(item, how.spans_key, in_tokens)
    if isinstance(item, str | bytes | Mapping | Span) or not isinstance(item, Iterable):
        raise RecordError("no document", "is not a list of spans or tags; each document needs one")
    items = list(item)
    if _is_tags(items):
        if not all(isinstance(tag, str) for tag in items):
            raise RecordError("no tag", "mixes tags with something else")
        return _Annotated(read_tags(items, how.scheme), tokens=len(items))
    return _Annotated(read_spans(items, how.ends))


def _of_doc(doc: Any, spans_key: str | None, in_tokens: bool) -> _Annotated:
    if spans_key is not None and spans_key not in doc.spans:
        raise RecordError("no spans", "is a spaCy Doc without spans of that key")
    if spans_key is None:
        _refuse_missing(doc)
    found = doc.ents if spans_key is None else doc.spans[spans_key]
    if in_tokens:
        spans = tuple(Span(each.start, each.end, each.label_) for each in found)
        return _Annotated(spans, doc.text, len(doc))
    spans = tuple(Span(each.start_char, each.end_char, each.label_) for each in found)
    return _Annotated(spans, doc.text)


def _refuse_missing(doc: Any) -> None:
    """Stop at tokens of which spaCy says that their annotation is missing: they are not O.

    Raises:
        RecordError: there are some.
    """
    missing = sum(not token.ent_iob for token in doc)
    if missing == len(doc) and missing:
        raise RecordError(
            "not annotated",
            "is a spaCy Doc without any annotation of entities; use doc.set_ents([]) for one that "
            "has none",
        )
    if missing:
        raise RecordError(
            "not annotated",
            f"is a spaCy Doc in which the annotation of {missing} of {len(doc)} tokens is missing; "
            'use doc.set_ents(doc.ents, default="outside") for those that are no entities',
        )


def _check(number: int, one: _Annotated, other: _Annotated, text: str | None = None) -> None:
    """Refuse gold and predictions that can't be about the same document."""
    if isinstance(one.source, Document) and isinstance(other.source, Document):
        _demand(one.source.id == other.source.id, number, "other id", "has another id")
    known = [each for each in (one.text, other.text, text) if each is not None]
    _demand(all(each == known[0] for each in known), number, "other text", "has another text")
    tokens = [each.tokens for each in (one, other) if each.tokens is not None]
    reason = "does not have as many tags as the gold"
    _demand(all(each == tokens[0] for each in tokens), number, "lengths", reason)
    if tokens:
        length: int | None = tokens[0]
    else:
        length = len(known[0]) if known else None
    for name, each in (("gold", one), ("predicted", other)):
        if length is not None and any(span.end > length for span in each.spans):
            reason = f"has a span that ends after the text, which has {length}"
            _demand(False, number, "offsets", reason, name)


def _demand(condition: bool, number: int, kind: str, reason: str, name: str = "predicted") -> None:
    if not condition:
        raise RecordError(kind, f"{name}[{number}] {reason}")


def _document(number: int, one: _Annotated, other: _Annotated, text: str | None = None) -> Document:
    """The gold; its text is empty where none is known, or where offsets count tokens."""
    if isinstance(one.source, Document):
        return one.source
    if isinstance(other.source, Document):
        return other.source.replaced(spans=one.spans)
    known = [each for each in (one.text, other.text, text) if each is not None]
    in_tokens = one.tokens is not None or other.tokens is not None
    return Document(str(number), "" if in_tokens or not known else known[0], one.spans)


def _prediction(other: _Annotated) -> Prediction:
    return other.source if isinstance(other.source, Prediction) else Prediction(other.spans)
