"""Errors by label, place, answer and confidence.

Figures are strict and micro, unless they say else. Gains are bounds from the counts.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from pii_sft.diagnosis.detectors.gains import BOUNDS, f1_of, tune
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.diagnosis.slices import Share
from pii_sft.findings import Finding

NOTABLE = 0.05
"""Differences of F1 and rates of false alarms that are worth a finding."""


def bounds(evidence: Evidence) -> Iterator[Finding]:
    """Strict F1 a twentieth below that of right labels with any bounds."""
    schemes = evidence.report.get("schemes", {})
    strict, loose = (
        schemes.get(name, {}).get("micro", {}).get("f1") for name in ("strict", "type")
    )
    if strict is None or loose is None or loose - strict < NOTABLE:
        return
    kinds = evidence.report.get("error_kinds", {})
    counted = {name: kinds.get(name, 0) for name in BOUNDS}
    most = max(counted, key=lambda name: counted[name])
    yield Finding(
        "bounds-differ",
        "warning",
        f"F1 is {strict:.3f} with exact bounds and {loose:.3f} with any: "
        f"{sum(counted.values())} spans have the right label and other bounds, most "
        f"{most.replace('_', ' ')} ({counted[most]})",
        "a convention that the annotation does not keep, most likely: pii-sft audit DATA lists "
        "titles, punctuation and addresses annotated both ways",
        {},
        "Found, with other bounds",
        {"strict": strict, "type": loose, **counted},
        f"pii-sft audit {evidence.dataset}" if evidence.dataset else "",
        gain=loose - strict,
    )


def dragging_label(evidence: Evidence) -> Iterator[Finding]:
    """One label whose errors are four tenths of what F1 lacks, of five labels or more.

    With fewer labels the share is twice what would fall to each. Its own F1 lies a tenth or more
    below that of the others together.
    """
    scheme = next(iter(evidence.report.get("schemes", {}).values()), None)
    if scheme is None or len(scheme["labels"]) < 2:
        return
    micro, labels = scheme["micro"], scheme["labels"]
    gains = {name: _gain_of_label(micro, row) for name, row in labels.items()}
    lacking = 1 - micro["f1"]
    worst = max(gains, key=lambda name: gains[name])
    row = labels[worst]
    rest = _f1_without(micro, row)
    if (
        lacking < 0.02
        or row["f1"] > rest - 0.1
        or gains[worst] < max(0.4, min(0.8, 2 / len(labels))) * lacking
    ):
        return
    yield Finding(
        "label-drags",
        "warning",
        f"{worst} has precision {row['precision']:.3f} and recall {row['recall']:.3f} on "
        f"{row['possible']} spans; without its errors F1 would be "
        f"{micro['f1'] + gains[worst]:.3f} instead of {micro['f1']:.3f}",
        f"look at the errors of {worst} in the report, describe the label, add examples "
        "(--oversample auto), or find it by a rule",
        {},
        "One label drags the rest down",
        {
            "label": worst,
            "precision": row["precision"],
            "recall": row["recall"],
            "support": row["possible"],
            "f1": micro["f1"],
            "without": micro["f1"] + gains[worst],
        },
        _html(evidence),
        gain=gains[worst],
    )


def confusion(evidence: Evidence) -> Iterator[Finding]:
    """A label that is taken for another in a tenth of its spans and ten times or more."""
    pairs = evidence.report.get("confusion", {}).get("pairs", {})
    scheme = next(iter(evidence.report.get("schemes", {}).values()), None)
    if scheme is None:
        return
    worst = max(
        (
            (count, gold, other)
            for gold, row in pairs.items()
            for other, count in row.items()
            if other != gold
        ),
        default=None,
    )
    if worst is None:
        return
    count, gold, other = worst
    support = scheme["labels"].get(gold, {}).get("possible", 0)
    if count < 10 or count < 0.1 * support:
        return
    micro = scheme["micro"]
    yield Finding(
        "label-confusion",
        "warning",
        f"{gold} is taken for {other} {count} times in {support} spans ({count / support:.0%})",
        f"say in the label file what tells {gold} from {other}; if people can't tell them apart "
        "either, merge them (--map)",
        {},
        "Two labels are confused",
        {"gold": gold, "predicted": other, "count": count, "support": support},
        _html(evidence),
        gain=f1_of(micro["correct"] + count, micro["possible"], micro["actual"]) - micro["f1"],
    )


def long_documents(evidence: Evidence) -> Iterator[Finding]:
    """Recall in longer documents, or in their last third, a tenth lower than elsewhere.

    Both sides hold 30 spans or more, and the difference is beyond three standard errors.
    """
    if evidence.slices is None:
        return
    lengths = sorted(evidence.slices.by_length.items())
    for cut in range(len(lengths) - 1, 0, -1):
        short, long = (_sum(part) for part in (lengths[:cut], lengths[cut:]))
        if _clearly_lower(long, short):
            yield Finding(
                "long-documents",
                "warning",
                f"recall is {long.rate:.3f} in documents of {lengths[cut][0]} characters and more, "
                f"and {short.rate:.3f} in shorter ones",
                "train and predict on windows (convert --max-tokens), and check that cutoff_len "
                "cuts no row ('pii-sft recipes check --tokenizer')",
                {},
                "Long documents lose recall",
                {"from": lengths[cut][0], "long": long.rate, "short": short.rate},
                f"pii-sft recipes check {evidence.recipe} --tokenizer MODEL",
                gain=_recovered(evidence, long, short),
            )
            return
    places = evidence.slices.by_place
    first, last = places.get("first third", Share()), places.get("last third", Share())
    if _clearly_lower(last, first):
        yield Finding(
            "late-spans",
            "warning",
            f"recall is {first.rate:.3f} in the first third of documents and {last.rate:.3f} in "
            "the last",
            "the model stops listing: train on windows (convert --max-tokens), weigh 'more' "
            "(train --role-weight more=2), or decode anchored (--target tags)",
            {},
            "The ends of documents are missed",
            {"first": first.rate, "last": last.rate},
            evidence.train("--role-weight", "more=2"),
            gain=_recovered(evidence, last, first),
        )


def answers(evidence: Evidence) -> Iterator[Finding]:
    """Answers that failed, were cut, looped, were empty or refused: one in a hundred or more."""
    parsing = evidence.report.get("parsing", {})
    documents = evidence.report.get("documents", 0)
    names = ("failed", "truncated", "looped", "refused", "empty")
    bad = {name: parsing.get(name, 0) for name in names if parsing.get(name, 0)}
    if not documents or sum(bad.values()) < max(1, 0.01 * documents):
        return
    cut = bad.get("truncated", 0) + bad.get("looped", 0)
    yield Finding(
        "answers-unreadable",
        "error" if sum(bad.values()) > 0.2 * documents else "warning",
        f"of {documents} answers " + ", ".join(f"{count} {name}" for name, count in bad.items()),
        "raise --max-new-tokens or cut documents into windows (convert --max-tokens)"
        if cut > sum(bad.values()) / 2
        else "predict with the template of training (pii-sft predict --run), or take --target "
        "tags, whose anchored decoding can't write anything else",
        {},
        "Answers can't be read",
        {"documents": documents, **bad},
    )


def false_alarms(evidence: Evidence) -> Iterator[Finding]:
    """Something predicted in a twentieth or more of twenty or more documents without entities."""
    clean = evidence.report.get("documents_without_pii", {})
    count, rate = clean.get("count", 0), clean.get("false_alarm_rate", 0.0)
    if count < 20 or rate < NOTABLE:
        return
    yield Finding(
        "false-alarms",
        "warning",
        f"something is found in {rate:.1%} of {count} documents without entities",
        "add documents without entities to the training split (convert --negatives), and raise "
        "thresholds (pii-sft tune)",
        {},
        "False alarms",
        {"rate": rate, "count": count},
        tune(evidence),
    )


def overconfidence(evidence: Evidence) -> Iterator[Finding]:
    """Confidence a tenth above the share of predictions that are right, over 50 or more."""
    found = evidence.slices
    if found is None or sum(each.total for each in found.confidence.values()) < 50:
        return
    if found.overconfidence < 0.1:
        return
    total = sum(each.total for each in found.confidence.values())
    right = sum(each.hits for each in found.confidence.values()) / total
    yield Finding(
        "overconfidence",
        "note",
        f"the mean confidence of {total} predictions is {right + found.overconfidence:.3f}, and "
        f"{right:.3f} of them are right (calibration error {found.calibration_error:.3f})",
        "choose thresholds by label on the development split rather than by what scores say",
        {},
        "Confidence can't be taken at its word",
        {
            "mean": right + found.overconfidence,
            "right": right,
            "calibration_error": found.calibration_error,
            "predictions": total,
        },
        tune(evidence),
    )


DETECTORS = (
    answers,
    dragging_label,
    confusion,
    bounds,
    long_documents,
    false_alarms,
    overconfidence,
)


def _f1_without(micro: Mapping[str, Any], row: Mapping[str, Any]) -> float:
    """F1 of all other labels together."""
    left = (micro[name] - row[name] for name in ("correct", "possible", "actual"))
    return f1_of(*left)


def _recovered(evidence: Evidence, low: Share, high: Share) -> float:
    """The gain in F1 if a slice had the recall of another."""
    scheme = next(iter(evidence.report.get("schemes", {}).values()), None)
    if scheme is None:
        return 0.0
    micro = scheme["micro"]
    more = (high.rate - low.rate) * low.total
    better = f1_of(micro["correct"] + more, micro["possible"], micro["actual"] + more)
    return better - float(micro["f1"])


def _clearly_lower(low: Share, high: Share) -> bool:
    if min(low.total, high.total) < 30:
        return False
    together = (low.hits + high.hits) / (low.total + high.total)
    error = sqrt(together * (1 - together) * (1 / low.total + 1 / high.total))
    return high.rate - low.rate >= max(0.1, 3 * error)


def _sum(part: list[tuple[int, Share]]) -> Share:
    return Share(sum(each.hits for _, each in part), sum(each.total for _, each in part))


def _gain_of_label(micro: Mapping[str, Any], row: Mapping[str, Any]) -> float:
    lacking, surplus = row["possible"] - row["correct"], row["actual"] - row["correct"]
    better = f1_of(
        micro["correct"] + lacking, micro["possible"], micro["actual"] + lacking - surplus
    )
    return max(0.0, better - f1_of(micro["correct"], micro["possible"], micro["actual"]))


def _html(evidence: Evidence) -> str:
    if not evidence.predictions:
        return ""
    return shlex.join(["pii-sft", "score", "--pred", evidence.predictions, "--html", "report.html"])
