"""A checklist of questions about data, training and result, answered from a run's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec
import numpy as np

from pii_sft.diagnosis.detectors.development import WIDE_GAP
from pii_sft.diagnosis.evidence import Evidence
from pii_sft.findings import Finding

Verdict = Literal["good", "bad", "unknown"]

RARE = 20
"""Spans of a label in training below which it is hardly learnt."""

LOPSIDED = 0.8
"""Share of one label or kind of documents that cost 15 points of F1 on a balanced test."""

DRIFT = 0.1


class Question(msgspec.Struct, frozen=True):
    """A line of the checklist.

    Attributes:
        question: in English.
        answer: of the files, in English, with `{name}` for a figure; empty where they do not say.
        verdict: `good`, `bad`, or `unknown`.
        figures: of the answer.
    """

    question: str
    answer: str = ""
    verdict: Verdict = "unknown"
    figures: Mapping[str, str | float] = {}


def checklist(evidence: Evidence, found: Iterable[Finding]) -> list[Question]:
    """Answer every question that the files of a run answer.

    Args:
        evidence: all that is known of the run.
        found: its findings.
    """
    ids = {each.id for each in found}
    return [*_of_data(evidence), *_of_training(evidence, ids), *_of_result(evidence)]


def _answer(question: str, answer: str, good: bool | None, **figures: str | float) -> Question:
    verdict: Verdict = "good" if good else "bad"
    if not answer or good is None:
        verdict = "unknown"
    return Question(question, answer, verdict, figures)


def _of_data(evidence: Evidence) -> Iterator[Question]:
    splits = evidence.manifest.splits if evidence.manifest is not None else {}
    train, test = splits.get("train"), splits.get("test")
    empty = train.without_entities / train.documents if train and train.documents else None
    yield _answer(
        "Are there documents without entities among the training rows, but not too many?",
        f"{empty:.0%}" if empty is not None else "",
        None if empty is None else 0 < empty < LOPSIDED,
    )
    labels = train.labels if train else {}
    rare = [f"{name} ({count})" for name, count in labels.items() if count < RARE]
    yield _answer(
        "Does every label have 20 spans or more in training?",
        ("{rare}" if rare else "{count} labels") if labels else "",
        not rare,
        rare=", ".join(rare[:8]),
        count=len(labels),
    )
    most = max(labels, key=lambda name: labels[name], default="")
    share = labels[most] / sum(labels.values()) if sum(labels.values()) else 0.0
    yield _answer(
        "Is no label more than 80 % of all spans?",
        f"{most}: {share:.0%}" if most else "",
        share <= LOPSIDED or len(labels) == 1,
    )
    drift = _distance(labels, test.labels) if labels and test and test.labels else None
    yield _answer(
        "Are labels as frequent in the test split as in training?",
        "{drift:.0%} of the spans would have to change labels" if drift is not None else "",
        None if drift is None else drift <= DRIFT,
        drift=drift or 0.0,
    )
    options = evidence.manifest.options if evidence.manifest is not None else {}
    kind = str(options.get("deduplicate", ""))
    yield _answer(
        "Were duplicates kept from standing in two splits?",
        "{kind}" if kind else "",
        kind != "off",
        kind=kind,
    )
    yield Question("Do two annotators agree on 90 % or more (pii-sft agree)?")


def _distance(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Half of the sum of differences between shares: the total variation distance."""
    sums = sum(one.values()), sum(other.values())
    if not all(sums):
        return 0.0
    names = one.keys() | other.keys()
    gaps = (abs(one.get(name, 0) / sums[0] - other.get(name, 0) / sums[1]) for name in names)
    return sum(gaps) / 2


def _of_training(evidence: Evidence, ids: set[str]) -> Iterator[Question]:
    log, settings = evidence.log, evidence.settings
    rate = evidence.rate
    yield _answer(
        "Is the learning rate one of practice?",
        f"{rate:g}" if rate else "",
        "rate-of-practice" not in ids if settings is not None else None,
    )
    warm = evidence.setting("warmup_steps", evidence.setting("warmup_ratio", 0.0))
    yield _answer(
        "Does the learning rate warm up?",
        f"{warm:g}" if settings is not None else "",
        "no-warmup" not in ids and warm > 0,
    )
    clip = evidence.setting("max_grad_norm", 1.0)
    yield _answer("Are gradients clipped?", f"{clip:g}" if settings is not None else "", clip > 0)
    evaluated = len({row.at for row in log.rows if row.evaluates})
    yield _answer(
        "Was the run evaluated three times or more?",
        str(evaluated) if log.rows else "",
        evaluated > 2,
    )
    stop = evidence.setting("early_stopping_steps", 0.0)
    yield _answer(
        "Does the run stop early?",
        ("after {stop:g} evaluations" if stop else "no") if settings is not None else "",
        stop > 0,
        stop=stop,
    )
    metric = str((settings or {}).get("metric_for_best_model") or "")
    best = evidence.says("load_best_model_at_end")
    yield _answer(
        "Is the best checkpoint kept, by what counts?",
        ("by {metric}" if best else "the last one is") if settings is not None else "",
        best,
        metric=metric or "eval_loss",
    )
    yield _gap(evidence)
    yield _answer(
        "Does the training loss fall without swings or spikes?",
        _levels(log.loss.finite().values),
        not ids & {"loss-oscillates", "loss-spike", "loss-diverges", "loss-not-a-number"},
    )
    held_out = log.eval_loss.finite().values
    yield _answer(
        "Does the development loss not rise at the end?",
        _levels(held_out),
        "overfitting" not in ids if len(held_out) > 2 else None,
    )
    done = log.span[1]
    yield _answer(
        "Did the run come to its planned end?",
        "{done:g} of {end:g}" if log.total else "",
        done >= 0.99 * evidence.end or (stop > 0 and done < evidence.end),
        done=done,
        end=evidence.end,
    )


def _gap(evidence: Evidence) -> Question:
    question = "Is the gap between training and development loss under 0.2?"
    trained, held_out = evidence.log.loss.finite(), evidence.log.eval_loss.finite()
    if not len(trained) or not len(held_out) or (trained.values < 0).any():
        return Question(question)
    gap = float(held_out.values[-1] - np.median(trained.values[-5:]))
    return _answer(question, f"{gap:.3f}", gap < WIDE_GAP)


def _levels(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{values[0]:.4g} → {values[-1]:.4g}" if len(values) > 1 else ""


def _of_result(evidence: Evidence) -> Iterator[Question]:
    rows = evidence.scores.rows if evidence.scores is not None else ()
    first = rows[0] if rows else None
    yield _answer(
        "Was the result scored against gold, with exact bounds?",
        f"F1 {first.f1:.3f} ({first.name})" if first else "",
        first is not None,
    )
    goal = evidence.goals.get("recall")
    recall = f"{first.recall:.3f}" if first else ""
    yield _answer(
        "Is recall where it is wanted?",
        "{recall} of {goal:g}" if first and goal is not None else recall,
        None if goal is None or first is None else first.recall >= goal,
        recall=recall,
        goal=goal or 0.0,
    )
    yield _answer(
        "Do precision and recall lie within ten points of each other?",
        f"{first.precision:.3f}, {recall}" if first else "",
        first is not None and abs(first.precision - first.recall) < DRIFT,
    )
    parsing = evidence.report.get("parsing", {})
    bad = sum(parsing.get(name, 0) for name in ("failed", "truncated", "looped", "refused"))
    yield _answer(
        "Could every answer be read?",
        "{bad} of {documents} not" if parsing else "",
        bad == 0,
        bad=bad,
        documents=evidence.report.get("documents", 0),
    )
