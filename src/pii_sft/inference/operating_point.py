"""`operating_point.json`: dial, thresholds, calibration and rules, chosen on a development split.

`pii-sft tune` writes it into the run; every later prediction with the run uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.files import digest, read_json
from pii_sft.inference.calibration import Calibration
from pii_sft.records.run_folder import RunFolder
from pii_sft.rules import OFF, Proof
from pii_sft.terminal import ShownPath

Scheme = Literal["strict", "exact", "partial", "type", "covered"]
"""Schemes of the target recall; `covered` counts mentions that are hidden completely."""

Goal = Literal["precision", "f1", "f2"]

WEIGHTS = ("adapter_model.safetensors", "model.safetensors")
"""Files of weights, whose digest tells if a run still holds the model that was tuned."""

UNMEASURED = {Proof.LIKELY: 0.9, Proof.CERTAIN: 0.98}
"""Confidence in rules that were not measured on data yet: a little below the worst kind on the
benchmark page, since real texts are harder than generated ones."""


class RuleUse(msgspec.Struct, frozen=True):
    """Use that is made of one kind of rule.

    Attributes:
        label: of its entities; empty for the label that the names of the kind lead to.
        add: whether what the model missed is added.
        resize: whether an entity of the model gets the bounds of a certain candidate, or of a
            likely candidate with a higher confidence.
        relabel: whether it gets the label of such a candidate.
        veto: whether it is dropped if its own check digits are wrong.
        likely: probability that a likely candidate is right.
        certain: probability that a certain one is.
    """

    label: str = ""
    add: bool = True
    resize: bool = True
    relabel: bool = True
    veto: bool = False
    likely: float = UNMEASURED[Proof.LIKELY]
    certain: float = UNMEASURED[Proof.CERTAIN]

    def confidence(self, proof: Proof) -> float:
        """Give the probability that a candidate is right; 0 for proof `form`."""
        if proof is Proof.CERTAIN:
            return self.certain
        return self.likely if proof is Proof.LIKELY else 0.0


class RuleSettings(msgspec.Struct, frozen=True):
    """Rules and their uses.

    Attributes:
        names: rule sets and files, as `pii_sft.rules.ruleset` takes them.
        uses: by kind; a kind that is not named is used as `RuleUse()` says.
        sha256: digests of the rule files, by path.
    """

    names: str = OFF
    uses: dict[str, RuleUse] = {}
    sha256: dict[str, str] = {}


class Propagation(msgspec.Struct, frozen=True):
    """Settings for marking other places of a string that was found as an entity.

    Attributes:
        labels: labels for which this is done.
        confidence: share of these places that are right; multiplied with the score of the first
            place.
    """

    labels: tuple[str, ...] = ()
    confidence: float = 0.9


class Rates(msgspec.Struct, frozen=True):
    """Measurements at an operating point, with 95 % intervals.

    Attributes:
        data: documents it was measured on, path as given.
        sha256: their digest.
        documents: how many.
        precision: of the scheme.
        recall: of the scheme.
        f1: of the scheme.
        f2: of the scheme.
        precision_ci: interval.
        recall_ci: interval.
        characters_precision: share of the hidden characters that are personal data.
        characters_recall: share of the characters of personal data that are hidden.
        covered: share of the mentions that are hidden completely.
        false_alarms: share of the documents without entities in which something was found.
        calibration_error: expected calibration error of the confidences.
        calibration_error_by_chance: the error that perfect confidences would have by chance, on as
            many entities.
    """

    data: str
    sha256: str
    documents: int
    precision: float
    recall: float
    f1: float
    f2: float
    precision_ci: tuple[float, float]
    recall_ci: tuple[float, float]
    characters_precision: float
    characters_recall: float
    covered: float
    false_alarms: float
    calibration_error: float | None
    calibration_error_by_chance: float | None = None


class Promise(msgspec.Struct, frozen=True):
    """The target, and the recall that the development split promises.

    Attributes:
        scheme: of the rates.
        target_recall: recall that was asked for; None if the best F score was asked for.
        maximise: what was maximised.
        reached: whether the target was reached on the development split.
        measured: rates on the development split.
        checked: rates on other documents; None as long as it was not checked.
    """

    scheme: Scheme
    target_recall: float | None
    maximise: Goal
    reached: bool
    measured: Rates
    checked: Rates | None = None


class OperatingPoint(msgspec.Struct, frozen=True):
    """A dial, thresholds, calibration and rules.

    The default takes the model's own answer, uncalibrated and without rules.

    Attributes:
        version: of this package.
        recall_bias: added to the log-odds of opening an entity.
        threshold: least confidence of an entity.
        thresholds: least confidence by label, instead of `threshold`.
        calibration: from scores to confidences.
        rules: rules and their uses.
        propagation: settings for marking other places of the strings found.
        verify: least probability of yes when the model is asked about an entity; 0 does not ask.
        weights_sha256: digest of the weights that were tuned; empty if the run does not hold them.
        decode: how the answers were decoded: `anchored`, or `free` where there is no dial.
        promise: the target and the measured rates; None if the point was not tuned.
    """

    version: str = ""
    recall_bias: float = 0.0
    threshold: float = 0.0
    thresholds: dict[str, float] = {}
    calibration: Calibration = Calibration()
    rules: RuleSettings = RuleSettings()
    propagation: Propagation = Propagation()
    verify: float = 0.0
    weights_sha256: str = ""
    decode: Literal["anchored", "free"] = "anchored"
    promise: Promise | None = None

    def least(self, label: str) -> float:
        """Least confidence of an entity of a label."""
        return self.thresholds.get(label, self.threshold)

    def least_scores(self) -> Mapping[str, float]:
        """Thresholds by label on scores that are not calibrated yet."""
        return {
            label: self.calibration.least_score(least) for label, least in self.thresholds.items()
        }


def read_operating_point(path: Path) -> OperatingPoint:
    """Read an operating point.

    Raises:
        InputError: there is none, or it is damaged.
    """
    return read_json(path, OperatingPoint)


def operating_point_of(run: Path | None) -> OperatingPoint:
    """The operating point of a run, or the default one where it was not tuned."""
    path = None if run is None else RunFolder(run).operating_point
    return OperatingPoint() if path is None or not path.exists() else read_operating_point(path)


def weights_digest(run: Path) -> str:
    """Digest of the weights in a run folder; empty where it holds none."""
    for name in WEIGHTS:
        if (run / name).is_file():
            return digest(run / name)
    return ""


def was_retrained(point: OperatingPoint, run: Path) -> bool:
    """True if the weights of a run are not those that the point was tuned for."""
    return bool(point.weights_sha256) and point.weights_sha256 != weights_digest(run)


def point_at_work(
    run: Path | None, given: str | Path | None = None, rules: str | None = None
) -> OperatingPoint:
    """Find the operating point to predict with.

    Args:
        run: folder of the run.
        given: file of an operating point, or `off` for the model's own answer; None takes the
            run's, if it has one.
        rules: rule sets and files that replace those of the point.

    Raises:
        InputError: there is no such file, or it is damaged.
    """
    if given is None:
        point = operating_point_of(run)
    else:
        point = OperatingPoint() if str(given) == OFF else read_operating_point(ShownPath(given))
    if rules is None or rules == point.rules.names:
        return point
    settings = RuleSettings(rules, point.rules.uses if rules != OFF else {})
    return msgspec.structs.replace(point, rules=settings)
