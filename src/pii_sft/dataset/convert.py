"""Annotation files in, a proved data set folder out."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

import msgspec

from pii_sft import __version__
from pii_sft.converters import READERS, WRITERS, Reader, Rejected, Row
from pii_sft.converters.detect import detect, expand
from pii_sft.converters.writers.llamafactory import GOLD
from pii_sft.dataset.split import DEFAULT_SPLIT, SPLIT_NAMES, Group, Together, assign, parse_ratios
from pii_sft.errors import SHOWN_PROBLEMS, InputError, Problem, RecordError, UsageError
from pii_sft.files import STANDARD_STREAM, Staging, digest, encode, indented, refuse_existing
from pii_sft.labels import Label, LabelSet
from pii_sft.manifest import MANIFEST_NAME, InputFile, Manifest, SplitCounts
from pii_sft.prompt import DEFAULT_PROMPT, guarded, load_prompt
from pii_sft.spans import Document
from pii_sft.targets import TARGETS, Target, prove

REJECTED = "rejected.jsonl"
NO_SPLIT = "off"
KEEP_SPLIT = "keep"

OnError = Literal["stop", "quarantine"]
Deduplicate = Literal["exact", "off"]


class Conversion(msgspec.Struct, frozen=True):
    """What a conversion did.

    Attributes:
        manifest: of the data set that was written.
        rejected: records that were put into quarantine.
        renamed: documents whose id was taken and got a suffix.
    """

    manifest: Manifest
    rejected: int
    renamed: int


class _Entry(msgspec.Struct, frozen=True):
    """What has to be remembered of a document until all are read."""

    group: str
    split: str
    labels: dict[str, int]


def convert(
    inputs: Sequence[Path],
    *,
    source: str = "auto",
    writers: Sequence[str] = ("llamafactory",),
    out: Path = Path("data/pii"),
    target: str = "json",
    prompt: str = DEFAULT_PROMPT,
    labels: LabelSet | None = None,
    split: str | None = None,
    split_by: str = "group",
    seed: int = 42,
    deduplicate: Deduplicate = "exact",
    on_error: OnError = "stop",
    overwrite: bool = False,
    on_document: Callable[[], None] = lambda: None,
) -> Conversion:
    """Convert annotation files into a data set.

    Every document is verified, its answer rendered and proved to decode to its spans, before
    anything is written. Texts wait in an unlinked temporary file, not in memory.

    Args:
        inputs: files or folders; `-` is standard input.
        source: name of a reader, or `auto`.
        writers: names of writers; with several, each writes to a folder of its own in `out`.
        out: folder to write.
        target: how answers are written.
        prompt: name of a prompt template.
        labels: label map; None keeps labels as they are.
        split: ratios (`train=0.8,dev=0.1,test=0.1`), `keep` (from file names and `meta.split`),
            or `off`; None means the usual ratios, or `off` when only documents are written.
        split_by: key of `meta` whose value keeps documents on one side.
        seed: decides between equals when splitting.
        deduplicate: `exact` drops documents whose text came before; `off` keeps them, on one side.
        on_error: `stop` at bad records, writing nothing, or put them in `quarantine`.
        overwrite: replace an existing data set.
        on_document: called after each document, for progress.

    Raises:
        UsageError: an option can't be, or `out` exists.
        InputError: a record is bad and `on_error` is `stop`, or there is no document.
    """
    refuse_existing(out / MANIFEST_NAME, overwrite)
    if split is None:
        split = NO_SPLIT if list(writers) == ["documents"] else DEFAULT_SPLIT
    chosen_writers = [WRITERS.get(name) for name in writers]
    chosen_target = TARGETS.get(target)
    sources = [
        (path, READERS.get(detect(path) if source == "auto" else source)) for path in expand(inputs)
    ]
    ratios = {} if split in (NO_SPLIT, KEEP_SPLIT) else parse_ratios(split)
    with _Spool() as spool:
        intake = _Intake(spool, chosen_target, labels, split_by, deduplicate)
        for path, reader in sources:
            intake.read(path, reader, on_error, on_document)
        if not intake.entries:
            raise InputError(
                [
                    Problem("no documents", str(path), 0, None, "holds no document")
                    for path, _ in sources
                ]
            )
        splits = _splits(intake, split, ratios, seed)
        label_list = _labels(intake.entries, labels)
        manifest = Manifest(
            version=__version__,
            target=target,
            prompt=load_prompt(prompt, chosen_target.instruction, label_list),
            labels=label_list,
            seed=seed,
            options={
                "split": split,
                "split_by": split_by,
                "deduplicate": deduplicate,
                "on_error": on_error,
                "label_file": labels is not None,
            },
            inputs=[InputFile(str(path), reader.name, _digest(path)) for path, reader in sources],
            splits=_count(intake.entries, splits),
            dropped=intake.dropped,
        )
        with Staging(overwrite) as staging:
            for writer in chosen_writers:
                folder = out if len(chosen_writers) == 1 else out / writer.name
                writer.write(_rows(spool, splits, manifest), folder, manifest, staging)
                staging.open(folder / MANIFEST_NAME).write(indented(manifest))
            if intake.rejected:
                quarantine = staging.jsonl(out / REJECTED)
                for each in spool.rejected():
                    quarantine.write(each)
            for leftover in _files_of_earlier(out):
                staging.remove(leftover)
    return Conversion(manifest, intake.rejected, intake.renamed)


class _Spool:
    """Prepared documents and rejected records, waiting on disk in files without a name."""

    def __enter__(self) -> _Spool:
        self._prepared: IO[bytes] = tempfile.TemporaryFile()
        self._rejected: IO[bytes] = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self._prepared.close()
        self._rejected.close()

    def add(self, document: Document, answer: str) -> None:
        self._prepared.write(encode((document, answer)) + b"\n")

    def reject(self, rejected: Rejected) -> None:
        problem = msgspec.structs.asdict(rejected.problem)
        problem["record"] = rejected.raw.decode("utf-8", errors="backslashreplace")
        self._rejected.write(encode(problem) + b"\n")

    def prepared(self) -> Iterator[tuple[Document, str]]:
        self._prepared.seek(0)
        for line in self._prepared:
            yield _decode_prepared(line)

    def rejected(self) -> Iterator[msgspec.Raw]:
        self._rejected.seek(0)
        for line in self._rejected:
            yield msgspec.Raw(line.rstrip())


_decode_prepared = msgspec.json.Decoder(tuple[Document, str]).decode


def _labels(entries: Sequence[_Entry], labels: LabelSet | None) -> list[Label]:
    names = {name for entry in entries for name in entry.labels}
    return [Label(name) for name in sorted(names)] if labels is None else labels.described(names)


class _Intake:
    """Reads inputs, and verifies, proves and counts what they hold."""

    def __init__(
        self,
        spool: _Spool,
        target: Target,
        labels: LabelSet | None,
        split_by: str,
        deduplicate: Deduplicate,
    ) -> None:
        self.entries: list[_Entry] = []
        self.rejected = 0
        self.renamed = 0
        self.dropped: dict[str, int] = {}
        self.together = Together()
        self._spool = spool
        self._target = target
        self._labels = labels
        self._split_by = split_by
        self._deduplicate = deduplicate
        self._group_of_text: dict[bytes, str] = {}
        self._ids: Counter[str] = Counter()

    def read(
        self, path: Path, reader: Reader, on_error: OnError, on_document: Callable[[], None]
    ) -> None:
        problems: list[Problem] = []
        for record in reader.read(path):
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
        first = self._group_of_text.setdefault(text, group)
        if first is not group:
            if self._deduplicate == "exact":
                self.dropped["duplicate text"] = self.dropped.get("duplicate text", 0) + 1
                return None
            self.together.join(first, group)
        labels = Counter(span.label for span in named.spans)
        self.entries.append(_Entry(group, _split_of(path, named), dict(labels)))
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


def _splits(intake: _Intake, split: str, ratios: dict[str, float], seed: int) -> list[str]:
    """The split of each entry, in order."""
    entries = intake.entries
    if split == NO_SPLIT:
        return [""] * len(entries)
    if split == KEEP_SPLIT:
        if any(not entry.split for entry in entries):
            raise UsageError(
                "--split keep needs inputs named train*, dev* (or valid*) and test*, "
                "or documents with meta.split."
            )
        return [entry.split for entry in entries]
    keys = [intake.together.representative(entry.group) for entry in entries]
    groups: dict[str, Group] = {}
    for key, entry in zip(keys, entries, strict=True):
        groups.setdefault(key, Group()).add(set(entry.labels))
    chosen = assign(groups, ratios, seed)
    empty = set(ratios) - set(chosen.values())
    if empty:
        raise UsageError(
            f"{len(entries)} documents in {len(groups)} groups leave nothing for "
            f"{' and '.join(sorted(empty))}. Ask for fewer splits, such as --split train=1."
        )
    return [chosen[key] for key in keys]


def _count(entries: Sequence[_Entry], splits: Sequence[str]) -> dict[str, SplitCounts]:
    counts = {name: SplitCounts() for name in ("", *SPLIT_NAMES) if name in set(splits)}
    for entry, split in zip(entries, splits, strict=True):
        into = counts[split]
        into.documents += 1
        into.without_entities += not entry.labels
        for label, number in entry.labels.items():
            into.spans += number
            into.labels[label] = into.labels.get(label, 0) + number
    for into in counts.values():
        into.labels = dict(sorted(into.labels.items()))
    return counts


def _rows(spool: _Spool, splits: Sequence[str], manifest: Manifest) -> Iterator[Row]:
    for split, (document, answer) in zip(splits, spool.prepared(), strict=True):
        yield Row(split, document, manifest.prompt.messages(document.text), answer)


def _digest(path: Path) -> str:
    return "" if path == STANDARD_STREAM else digest(path)


def _files_of_earlier(folder: Path) -> list[Path]:
    """What an earlier conversion into `folder` may have left."""
    names = (*SPLIT_NAMES, "documents", Path(REJECTED).stem)
    return [
        path
        for name in names
        for path in (folder / f"{name}.jsonl", folder / GOLD / f"{name}.jsonl")
    ]
