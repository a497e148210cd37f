"""Hugging Face token classification: rows of `tokens` and `ner_tags`, wherever they are stored.

Parquet and Arrow files, folders written by `save_to_disk`, JSON, and `hf://owner/name` for a data
set of the hub, which is the only case in which anything is downloaded. Tags are strings, or numbers
whose names are recorded in the file or in a `dataset_info.json` beside it; exports to JSON lose
them. The text is that of the row, if it has one, or made of the tokens and marked by `meta.text`.

Format: https://huggingface.co/docs/datasets/about_dataset_features
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from pii_sft.converters.entities.json_fields import known_meta, name_of, naming
from pii_sft.converters.files.csv_tables import first_row
from pii_sft.converters.files.head import Head
from pii_sft.converters.files.json_records import Record, object_of
from pii_sft.converters.read_results import Note, ReadResult, rejected
from pii_sft.converters.reader import IF_NO_OTHER, LIKELY, NO
from pii_sft.converters.readers.hf_tokens.sources import (
    TEXT_KEYS,
    Source,
    claimed_files,
    is_stored,
    open_source,
    with_lists,
)
from pii_sft.converters.tokens.detokenize import (
    REBUILT,
    Join,
    TextMaker,
    are_characters,
    covered,
    lack_spaces,
)
from pii_sft.converters.tokens.language_prefixes import language_of, without_language
from pii_sft.converters.tokens.tag_schemes import (
    Form,
    OddTags,
    Scheme,
    TagDecoder,
    form_of,
    mixed_reason,
)
from pii_sft.converters.tokens.tag_spellings import Spelling, nested_parts, spelling_of, usual
from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.spans import Document, checked

ROWS_TO_LOOK_AT = 1000

_TOKEN_KEYS = ("tokens", "words", "token", "word")
_TAG_KEYS = ("ner_tags", "ner", "tags", "labels", "ner_labels", "bio_tags", "iob_tags", "entities")
_FEW_KEYS = 4
_ID_KEYS = ("id", "uid", "guid", "doc_id", "sample_id")
_OTHERS = frozenset(("trailing_whitespace", "source_text", "full_text", "conversations"))


class HfTokensOptions(msgspec.Struct, frozen=True):
    """Options of rows of tokens and tags.

    Attributes:
        labels: names of numbered tags, from 0 on, separated by commas.
        tags: column of the tags.
        scheme: scheme of the tags.
        odd_tags: whether a tag that names no type is an error, or read as O.
        text: whether a text in the row is used, or the text always made of the tokens.
        join: what is put between tokens where the row has no text.
        config: configuration of a data set of the hub.
        split: the one split to read of a data set of the hub.
        revision: branch, tag or commit of a data set of the hub.
    """

    labels: str = ""
    tags: str = "auto"
    scheme: Scheme = "auto"
    odd_tags: OddTags = "error"
    text: Literal["given", "tokens"] = "given"
    join: Join = "auto"
    config: str = ""
    split: str = ""
    revision: str = ""


@dataclass(frozen=True)
class HfTokensReader:
    """Reads tokens with tags from tables and JSON.

    Attributes:
        options: see `HfTokensOptions`.
    """

    options: HfTokensOptions = field(default_factory=HfTokensOptions)

    name = "hf_tokens"

    def claims(self, folder: Path) -> list[Path]:
        """The files of a folder that `save_to_disk` wrote."""
        return claimed_files(folder)

    def sniff(self, head: Head) -> float:
        """Certain of tags beside tokens, and of a data set of the hub."""
        if is_stored(head.path):
            return LIKELY
        record = with_lists(first_row(head))
        if _OTHERS & record.keys():
            return NO
        tokens, tags = _listed(record, _TOKEN_KEYS), _listed(record, _TAG_KEYS)
        if tokens is None or tags is None:
            return IF_NO_OTHER if tokens is not None and len(record) < _FEW_KEYS else NO
        if not any(isinstance(token, str) for token in record[tokens]):
            return IF_NO_OTHER if record[tokens] else NO
        if all(isinstance(tag, list) for tag in record[tags]):
            return IF_NO_OTHER
        return LIKELY if all(_may_be_tag(tag) for tag in record[tags]) else NO

    def read(self, path: Path) -> Iterator[ReadResult]:
        """Make a document of each row; rows without tags are rejected."""
        options = self.options
        source = open_source(path, options.config, options.split, options.revision)
        records = iter(source.records)
        head = list(islice(records, ROWS_TO_LOOK_AT))
        conversion = _Conversion(path, source, head, options)
        for number, (split, record) in enumerate(chain(head, records), 1):
            try:
                yield conversion.document(object_of(record), f"{path.stem}-{number}", split)
            except RecordError as error:
                yield rejected(error, path, record.line, record.raw)
        yield from map(Note, conversion.notes())


def _may_be_tag(tag: Any) -> bool:
    return tag is None or isinstance(tag, str | int | float)


def _listed(record: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """The first of the keys under which a list stands."""
    return next((key for key in keys if isinstance(record.get(key), list)), None)


class _Conversion:
    """Makes documents of rows, as the first of them show how the file is made."""

    def __init__(
        self,
        path: Path,
        source: Source,
        head: Sequence[tuple[str, Record]],
        options: HfTokensOptions,
    ) -> None:
        rows = [record.value for _, record in head if isinstance(record.value, dict)]
        self._options = options
        self._tags = self._tag_column(path, rows)
        self._names = options.labels.split(",") if options.labels else source.names.get(self._tags)
        tags = self._tag_counts(rows)
        spelling = spelling_of(tags)
        form = self._form(tags, spelling, path)
        self._decoder = TagDecoder(form, options.scheme, options.odd_tags, spelling)
        tokens = chain.from_iterable(row[key] for row in rows if (key := _listed(row, _TOKEN_KEYS)))
        strings = [token for token in tokens if isinstance(token, str)]
        self._language = language_of(strings)
        strings = [token.removeprefix(f"{self._language}:") for token in strings]
        self._texts = TextMaker(options.join, are_characters(strings), lack_spaces(strings))
        self._unread = self._further_tags(rows)
        self._refuse_empty_column(path, rows)
        if self._names is None and _has_numbers(row.get(self._tags) for row in rows):
            reason = (
                f"`{self._tags}` holds numbers without names; give them in order: "
                "--option labels=O,B-PERSON,I-PERSON"
            )
            raise InputError([Problem("no label names", str(path), 0, None, reason)])

    def _tag_column(self, path: Path, rows: Sequence[Mapping[str, Any]]) -> str:
        if self._options.tags != "auto":
            return self._options.tags
        found = (column for row in rows if (column := _listed(row, _TAG_KEYS)) is not None)
        column = next(found, None)
        if column is None:
            reason = "no row has a list of tags; name its column with --option tags=NAME"
            raise InputError([Problem("no tags", str(path), 0, None, reason)])
        return column

    def _tag_counts(self, rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
        if self._names is not None:
            return Counter(self._names)
        lists = [row[self._tags] for row in rows if isinstance(row.get(self._tags), list)]
        return Counter(tag for tag in chain.from_iterable(lists) if isinstance(tag, str))

    def _form(self, written: Counter[str], spelling: Spelling, path: Path) -> Form:
        tags: Counter[str] = Counter()
        for tag, number in written.items():
            for part in nested_parts(tag, spelling):
                tags[usual(part, spelling) or part] += number
        form = form_of(tags)
        if form != "mixed" or self._options.scheme == "plain":
            return form
        if self._options.odd_tags == "outside":
            return "prefixed"
        reason = f"`{self._tags}` {mixed_reason(tags)}"
        raise InputError([Problem("tags", str(path), 0, None, reason)])

    def _further_tags(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Other columns of tags of entities, which are not read."""
        first = next((row for row in rows if _listed(row, _TOKEN_KEYS)), {})
        tokens = first.get(_listed(first, _TOKEN_KEYS) or "", [])
        return [
            key
            for key, value in first.items()
            if key != self._tags
            and ("ner" in key.lower() or "entit" in key.lower())
            and isinstance(value, list)
            and len(value) == len(tokens)
        ]

    def _refuse_empty_column(self, path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        if self._options.tags != "auto" or _hold_tags(rows, self._tags):
            return
        others = [f"`{key}`" for key in self._unread if _hold_tags(rows, key)]
        if others:
            reason = (
                f"`{self._tags}` marks nothing, but {' and '.join(others)} may: name the column "
                "with --option tags=NAME"
            )
            raise InputError([Problem("tags", str(path), 0, None, reason)])

    def document(self, row: Mapping[str, Any], name: str, split: str) -> Document:
        """The document of a row.

        Raises:
            RecordError: the row has no tokens, or no tag for each of them.
        """
        id = name_of(row, _ID_KEYS, name)
        with naming(id):
            return self._made(row, id, split)

    def _made(self, row: Mapping[str, Any], id: str, split: str) -> Document:
        key = _listed(row, _TOKEN_KEYS)
        tokens = [] if key is None else row[key]
        if not tokens:
            raise RecordError("no text", "the row has no list of tokens")
        odd = next((at for at, token in enumerate(tokens, 1) if not isinstance(token, str)), 0)
        if odd:
            raise RecordError("no text", f"token {odd} is not a string")
        tokens = [without_language(token, self._language) for token in tokens]
        tags = row.get(self._tags)
        if not isinstance(tags, list):
            raise RecordError("not annotated", f"the row has no list `{self._tags}`")
        if len(tags) != len(tokens):
            raise RecordError("tag", f"{len(tags)} tags for {len(tokens)} tokens")
        entities = self._decoder.spans([self._named(tag) for tag in tags])
        meta = known_meta(row)
        if self._language:
            meta.setdefault("language", self._language)
        if split:
            meta["split"] = split
        text = self._given_text(row)
        if text is None:
            text, places = self._texts.make(tokens)
            meta["text"] = REBUILT
        else:
            places = self._texts.find(tokens, text)
        return checked(id, text, covered(entities, places), meta)

    def _given_text(self, row: Mapping[str, Any]) -> str | None:
        if self._options.text == "tokens":
            return None
        return next((row[key] for key in TEXT_KEYS if isinstance(row.get(key), str)), None)

    def _named(self, tag: Any) -> str:
        if isinstance(tag, float) and tag.is_integer():
            tag = int(tag)
        if isinstance(tag, str) and not (self._names is not None and tag.isdecimal()):
            return tag
        if tag is None:
            raise RecordError("not annotated", f"a tag of `{self._tags}` is null")
        if (
            isinstance(tag, int | str)
            and self._names is not None
            and int(tag) in range(len(self._names))
        ):
            return self._names[int(tag)]
        if isinstance(tag, list):
            reason = f"a tag of `{self._tags}` is a list; put each layer into a column of its own"
            raise RecordError("tag", reason)
        raise RecordError("tag", f"`{self._tags}` holds a tag that has no name")

    def notes(self) -> Iterator[str]:
        """Notes on the decisions about the file."""
        if self._names is not None:
            yield f"{len(self._names)} tags were named by their numbers"
        yield f"tags in `{self._tags}`"
        if self._language:
            yield f"the {self._language}: in front of every token was taken off"
        for column in self._unread:
            yield f"`{column}` may hold tags too; it is not read: --option tags=NAME names another"
        yield self._decoder.report()
        yield from self._texts.notes()


def _hold_tags(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    """True if a column has a tag that is neither O nor a number that may stand for it."""
    lists = (row[key] for row in rows if isinstance(row.get(key), list))
    return any(tag not in ("O", 0, "0", None) for tag in chain.from_iterable(lists))


def _has_numbers(lists: Iterator[Any]) -> bool:
    filled = (each for each in lists if isinstance(each, list))
    return any(
        isinstance(tag, int | float) or (isinstance(tag, str) and tag.isdecimal())
        for tag in chain.from_iterable(filled)
    )


READER = HfTokensReader()
