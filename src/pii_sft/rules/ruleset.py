"""A set of rules, with the labels of a data set."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from pii_sft.rules.base import Candidate, Checking, Proof, Rule, RuleTimeoutError
from pii_sft.rules.labelling import labelling
from pii_sft.spans import Span


class Hit(msgspec.Struct, frozen=True, gc=False):
    """An entity that rules have found.

    Attributes:
        span: where it stands, under a label of the data set.
        kind: kind of entity, as rules call it.
        proof: strength of the proof.
    """

    span: Span
    kind: str
    proof: Proof


class Hits(msgspec.Struct, frozen=True):
    """The findings of rules in one text.

    Attributes:
        found: in the order of the text, without overlap.
        stopped: kinds whose rule took too long and found nothing.
    """

    found: tuple[Hit, ...]
    stopped: tuple[str, ...] = ()


class Ruleset:
    """Rules under the labels of a data set.

    Args:
        rules: in order; between candidates that are equally good the first wins.
        labels: of the data set. Kinds without a label are searched for too, so that no other kind
            takes their place, but they are left out of the result.
        chosen: label by kind, where the names do not lead to one.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        labels: Iterable[str],
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self.kinds: dict[str, tuple[str, ...]] = {}
        for rule in rules:
            for kind, spellings in rule.kinds.items():
                self.kinds[kind] = (*self.kinds.get(kind, ()), *spellings)
        self.labelling = labelling(self.kinds, labels, chosen)
        self._order = {kind: number for number, kind in enumerate(self.kinds)}

    def find(self, text: str) -> Hits:
        """The best candidates of a text that do not overlap, under labels of the data set."""
        chosen, stopped = self.best(text)
        found = tuple(
            Hit(Span(each.start, each.end, label), each.kind, each.proof)
            for each in chosen
            if (label := self.labelling.get(each.kind)) is not None
        )
        return Hits(found, stopped)

    def best(self, text: str) -> tuple[list[Candidate], tuple[str, ...]]:
        """The best candidates of a text that do not overlap, of every kind.

        Returns:
            The candidates in the order of the text, and kinds whose rule took too long.
        """
        candidates: set[Candidate] = set()
        stopped = []
        for rule in self._rules:
            try:
                candidates.update(rule.find(text))
            except RuleTimeoutError as error:
                stopped.append(error.kind)
        return _without_overlaps(sorted(candidates, key=self._rank)), tuple(stopped)

    def _rank(self, each: Candidate) -> tuple[int, int, int, int]:
        return (-each.proof, each.start - each.end, self._order[each.kind], each.start)

    def verdict(self, surface: str, kinds: Collection[str]) -> bool | None:
        """Check a string by the kinds whose form it has; False if it fails the check of each.

        Args:
            surface: the string.
            kinds: to consider.

        Returns:
            True if it passes one of them, None if it has the form of none.
        """
        verdict: bool | None = None
        for rule in self._rules:
            if not isinstance(rule, Checking):
                continue
            for kind in kinds:
                if kind in rule.kinds:
                    said = rule.verdict(surface, kind)
                    if said:
                        return True
                    verdict = said if verdict is None else verdict
        return verdict

    def kinds_of(self, label: str) -> list[str]:
        """The kinds that go by a label."""
        return [kind for kind, given in self.labelling.items() if given == label]


def _without_overlaps(ranked: Iterable[Candidate]) -> list[Candidate]:
    """Candidates that overlap no better one that was chosen, in the order of the text.

    The chosen ones do not overlap each other, so only the last of them that starts before the end
    of a candidate is compared with it: a log may hold a hundred thousand addresses.
    """
    chosen: list[Candidate] = []
    starts: list[int] = []
    for each in ranked:
        at = bisect_left(starts, each.end)
        if at == 0 or chosen[at - 1].end <= each.start:
            chosen.insert(at, each)
            starts.insert(at, each.start)
    return chosen
