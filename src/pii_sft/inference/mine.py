"""Mining of candidates with a trained model, as hard negatives for a verifier."""

from __future__ import annotations

from pathlib import Path

from pii_sft.files import Staging
from pii_sft.inference.tuning.tune_run import SILENT, Progress, cases_of_run


def mine(
    run: Path,
    data: Path,
    out: Path,
    *,
    batch_size: int = 32,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> tuple[int, int]:
    """Write all proposals of a model about annotated documents, right and wrong ones.

    Args:
        run: folder of the run.
        data: annotated documents, preferably not those that the model was trained on.
        out: file for the candidates; rows hold offsets and labels, no text.
        batch_size: how many documents are answered together.
        overwrite: replace an existing file.
        progress: called as the work goes on.

    Returns:
        The number of candidates, and how many of them are not in the annotation.
    """
    found = wrong = 0
    with Staging(overwrite, [data]) as staging:
        rows = staging.jsonl(out)
        for case in cases_of_run(run, data, batch_size, progress):
            gold = set(case.document.spans)
            for each in case.proposals:
                found += 1
                wrong += each.span not in gold
                rows.write(
                    {
                        "id": case.document.id,
                        "start": each.start,
                        "end": each.end,
                        "label": each.label,
                        "score": round(each.score, 6),
                        "text_digest": case.document.text_digest,
                    }
                )
    return found, wrong
