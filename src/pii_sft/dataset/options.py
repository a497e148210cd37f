"""Options of a conversion, and the job that processes do on every document."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pii_sft.errors import UsageError
from pii_sft.labels import LabelSet
from pii_sft.prompt import DEFAULT_PROMPT, Prompt
from pii_sft.spans import Document
from pii_sft.targets import DEFAULT_TARGET
from pii_sft.tokens import token_counter
from pii_sft.windows import check_limits, cut

TRAIN = "train"

NO_TRAINING = (
    "--oversample, --negatives and --augment change the training split, and there is none."
)

NO_SPLIT = "off"

KEEP_SPLIT = "keep"

AUTO: Literal["auto"] = "auto"

DEFAULT_SPLIT = "train=0.8,dev=0.1,test=0.1"

SPLIT_NAMES = ("train", "dev", "test")

AUGMENTATIONS = ("swap", "case", "width", "ocr")
"""Kinds of altered copies."""

OVERLAP_SHARE = 8
"""Part of a window that it shares with the next: enough for a sentence on either side of a cut to
be whole in one of them."""

Deduplicate = Literal["exact", "near", "off"]

Oversample = float | Literal["auto"]

OnError = Literal["stop", "quarantine"]

Edges = Literal["trim", "keep"]
"""Handling of white space at the edges of spans."""


class Limits(msgspec.Struct, frozen=True):
    """Limits of the length of documents.

    Attributes:
        longest: of a window, in code points, or in tokens where there is a tokenizer.
        overlap: of two neighbours at most, in the same unit.
        tokenizer: folder of a model, or its `tokenizer.json`; empty counts code points.
    """

    longest: int
    overlap: int
    tokenizer: str = ""

    def cutter(self) -> Callable[[Document], tuple[Document, ...]]:
        """A function that cuts documents to these limits."""
        length = token_counter(Path(self.tokenizer)) if self.tokenizer else len
        return lambda document: cut(document, self.longest, self.overlap, length)


TEMPLATE = "template"
"""Key of meta by which documents without it are grouped by their text around the entities."""


class BlockJob(msgspec.Struct, frozen=True):
    """The job that is done on every document.

    Attributes:
        target: name of the target that answers are written in.
        prompt: prompt of every row; None while it is not known, because it names labels.
        writers: names of the writers whose lines are encoded; they need a prompt.
        labels: label map; None keeps labels as they are.
        split_by: key of `meta` that names groups.
        limits: how long documents are cut; None leaves them whole.
        near: whether texts are hashed by bands, so that near duplicates can be found.
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


