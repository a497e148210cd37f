"""Answers, each proved to decode to the spans of its document."""

from __future__ import annotations

from collections.abc import Sequence

from pii_sft.errors import RecordError
from pii_sft.prompt import guarded
from pii_sft.span_columns import SpanColumns
from pii_sft.spans import Document
from pii_sft.targets import Drafting, Target, prove

_ADVICE = {"tags": " (--target json holds every annotation)"}


class Answers:
    """Writes answers, and checks that each decodes to the spans of its document.

    Args:
        target: how they are written.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._drafting = target if isinstance(target, Drafting) else None

    def of_all(self, columns: SpanColumns) -> tuple[list[str], dict[int, RecordError]]:
        """Write an answer for each document; return errors by number where none decodes."""
        drafted: Sequence[str | None] = [None] * len(columns.documents)
        if self._drafting is not None:
            drafted = self._drafting.proved_drafts(columns)
        answers = [draft or "" for draft in drafted]
        refused: dict[int, RecordError] = {}
        for index in [index for index, draft in enumerate(drafted) if draft is None]:
            try:
                answers[index] = self(columns.documents[index])
            except RecordError as error:
                refused[index] = error
        return answers, refused

    def __call__(self, document: Document) -> str:
        """The answer about a document.

        Raises:
            RecordError: no answer would decode to the document's spans.
        """
        answer = guarded(self._target.render(document))
        proof = prove(self._target, document, answer)
        if not proof:
            raise RecordError(
                "not expressible",
                f"the {self._target.name} target gives back "
                f"{len(document.spans) - len(proof.lost)} of {len(document.spans)} spans and adds "
                f"{len(proof.added)}{_ADVICE.get(self._target.name, '')}",
                document.id,
            )
        return answer
