"""Every checkpoint of a run, scored by generation on the development split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from pii_sft.decoding.proposals import Anchoring
from pii_sft.errors import UsageError
from pii_sft.evaluators import evaluate_pairs, read_pairs
from pii_sft.files import digest, read_json, write_json
from pii_sft.inference.detector import Dial
from pii_sft.inference.finder import FinderSettings
from pii_sft.inference.predict import Predicting, is_predicted, predict
from pii_sft.inference.serving import serving_of_run
from pii_sft.records.checkpoints import checkpoints, step_of
from pii_sft.targets import TARGETS

FOLDER = "sweep"
SCHEME = "strict"

GREEDY = FinderSettings(anchoring=Anchoring(floor=1.0))
"""The model's own answers; nothing is followed up beside them."""

UNTURNED = Dial()


class Asked(msgspec.Struct, frozen=True):
    """Record of the answers in `RUN/sweep`: their documents, and how they were found.

    Attributes:
        data: the file.
        sha256: its digest.
        decode: whether the copy was forced, as asked for.
        recall_bias: what was added to the log-odds of opening an entity.
    """

    data: str
    sha256: str
    decode: str = "auto"
    recall_bias: float = 0.0


class Scored(msgspec.Struct, frozen=True):
    """The scores of a checkpoint.

    Attributes:
        step: optimizer step of the checkpoint.
        checkpoint: its folder.
        rates: strict micro precision, recall, F1 and F2.
        ci: their intervals.
    """

    step: int
    checkpoint: str
    rates: dict[str, float]
    ci: dict[str, tuple[float, float]]


class Sweep(msgspec.Struct, frozen=True):
    """All checkpoints of a run, in order, and the best of them.

    Attributes:
        by: the rate that decides.
        best: the best checkpoint; of equals the earliest.
        scores: one entry a checkpoint.
    """

    by: str
    best: str
    scores: list[Scored]


def sweep(
    run: Path,
    data: Path,
    *,
    by: str = "f1",
    finder: FinderSettings = GREEDY,
    dial: Dial = UNTURNED,
    overwrite: bool = False,
    on_checkpoint: Callable[[Scored], None] = lambda _: None,
) -> Sweep:
    """Score every checkpoint of a run; the answers are kept in `RUN/sweep`.

    Args:
        run: folder of a training run.
        data: Documents JSONL, the development split.
        by: which rate names the best: `precision`, `recall`, `f1` or `f2`.
        finder: how the model is asked.
        dial: which of its proposals count.
        overwrite: answer again what was answered before.
        on_checkpoint: is told each score as it is known.

    Raises:
        UsageError: there is no checkpoint, or no such rate, or the answers that are there are
            about other documents.
    """
    if by not in ("precision", "recall", "f1", "f2"):
        raise UsageError(f"Checkpoints are compared by precision, recall, f1 or f2, not {by!r}.")
    found = checkpoints(run)
    if not found:
        raise UsageError(
            f"There is no checkpoint in {run}. Train with save_strategy: epoch, and a "
            "save_total_limit that keeps what you want to compare."
        )
    asked = Asked(str(data), digest(data), finder.decode, dial.recall_bias)
    _ask(run, asked, overwrite)
    scores = []
    for checkpoint in found:
        out = run / FOLDER / f"{checkpoint.name}.jsonl"
        serving = serving_of_run(checkpoint, data, None)
        if overwrite or not is_predicted(out):
            settings = Predicting(finder, dial, resume=not overwrite, overwrite=overwrite)
            predict(serving, data, out, settings)
        pairs = read_pairs(out, data, TARGETS.get(serving.target))
        micro = evaluate_pairs(pairs, schemes=(SCHEME,)).scores.schemes[SCHEME].micro
        scored = Scored(step_of(checkpoint), str(checkpoint), dict(micro.rates), dict(micro.ci))
        on_checkpoint(scored)
        scores.append(scored)
    best = max(scores, key=lambda each: each.rates[by])
    result = Sweep(by, best.checkpoint, scores)
    write_json(run / FOLDER / "sweep.json", result, overwrite=True)
    return result


def _ask(run: Path, asked: Asked, overwrite: bool) -> None:
    """Note what is answered, and how; refuse to mix answers that can't be compared."""
    note = run / FOLDER / "data.json"
    if note.exists() and not overwrite:
        before = read_json(note, Asked)
        if before.sha256 != asked.sha256:
            raise UsageError(
                f"{run / FOLDER} holds answers about {before.data}, which is not what "
                f"{asked.data} holds. Add --overwrite to answer this one instead."
            )
        if (before.decode, before.recall_bias) != (asked.decode, asked.recall_bias):
            raise UsageError(
                f"{run / FOLDER} holds answers found with --decode {before.decode} "
                f"--recall-bias {before.recall_bias}. Add --overwrite to answer again."
            )
    write_json(note, asked, overwrite=True)
