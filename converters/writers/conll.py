"""CoNLL columns with `# text`: number, word, IOB2 tag, and `SpaceAfter=No`.

`# newdoc` begins a document, and each of its lines is a sentence; `--option document=newdoc` reads
them back as documents. What columns can't hold is counted in the manifest: nested spans of which
the outer one stays, spans over a line break, and white space at the edges of spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from pii_sft.converters.tokens.word_spans import outermost, words_of
from pii_sft.converters.writer import Row
from pii_sft.files import Staging
from pii_sft.records.dataset_folder import Manifest
from pii_sft.spans import Document, Span, reading_order

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NOT_IN_IDS = re.compile(r"\s+")


class ConllWriter:
    """Writes column files."""

    name = "conll"

    def write(
        self, rows: Iterable[Row], directory: Path, manifest: Manifest, staging: Staging
    ) -> None:
        """`<split>.conll`, or `documents.conll` without a split."""
        streams = {
            split: staging.open(directory / f"{split or 'documents'}.conll")
            for split in manifest.splits
        }
        for row in rows:
            kept = _kept(row.document, manifest)
            _write(row.document.replaced(spans=kept), streams[row.split])


def _kept(document: Document, manifest: Manifest) -> tuple[Span, ...]:
    """The spans that columns can hold; the others are counted."""
    whole = []
    for span in document.spans:
        surface = document.surface(span)
        if not _LINE.fullmatch(surface):
            manifest.leave_out("conll: spans over a line break")
            continue
        bare = surface.strip()
        if len(bare) < len(surface):
            manifest.leave_out("conll: white space at the edges of spans")
        if bare:
            start = span.start + len(surface) - len(surface.lstrip())
            whole.append(Span(start, start + len(bare), span.label))
    layer = tuple(outermost(sorted(whole, key=reading_order)))
    for _ in range(len(whole) - len(layer)):
        manifest.leave_out("conll: spans that overlap another")
    return layer


def _write(document: Document, stream: IO[bytes]) -> None:
    id = _NOT_IN_IDS.sub("_", document.id)
    stream.write(f"# newdoc id = {id}\n".encode())
    words = [place for place in words_of(document) if not document.text[slice(*place)].isspace()]
    at = 0
    for number, line in enumerate(_LINE.finditer(document.text), 1):
        inside = []
        while at < len(words) and words[at][1] <= line.end():
            inside.append(words[at])
            at += 1
        if inside:
            text = line[0].strip()
            stream.write(f"# sent_id = {id}-{number}\n# text = {text}\n".encode())
            stream.write("".join(_rows(document, inside)).encode() + b"\n")
    if not words:
        stream.write(b"\n")


def _rows(document: Document, words: list[tuple[int, int]]) -> Iterator[str]:
    spans = iter(document.spans)
    span = next(spans, None)
    for number, (start, end) in enumerate(words, 1):
        while span is not None and span.end <= start:
            span = next(spans, None)
        inside = span is not None and span.start <= start
        tag = f"{'B' if span.start == start else 'I'}-{span.label}" if span and inside else "O"
        follows = document.text[end : end + 1]
        gap = "_" if not follows or follows.isspace() else "SpaceAfter=No"
        yield f"{number}\t{document.text[start:end]}\t{tag}\t{gap}\n"


WRITER = ConllWriter()
