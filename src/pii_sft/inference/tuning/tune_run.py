"""Tuning of a run: ask its model once, choose, check and store an operating point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from pii_sft.decoding.proposals import Proposal
from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.files import (
    Staging,
    check_output,
    digest,
    indented,
    read_documents,
    read_json,
    read_lines,
    write_json,
)
from pii_sft.findings import Finding as Advice
from pii_sft.inference.finder import finder_settings
from pii_sft.inference.operating_point import (
    OperatingPoint,
    RuleSettings,
    read_operating_point,
    weights_digest,
)
from pii_sft.inference.predict import Predicting, is_predicted, predict
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.serving import serving_of_run
from pii_sft.inference.tuning.cases import Case
from pii_sft.inference.tuning.tune import Source, Tuned, Wanted, check_cases, tune_cases
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.prediction_file import record_path, refuse_other_texts
from pii_sft.records.run_folder import RunFolder
from pii_sft.rules import OFF
from pii_sft.spans import Document
from pii_sft.terminal import ShownPath

_FOLDER = "tune"
"""Folder in a run for its model's proposals, so that another target need not ask it again."""

_SHORT = 12
"""Digits of a digest in a file name."""

AUTO = "auto"
"""Value of `check`: check on the test split beside the development split, if there is one."""


class Progress(msgspec.Struct, frozen=True):
    """Callbacks that report progress.

    Attributes:
        on_start: with the number of documents, before a model is asked.
        on_document: after each of them.
        on_point: after each operating point that was measured.
    """

    on_start: Callable[[int], None] = lambda _: None
    on_document: Callable[[], None] = lambda: None
    on_point: Callable[[], None] = lambda: None


SILENT = Progress()


class Storing(msgspec.Struct, frozen=True):
    """File of an operating point.

    Attributes:
        out: the file; None for the one in the run.
        overwrite: whether an existing point is replaced.
        staging: of the outputs that appear together with it; None if there are none.
    """

    out: Path | None = None
    overwrite: bool = False
    staging: Staging | None = None

    def check(self, target: Path, inputs: Iterable[Path]) -> None:
        """Refuse a place where no point can be written."""
        check_output(target, self.overwrite, inputs)

    def store(self, target: Path, point: OperatingPoint) -> None:
        """Write a point, or stage it with the other outputs."""
        if self.staging is None:
            write_json(target, point, self.overwrite)
        else:
            self.staging.open(target).write(indented(point))


STORED_IN_THE_RUN = Storing()


class _Row(msgspec.Struct):
    """The fields of a prediction row that tuning reads."""

    id: str | int
    spans: list[PredictedSpan]
    text_digest: str = ""
    proposals: list[Proposal] | None = None


class _Record(msgspec.Struct):
    """The fields of the record of predictions that tuning reads."""

    labels: list[str] = []
    point: OperatingPoint = OperatingPoint()


def tune_run(
    run: Path,
    data: Path,
    wanted: Wanted,
    storing: Storing = STORED_IN_THE_RUN,
    check: str = AUTO,
    batch_size: int = 32,
    progress: Progress = SILENT,
) -> Tuned:
    """Choose an operating point for a run, check it, and write it.

    Args:
        run: folder of the run.
        data: annotated documents of the development split.
        wanted: the goal.
        storing: file of the point.
        check: documents to check the promise on: a file, `auto`, or `off`.
        batch_size: how many documents are answered together.
        progress: callbacks.

    Raises:
        UsageError: the goal is not possible, or there is a point already, or the data has no
            entity.
        InputError: the data can't be read.
    """
    wanted.check()
    target = storing.out or RunFolder(run).operating_point
    storing.check(target, [data])
    labels = list(serving_of_run(run, data).labels)

    cases = cases_of_run(run, data, batch_size, progress)
    tuned = tune_cases(cases, labels, wanted, _source(data), on_point=progress.on_point)
    point = msgspec.structs.replace(
        tuned.point, weights_sha256=weights_digest(run), rules=_with_digests(tuned.point)
    )
    findings = list(tuned.findings)
    other = _to_check(data, check)
    if other is not None:
        point, more = check_cases(
            cases_of_run(run, other, batch_size, progress), point, labels, _source(other)
        )
        findings += more
    storing.store(target, point)
    return msgspec.structs.replace(tuned, point=point, findings=findings)


def tune_predictions(
    predictions: Path,
    data: Path,
    wanted: Wanted,
    storing: Storing,
    progress: Progress = SILENT,
) -> Tuned:
    """Choose an operating point for stored predictions of any model.

    Args:
        predictions: rows with scores; with proposals too if a dial is to be tuned.
        data: the annotated documents they are about.
        wanted: the goal.
        storing: file of the point.
        progress: callbacks.

    Raises:
        UsageError: the goal is not possible, or no file for the point was given.
        InputError: a file can't be read, or the rows are about other documents.
    """
    wanted.check()
    if storing.out is None:
        raise UsageError("Without a run, name where the operating point goes: --out.")
    storing.check(storing.out, [predictions, data])
    cases = cases_of_predictions(predictions, data)
    record = record_path(predictions)
    known = read_json(record, _Record).labels if record.exists() else []
    gold = {span.label for case in cases for span in case.document.spans}
    labels = known or sorted(gold | {each.label for case in cases for each in case.proposals})
    tuned = tune_cases(cases, labels, wanted, _source(data), on_point=progress.on_point)
    point = msgspec.structs.replace(tuned.point, rules=_with_digests(tuned.point))
    storing.store(storing.out, point)
    return msgspec.structs.replace(tuned, point=point)


