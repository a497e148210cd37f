r"""Columns with one token a line and a blank line behind a sentence: the family of CoNLL.

What separates the columns, which of them holds the tags, and whether tokens are words or
characters is found out from the first lines; the scheme of the tags from all of them
(`converters/tokens/tag_schemes.py`). A text is taken from `# text = ...` where there is one, or
else made of the
tokens: with `SpaceAfter=No` as it was, and otherwise as it most likely was, which is marked by
`meta.text`. `-DOCSTART-` and `# newdoc` begin a document; its sentences share `meta.group`.

Formats: https://aclanthology.org/W03-0419/ (CoNLL-2003, IOB1),
https://universaldependencies.org/format.html (comments, `SpaceAfter`, ranges of words), GermEval
2014 (two layers of tags), Weibo NER (characters with their position in the word).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.files.head import Head
from pii_sft.converters.read_results import Note, ReadResult, Rejected, rejected
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY, NO, POSSIBLE
from pii_sft.converters.readers.conll.multiword_tokens import read_words
from pii_sft.converters.tokens.column_files import (
    DOCSTART,
    NEWDOC,
    Sentence,
    opening,
    read_lines,
    read_sentences,
)
from pii_sft.converters.tokens.column_layout import NO_SPACE_AFTER, Layout, find_layout
from pii_sft.converters.tokens.detokenize import REBUILT, Join, TextMaker, covered
from pii_sft.converters.tokens.tag_schemes import (
    OddTags,
    Scheme,
    TagDecoder,
    looks_tagged,
    mixed_reason,
)
from pii_sft.converters.tokens.tag_spellings import PREFIXED, are_numbers
from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.files import open_binary
from pii_sft.spans import Document, Span, checked

_BETWEEN_SENTENCES = "\n"
_SURE_SHARE = 0.95
_MARKERS = {"sentence": (DOCSTART, NEWDOC), "docstart": (DOCSTART,), "newdoc": (NEWDOC,)}


class ConllOptions(msgspec.Struct, frozen=True):
    """Options of column files.

    Attributes:
        column: column of the tags, counted from 1, or from -1 at the end; several, separated by
            commas, are layers of one annotation.
        scheme: scheme of the tags.
        odd_tags: whether a tag that names no type is an error, or read as O.
        text: whether `# text` is used, or the text always made of the tokens.
        join: what is put between tokens where the file does not say it.
        document: what a document is: a sentence, or all up to the next `-DOCSTART-` or `# newdoc`.
    """

    column: str = "auto"
    scheme: Scheme = "auto"
    odd_tags: OddTags = "error"
    text: Literal["given", "tokens"] = "given"
    join: Join = "auto"
    document: Literal["sentence", "docstart", "newdoc"] = "sentence"


@dataclass(frozen=True)
class ConllReader:
    """Reads column files.

    Attributes:
        options: see `ConllOptions`.
    """

    options: ConllOptions = field(default_factory=ConllOptions)

    name = "conll"

    def sniff(self, head: Head) -> float:
        """Sure of columns whose last is tags nearly everywhere, less so without prefixes."""
        first = head.values[:1]
        if head.record or any(
            isinstance(each, list) and each and isinstance(each[0], list) for each in first
        ):
            return NO
        layout = find_layout([line.rstrip("\r") for line in head.text.split("\n")])
        if layout is None or layout.share < _SURE_SHARE:
            return NO
        if are_numbers(layout.tag_counts) or (
            layout.form != "plain" and _odd_share(layout) > _MOST_ODD
        ):
            return IF_NO_OTHER
        return LIKELY if layout.entities and layout.form == "prefixed" else POSSIBLE

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Make a document of each sentence, or of each document if that is asked for."""
        chosen = _columns(self.options.column)
        with open_binary(path) as stream:
            lines = read_lines(stream, path)
            head = opening(lines)
            layout = find_layout([line.text for line in head], chosen)
            if layout is None:
                reason = "has no column of tags; name it with --option column=N"
                raise InputError([Problem("no tags", str(path), 0, None, reason)])
            layout = _usable(layout, self.options, path)
            conversion = _Conversion(path, layout, self.options)
            markers = () if layout.exported else _MARKERS[self.options.document]
            sentences = read_sentences(path, chain(head, lines), layout, markers)
            if self.options.document == "sentence":
                yield from (conversion.reading([sentence]) for sentence in sentences)
            else:
                for _, members in groupby(sentences, lambda sentence: sentence.document):
                    yield conversion.reading(list(members))
        yield from map(Note, conversion.notes())


def _odd_share(layout: Layout) -> float:
    """Share of the cells with tags that hold something else."""
    odd = sum(number for tag, number in layout.tag_counts.items() if not looks_tagged(tag))
    return odd / sum(layout.tag_counts.values())


_MOST_ODD = 0.1


