"""Agreement of two annotations of the same documents; neither is taken for the truth."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from pii_sft.errors import InputError, Problem
from pii_sft.evaluators.aggregation.accumulate import Scorer
from pii_sft.evaluators.aggregation.results import SchemeScores
from pii_sft.evaluators.annotator_agreement.kappa import CharacterCounts, Kappa
from pii_sft.evaluators.matching import match
from pii_sft.evaluators.options import ScoreOptions
from pii_sft.findings import Finding
from pii_sft.spans import Document, Span
from pii_sft.top import Top

Kind = Literal["boundary", "label", "label_and_bounds", "only_a", "only_b"]

KINDS: Mapping[Kind, str] = {
    "boundary": "the same label with other bounds",
    "label": "the same bounds with another label",
    "label_and_bounds": "spans that overlap, with other bounds and another label",
    "only_a": "a span of the first annotation that none of the second overlaps",
    "only_b": "a span of the second annotation that none of the first overlaps",
}

Pair = tuple[Document, Document]


class Disagreement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing on which the annotations differ; offsets and labels, never text.

    Attributes:
        kind: one of `KINDS`.
        a: span of the first annotation; None if it has none.
        b: span of the second, likewise.
    """

    kind: Kind
    a: Span | None = None
    b: Span | None = None


