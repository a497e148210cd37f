"""Labels whose missed spans limit recall, with the reason and a remedy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from pii_sft.evaluators import Prediction
from pii_sft.findings import Finding
from pii_sft.inference.operating_point import Scheme
from pii_sft.spans import Document, Span

SHOWN = 5
"""Most labels that are named, those with the most missed spans."""

REMEDIES = {
    "bounds": "other bounds: agree on what belongs to an entity (pii-sft audit), or ask for less "
    "(--scheme type, or covered)",
    "label": "another label: describe the labels (--prompt labels-1), merge those that data sets "
    "confuse (convert --labels), or use rules with check digits (--rules builtin)",
    "missed": "nothing at all: turn the dial up, add rows with the label (convert --oversample "
    "auto), or a rule of your own",
}


class LabelLoss(msgspec.Struct, frozen=True):
    """Gold spans of a label that are not found under the scheme.

    Attributes:
        label: the label.
        gold: number of its spans.
        bounds: found under the label with other bounds.
        other: found under another label.
        missed: not overlapped by any prediction.
    """

    label: str
    gold: int
    bounds: int
    other: int
    missed: int

    @property
    def lost(self) -> int:
        """Number of gold spans that are not found."""
        return self.bounds + self.other + self.missed

    @property
    def reason(self) -> str:
        """The most frequent reason."""
        reasons = {"bounds": self.bounds, "label": self.other, "missed": self.missed}
        return max(reasons, key=lambda name: reasons[name])


def losses(pairs: Iterable[tuple[Document, Prediction]], scheme: Scheme) -> list[LabelLoss]:
    """The loss of each label at an operating point, the greatest first."""
    gold: Counter[str] = Counter()
    lost: dict[str, Counter[str]] = defaultdict(Counter)
    for document, prediction in pairs:
        for span in document.spans:
            gold[span.label] += 1
            reason = _reason(span, prediction.spans, scheme)
            if reason:
                lost[span.label][reason] += 1
    found = [
        LabelLoss(label, count, lost[label]["bounds"], lost[label]["label"], lost[label]["missed"])
        for label, count in gold.items()
    ]
    return sorted(found, key=lambda each: (-each.lost, each.label))


def _reason(span: Span, predicted: Sequence[Span], scheme: Scheme) -> str:
    """Reason why a gold span is not found; empty if it is found."""
    touched = [each for each in predicted if each.start < span.end and span.start < each.end]
    if not touched:
        return "missed"
    if scheme == "covered":
        left = set(range(span.start, span.end))
        for each in touched:
            left.difference_update(range(each.start, each.end))
        return "bounds" if left else ""
    same_label = [each for each in touched if each.label == span.label]
    same_bounds = [each for each in touched if (each.start, each.end) == (span.start, span.end)]
    found = {
        "strict": span in touched,
        "exact": bool(same_bounds),
        "type": bool(same_label),
        "partial": bool(same_bounds),
    }[scheme]
    if found:
        return ""
    if same_bounds or not same_label:
        return "label" if scheme in ("strict", "type") else "bounds"
    return "bounds"


def target_missed(
    found: Sequence[LabelLoss], scheme: Scheme, target: float, reached: float, data: str
) -> Finding:
    """Make a finding that says which recall is reached, and which labels limit it."""
    total = sum(each.gold for each in found)
    worst = [each for each in found if each.lost][:SHOWN]
    named = ", ".join(
        f"{each.label} {each.lost} of {each.gold} ({each.bounds} bounds, {each.other} label, "
        f"{each.missed} missed)"
        for each in worst
    )
    reasons = list(dict.fromkeys(each.reason for each in worst))
    return Finding(
        id="recall-out-of-reach",
        severity="warning",
        title="Target recall out of reach",
        evidence=f"{scheme} recall ends at {reached:.3f} on {data}, below {target:.3f}, however "
        f"the dial is turned; of {total} gold spans, not found: {named}",
        fix="; ".join(REMEDIES[reason] for reason in reasons),
        figures={
            "scheme": scheme,
            "target": target,
            "reached": reached,
            "gold": total,
            "labels": {each.label: msgspec.structs.asdict(each) for each in worst},
        },
    )
