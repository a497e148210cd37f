"""spaCy: one DocBin a split, for `spacy train`.

All spans are in the span group `sc`, which spaCy's span categoriser reads and which may hold
nested spans; those of one layer are the document's entities. Id and meta are in `user_data`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pii_sft.converters.tokens.word_spans import outermost, words_of
from pii_sft.converters.writer import Row
from pii_sft.errors import MissingExtraError
from pii_sft.files import Staging
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document

SPAN_GROUP = "sc"


class SpacyWriter:
    """Writes spaCy's binary format; a split is held in memory until it is written."""

    name = "spacy"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.spacy`, or `documents.spacy` without a split.

        Raises:
            MissingExtraError: spaCy is not installed.
        """
        try:
            from spacy.tokens import DocBin
            from spacy.vocab import Vocab
        except ModuleNotFoundError:
            raise MissingExtraError("spacy", "spacy") from None
        vocab = Vocab()
        bins = {split: DocBin(store_user_data=True) for split in manifest.splits}
        with _encoders_known():
            for row in rows:
                bins[row.split].add(_doc(row.document, vocab))
            for split, each in bins.items():
                staging.open(directory / f"{split or 'documents'}.spacy").write(each.to_bytes())


@contextmanager
def _encoders_known() -> Iterator[None]:
    """Ask once which encoders there are, not three times for each document.

    The registry asks all installed packages each time, which takes longer than a document does.
    """
    from srsly import msgpack_encoders

    known = msgpack_encoders.get_all()
    msgpack_encoders.get_all = lambda: known
    try:
        yield
    finally:
        del msgpack_encoders.get_all


def _doc(document: Document, vocab: Any) -> Any:
    from spacy.tokens import Doc

    words, spaces = _spaced(document)
    doc = Doc(vocab, words=words, spaces=spaces)
    doc.user_data.update({"id": document.id, "meta": document.meta})
    spans: list[Any] = [doc.char_span(span.start, span.end, span.label) for span in document.spans]
    doc.spans[SPAN_GROUP] = spans
    layer = set(outermost(document.spans))
    doc.set_ents([made for made, span in zip(spans, document.spans, strict=True) if span in layer])
    return doc


def _spaced(document: Document) -> tuple[list[str], list[bool]]:
    """Words, and whether a single space follows each, as spaCy stores them."""
    words: list[str] = []
    spaces: list[bool] = []
    starts = {span.start for span in document.spans}
    ends = {span.end for span in document.spans}
    for start, end in words_of(document):
        word = document.text[start:end]
        free = start not in starts and start + 1 not in ends
        if word[0] == " " and free and words and not spaces[-1]:
            spaces[-1] = True
            word = word[1:]
        if word:
            words.append(word)
            spaces.append(False)
    return words, spaces


WRITER = SpacyWriter()