def _usable(layout: Layout, options: ConllOptions, path: Path) -> Layout:
    """The layout, if its tags can be read.

    Raises:
        InputError: its tags are of two kinds, or numbers, or in columns that contradict each other.
    """
    reason = ""
    if layout.contested:
        columns = " and ".join(str(at + 1) for at in layout.contested)
        reason = (
            f"columns {columns} hold tags, and are not layers of one annotation; name one with "
            "--option column=N, or layers with column=N,M"
        )
    elif are_numbers(layout.tag_counts):
        reason = "has numbers for tags, whose names are not in the file; put the names in"
    elif layout.form == "prefixed" and _name_several(layout.tag_counts):
        reason = (
            "has tags with several labels and one letter, such as B-A|B, which do not say where "
            "each begins; give each its own, such as B-A|B-B"
        )
    elif layout.form == "mixed" and options.odd_tags == "outside":
        return msgspec.structs.replace(layout, form="prefixed")
    elif layout.form == "mixed" and options.scheme != "plain":
        reason = mixed_reason(layout.tag_counts)
    if reason:
        raise InputError([Problem("tags", str(path), 0, None, reason)])
    return layout


def _name_several(tags: Iterable[str]) -> bool:
    """True if what stands between the bars of a tag are labels of other tags."""
    labels = {match[2] for tag in tags if (match := PREFIXED.fullmatch(tag)) is not None}
    return any(labels.intersection(label.split("|")) for label in labels if "|" in label)


def _columns(option: str) -> list[int]:
    """Columns counted from 0, or from -1 at the end."""
    if option == "auto":
        return []
    try:
        columns = [int(number) for number in option.split(",")]
    except ValueError:
        columns = [0]
    if 0 in columns:
        raise UsageError(f"column={option}: columns are counted from 1, or from -1 at the end.")
    return [number - (number > 0) for number in columns]


class _Conversion:
    """Makes documents of sentences, and counts what was seen on the way."""

    def __init__(self, path: Path, layout: Layout, options: ConllOptions) -> None:
        self._path = path
        self._layout = layout
        self._options = options
        self._decoder = TagDecoder(layout.form, options.scheme, options.odd_tags, layout.spelling)
        self._texts = TextMaker(options.join, layout.characters, layout.lost)
        self._number = 0

    def reading(self, sentences: Sequence[Sentence]) -> Document | Rejected:
        """Sentences as one document, or why they can't be one."""
        self._number += 1
        id = self._id(sentences[0])
        try:
            return self._document(id, sentences)
        except RecordError as error:
            raw = b"".join(chain.from_iterable(sentence.raw for sentence in sentences))
            return rejected(error, self._path, sentences[0].line, raw, id)

    def _id(self, first: Sentence) -> str:
        if self._options.document == "sentence":
            given = first.comments.get("sent_id") or first.comments.get("id")
        else:
            given = first.document_name
        return given or f"{self._path.stem}-{self._number}"

    def _document(self, id: str, sentences: Sequence[Sentence]) -> Document:
        texts: list[str] = []
        spans: list[Span] = []
        at = 0
        for sentence in sentences:
            text, found = self._read(sentence)
            texts.append(text)
            spans += [Span(at + each.start, at + each.end, each.label) for each in found]
            at += len(text) + len(_BETWEEN_SENTENCES)
        meta = self._meta(sentences)
        return checked(id, _BETWEEN_SENTENCES.join(texts), spans, meta)

    def _meta(self, sentences: Sequence[Sentence]) -> dict[str, Any]:
        meta: dict[str, Any] = {}
        first = sentences[0]
        if self._layout.language:
            meta["language"] = self._layout.language
        if first.document and self._options.document == "sentence":
            meta["group"] = first.document_name or f"{self._path.stem}-{first.document}"
        if any(self._is_rebuilt(sentence) for sentence in sentences):
            meta["text"] = REBUILT
        return meta

    def _is_rebuilt(self, sentence: Sentence) -> bool:
        return self._given_text(sentence) is None and not self._layout.spaced

    def _given_text(self, sentence: Sentence) -> str | None:
        return sentence.comments.get("text") if self._options.text == "given" else None

    def _read(self, sentence: Sentence) -> tuple[str, list[Span]]:
        """Text and spans of a sentence."""
        if sentence.fault:
            raise RecordError("broken line", sentence.fault)
        words = read_words(sentence.rows, self._layout)
        text = self._given_text(sentence)
        if text is None:
            spaced = self._layout.spaced
            gaps = [_gap_after(fields) for fields in words.written] if spaced else None
            text, places = self._texts.make(words.surfaces, gaps)
        else:
            places = self._texts.find(words.surfaces, text)
        inside = words.places(places)
        layers = [self._layout.tags_of(words.rows, at) for at in self._layout.tags]
        spans = [covered(self._decoder.spans(tags), inside) for tags in layers]
        return text, list(chain.from_iterable(spans))

    def notes(self) -> Iterator[str]:
        """Notes on the decisions about the file."""
        layout = self._layout
        columns = " and ".join(str(at + 1) for at in layout.tags)
        types = f", their types in column {layout.types + 1}" if layout.types >= 0 else ""
        yield f"columns between {layout.delimiter}, tags in column {columns}{types}"
        yield self._decoder.report()
        if layout.language:
            yield f"the {layout.language}: in front of every token was taken off"
        yield from self._texts.notes()
        if layout.exported:
            yield (
                "this looks like a CoNLL export of Label Studio, which keeps one label a word and "
                "no spaces; its JSON export loses nothing"
            )


def _gap_after(fields: Sequence[str]) -> str:
    return "" if NO_SPACE_AFTER in fields[-1].split("|") else " "


READER = ConllReader()