class ConvertOptions(msgspec.Struct, frozen=True):
    """Options that decide the content of a data set, beside its inputs, labels and writers.

    `pii-sft convert` makes an option of each field, with its description; the manifest holds all.

    Raises:
        UsageError: a value is unknown or out of its range, or values contradict each other.
    """

    target: Annotated[
        str | None,
        Meta(
            description="How answers are written; None for `tags`, or for `json`, which can hold "
            "every annotation, where no writer writes answers."
        ),
    ] = None
    prompt: Annotated[str, Meta(description="Prompt template.")] = DEFAULT_PROMPT
    split: Annotated[
        str | None,
        Meta(
            description="Ratios, 'keep' or 'off'.  [default: train=0.8,dev=0.1,test=0.1; off when "
            "only documents are written]"
        ),
    ] = None
    split_by: Annotated[
        str,
        Meta(
            description="Key of meta that keeps documents together in one split. With 'template', "
            "documents that name none are kept together if they differ in nothing but their "
            "entities."
        ),
    ] = "group"
    seed: Annotated[int, Meta(description="Seed of every random choice.")] = 42
    deduplicate: Annotated[
        Deduplicate,
        Meta(
            description="Drop documents whose text came before, or also nearly the same ones; off "
            "keeps them, together in one split."
        ),
    ] = "exact"
    oversample: Annotated[
        str | None,
        Meta(
            description="Repeat training rows with rare labels until each label occurs in RATIO "
            "times as many rows as the commonest; auto goes half of the way. A model that rarely "
            "sees a label never writes it.",
            extra={"metavar": "RATIO|auto"},
        ),
    ] = None
    negatives: Annotated[
        float,
        Meta(
            description="Share of the training rows without entities that is kept. A model that "
            "sees mostly empty answers learns to stay silent.",
            extra={"metavar": "KEEP_RATIO"},
        ),
    ] = 1.0
    augment: Annotated[
        str | None,
        Meta(
            description="Add altered copies of a share of the training rows: swap (other surfaces "
            "of the same label), case, width (full-width forms), ocr.",
            extra={"metavar": "KIND=SHARE,..."},
        ),
    ] = None
    max_tokens: Annotated[
        int | None,
        Meta(description="Cut documents of more tokens into windows; --tokenizer counts them."),
    ] = None
    tokenizer: Annotated[
        Path | None, Meta(description="Folder of a model, or its tokenizer.json.")
    ] = None
    max_chars: Annotated[
        int | None, Meta(description="Cut documents of more characters into windows.")
    ] = None
    window_overlap: Annotated[
        int | None,
        Meta(
            description="The most that two windows share, in the same unit.  [default: an eighth]"
        ),
    ] = None
    edges: Annotated[
        Edges,
        Meta(
            description="What to do with white space at the edges of spans; spans that are only "
            "white space are always left out."
        ),
    ] = "trim"
    unrecognised: Annotated[
        Literal["stop", "skip"],
        Meta(description="What to do with files of a folder that no reader recognises."),
    ] = "stop"
    on_error: Annotated[OnError, Meta(description="What to do with bad records.")] = "stop"

    def __post_init__(self) -> None:
        check_negatives(self.negatives)
        ratios = (
            {}
            if self.split in {NO_SPLIT, KEEP_SPLIT}
            else parse_ratios(self.split or DEFAULT_SPLIT)
        )
        if self.changes_training and ratios and TRAIN not in ratios:
            raise UsageError(NO_TRAINING)
        if self.max_chars is not None and self.max_tokens is not None:
            raise UsageError("Windows are measured with --max-tokens or --max-chars, not both.")
        if (self.max_tokens is None) != (self.tokenizer is None):
            raise UsageError("--max-tokens and --tokenizer go together.")
        if self.limits is None and self.window_overlap is not None:
            raise UsageError("--window-overlap needs --max-tokens or --max-chars.")

    @property
    def repetition(self) -> Oversample | None:
        """Frequency that rare labels should reach in the training split; None leaves them rare."""
        return None if self.oversample is None else parse_oversample(self.oversample)

    @property
    def alterations(self) -> dict[str, float]:
        """Shares of the training rows that are altered, by kind."""
        return {} if self.augment is None else parse_augment(self.augment)

    @property
    def changes_training(self) -> bool:
        """True if rows of the training split are to be dropped, repeated or altered."""
        return self.repetition is not None or self.negatives < 1 or bool(self.alterations)

    @property
    def limits(self) -> Limits | None:
        """Limits of the length of documents; None where they are not cut."""
        longest = self.max_chars if self.max_tokens is None else self.max_tokens
        if longest is None:
            return None
        overlap = self.window_overlap
        shared = longest // OVERLAP_SHARE if overlap is None else overlap
        check_limits(longest, shared)
        return Limits(longest, shared, "" if self.tokenizer is None else str(self.tokenizer))

    def to_dict(self) -> dict[str, Any]:
        """The options as the manifest holds them."""
        found: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        return found


def changed_options(options: Mapping[str, Any]) -> dict[str, str]:
    """Give the options of a manifest that are not the defaults, as the command line takes them."""
    usual = {**ConvertOptions().to_dict(), "target": DEFAULT_TARGET, "split": DEFAULT_SPLIT}
    return {
        f"--{name.replace('_', '-')}": str(options[name])
        for name, value in usual.items()
        if options.get(name) not in (None, value)
    }


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
    """Refuse shares that are out of range.

    Raises:
        UsageError: `keep` does not lie between 0 and 1.
    """
    if not 0 <= keep <= 1:
        raise UsageError(f"--negatives takes the share to keep, from 0 to 1, not {keep}.")


def parse_ratios(text: str) -> dict[str, float]:
    """Read `train=0.8,dev=0.1,test=0.1`.

    Raises:
        UsageError: it is not of that form, names a split twice or an unknown one, or the shares
            do not add up to 1.
    """
    ratios = _parse_shares(
        text, SPLIT_NAMES, f"Can't read the split {text!r}: write something like {DEFAULT_SPLIT}."
    )
    if not math.isclose(sum(ratios.values()), 1.0, abs_tol=1e-6):
        raise UsageError(f"The shares of the split {text!r} do not add up to 1.")
    return {name: ratios[name] for name in SPLIT_NAMES if name in ratios}


def parse_augment(text: str) -> dict[str, float]:
    """Read `swap=0.3,case=0.1`.

    Raises:
        UsageError: it is not of that form, or names an unknown kind.
    """
    return _parse_shares(
        text,
        AUGMENTATIONS,
        f"Can't read --augment {text!r}: write something like swap=0.3,case=0.1, with shares of "
        f"the training documents, from {', '.join(AUGMENTATIONS)}.",
    )


def _parse_shares(text: str, names: Collection[str], refusal: str) -> dict[str, float]:
    """Shares above 0 and up to 1 by name, each named once."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if name not in names or name in shares or not 0 < value <= 1:
            raise UsageError(refusal)
        shares[name] = value
    return shares
