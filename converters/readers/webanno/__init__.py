"""WebAnno TSV 3, which INCEpTION exports too: one document a file, tokens in columns.

The files of a folder are read as one input, so that they decide together how offsets count.

The text is put together from the `#Text` lines; what stood between sentences is told only by
offsets, and becomes line breaks. Offsets should count UTF-16 units, half-open; every token is
verified. Spans are joined by their numbers across tokens and sentences, stacked and nested ones
included, and parts of tokens keep their own offsets.

The label is the value of one feature of one layer: the first layer with a feature `value` or
`entity`, or else the only layer that is not of linguistic analysis, unless options name others.
A span without a value is labelled with its layer's name; empty spans are left out; both are
counted. Relations and chains are ignored.

Format: https://inception-project.github.io/releases/36.2/docs/user-guide.html#sect_formats_webannotsv3
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import msgspec

from pii_sft.converters.files.head import Head
from pii_sft.converters.offsets.conventions import Ruler
from pii_sft.converters.offsets.raw_spans import RawDocument, RawSpan
from pii_sft.converters.offsets.settle import BYTES, CODE_POINTS, GRAPHEMES, UTF_16, settle
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import CERTAIN, NO
from pii_sft.converters.readers.webanno.tsv3 import (
    FORMAT,
    Layer,
    Sentence,
    Unit,
    build_text,
    parse,
    unescaped,
    values,
)
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.files import BYTE_ORDER_MARK, open_binary, read_whole

_SUFFIX = ".tsv"
_LABEL_FEATURES = ("value", "entity")
_NAMES = re.compile(r"[\w.:|]+")
_LINGUISTIC = "de.tudarmstadt.ukp.dkpro.core.api."


class WebAnnoOptions(msgspec.Struct, frozen=True):
    """Policies for WebAnno TSV.

    Attributes:
        layer: name of the layer of spans, or the last part of it; empty to find out.
        feature: name of the feature whose value is the label; empty to find out.
    """

    layer: str = ""
    feature: str = ""


@dataclass(frozen=True)
class WebAnnoReader:
    """Reads documents annotated in WebAnno or INCEpTION."""

    options: WebAnnoOptions = field(default_factory=WebAnnoOptions)

    name = "webanno"

    def sniff(self, head: Head) -> float:
        """Certain of the first line, also of the files of a folder."""
        if head.path.is_dir():
            return CERTAIN if self.claims(head.path) else NO
        return CERTAIN if head.text.startswith(FORMAT) else NO

    def claims(self, folder: Path) -> list[Path]:
        """The files of a folder that begin with the name of the format."""
        return [path for path in sorted(folder.glob(f"*{_SUFFIX}")) if _begins_so(path)]

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Verify every token; a document is rejected if one is not where it should be."""
        counts: Counter[str] = Counter()
        files = self.claims(path) if path.is_dir() else [path]
        if not files:
            raise InputError([Problem("empty folder", str(path), 0, None, "has no such file")])
        yield from settle(path, (_document(each, self.options, counts) for each in files), UTF_16)
        for what, number in counts.items():
            if number:
                yield Note(f"{number} spans {what}")


def _begins_so(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    with open_binary(path) as stream:
        return stream.readline(64).removeprefix(BYTE_ORDER_MARK).startswith(FORMAT.encode())


def _document(path: Path, options: WebAnnoOptions, counts: Counter[str]) -> RawDocument | Rejected:
    with open_binary(path) as stream:
        raw = read_whole(stream, str(path))
    try:
        file = parse(_decoded(raw))
        layer, column = _column(file.layers, options)
        text, ruler = _text(file.sentences)
        spans = _spans(file.sentences, column)
    except RecordError as error:
        return rejected(error, path, 1, raw, path.stem)
    counts["are empty; left out"] += sum(span.begin >= span.end for span in spans)
    counts[f"have no value; labelled {layer.short}"] += sum(not span.label for span in spans)
    marks = tuple(_mark(span, layer, text, ruler) for span in spans if span.begin < span.end)
    return RawDocument(path.stem, text, marks, raw=raw)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordError("broken line", "the file is not UTF-8") from None


def _column(layers: Sequence[Layer], options: WebAnnoOptions) -> tuple[Layer, int]:
    """The layer of the entities, and the cell that holds their labels."""
    names = ["|".join((each.name, *each.features)) for each in layers]
    known = ", ".join(name for name in names if _NAMES.fullmatch(name))
    if not layers:
        raise RecordError("not annotated", "the file has no layer of spans")
    if options.layer:
        found = [each for each in layers if options.layer in (each.name, each.short)]
    else:
        telling = [each for each in layers if set(each.features) & set(_LABEL_FEATURES)]
        own = [each for each in layers if not each.name.startswith(_LINGUISTIC)]
        found = telling[:1] or (own if len(own) == 1 else [])
    if not found:
        reason = f"which layer is meant? Name one with --option layer=NAME: {known}"
        raise RecordError("layer", reason)
    layer = found[0]
    preferred = [options.feature] if options.feature else [*_LABEL_FEATURES, *layer.features[:1]]
    features = [name for name in preferred if name in layer.features]
    if not features and (layer.features or options.feature):
        reason = f"the layer has no such feature. Name one with --option feature=NAME: {known}"
        raise RecordError("layer", reason)
    return layer, layer.column + (layer.features.index(features[0]) if features else 0)


def _text(sentences: Sequence[Sentence]) -> tuple[str, Ruler]:
    """The text, built by the convention under which its tokens stand where they say.

    Raises:
        RecordError: there is no such convention.
    """
    tokens = [unit for sentence in sentences for unit in sentence.units if not unit.part]
    for convention, escapes in product((UTF_16, CODE_POINTS, BYTES, GRAPHEMES), (True, False)):
        try:
            text = build_text(sentences, convention, escapes)
        except RecordError:
            continue
        ruler = Ruler(text, convention)
        if all(_stands(token, text, ruler) for token in tokens):
            return text, ruler
    raise RecordError("offsets", "tokens do not stand where their offsets say")


def _stands(token: Unit, text: str, ruler: Ruler) -> bool:
    place = ruler.place(token.begin, token.end)
    return place is not None and text[slice(*place)] in (token.form, unescaped(token.form))


class _Span(msgspec.Struct):
    begin: int
    end: int
    label: str | None


def _spans(sentences: Sequence[Sentence], column: int) -> list[_Span]:
    spans: list[_Span] = []
    numbered: dict[int, _Span] = {}
    for unit in (unit for sentence in sentences for unit in sentence.units):
        if len(unit.cells) <= column:
            reason = f"token {unit.begin}-{unit.end} has fewer columns than the header has names"
            raise RecordError("broken line", reason)
        for value in values(unit.cells[column]):
            known = numbered.get(value.number) if value.number else None
            if known is None:
                spans.append(_Span(unit.begin, unit.end, value.text))
                if value.number:
                    numbered[value.number] = spans[-1]
            else:
                _extend(known, unit, value.text)
    return spans


def _extend(span: _Span, unit: Unit, label: str | None) -> None:
    if label is not None and span.label is not None and label != span.label:
        reason = f"span {span.begin}-{span.end} has one number, but several values"
        raise RecordError("no label", reason)
    span.begin, span.end = min(span.begin, unit.begin), max(span.end, unit.end)
    span.label = span.label or label


def _mark(span: _Span, layer: Layer, text: str, ruler: Ruler) -> RawSpan:
    place = ruler.place(span.begin, span.end)
    surface = None if place is None else text[slice(*place)]
    return RawSpan(span.begin, span.end, span.label or layer.short, surface)


READER = WebAnnoReader()
