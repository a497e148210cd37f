"""Annotation files in, a proved data set folder out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from pii_sft import __version__
from pii_sft.converters import READERS, WRITERS, Row, Writer
from pii_sft.converters.detect import detect, expand
from pii_sft.converters.writers.llamafactory import GOLD
from pii_sft.dataset.intake import Deduplicate, Entry, Intake, OnError, Spool
from pii_sft.dataset.split import DEFAULT_SPLIT, SPLIT_NAMES, Group, assign, parse_ratios
from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import (
    STANDARD_STREAM,
    Staging,
    digest,
    indented,
    refuse_existing,
    write_documents,
)
from pii_sft.labels import Label, LabelSet
from pii_sft.manifest import MANIFEST_NAME, InputFile, Manifest, SplitCounts
from pii_sft.prompt import DEFAULT_PROMPT, load_prompt
from pii_sft.targets import TARGETS

REJECTED = "rejected.jsonl"
NO_SPLIT = "off"
KEEP_SPLIT = "keep"


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
        out: folder to write; `-` is standard output, for unsplit documents.
        target: how answers are written.
        prompt: name of a prompt template.
        labels: label map; None keeps labels as they are.
        split: ratios (`train=0.8,dev=0.1,test=0.1`), `keep` (from file names and `meta.split`),
            or `off`: one file of documents, or everything in `train`; None means the usual ratios,
            or `off` when only documents are written.
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
    if split is None:
        split = NO_SPLIT if list(writers) == ["documents"] else DEFAULT_SPLIT
    elif split == NO_SPLIT and list(writers) != ["documents"]:
        split = "train=1"
    to_stream = out == STANDARD_STREAM
    if to_stream and (split != NO_SPLIT or on_error != "stop"):
        raise UsageError("Only '--to documents --split off' can go to standard output.")
    if not to_stream:
        refuse_existing(out / MANIFEST_NAME, overwrite)
    chosen_writers = [WRITERS.get(name) for name in writers]
    chosen_target = TARGETS.get(target)
    ratios = {} if split in (NO_SPLIT, KEEP_SPLIT) else parse_ratios(split)
    sources = [
        (path, READERS.get(detect(path) if source == "auto" else source)) for path in expand(inputs)
    ]
    with Spool() as spool:
        intake = Intake(spool, chosen_target, labels, split_by, deduplicate)
        for path, reader in sources:
            intake.read(path, reader, on_error, on_document)
        if not intake.entries:
            empty = [Problem("no documents", str(path), 0, None, "is empty") for path, _ in sources]
            raise InputError(empty)
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
            inputs=[
                InputFile(str(path), reader.name, _digest(path), intake.notes.get(path, []))
                for path, reader in sources
            ],
            splits=_count(intake.entries, splits),
            dropped=intake.dropped,
        )
        if to_stream:
            write_documents(out, (document for document, _ in spool.prepared()))
        else:
            with Staging(overwrite) as staging:
                _write(staging, chosen_writers, out, spool, splits, manifest)
    return Conversion(manifest, intake.rejected, intake.renamed)


def _write(
    staging: Staging,
    writers: Sequence[Writer],
    out: Path,
    spool: Spool,
    splits: Sequence[str],
    manifest: Manifest,
) -> None:
    """Write what each writer makes of the spool, the manifest, and what was set aside."""
    for writer in writers:
        folder = out if len(writers) == 1 else out / writer.name
        writer.write(_rows(spool, splits, manifest), folder, manifest, staging)
        staging.open(folder / MANIFEST_NAME).write(indented(manifest))
    if next(spool.rejected(), None) is not None:
        staging.jsonl(out / REJECTED).write_all(spool.rejected())
    for leftover in _files_of_earlier(out):
        staging.remove(leftover)


def _labels(entries: Sequence[Entry], labels: LabelSet | None) -> list[Label]:
    names = {name for entry in entries for name in entry.labels}
    return [Label(name) for name in sorted(names)] if labels is None else labels.described(names)


def _splits(intake: Intake, split: str, ratios: dict[str, float], seed: int) -> list[str]:
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


def _count(entries: Sequence[Entry], splits: Sequence[str]) -> dict[str, SplitCounts]:
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


def _rows(spool: Spool, splits: Sequence[str], manifest: Manifest) -> Iterator[Row]:
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
