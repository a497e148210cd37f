"""An audit: all checks over all documents, in two passes."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from pii_sft import __version__
from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import Check, Found, SecondLook, Subject, Suspecting, report
from pii_sft.dataset.audit.checks.balance import Balance
from pii_sft.dataset.audit.checks.boundaries import Boundaries
from pii_sft.dataset.audit.checks.ceilings import Ceilings
from pii_sft.dataset.audit.checks.checksums import Checksums
from pii_sft.dataset.audit.checks.consistency import Consistency
from pii_sft.dataset.audit.checks.contradictions import Contradictions
from pii_sft.dataset.audit.checks.drift import Drift
from pii_sft.dataset.audit.checks.duplicates import Duplicates
from pii_sft.dataset.audit.checks.languages import Languages
from pii_sft.dataset.audit.checks.near_duplicates import NearDuplicates
from pii_sft.dataset.audit.checks.overlaps import Overlaps
from pii_sft.dataset.audit.checks.parts import Parts
from pii_sft.dataset.audit.checks.patterns import Patterns
from pii_sft.dataset.audit.checks.positions import Positions
from pii_sft.dataset.audit.checks.texts import Texts
from pii_sft.dataset.audit.checks.truncation import Truncation
from pii_sft.dataset.audit.documents import Documents, Inputs, find_inputs
from pii_sft.dataset.audit.fixes import Fixes, check_copy, check_fixes
from pii_sft.dataset.audit.options import MOST_NEAR, AuditOptions
from pii_sft.dataset.audit.suspects import Suspect, likeliest
from pii_sft.dataset.options import changed_options
from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.findings import ranked
from pii_sft.labels import Label
from pii_sft.prompt import DEFAULT_PROMPT, load_prompt
from pii_sft.targets import DEFAULT_TARGET, TARGETS
from pii_sft.tokens import token_ends

CHECKS: tuple[Callable[[Subject], Check], ...] = (
    Balance,
    Drift,
    Duplicates,
    Consistency,
    Patterns,
    Boundaries,
    Parts,
    Positions,
    Overlaps,
    Checksums,
    Languages,
    Texts,
    Ceilings,
)
"""The checks of every audit; findings of equal severity are reported in this order."""


class Audit(msgspec.Struct, frozen=True):
    """The outcome of an audit.

    Attributes:
        name: what was audited.
        documents: how many were read.
        found: findings with their counts and places, worst first.
        suspects: likely annotation errors, the likeliest first.
        figures: numbers by name, for tables, plots and programs.
        notes: what readers decided about whole files, and which checks were left out.
        changes: corrections that were made, by name.
    """

    name: str
    documents: int
    found: list[Found]
    suspects: list[Suspect]
    figures: dict[str, Any]
    notes: list[str]
    changes: dict[str, int] = {}

    @property
    def passes(self) -> bool:
        """True if nothing worse than a note was found."""
        return all(each.finding.severity == "note" for each in self.found)

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `audit --json` writes; its keys are stable."""
        return {
            "version": __version__,
            "audited": self.name,
            "documents": self.documents,
            "findings": [
                {
                    **msgspec.to_builtins(each.finding),
                    "count": each.count,
                    "places": msgspec.to_builtins(each.places),
                }
                for each in self.found
            ],
            "suspects": msgspec.to_builtins(self.suspects),
            "notes": self.notes,
            "changes": self.changes,
            **self.figures,
        }


