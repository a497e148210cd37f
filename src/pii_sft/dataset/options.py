"""What is done to every document of a conversion, in a form that other processes can be sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from pii_sft.errors import UsageError
from pii_sft.labels import LabelSet
from pii_sft.prompt import Prompt
from pii_sft.spans import Document
from pii_sft.tokens import token_counter
from pii_sft.windows import check_limits, cut

Edges = Literal["trim", "keep"]
"""What becomes of white space at the edges of spans."""


class Limits(msgspec.Struct, frozen=True):
    """How long documents are cut.

    Attributes:
        longest: of a window, in code points, or in tokens where there is a tokenizer.
        overlap: of two neighbours at most, in the same unit.
        tokenizer: folder of a model, or its `tokenizer.json`; empty counts code points.
    """

    longest: int
    overlap: int
    tokenizer: str = ""

    def cutter(self) -> Callable[[Document], tuple[Document, ...]]:
        """A function that cuts documents so."""
        length = token_counter(Path(self.tokenizer)) if self.tokenizer else len
        return lambda document: cut(document, self.longest, self.overlap, length)


class BlockJob(msgspec.Struct, frozen=True):
    """What is done to every document.

    Attributes:
        target: name of the target that answers are written in.
        prompt: prompt of every row; None while it is not known, because it names labels.
        writers: names of the writers whose lines are encoded; they need a prompt.
        labels: label map; None keeps labels as they are.
        split_by: key of `meta` that names groups.
        limits: how long documents are cut; None leaves them whole.
        near: whether texts are sketched, so that near duplicates can be found.
        answers: whether answers are handed on, for writers that do not write lines.
        trim: whether white space at the edges of spans is left out of them.
    """

    target: str
    prompt: Prompt | None = None
    writers: tuple[str, ...] = ()
    labels: LabelSet | None = None
    split_by: str = "group"
    limits: Limits | None = None
    near: bool = False
    answers: bool = False
    trim: bool = True


class SelectionOptions(msgspec.Struct, frozen=True):
    """What is asked of a data set as a whole.

    Attributes:
        split: ratios, `keep` or `off`.
        seed: decides between equals.
        deduplicate: what is left out.
        oversample: how often rare labels occur in the training split; None leaves them rare.
        negatives: share of the rows without entities that stay in the training split.
        augment: share of the training rows that are altered, by kind.
    """

    split: str
    seed: int
    deduplicate: Deduplicate
    oversample: Oversample | None
    negatives: float
    augment: Mapping[str, float]

    @property
    def change_training(self) -> bool:
        """Whether the training split is to be other than what falls into it."""
        return self.oversample is not None or self.negatives < 1 or bool(self.augment)


TRAIN = "train"


NO_TRAINING = (
    "--oversample, --negatives and --augment change the training split, and there is none."
)


Deduplicate = Literal["exact", "near", "off"]


NO_SPLIT = "off"


KEEP_SPLIT = "keep"


AUTO: Literal["auto"] = "auto"


Oversample = float | Literal["auto"]


def parse_oversample(text: str) -> Oversample:
    """Read `auto` or a ratio.

    Raises:
        UsageError: it is neither, or the ratio does not lie above 0 and up to 1.
    """
    if text == AUTO:
        return AUTO
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if not 0 < ratio <= 1:
        raise UsageError(f"--oversample takes auto, or a ratio above 0 and up to 1, not {text!r}.")
    return ratio


def check_negatives(keep: float) -> None:
    """Refuse shares that can't be.

    Raises:
        UsageError: `keep` does not lie between 0 and 1.
    """
    if not 0 <= keep <= 1:
        raise UsageError(f"--negatives takes the share to keep, from 0 to 1, not {keep}.")


DEFAULT_SPLIT = "train=0.8,dev=0.1,test=0.1"


SPLIT_NAMES = ("train", "dev", "test")


def parse_ratios(text: str) -> dict[str, float]:
    """Read `train=0.8,dev=0.1,test=0.1`.

    Raises:
        UsageError: it is not of that form, names a split twice or an unknown one, or the shares
            do not add up to 1.
    """
    ratios: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if name not in SPLIT_NAMES or name in ratios or not 0 < value <= 1:
            raise UsageError(
                f"Can't read the split {text!r}: write something like {DEFAULT_SPLIT}."
            )
        ratios[name] = value
    if not math.isclose(sum(ratios.values()), 1.0, abs_tol=1e-6):
        raise UsageError(f"The shares of the split {text!r} do not add up to 1.")
    return {name: ratios[name] for name in SPLIT_NAMES if name in ratios}


def _limits(
    max_chars: int | None, max_tokens: int | None, tokenizer: Path | None, overlap: int | None
) -> Limits | None:
    """How long documents are cut; None where they are not."""
    if max_chars is not None and max_tokens is not None:
        raise UsageError("Windows are measured with --max-tokens or --max-chars, not both.")
    if (max_tokens is None) != (tokenizer is None):
        raise UsageError("--max-tokens and --tokenizer go together.")
    longest = max_chars if max_tokens is None else max_tokens
    if longest is None:
        if overlap is not None:
            raise UsageError("--window-overlap needs --max-tokens or --max-chars.")
        return None
    shared = longest // OVERLAP_SHARE if overlap is None else overlap
    check_limits(longest, shared)
    limits = Limits(longest, shared, "" if tokenizer is None else str(tokenizer))
    limits.cutter()
    return limits


OVERLAP_SHARE = 8
