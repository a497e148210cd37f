"""spaCy: one DocBin a split, for `spacy train`.

All spans are in the span group `sc`, which spaCy's span categoriser reads and which may hold
nested spans; those of one layer are the document's entities. Id and meta are in `user_data`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import Any

from msgspec.msgpack import encode

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
        bins = {split: DocBin() for split in manifest.splits}
        for row in rows:
            _add(bins[row.split], row.document, vocab)
        for split, each in bins.items():
            each.store_user_data = True
            staging.open(directory / f"{split or 'documents'}.spacy").write(each.to_bytes())


def _add(docbin: Any, document: Document, vocab: Any) -> None:
    """Add a document; spans and user data are packed here, as `SpanGroups` and `DocBin` do it.

    Theirs ask all installed packages for encoders three times for each document, which takes longer
    than the document does.
    """
    from spacy.tokens import Doc

    words, spaces = _spaced(document)
    doc = Doc(vocab, words=words, spaces=spaces)
    spans: list[Any] = [doc.char_span(span.start, span.end, span.label) for span in document.spans]
    layer = set(outermost(document.spans))
    doc.set_ents([made for made, span in zip(spans, document.spans, strict=True) if span in layer])
    docbin.add(doc)
    packed = [
        _SPAN.pack(0, 0, each.label, each.start, each.end, each.start_char, each.end_char)
        for each in spans
    ]
    group = encode({"name": SPAN_GROUP, "attrs": {}, "spans": packed})
    docbin.span_groups[-1] = encode({group: [SPAN_GROUP]})
    docbin.user_data.append(encode({"id": document.id, "meta": document.meta}))
    docbin.strings.update(span.label for span in document.spans)


_SPAN = Struct(">QQQllll")
"""A span in `SpanGroup.to_bytes`: id, knowledge base, label, tokens, characters."""


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
