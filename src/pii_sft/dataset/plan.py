"""What is done to every document of a conversion, in a form that other processes can be sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from pii_sft.labels import LabelSet
from pii_sft.prompt import Prompt
from pii_sft.spans import Document
from pii_sft.tokens import token_counter
from pii_sft.windows import cut


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


class Plan(msgspec.Struct, frozen=True):
    """What is done to every document.

    Attributes:
        target: name of the target that answers are written in.
        prompt: prompt of every row; None while it is not known, because it names labels.
        writers: names of the writers whose lines are encoded; they need a prompt.
        style: in which style they are, where a writer has it.
        labels: label map; None keeps labels as they are.
        split_by: key of `meta` that names groups.
        limits: how long documents are cut; None leaves them whole.
        near: whether texts are sketched, so that near duplicates can be found.
        answers: whether answers are handed on, for writers that do not write lines.
    """

    target: str
    prompt: Prompt | None = None
    writers: tuple[str, ...] = ()
    style: str = ""
    labels: LabelSet | None = None
    split_by: str = "group"
    limits: Limits | None = None
    near: bool = False
    answers: bool = False
