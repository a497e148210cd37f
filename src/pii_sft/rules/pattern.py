"""Rules from a YAML file: patterns with checks, context words and a time limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec
import regex

from pii_sft.errors import UsageError
from pii_sft.files import read_yaml
from pii_sft.rules.base import Candidate, Proof, RuleTimeoutError
from pii_sft.rules.checks import Check, check_named
from pii_sft.rules.context import Context

TIME_LIMIT = 1.0
"""Seconds that one pattern may take on one text."""

Alone = Literal["nothing", "form", "likely", "certain"]

_ALONE = {"form": Proof.FORM, "likely": Proof.LIKELY, "certain": Proof.CERTAIN}


class PatternEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a rule file.

    Attributes:
        kind: name of what is found.
        pattern: regular expression of the `regex` module, verbose; the group `value` is the
            entity, or else the whole match.
        alone: how much a match proves by itself; with `nothing` it needs a context word.
        check: name of a check that a match has to pass; empty for none.
        context: words beside a match that raise its proof by one, and to `likely` at least.
        unless: words that make it something else, where one is nearer than those of `context`.
        ignore_case: whether the pattern does not tell upper from lower case.
    """

    kind: str
    pattern: str
    alone: Alone = "form"
    check: str = ""
    context: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    ignore_case: bool = False


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a rule file (YAML).

    Attributes:
        rules: the entries; none in a file that only names labels for the kinds of others.
        kinds: labels that data sets give to each kind, the best first; a kind that is not named
            here goes by its own name.
        time_limit: seconds that one pattern may take on one text.
    """

    rules: tuple[PatternEntry, ...] = ()
    kinds: dict[str, tuple[str, ...]] = {}
    time_limit: float = TIME_LIMIT


class _Compiled:
    """An entry that is ready to be used."""

    def __init__(self, entry: PatternEntry) -> None:
        flags = regex.VERBOSE | (regex.IGNORECASE if entry.ignore_case else 0)
        self.entry = entry
        self.pattern = regex.compile(entry.pattern, flags)
        self.check: Check | None = check_named(entry.check) if entry.check else None
        self.context = Context(entry.context, entry.unless)
        self.group = "value" if "value" in self.pattern.groupindex else 0

    def find(self, text: str, seconds: float) -> Iterator[Candidate]:
        try:
            matches = list(self.pattern.finditer(text, timeout=seconds))
        except TimeoutError:
            raise RuleTimeoutError(self.entry.kind, seconds) from None
        for match in matches:
            start, end = match.span(self.group)
            if start == end or (self.check is not None and not self.check(text[start:end])):
                continue
            said = self.context.says(text, start, end)
            proof = _ALONE.get(self.entry.alone)
            if said:
                proof = Proof.LIKELY if proof is None else proof.raised()
            if proof is not None and said is not False:
                yield Candidate(start, end, self.entry.kind, proof)


class Patterns:
    """The rules of one file.

    Args:
        file: its content.

    Raises:
        UsageError: a pattern is no regular expression, or there is no such check.
        MissingExtraError: a check needs python-stdnum, which is not installed.
    """

    def __init__(self, file: RuleFile) -> None:
        named = [*file.kinds, *(entry.kind for entry in file.rules)]
        self.kinds = {kind: file.kinds.get(kind, ()) for kind in named}
        self._seconds = file.time_limit
        self._rules = [_compiled(number, entry) for number, entry in enumerate(file.rules, 1)]

    def find(self, text: str) -> Iterator[Candidate]:
        """Candidates of every entry."""
        for rule in self._rules:
            yield from rule.find(text, self._seconds)

    def verdict(self, surface: str, kind: str) -> bool | None:
        """True if a string passes the check of an entry whose form it has, False if none."""
        verdict: bool | None = None
        for rule in self._rules:
            if rule.entry.kind != kind or not self._has_form(rule, surface):
                continue
            if rule.check is None or rule.check(surface):
                return True
            verdict = False
        return verdict

    def _has_form(self, rule: _Compiled, surface: str) -> bool:
        try:
            match = rule.pattern.search(surface, timeout=self._seconds)
        except TimeoutError:
            raise RuleTimeoutError(rule.entry.kind, self._seconds) from None
        return match is not None and match.span(rule.group) == (0, len(surface))


def _compiled(number: int, entry: PatternEntry) -> _Compiled:
    try:
        return _Compiled(entry)
    except (regex.error, re.error) as error:
        raise UsageError(
            f"The pattern of rule {number} ({entry.kind}) is no regular expression: {error}. "
            "Patterns are verbose: write a space as [ ], and # as [#]."
        ) from None


def read_rules(source: Path | Traversable) -> Patterns:
    """Read a rule file.

    Raises:
        UsageError: it can't be read, or something in it can't be.
    """
    content = read_yaml(source, RuleFile, "rule file")
    try:
        return Patterns(content)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
