"""Options of an audit."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pii_sft.errors import UsageError

MOST_SURFACES = 1 << 18
"""Most different surfaces that are counted exactly, in about 50 MB."""

MOST_NEAR = 50_000
"""Documents up to which near duplicates are searched for by default: about half a minute."""


class AuditOptions(msgspec.Struct, frozen=True):
    """Options of an audit.

    Attributes:
        near: whether near duplicates are looked for; None for up to `MOST_NEAR` documents, where
            datasketch is installed.
        tokenizer: of the model that will be trained; None leaves tokens uncounted.
        cutoff_len: tokens of a row that the trainer keeps.
        prompt: name of the prompt of the rows, where the data was not converted yet.
        predictions: what a model found in these documents.
        confidence: from which score on a prediction contradicts the annotation.
        out_of_fold: whether the model was not trained on the documents of the training split.
        group: key of `meta` whose documents have to stay in one split.
        examples: places kept of each finding.
        suspects: likely annotation errors that are listed.
        surfaces: different surfaces that are remembered exactly.
        show_text: whether places show what stands there.
    """

    near: bool | None = None
    tokenizer: Path | None = None
    cutoff_len: int = 2048
    prompt: str = ""
    predictions: tuple[Path, ...] = ()
    confidence: float = 0.9
    out_of_fold: bool = False
    group: str = "group"
    examples: int = 10
    suspects: int = 200
    surfaces: int = MOST_SURFACES
    show_text: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises:
            UsageError: a number is out of its range.
        """
        if self.cutoff_len < 1:
            raise UsageError("--cutoff-len takes a number of tokens above 0.")
        if not 0 < self.confidence <= 1:
            raise UsageError("--confidence takes a share above 0, up to 1.")
        if self.examples < 0 or self.suspects < 0 or self.surfaces < 1:
            raise UsageError("Numbers of examples, suspects and surfaces can't be negative.")
