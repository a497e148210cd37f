"""Gains of each lever of recall, on proposals that a run stored: no model is asked.

    python benchmarks/levers.py DEV_ROWS DEV_GOLD TEST_ROWS TEST_GOLD [OUT.json]

The rows are those that `pii-sft tune` keeps in `RUN/tune`. Points are chosen on the development
split and measured on the test split; each line adds its lever to the model's own answer alone,
unless it says otherwise.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from pii_sft.files import digest
from pii_sft.inference.operating_point import OperatingPoint, Rates, RuleSettings
from pii_sft.inference.select_entities import EntitySelector, rules_of
from pii_sft.inference.tuning.cases import Case, with_hits
from pii_sft.inference.tuning.tune import Source, Wanted, rates_of, tune_cases
from pii_sft.inference.tuning.tune_run import cases_of_predictions

BUILTIN = "builtin"
USES = ("add", "relabel", "resize", "veto")


def labels_of(*splits: list[Case]) -> list[str]:
    found = {span.label for cases in splits for case in cases for span in case.document.spans}
    return sorted(found | {p.label for cases in splits for case in cases for p in case.proposals})


def measure(cases: list[Case], point: OperatingPoint, labels: list[str], source: Source) -> Rates:
    selector = EntitySelector(point, rules_of(point, labels))
    scheme = "strict" if point.promise is None else point.promise.scheme
    return rates_of(with_hits(cases, selector), selector, scheme, source)


def only(point: OperatingPoint, *uses: str) -> OperatingPoint:
    """A point that makes these uses of its rules, in the measure that was found on dev."""
    changed = {
        kind: msgspec.structs.replace(use, **{name: name in uses for name in USES})
        for kind, use in point.rules.uses.items()
    }
    return OperatingPoint(rules=RuleSettings(point.rules.names, changed))


def main(dev_rows: str, dev_data: str, test_rows: str, test_data: str, out: str = "") -> None:
    dev = cases_of_predictions(Path(dev_rows), Path(dev_data))
    test = cases_of_predictions(Path(test_rows), Path(test_data))
    labels = labels_of(dev, test)
    on_dev, on_test = (Source(each, digest(Path(each))) for each in (dev_data, test_data))

    def tuned(**wanted: object) -> OperatingPoint:
        return tune_cases(dev, labels, Wanted(**wanted), on_dev).point

    ruled = tuned(rules=BUILTIN, target_recall=None, maximise="f1", propagate=False)
    plain = tuned(target_recall=None, maximise="f1", propagate=False)
    names = tuned(target_recall=None, maximise="f1")
    rows: list[tuple[str, OperatingPoint]] = [
        ("model alone", OperatingPoint()),
        *((f"rules: {use}", only(ruled, use)) for use in USES),
        ("rules: add, relabel, resize", only(ruled, "add", "relabel", "resize")),
        ("rules, untuned (--rules builtin)", OperatingPoint(rules=RuleSettings(BUILTIN))),
        ("propagation of names", OperatingPoint(propagation=names.propagation)),
        *((f"dial +{bias:g}", OperatingPoint(recall_bias=bias)) for bias in (1.0, 2.0, 4.0, 6.0)),
        ("threshold for best F1", plain),
        ("rules and point for best F1", ruled),
    ]
    rows += [
        (f"strict recall {target}", tuned(rules=BUILTIN, target_recall=target))
        for target in (0.6, 0.7, 0.8)
    ]
    rows += [
        (
            f"covered recall {target}",
            tuned(rules=BUILTIN, target_recall=target, scheme="covered"),
        )
        for target in (0.9, 0.95, 0.99)
    ]
    per_label = tuned(rules=BUILTIN, target_recall=None, maximise="f1", per_label=True)
    rows.append(("rules and point for best F1, per label", per_label))
    found = []
    print("| lever | strict P | R | F1 | covered | characters P / R | false alarms | calibration |")
    print("|---|---|---|---|---|---|---|---|")
    for name, point in rows:
        strict = msgspec.structs.replace(point, promise=None)
        rates = measure(test, strict, labels, on_test)
        error = "" if rates.calibration_error is None else f"{rates.calibration_error:.3f}"
        print(
            f"| {name} | {rates.precision:.3f} | {rates.recall:.3f} | {rates.f1:.3f} | "
            f"{rates.covered:.3f} | {rates.characters_precision:.3f} / "
            f"{rates.characters_recall:.3f} | {rates.false_alarms:.1%} | {error} |"
        )
        found.append({"lever": name, "point": point, "test": rates})
    if out:
        Path(out).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    structured(test, ruled, labels)


def structured(cases: list[Case], point: OperatingPoint, labels: list[str]) -> None:
    """Recall of the labels that rules are for, model alone and with rules."""
    from pii_sft.evaluators import evaluate_pairs
    from pii_sft.inference.tuning.cases import pairs

    both = {}
    for name, each in (("model", OperatingPoint()), ("with rules", point)):
        selector = EntitySelector(each, rules_of(each, labels))
        report = evaluate_pairs(pairs(with_hits(cases, selector), selector), ci=0.0)
        both[name] = report.scores.schemes["strict"].labels
    kinds = {use.label for use in point.rules.uses.values()}
    for label in sorted(kinds & both["model"].keys()):
        row = {name: rows[label].rates["recall"] for name, rows in both.items() if label in rows}
        gold = both["model"][label].counts["possible"]
        print(f"{label}: {gold} gold, recall {json.dumps(row)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
