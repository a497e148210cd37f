"""Taking documents in: verified, mapped, rendered, proved, counted, and put on a spool."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal

import msgspec

from pii_sft.converters import Note, Reader, Rejected
from pii_sft.dataset.split import Together
from pii_sft.errors import SHOWN_PROBLEMS, InputError, Problem, RecordError
from pii_sft.files import encode
from pii_sft.labels import LabelSet
from pii_sft.prompt import guarded
from pii_sft.spans import Document
from pii_sft.targets import Target, prove

OnError = Literal["stop", "quarantine"]
Deduplicate = Literal["exact", "off"]


class Entry(msgspec.Struct, frozen=True):
    """What has to be remembered of a document until all are read.

    Attributes:
        group: what it has to stay together with.
        split: the split that its metadata or its file's name gives; empty if neither does.
        labels: number of its spans by label.
    """

    group: str
    split: str
    labels: dict[str, int]


class _First(msgspec.Struct, frozen=True):
    """The first document with a text: its group, and a hash of its spans."""

    group: str
    annotation: int


class Spool:
    """Prepared documents and rejected records, waiting on disk in files without a name."""

    def __enter__(self) -> Spool:
        self._prepared: IO[bytes] = tempfile.TemporaryFile()
        self._rejected: IO[bytes] = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self._prepared.close()
        self._rejected.close()

    def add(self, document: Document, answer: str) -> None:
        """Store a document with its proved answer."""
        self._prepared.write(encode((document, answer)) + b"\n")

    def reject(self, rejected: Rejected) -> None:
        """Store a bad record as it came, with place and reason."""
        problem = msgspec.structs.asdict(rejected.problem)
        problem["record"] = rejected.raw.decode("utf-8", errors="backslashreplace")
        self._rejected.write(encode(problem) + b"\n")

    def prepared(self) -> Iterator[tuple[Document, str]]:
        """The documents and their answers, in the order in which they were added."""
        self._prepared.seek(0)
        for line in self._prepared:
            yield _decode_prepared(line)

    def rejected(self) -> Iterator[msgspec.Raw]:
        """The rows of `rejected.jsonl`."""
        self._rejected.seek(0)
        for line in self._rejected:
            yield msgspec.Raw(line.rstrip())


_decode_prepared = msgspec.json.Decoder(tuple[Document, str]).decode


class Intake:
    """Reads inputs, and verifies, proves and counts what they hold.

    Args:
        spool: where prepared documents and rejected records go.
        target: how answers are written.
        labels: label map; None keeps labels as they are.
        split_by: key of `meta` that names groups.
        deduplicate: what becomes of a text that came before.

    Attributes:
        entries: what was taken, in reading order, like the documents of the spool.
        rejected: number of records set aside.
        renamed: number of documents whose id was taken.
        dropped: number of documents left out, by reason.
        together: groups that share a text.
        notes: what readers decided about whole files, by input.
    """

    def __init__(
        self,
        spool: Spool,
        target: Target,
        labels: LabelSet | None,
        split_by: str,
        deduplicate: Deduplicate,
    ) -> None:
        self.entries: list[Entry] = []
        self.rejected = 0
        self.renamed = 0
        self.dropped: dict[str, int] = {}
        self.together = Together()
        self.notes: dict[Path, list[str]] = {}
        self._spool = spool
        self._target = target
        self._labels = labels
        self._split_by = split_by
        self._deduplicate = deduplicate
        self._first_with: dict[bytes, _First] = {}
        self._ids: Counter[str] = Counter()

    def read(
        self, path: Path, reader: Reader, on_error: OnError, on_document: Callable[[], None]
    ) -> None:
        """Take every record of a file.

        Raises:
            InputError: records are bad and `on_error` is `stop`; the first ones are named.
        """
        problems: list[Problem] = []
        for record in reader.read(path):
            if isinstance(record, Note):
                self.notes.setdefault(path, []).append(record.text)
                continue
            outcome = record if isinstance(record, Rejected) else self._take(record, path)
            if isinstance(outcome, Rejected):
                self.rejected += 1
                if on_error == "quarantine":
                    self._spool.reject(outcome)
                else:
                    problems.append(outcome.problem)
            if len(problems) == SHOWN_PROBLEMS:
                break
            on_document()
        if problems:
            raise InputError(problems, _ADVICE)

    def _take(self, document: Document, path: Path) -> Rejected | None:
        try:
            mapped = document if self._labels is None else self._labels.applied(document)
            answer = guarded(self._target.render(mapped))
            _demand_proof(self._target, mapped, answer)
        except RecordError as error:
            problem = Problem(error.kind, str(path), 0, error.id, error.reason)
            return Rejected(problem, encode(document))
        named = self._with_free_id(mapped)
        text = hashlib.blake2b(named.text.encode(), digest_size=16).digest()
        value = named.meta.get(self._split_by)
        group = text.hex() if value is None else f"={value}"
        first = self._first_with.get(text)
        if first is None:
            self._first_with[text] = _First(group, hash(named.spans))
        elif self._deduplicate == "exact":
            same = first.annotation == hash(named.spans)
            reason = "duplicate text" if same else "duplicate text with another annotation"
            self.dropped[reason] = self.dropped.get(reason, 0) + 1
            return None
        else:
            self.together.join(first.group, group)
        labels = Counter(span.label for span in named.spans)
        self.entries.append(Entry(group, _split_of(path, named), dict(labels)))
        self._spool.add(named, answer)
        return None

    def _with_free_id(self, document: Document) -> Document:
        self._ids[document.id] += 1
        if self._ids[document.id] == 1:
            return document
        self.renamed += 1
        return self._with_free_id(document.replaced(id=f"{document.id}~{self._ids[document.id]}"))


_ADVICE = "Nothing was written. Mend the input, or set bad records aside: --on-error quarantine."


def _demand_proof(target: Target, document: Document, answer: str) -> None:
    proof = prove(target, document, answer)
    if not proof:
        raise RecordError(
            "not expressible",
            f"the {target.name} target gives back {len(document.spans) - len(proof.lost)} of "
            f"{len(document.spans)} spans and adds {len(proof.added)}",
            document.id,
        )


_OWN_SPLITS = {"train": "train", "dev": "dev", "valid": "dev", "val": "dev", "test": "test"}


def _split_of(path: Path, document: Document) -> str:
    """The split that a document's metadata or its file's name gives; empty if neither does."""
    for name in (str(document.meta.get("split", "")), path.name):
        for prefix, split in _OWN_SPLITS.items():
            if name.lower().startswith(prefix):
                return split
    return ""
