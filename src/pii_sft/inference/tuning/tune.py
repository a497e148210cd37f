"""Choice of an operating point that reaches a target recall, after one pass of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from pii_sft import __version__
from pii_sft.errors import UsageError
from pii_sft.evaluators import evaluate_pairs
from pii_sft.findings import Finding
from pii_sft.inference.operating_point import (
    Goal,
    OperatingPoint,
    Promise,
    Rates,
    RuleSettings,
    Scheme,
)
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.inference.select_entities import EntitySelector, rules_of
from pii_sft.inference.tuning.cases import Case, have_dial, pairs, selected, with_hits
from pii_sft.inference.tuning.fit_calibration import Judged, fit_calibration
from pii_sft.inference.tuning.frontier import (
    BIASES,
    Explorer,
    Point,
    best_point,
    f_score,
    frontier,
    measured,
)
from pii_sft.inference.tuning.label_thresholds import label_thresholds
from pii_sft.inference.tuning.measure_rules import (
    UseMeasured,
    learned_labels,
    measure_propagation,
    measure_uses,
)
from pii_sft.inference.tuning.recall_losses import LabelLoss, losses, target_missed
from pii_sft.rules import OFF

LEAST_PRECISION_OF_NAMES = 0.8
"""Share of propagated strings that has to be right: four in five, since a name that is also a
common word (Will, May, Jordan) is wrong at most of its places."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The goal of an operating point.

    Attributes:
        target_recall: least recall; None for the best `maximise` of all points.
        scheme: of recall and precision.
        maximise: the rate to maximise among the points with enough recall.
        per_label: whether frequent labels get their own thresholds.
        rules: rule sets and files, or `off`.
        propagate: whether strings of entities are marked everywhere, for labels where this helps.
    """

    target_recall: float | None = 0.9
    scheme: Scheme = "strict"
    maximise: Goal = "precision"
    per_label: bool = False
    rules: str = OFF
    propagate: bool = True

    def check(self) -> None:
        """Refuse goals that are not possible.

        Raises:
            UsageError: the target is not a recall, or precision is maximised without a target.
        """
        if self.target_recall is not None and not 0 < self.target_recall <= 1:
            raise UsageError("--target-recall is a share above 0 and at most 1, such as 0.9.")
        if self.target_recall is None and self.maximise == "precision":
            raise UsageError(
                "The most precise operating point finds nothing. Name a --target-recall, or "
                "--maximise f1 or f2."
            )


class Tuned(msgspec.Struct, frozen=True):
    """The outcome of tuning.

    Attributes:
        point: the operating point.
        before: the model's own answer, without rules, on the development split.
        curve: the frontier of precision against recall.
        uses: measurements of each kind of rule.
        propagated: by label, the number of strings marked elsewhere, and of the right ones.
        losses: by label, the gold spans that are not found.
        findings: warnings, each with a remedy.
    """

    point: OperatingPoint
    before: Point
    curve: list[Point]
    uses: list[UseMeasured]
    propagated: dict[str, tuple[int, int]]
    losses: list[LabelLoss]
    findings: list[Finding]


class Source(msgspec.Struct, frozen=True):
    """Origin of cases.

    Attributes:
        data: path of the documents, as given.
        sha256: their digest.
    """

    data: str
    sha256: str


def tune_cases(
    cases: Sequence[Case],
    labels: Sequence[str],
    wanted: Wanted,
    source: Source,
    *,
    on_point: Callable[[], None] = lambda: None,
) -> Tuned:
    """Choose an operating point for cases of a development split.

    Args:
        cases: documents with all proposals of the model.
        labels: of the data set.
        wanted: the goal.
        source: where the cases came from.
        on_point: called after each point that was measured.

    Raises:
        UsageError: there is no document with an entity, or the rules can't be read.
    """
    wanted.check()
    if not any(case.document.spans for case in cases):
        raise UsageError(f"{source.data} holds no entity. Tune on annotated documents.")
    dial = have_dial(cases)
    own = OperatingPoint(version=__version__, decode="anchored" if dial else "free")
    before = measured(cases, EntitySelector(own), wanted.scheme)
    widest = msgspec.structs.replace(own, recall_bias=max(BIASES) if dial else 0.0)
    everything = _entities(cases, EntitySelector(widest))
    calibration = fit_calibration(_judged(cases, everything))
    plain = EntitySelector(msgspec.structs.replace(own, calibration=calibration))
    selector, ruled, uses = _with_rules(cases, plain, labels, wanted.rules)
    propagated: dict[str, tuple[int, int]] = {}
    if wanted.propagate:
        answers = _entities(ruled, selector)
        settings, propagated = measure_propagation(ruled, answers, LEAST_PRECISION_OF_NAMES)
        selector = selector.at(msgspec.structs.replace(selector.point, propagation=settings))
    explorer = Explorer(ruled, selector, wanted.scheme, on_point=on_point)
    points = explorer.explore(wanted.target_recall, wanted.maximise)
    best = best_point(points, wanted.target_recall, wanted.maximise)
    changes = {"recall_bias": best.recall_bias, "threshold": best.threshold}
    selector = selector.at(msgspec.structs.replace(selector.point, **changes))
    if wanted.per_label:
        selector = _by_label(ruled, selector, best, wanted)
    rates = rates_of(ruled, selector, wanted.scheme, source)
    reached = wanted.target_recall is None or rates.recall >= wanted.target_recall
    promise = Promise(wanted.scheme, wanted.target_recall, wanted.maximise, reached, rates)
    point = msgspec.structs.replace(selector.point, promise=promise)
    lost = losses(pairs(ruled, selector), wanted.scheme)
    findings = []
    if wanted.target_recall is not None and not reached:
        findings.append(
            target_missed(lost, wanted.scheme, wanted.target_recall, rates.recall, source.data)
        )
    return Tuned(point, before, frontier(points), uses, propagated, lost, findings)


def check_cases(
    cases: Sequence[Case], point: OperatingPoint, labels: Sequence[str], source: Source
) -> tuple[OperatingPoint, list[Finding]]:
    """Measure an operating point on documents that it was not chosen on.

    Args:
        cases: of the test split.
        point: the operating point.
        labels: of the data set.
        source: where the cases came from.

    Returns:
        The point with the measured rates, and a warning if the promise is not kept.

    Raises:
        UsageError: the point promises nothing.
    """
    if point.promise is None:
        raise UsageError(
            "This operating point promises nothing: pii-sft tune writes one that does."
        )
    selector = EntitySelector(point, rules_of(point, labels))
    ruled = with_hits(cases, selector)
    rates = rates_of(ruled, selector, point.promise.scheme, source)
    promise = msgspec.structs.replace(point.promise, checked=rates)
    kept = msgspec.structs.replace(point, promise=promise)
    target = promise.target_recall
    if target is None or not promise.reached or rates.recall >= target:
        return kept, []
    low, high = rates.recall_ci
    chance = high >= target
    return kept, [
        Finding(
            id="promise-not-kept",
            severity="note" if chance else "warning",
            title="Recall below the target on other documents",
            evidence=f"{promise.scheme} recall is {rates.recall:.3f} ({low:.3f} to {high:.3f}) on "
            f"{rates.data}, {promise.measured.recall:.3f} on {promise.measured.data}; the target "
            f"is {target:.3f}" + (", which is within chance" if chance else ""),
            fix="ask for a few points more (--target-recall), or tune on more documents, of the "
            "kind that is to be redacted",
            figures={
                "scheme": promise.scheme,
                "recall": rates.recall,
                "low": low,
                "high": high,
                "promised": promise.measured.recall,
                "target": target,
            },
        )
    ]


def rates_of(
    cases: Sequence[Case], selector: EntitySelector, scheme: Scheme, source: Source
) -> Rates:
    """Measure an operating point, with intervals and calibration error."""
    schemes = () if scheme == "covered" else (scheme,)
    found = list(pairs(cases, selector))
    report = evaluate_pairs(found, schemes=schemes)
    scores, reliability = report.scores, report.reliability
    characters, mentions = scores.characters, scores.mentions.overall
    if scheme == "covered":
        precision, recall = characters.rates["precision"], mentions.rates["mention_recall"]
        intervals = (characters.ci["precision"], mentions.ci["mention_recall"])
    else:
        micro = scores.schemes[scheme].micro
        precision, recall = micro.rates["precision"], micro.rates["recall"]
        intervals = (micro.ci["precision"], micro.ci["recall"])
    return Rates(
        data=source.data,
        sha256=source.sha256,
        documents=len(cases),
        precision=round(precision, 4),
        recall=round(recall, 4),
        f1=round(f_score(precision, recall, 1), 4),
        f2=round(f_score(precision, recall, 2), 4),
        precision_ci=_rounded(intervals[0]),
        recall_ci=_rounded(intervals[1]),
        characters_precision=round(characters.rates["precision"], 4),
        characters_recall=round(characters.rates["recall"], 4),
        covered=round(mentions.rates["mention_recall"], 4),
        false_alarms=round(scores.documents_without_pii.rates["false_alarm_rate"], 4),
        calibration_error=None if reliability is None else round(reliability.error, 4),
        calibration_error_by_chance=None
        if reliability is None
        else round(reliability.by_chance, 4),
    )


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 4), round(interval[1], 4)


def _entities(cases: Sequence[Case], selector: EntitySelector) -> list[tuple[PredictedSpan, ...]]:
    return [selected(case, selector) for case in cases]


def _judged(cases: Sequence[Case], entities: Sequence[Sequence[PredictedSpan]]) -> list[Judged]:
    numbers: dict[str, int] = {}
    judged = []
    for case, found in zip(cases, entities, strict=True):
        document = case.document
        group = document.meta.get("group") or document.template or document.id
        number = numbers.setdefault(str(group), len(numbers))
        gold = set(document.spans)
        judged += [
            Judged(each.score, each.span in gold, number)
            for each in found
            if each.score is not None
        ]
    return judged


def _with_rules(
    cases: Sequence[Case], plain: EntitySelector, labels: Sequence[str], names: str
) -> tuple[EntitySelector, list[Case], list[UseMeasured]]:
    """A selector that uses rules as measured on the cases, and the cases with the hits."""
    named = msgspec.structs.replace(plain.point, rules=RuleSettings(names))
    by_name = rules_of(named, labels)
    if by_name is None:
        return plain, list(cases), []
    rules = rules_of(named, labels, learned_labels(cases, by_name)) or by_name
    ruled = with_hits(cases, EntitySelector(named, rules))
    uses, measured_uses = measure_uses(ruled, _entities(cases, plain), rules)
    point = msgspec.structs.replace(named, rules=RuleSettings(names, uses))
    return EntitySelector(point, rules), ruled, measured_uses


def _by_label(
    cases: Sequence[Case], selector: EntitySelector, best: Point, wanted: Wanted
) -> EntitySelector:
    """The selector with thresholds by label, if these are better than its one threshold."""
    tried = [(best, selector)]
    for thresholds in label_thresholds(cases, selector, wanted.scheme):
        candidate = selector.at(msgspec.structs.replace(selector.point, thresholds=thresholds))
        tried.append((measured(cases, candidate, wanted.scheme), candidate))
    winner = best_point([each for each, _ in tried], wanted.target_recall, wanted.maximise)
    return next(candidate for each, candidate in tried if each == winner)