def check_run(
    run: Path,
    data: Path,
    path: Path | None = None,
    batch_size: int = 32,
    progress: Progress = SILENT,
) -> tuple[OperatingPoint, list[Advice]]:
    """Check the operating point of a run on other documents, and store the measured rates.

    Args:
        run: folder of the run.
        data: annotated documents that it was not tuned on.
        path: of the point; None for the run's.
        batch_size: how many documents are answered together.
        progress: callbacks.

    Raises:
        UsageError: the point promises nothing.
        InputError: there is no point, or the data can't be read.
    """
    target = path or RunFolder(run).operating_point
    before = read_operating_point(target)
    labels = list(serving_of_run(run, data).labels)
    cases = cases_of_run(run, data, batch_size, progress)
    point, findings = check_cases(cases, before, labels, _source(data))
    write_json(target, point, overwrite=True)
    return point, findings


def cases_of_run(
    run: Path, data: Path, batch_size: int = 32, progress: Progress = SILENT
) -> list[Case]:
    """Documents with the proposals of a run's model, which is asked only once.

    Raises:
        InputError: the data can't be read.
        UsageError: the run is not complete.
    """
    return cases_of_predictions(_answers(run, data, batch_size, progress), data)


def cases_of_predictions(predictions: Path, data: Path) -> list[Case]:
    """Documents with the proposals in stored rows.

    Raises:
        InputError: a row or document can't be read, or they do not belong together.
    """
    rows: dict[str, _Row] = {}
    for number, line in read_lines(predictions):
        try:
            row = msgspec.json.decode(line, type=_Row)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _refused(predictions, number, None, "unreadable row", str(error)) from None
        if str(row.id) in rows:
            raise _refused(predictions, number, str(row.id), "not unique", "is predicted twice")
        rows[str(row.id)] = row
    if any(not row.text_digest for row in rows.values()):
        refuse_other_texts(predictions, data)
    cases = []
    for document in read_documents(data):
        found = rows.pop(document.id, None)
        if found is None:
            reason = "has no prediction, or two documents have this id; predict all of the data"
            raise _refused(predictions, 0, document.id, "no row", reason)
        try:
            cases.append(_case(document, found))
        except RecordError as error:
            raise _refused(predictions, 0, error.id, error.kind, error.reason) from None
    return cases


def _case(document: Document, row: _Row) -> Case:
    if row.text_digest and row.text_digest != document.text_digest:
        raise RecordError("other text", "was predicted with another text", document.id)
    if row.proposals is not None:
        proposals = tuple(row.proposals)
    else:
        proposals = tuple(_settled(each) for each in row.spans if each.score is not None)
        if len(proposals) < len(row.spans):
            raise RecordError(
                "no score", "has spans without a score, which no threshold applies to", document.id
            )
    if any(not 0 <= each.start < each.end <= len(document.text) for each in proposals):
        raise RecordError("offsets", "has a span that does not fit its text", document.id)
    return Case(document, proposals)


def _settled(span: PredictedSpan) -> Proposal:
    """A proposal from an entity of a free answer, of which only the score is uncertain."""
    logprob = math.log(max(span.score or 0.0, 1e-12))
    return Proposal(span.start, span.end, span.label, math.inf, 0.0, logprob, taken=True)


def _refused(path: Path, line: int, id: str | None, kind: str, reason: str) -> InputError:
    return InputError([Problem(kind, str(path), line, id, reason)])


def _answers(run: Path, data: Path, batch_size: int, progress: Progress) -> Path:
    """File of the model's proposals for documents; if there is none, the model is asked."""
    name = f"{weights_digest(run)[:_SHORT] or 'base'}-{digest(data)[:_SHORT]}.jsonl"
    out = run / _FOLDER / name
    if not is_predicted(out):
        settings = Predicting(
            finder_settings("auto", 0.0, follow_up=True, batch_size=batch_size),
            keep_proposals=True,
            resume=True,
        )
        predict(
            serving_of_run(run, data),
            data,
            out,
            settings,
            on_start=progress.on_start,
            on_document=progress.on_document,
        )
    return out


def _source(data: Path) -> Source:
    return Source(str(data), digest(data))


def _with_digests(point: OperatingPoint) -> RuleSettings:
    files = {
        name: digest(Path(name)) for name in point.rules.names.split(",") if Path(name).is_file()
    }
    return msgspec.structs.replace(point.rules, sha256=files)


def _to_check(data: Path, check: str) -> Path | None:
    """Documents to check the promise on; None for none."""
    if check == OFF:
        return None
    if check != AUTO:
        path = ShownPath(check)
        if not path.exists():
            raise UsageError(f"There is no file {check} to check the promise on.")
        return path
    folder = DatasetFolder.around(data)
    if folder is None or data.resolve() != folder.gold("dev").resolve():
        return None
    beside = folder.gold("test")
    return beside if beside.exists() else None
