"""Annotation files in, a proved data set folder out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pii_sft import __version__
from pii_sft.converters import ANNOTATION_WRITERS, WRITERS, Writer
from pii_sft.converters.detect import expand, find_inputs
from pii_sft.converters.writer import LineWriter
from pii_sft.dataset.blocks.executors import engine_named
from pii_sft.dataset.minhash import minhasher
from pii_sft.dataset.options import (
    DEFAULT_SPLIT,
    KEEP_SPLIT,
    NO_SPLIT,
    NO_TRAINING,
    BlockJob,
    ConvertOptions,
    parse_ratios,
)
from pii_sft.dataset.output import Output
from pii_sft.dataset.reading import InputReading, Progress, Source
from pii_sft.dataset.row_index import RowIndex
from pii_sft.dataset.selection.select import Selection, select
from pii_sft.dataset.spill import Spill
from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import (
    STANDARD_STREAM,
    Staging,
    digest,
    indented,
    unchanged,
)
from pii_sft.labels import Label, LabelSet
from pii_sft.prompt import Prompt, load_prompt, names_labels
from pii_sft.records.dataset_folder import DatasetFolder, InputFile, Manifest, SplitCounts
from pii_sft.targets import DEFAULT_TARGET, FULLEST_TARGET, TARGETS

DOCUMENTS = "documents"


class Conversion(msgspec.Struct, frozen=True):
    """The outcome of a conversion.

    Attributes:
        manifest: of the data set that was written.
        rejected: records that were put into quarantine.
        renamed: documents whose id was taken and got a suffix.
        torn: pairs of documents in different splits that share a window, where `--split keep` left
            them.
    """

    manifest: Manifest
    rejected: int
    renamed: int
    torn: int


def convert(
    inputs: str | Path | Sequence[str | Path],
    options: ConvertOptions | None = None,
    *,
    source: str = "auto",
    settings: Mapping[str, str] | None = None,
    writers: Sequence[str] = ("llamafactory",),
    out: str | Path = Path("data/pii"),
    labels: LabelSet | None = None,
    workers: int = 1,
    engine: str = "local",
    overwrite: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
    **changes: Any,
) -> Conversion:
    """Convert annotation files into a data set.

    Every document is verified, its answer rendered and proved to decode to its spans, before
    anything is written. Texts wait in an unlinked temporary file, not in memory. The same inputs
    and options give the same bytes, whatever `workers` and `engine` are.

    Args:
        inputs: a file or folder, or several; `-` is standard input.
        options: the options that decide the content; None for the defaults.
        source: name of a reader, or `auto`.
        settings: options of the reader.
        writers: names of writers; with several, each writes to a folder of its own in `out`.
        out: folder to write; `-` is standard output, for unsplit documents.
        labels: label map; None keeps labels as they are.
        workers: number of processes.
        engine: `local`, or `ray`.
        overwrite: replace an existing data set.
        on_progress: called as reading goes on.
        changes: fields of `ConvertOptions` that differ.

    Raises:
        UsageError: an option is not possible, or `out` exists.
        InputError: a record is bad and `on_error` is `stop`, or there is no document.
        MissingExtraError: an option needs a package that is not installed.
    """
    paths, out = _paths(inputs), _paths(out)[0]
    given = msgspec.structs.replace(options or ConvertOptions(), **changes)
    wanted = _resolved(given, writers)
    split, target = wanted.split or DEFAULT_SPLIT, wanted.target or DEFAULT_TARGET
    to_stream = out == STANDARD_STREAM
    if to_stream and (split != NO_SPLIT or wanted.on_error != "stop"):
        raise UsageError("Only '--to documents --split off' can go to standard output.")
    if workers < 1:
        raise UsageError("--workers takes a number above 0.")
    chosen_writers = [WRITERS.get(name) for name in writers]
    chosen_target = TARGETS.get(target)
    limits = wanted.limits
    if limits is not None:
        limits.cutter()  # a tokenizer that can't be loaded is said before anything is read
    if wanted.deduplicate == "near":
        minhasher()  # likewise an extra that is not installed
    known = _prompt_known_before(wanted.prompt, chosen_target.instruction, labels)
    encoded = [
        name
        for name, writer in zip(writers, chosen_writers, strict=True)
        if known is not None and isinstance(writer, LineWriter)
    ]
    job = BlockJob(
        target=target,
        prompt=known,
        writers=tuple(encoded),
        labels=labels,
        split_by=wanted.split_by,
        limits=limits,
        near=wanted.deduplicate == "near",
        answers=len(encoded) < len(writers),
        trim=wanted.edges == "trim",
    )
    run = engine_named(engine)
    found = find_inputs(paths, source, settings, wanted.unrecognised)
    sources = found.sources
    with (
        Staging(overwrite, (path for path, _ in sources)) as staging,
        Spill(encoded, answers=job.answers) as spill,
    ):
        if not to_stream:
            DatasetFolder(out).claim(staging, overwrite)
            _rehearse(staging, chosen_writers, out, split)
        row_index = RowIndex()
        reading = InputReading(spill, row_index, wanted.on_error)
        with unchanged(path for path, _ in sources):
            reading.read(sources, settings or {}, job, run, workers, on_progress)
            described = _inputs(sources, reading)
        if not row_index.documents:
            if reading.rejected and not to_stream and not DatasetFolder(out).exists:
                with Staging(overwrite) as aside:
                    _set_aside(aside, DatasetFolder(out), spill)
            raise _nothing_left(sources, reading)
        done = select(spill, row_index, wanted, job, run, workers)
        label_list = _labels(done, labels)
        manifest = Manifest(
            version=__version__,
            target=target,
            prompt=load_prompt(wanted.prompt, chosen_target.instruction, label_list),
            labels=label_list,
            seed=wanted.seed,
            options={
                **wanted.to_dict(),
                "windows": limits,
                "label_file": labels is not None,
                "reader": dict(settings or {}),
            },
            inputs=described,
            splits=done.counts,
            dropped=done.dropped,
            balance=done.balance,
            passed_over=[str(path) for path in found.passed_over],
            nesting=row_index.nesting,
        )
        output = Output(
            spill, done.splits, done.names, done.document_of, manifest.prompt, chosen_target
        )
        if to_stream:
            staging.jsonl(out).write_all(document for _, document in output.documents())
        else:
            _write(staging, chosen_writers, encoded, out, output, spill, manifest)
    return Conversion(manifest, reading.rejected, done.renamed, done.splits.torn)


def _paths(given: str | Path | Sequence[str | Path]) -> list[Path]:
    several = [given] if isinstance(given, str | Path) else given
    return [Path(each) if isinstance(each, str) else each for each in several]


def _resolved(options: ConvertOptions, writers: Sequence[str]) -> ConvertOptions:
    """Fill in the options that are not set, as the writers need them."""
    target, split = options.target, options.split
    if target is None:
        target = FULLEST_TARGET if ANNOTATION_WRITERS.issuperset(writers) else DEFAULT_TARGET
    only_documents = list(writers) == [DOCUMENTS]
    if split is None:
        split = NO_SPLIT if only_documents else DEFAULT_SPLIT
    elif split == NO_SPLIT and not only_documents:
        split = "train=1"
    if split == NO_SPLIT and options.changes_training:
        raise UsageError(NO_TRAINING)
    return msgspec.structs.replace(options, target=target, split=split)


def _prompt_known_before(prompt: str, instruction: str, labels: LabelSet | None) -> Prompt | None:
    """The prompt of every row; None if it depends on the labels that occur."""
    if not names_labels(prompt):
        return load_prompt(prompt, instruction, [])
    if labels is None or not labels.closed:
        return None
    return load_prompt(prompt, instruction, labels.described(set()))


def _labels(done: Selection, labels: LabelSet | None) -> list[Label]:
    names = {name for counts in done.counts.values() for name in counts.labels}
    return [Label(name) for name in sorted(names)] if labels is None else labels.described(names)


def _write(
    staging: Staging,
    writers: Sequence[Writer],
    encoded: Sequence[str],
    out: Path,
    output: Output,
    spill: Spill,
    manifest: Manifest,
) -> None:
    """Write what each writer makes of the rows, what was set aside, and manifests of it all."""
    _set_aside(staging, DatasetFolder(out), spill)
    folders = _folders(writers, out)
    for writer, folder in zip(writers, folders, strict=True):
        output.write(writer, writer.name in encoded, folder, manifest, staging)
    for folder in dict.fromkeys([*folders, out]):
        manifest.files = staging.digests(folder)
        staging.open(DatasetFolder(folder).manifest_path, index=True).write(indented(manifest))


def _folders(writers: Sequence[Writer], out: Path) -> list[Path]:
    """Folder of each writer."""
    return [out if len(writers) == 1 else out / each.name for each in writers]


def _rehearse(staging: Staging, writers: Sequence[Writer], out: Path, split: str) -> None:
    """Write a data set without rows, as far as its splits are known, and forget it.

    Raises:
        UsageError: a file is in the way.
        OSError: a file can't be written.
    """
    known = [""] if split == NO_SPLIT else [] if split == KEEP_SPLIT else parse_ratios(split)
    counts = {name: SplitCounts() for name in known}
    prompt = Prompt("", "", "", "")
    with staging.rehearsal():
        for writer, folder in zip(writers, _folders(writers, out), strict=True):
            empty = Manifest(__version__, "", prompt, [], 0, {}, [], counts, {})
            writer.write(iter(()), folder, empty, staging)


def _set_aside(staging: Staging, folder: DatasetFolder, spill: Spill) -> None:
    for number, line in enumerate(spill.rejected()):
        if number == 0:
            rejected = staging.open(folder.rejected_path)
        rejected.write(line)


def _nothing_left(sources: Sequence[Source], reading: InputReading) -> InputError:
    """Error that says why there is no document, by faults of records or notes of readers."""
    if reading.rejected:
        advice = f"All {reading.rejected:,} records were set aside, and nothing is left to convert."
        return reading.problems.error(advice)
    said = {path: "; ".join(notes) for path, notes in reading.notes.items()}
    return InputError(
        [
            Problem("no documents", str(path), 0, None, said.get(path, "is empty"))
            for path, _ in sources
        ]
    )


def _inputs(sources: Sequence[Source], reading: InputReading) -> list[InputFile]:
    return [
        InputFile(
            str(path),
            reader.name,
            reading.digests.get(path) or _digest(path),
            reading.notes.get(path, []),
        )
        for path, reader in sources
    ]


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the digests of a folder's files; empty where there is neither."""
    if path == STANDARD_STREAM or not path.exists():
        return ""
    if path.is_dir():
        parts = [f"{digest(each)} {each.name}\n" for each in expand([path])]
        return hashlib.sha256("".join(parts).encode()).hexdigest()
    return digest(path)