def audit(
    inputs: Sequence[Path],
    options: AuditOptions | None = None,
    *,
    source: str = "auto",
    settings: Mapping[str, str] | None = None,
    fixes: Sequence[str] = (),
    out: Path | None = None,
    overwrite: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Audit:
    """Check annotated data for everything that harms training or scores.

    Args:
        inputs: files or folders that a reader reads, or one folder that `convert` wrote.
        options: what to look for.
        source: name of a reader, or `auto`.
        settings: options of the reader.
        fixes: corrections to make in a copy, names from `FIXES`.
        out: folder for the copy and the log of changes.
        overwrite: whether files that exist there are replaced.
        on_progress: called from time to time with the number of documents checked.

    Raises:
        InputError: an input is missing, or not one of its records can be read.
        UsageError: there is no such reader or correction, no reader recognises an input, or a file
            exists and may not be replaced.
        MissingExtraError: an option needs a package that is not installed.
    """
    options = options or AuditOptions()
    names = check_fixes(fixes)
    if bool(names) != (out is not None):
        raise UsageError("--fix and --out go together: what to correct, and a folder for the copy.")
    if out is not None:
        check_copy(out, inputs, overwrite=overwrite)
    read = find_inputs(inputs, source, settings)
    name = shlex.join(map(str, inputs))
    subject = Subject(name, options)
    if read.manifest is not None:
        kept = changed_options(read.manifest.options)
        subject = Subject(name, options, read.manifest.target, kept)
    with Documents(read) as documents:
        run = _Run(subject, read, documents)
        run.look(on_progress)
        changes = {} if out is None else run.fix(names, out, inputs, overwrite=overwrite)
        return run.result(changes)


def _show(
    blocks: Iterable[Block],
    looks: Sequence[Callable[[Block], None]],
    on_progress: Callable[[int], None],
) -> None:
    """Pass blocks of documents to all checks."""
    for block in blocks:
        for look in looks:
            look(block)
        on_progress(block.first + len(block.seen))


class _Run:
    """One audit."""

    def __init__(self, subject: Subject, inputs: Inputs, documents: Documents) -> None:
        self._subject = subject
        self._inputs = inputs
        self._documents = documents
        self._notes: list[str] = []
        self._near: NearDuplicates | None = None
        self._checks: list[Check] = [check(subject) for check in CHECKS]
        if subject.options.predictions:
            self._checks.append(Contradictions(subject, TARGETS.get(self._target)))

    @property
    def _target(self) -> str:
        return self._subject.converted or DEFAULT_TARGET

    def look(self, on_progress: Callable[[int], None]) -> None:
        """Make both passes."""
        _show(self._documents.read(), [check.see for check in self._checks], on_progress)
        if not self._documents:
            raise InputError(
                self._documents.problems
                or [Problem("nothing to audit", self._subject.name, 0, None, "holds no document")]
            )
        again = [check for check in self._checks if isinstance(check, SecondLook)]
        for check in again:
            check.settle()
        more = self._later()
        further = [*(check.see_again for check in again), *(check.see for check in more)]
        total = len(self._documents)
        _show(self._documents.again(), further, lambda number: on_progress(total + number))
        self._checks += more
        if self._documents.copies:
            self._notes.append(
                f"{self._documents.copies} copies that convert made for training were left out"
            )
        if self._near is not None:
            self._near.compare(self._documents.texts())
            for seen in self._documents.one_by_one():
                self._near.name(seen)

    def _later(self) -> list[Check]:
        """Create the checks that depend on the number of documents or on the labels."""
        options = self._subject.options
        more: list[Check] = []
        wanted = options.near
        if wanted is None:
            wanted = len(self._documents) <= MOST_NEAR and find_spec("datasketch") is not None
            if not wanted:
                self._notes.append(
                    "near duplicates were not looked for: --near does, with datasketch installed"
                )
        if wanted:
            self._near = NearDuplicates(self._subject)
            more.append(self._near)
        if options.tokenizer is not None:
            more.append(self._truncation(options.tokenizer))
        return more

    def _truncation(self, tokenizer: Path) -> Truncation:
        target = TARGETS.get(self._target)
        if self._inputs.manifest is not None:
            prompt = self._inputs.manifest.prompt
        else:
            labels = sorted(
                {label for each in self._subject.splits.values() for label in each.spans}
            )
            prompt = load_prompt(
                self._subject.options.prompt or DEFAULT_PROMPT,
                target.instruction,
                [Label(label) for label in labels],
            )
        return Truncation(self._subject, token_ends(tokenizer), target, prompt)

    def fix(
        self, names: Sequence[str], out: Path, inputs: Sequence[Path], *, overwrite: bool
    ) -> dict[str, int]:
        """Write a corrected copy; return the number of changes by correction."""
        fixes = Fixes(names, self._checks)
        return fixes.write(self._documents.one_by_one(), out, inputs, overwrite=overwrite)

    def result(self, changes: dict[str, int]) -> Audit:
        """Gather what the checks report."""
        found = [*self._unreadable(), *(each for check in self._checks for each in check.found())]
        order = {id(each): place for place, each in enumerate(ranked(one.finding for one in found))}
        found.sort(key=lambda each: order[id(each.finding)])
        figures: dict[str, Any] = {}
        for check in self._checks:
            figures.update(check.figures())
        suspecting = [check for check in self._checks if isinstance(check, Suspecting)]
        suspects = [each for check in suspecting for each in check.suspects()]
        return Audit(
            name=self._subject.name,
            documents=len(self._documents),
            found=found,
            suspects=likeliest(suspects, self._subject.options.suspects),
            figures=figures,
            notes=[*self._documents.notes, *self._notes],
            changes=changes,
        )

    def _unreadable(self) -> Iterator[Found]:
        """Finding on records that can't be read."""
        if not self._documents.rejected:
            return
        kinds = sorted({problem.kind for problem in self._documents.problems})
        first = self._documents.problems[0]
        yield report(
            "unreadable-records",
            "error",
            (
                "Records that can't be read",
                "{count} records can't become documents ({kinds}); the first: {first}",
                "mend the input, or set them aside",
            ),
            (),
            count=self._documents.rejected,
            command=self._subject.converting("--on-error quarantine"),
            kinds=", ".join(kinds),
            first=str(first),
        )