class Disputed(msgspec.Struct, frozen=True):
    """A document on which the annotations differ."""

    id: str
    disagreements: tuple[Disagreement, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON; spans are objects with `start`, `end` and `label`."""
        found = [msgspec.to_builtins(each) for each in self.disagreements]
        return {"id": self.id, "disagreements": found}


class SpanAgreement(msgspec.Struct, frozen=True):
    """Agreement on spans under one scheme. F1 is the same whichever annotation comes first.

    Attributes:
        f1: of all spans together.
        ci: ends of its interval; None without intervals.
        labels: F1 by label.
    """

    f1: float
    ci: tuple[float, float] | None
    labels: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return {**msgspec.structs.asdict(self), "ci": self.ci and list(self.ci)}


class Agreement(msgspec.Struct, frozen=True):
    """The agreement of two annotations, `a` and `b`.

    Attributes:
        documents: how many both have.
        spans: number of spans of each annotation, by label, `a` before `b`.
        schemes: agreement on spans by scheme, see `pii_sft.evaluators.schemes.SCHEMES`.
        characters: agreement on characters.
        character_labels: likewise, by label.
        disagreements: how often each kind occurs.
        labels: for pairs with different labels, how often the label of `a` meets that of `b`.
        worst: documents with most disagreements, from the worst on.
    """

    documents: int
    spans: dict[str, tuple[int, int]]
    schemes: dict[str, SpanAgreement]
    characters: Kappa
    character_labels: dict[str, Kappa]
    disagreements: dict[Kind, int]
    labels: dict[str, dict[str, int]]
    worst: tuple[Disputed, ...]

    def findings(self, first: str = "A", second: str = "B") -> list[Finding]:
        """Advice on what to do about agreement that is too low.

        Args:
            first: where the first annotation is, for the command that helps.
            second: where the second is.
        """
        return list(_low_agreement(self, shlex.join([first, second])))

    @property
    def spans_of_both(self) -> tuple[int, int]:
        """Number of spans of each annotation."""
        return (
            sum(one for one, _ in self.spans.values()),
            sum(other for _, other in self.spans.values()),
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON that `agree --json` writes; its keys are stable."""
        one, other = self.spans_of_both
        return {
            "documents": self.documents,
            "spans": {"a": one, "b": other},
            "schemes": {name: each.to_dict() for name, each in self.schemes.items()},
            "characters": {
                **self.characters.to_dict(),
                "labels": {label: each.to_dict() for label, each in self.character_labels.items()},
            },
            "labels": {label: {"a": a, "b": b} for label, (a, b) in self.spans.items()},
            "disagreements": self.disagreements,
            "confused": self.labels,
            "worst": [each.to_dict() for each in self.worst],
            "findings": [
                {**msgspec.structs.asdict(each), "examples": list(each.examples)}
                for each in self.findings()
            ],
        }


ENOUGH = 0.9
"""F1 between annotators that practitioners usually require before training on their annotation."""

_REMEDIES: Mapping[Kind, str] = {
    "boundary": "say in the guideline where such spans begin and end, with examples",
    "label": "say in the guideline how these labels are told apart",
    "label_and_bounds": "say in the guideline what each label covers",
    "only_a": "say what counts as an entity; one of the two overlooks or adds some",
    "only_b": "say what counts as an entity; one of the two overlooks or adds some",
}


def _low_agreement(found: Agreement, files: str) -> Iterator[Finding]:
    name, scheme = next(iter(found.schemes.items()), ("", None))
    if scheme is None or not found.spans or scheme.f1 >= ENOUGH:
        return
    surely = scheme.ci is None or scheme.ci[1] < ENOUGH
    kind: Kind = max(found.disagreements, key=lambda each: found.disagreements[each])
    label = min(scheme.labels, key=lambda each: scheme.labels[each])
    figures = {
        "f1": scheme.f1,
        "enough": ENOUGH,
        "kind": kind,
        "number": found.disagreements[kind],
        "all": sum(found.disagreements.values()),
        "label": label,
        "label_f1": scheme.labels[label],
        "scheme": name,
    }
    yield Finding(
        id="low-agreement",
        severity="warning" if surely else "note",
        title="Annotators who agree too little",
        evidence=(
            f"F1 of the two annotations is {scheme.f1:.3f} ({name}), under {ENOUGH}: a model can't "
            f"be measured better than people agree. {figures['number']} of {figures['all']} "
            f"disagreements are {KINDS[kind]}; lowest is {label} ({scheme.labels[label]:.3f})"
        ),
        fix=f"{_REMEDIES[kind]}, and have the disputed documents decided by a third person",
        command=f"pii-sft agree {files} --adjudicate disputed --to label_studio",
        figures=figures,
        examples=tuple(each.id for each in found.worst[:5]),
        gain=round(ENOUGH - scheme.f1, 4),
    )


def agreement(pairs: Iterable[Pair], *, worst: int = 20, **options: Any) -> Agreement:
    """Measure the agreement of two annotations.

    Args:
        pairs: both annotations of each document, as `joined` makes them.
        worst: how many documents to name.
        options: `schemes`, `ci`, `resamples` and `seed`, see `ScoreOptions`.

    Raises:
        UsageError: an option is unknown or out of its range.
    """
    chosen = ScoreOptions(**{**options, "beta": (1.0,)})
    scorer, characters, differences = Scorer(), CharacterCounts(), _Differences(worst)
    for one, other in pairs:
        scorer.add(one.spans, other.spans)
        characters.add(len(one.text), one.spans, other.spans)
        differences.add(one, other)
    scores = scorer.scores(chosen)
    resampling = (chosen.ci, chosen.resamples, chosen.seed)
    return Agreement(
        documents=scores.documents,
        spans=differences.spans(),
        schemes={name: _span_agreement(scheme) for name, scheme in scores.schemes.items()},
        characters=characters.overall(*resampling),
        character_labels=characters.labels(*resampling),
        disagreements={kind: differences.kinds[kind] for kind in KINDS},
        labels=differences.confused(),
        worst=differences.worst(),
    )


def _span_agreement(scheme: SchemeScores) -> SpanAgreement:
    labels = {label: row.rates["f1"] for label, row in scheme.labels.items()}
    return SpanAgreement(scheme.micro.rates["f1"], scheme.micro.ci.get("f1"), labels)


class _Differences:
    """Counts how annotations differ, and remembers the documents on which they differ most."""

    def __init__(self, worst: int) -> None:
        self.kinds: Counter[Kind] = Counter()
        self._spans: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._confused: Counter[tuple[str, str]] = Counter()
        self._worst: Top[Disputed] = Top(worst)

    def add(self, one: Document, other: Document) -> None:
        """Compare both annotations of one more document."""
        self._spans[0].update(span.label for span in one.spans)
        self._spans[1].update(span.label for span in other.spans)
        found = tuple(disagreements(one.spans, other.spans))
        for each in found:
            self.kinds[each.kind] += 1
            if each.a is not None and each.b is not None and each.a.label != each.b.label:
                self._confused[each.a.label, each.b.label] += 1
        if found:
            self._worst.add(len(found), Disputed(one.id, found))

    def spans(self) -> dict[str, tuple[int, int]]:
        """Number of spans in each annotation by label."""
        one, other = self._spans
        return {label: (one[label], other[label]) for label in sorted(one | other)}

    def confused(self) -> dict[str, dict[str, int]]:
        """Labels of the first annotation, with those of the second that they met."""
        table: dict[str, dict[str, int]] = {}
        for (ours, theirs), number in sorted(self._confused.items()):
            table.setdefault(ours, {})[theirs] = number
        return table

    def worst(self) -> tuple[Disputed, ...]:
        """From the worst on; of equal ones, the first of the stream first."""
        return tuple(self._worst.result())


def disagreements(one: Sequence[Span], other: Sequence[Span]) -> Iterator[Disagreement]:
    """Differences of two annotations of a document: pairs, then what only one of them has."""
    matching = match(one, other)
    for ours, theirs in matching.pairs:
        if ours != theirs:
            yield Disagreement(_kind(ours, theirs), ours, theirs)
    yield from (Disagreement("only_a", a=span) for span in matching.missed)
    yield from (Disagreement("only_b", b=span) for span in matching.spurious)


def _kind(ours: Span, theirs: Span) -> Kind:
    if ours.label == theirs.label:
        return "boundary"
    same_bounds = (ours.start, ours.end) == (theirs.start, theirs.end)
    return "label" if same_bounds else "label_and_bounds"


def joined(
    one: Iterable[Document], other: Iterable[Document], *, common: bool = False
) -> Iterator[Pair]:
    """Bring two annotations of the same documents together, in the order of the first.

    Documents are joined by id; if not one id is in both, as when a format has none, by text.

    Args:
        one: the first annotation.
        other: the second, in any order; held in memory, like the first.
        common: whether documents that only one of them has are passed over.

    Raises:
        InputError: an id or text is not unique, an id stands for different texts, or a document is
            missing in one annotation. Raised before the first pair.
    """
    ours, theirs = list(one), list(other)
    by_id = bool({each.id for each in ours} & {each.id for each in theirs})
    first, second = _index(ours, by_id, "A"), _index(theirs, by_id, "B")
    problems = [
        Problem("other text", "B", 0, second[key].id, "has another text in the first annotation")
        for key, document in first.items()
        if key in second and second[key].text != document.text
    ]
    if problems:
        raise InputError(problems, "Offsets of different texts can't be compared.")
    lonely = [
        Problem("one annotation", annotator, 0, document.id, "is not in the other annotation")
        for annotator, mine, yours in (("A", first, second), ("B", second, first))
        for key, document in mine.items()
        if key not in yours
    ]
    both = [key for key in first if key in second]
    if lonely and not (common and both):
        advice = (
            f"{len(lonely)} documents have only one annotation. --common compares the {len(both)} "
            "that have two."
            if both
            else "Not one document is in both: neither ids nor texts are the same."
        )
        raise InputError(lonely, advice)
    return ((first[key], second[key]) for key in both)


def _index(documents: Sequence[Document], by_id: bool, annotator: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    problems = []
    for document in documents:
        key = document.id if by_id else document.text
        if key in found:
            reason = "names two documents" if by_id else "shares its text with another document"
            problems.append(Problem("not unique", annotator, 0, document.id, reason))
        found.setdefault(key, document)
    if problems:
        raise InputError(
            problems, "Give every document an id of its own, the same in both annotations."
        )
    return found
