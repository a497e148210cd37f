"""The protocols of targets, and the proof that an answer decodes to the spans of its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from pii_sft.align import Policy, Tier
from pii_sft.errors import UsageError
from pii_sft.spans import Document, Span
from pii_sft.targets.status import Issue, Status, status_of

if TYPE_CHECKING:
    from pii_sft.span_columns import SpanColumns


class Found(msgspec.Struct, frozen=True, gc=False):
    """An entity of an answer, placed in the text.

    Attributes:
        span: where it stands in the text.
        tier: how exactly its string matches the text, see `pii_sft.align`.
        output: start and end of the item in the answer, in code points, half-open.
    """

    span: Span
    tier: Tier
    output: tuple[int, int]


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """The entities of an answer, and how it could be read.

    Attributes:
        found: entities that stand in the text, sorted by `(start, -end, label)`.
        issues: one entry for each thing that was wrong, from `ISSUES`.
        unplaced: labels of the entities that do not stand in the text, in order.
    """

    found: tuple[Found, ...]
    issues: tuple[Issue, ...] = ()
    unplaced: tuple[str, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans alone."""
        return tuple([found.span for found in self.found])

    @property
    def status(self) -> Status:
        """Status of the answer, from `STATUSES`."""
        return status_of(self.issues)


class Target(Protocol):
    """A way to write the entities of a text as a string."""

    name: str
    instruction: str

    def render(self, document: Document) -> str:
        """The answer the model has to learn for `document`."""

    def parse(self, text: str, output: str) -> Parsed:
        """Read an answer about `text`; never raises, whatever the answer holds."""


@runtime_checkable
class AligningTarget(Target, Protocol):
    """A target whose answers leave open which occurrence of a string is meant; a policy decides."""

    policy: Policy

    def read_by(self, policy: Policy) -> Target:
        """The same target, read by another policy."""


@runtime_checkable
class Drafting(Target, Protocol):
    """A target that writes and proves most answers about many documents at once."""

    def proved_drafts(self, columns: SpanColumns) -> list[str | None]:
        """Write the answer about each document as `render` does, and prove it as `prove` does.

        None for an answer that the fast path can't write or prove.
        """


@runtime_checkable
class Ending(Protocol):
    """A target whose last item counts as complete only if something follows it."""

    def ended(self, output: str) -> str:
        """Add what follows the last item to an answer that a model ended by itself."""


class Proof(msgspec.Struct, frozen=True):
    """Difference between an annotation and what its answer decodes to.

    Attributes:
        lost: spans of the document that the answer does not give back.
        added: spans that the answer gives and the document does not have.
    """

    lost: tuple[Span, ...]
    added: tuple[Span, ...]

    def __bool__(self) -> bool:
        return not self.lost and not self.added


_PROVED = Proof((), ())


def read_answer(target: Target, text: str, output: str, *, ended: bool = False) -> Parsed:
    """Read what a model answered about `text`; `ended` if it is known to have ended by itself.

    A target should never raise, but a plug-in or a bug may do so. Then one answer must not stop a
    run of thousands, again each time that it is resumed.
    """
    try:
        whole = target.ended(output) if ended and isinstance(target, Ending) else output
        return target.parse(text, whole)
    except Exception:  # noqa: BLE001
        return Parsed((), ("failed", "unreadable"))


def prove(target: Target, document: Document, output: str) -> Proof:
    """Compare what `output` decodes to with the spans of `document`."""
    decoded = target.parse(document.text, output).spans
    if decoded == document.spans:
        return _PROVED
    return Proof(
        tuple(span for span in document.spans if span not in decoded),
        tuple(span for span in decoded if span not in document.spans),
    )


USUAL: Policy = "next"
"""The default policy of targets."""


def policy_of(target: Target) -> Policy:
    """The policy a target reads answers by; `USUAL` if it has no choice."""
    return target.policy if isinstance(target, AligningTarget) else USUAL


def aligned_by(target: Target, policy: Policy) -> Target:
    """A target that reads its answers by another policy of the aligner.

    Args:
        target: an `AligningTarget`, or any target for the policy it has.
        policy: which occurrence a string without a number means, if the text holds several.

    Raises:
        UsageError: answers of the target say themselves where their entities stand.
    """
    if policy == policy_of(target):
        return target
    if not isinstance(target, AligningTarget):
        raise UsageError(
            f"Answers of the target {target.name} say themselves where their entities stand. Leave "
            "out --align-by."
        )
    return target.read_by(policy)
