"""Rules, which find entities by their form, check digits, and words near them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pii_sft.errors import UsageError
from pii_sft.registry import Registry
from pii_sft.rules.base import Candidate, Checking, Proof, Rule, RuleTimeoutError
from pii_sft.rules.ruleset import Hit, Hits, Ruleset
from pii_sft.terminal import ShownPath

RULES: Registry[Callable[[], Rule]] = Registry(
    "rule set",
    "pii_sft.rules",
    {
        "china": "pii_sft.rules.shipped:china",
        "money": "pii_sft.rules.shipped:money",
        "national": "pii_sft.rules.shipped:national",
        "network": "pii_sft.rules.shipped:network",
        "phone": "pii_sft.rules.phone:phones",
        "presidio": "pii_sft.rules.presidio:presidio",
    },
    extra="rules",
)

BUILTIN = "builtin"
"""Name of all rules that need no other detector."""

_BUILTIN = ("network", "money", "china", "national", "phone")

OFF = "off"


def ruleset(
    wanted: str, labels: Iterable[str], chosen: Mapping[str, str] | None = None
) -> Ruleset | None:
    """The rules that an option names.

    Args:
        wanted: names of rule sets and rule files (YAML), with commas between them; `builtin` for
            all of ours, `off` for none.
        labels: of the data set.
        chosen: label by kind, where the names do not lead to one.

    Returns:
        The rules; None for `off`.

    Raises:
        UsageError: there is no such rule set or file, or a file can't be read.
        MissingExtraError: a rule set needs a package that is not installed.
    """
    from pii_sft.rules.pattern import read_rules

    words = [word for word in wanted.split(",") if word]
    if OFF in words:
        if len(words) > 1:
            raise UsageError("--rules off goes with no other rules.")
        return None
    rules: list[Rule] = []
    for word in words:
        if word == BUILTIN:
            rules.extend(RULES.get(name)() for name in _BUILTIN)
        elif Path(word).suffix in (".yaml", ".yml") or Path(word).is_file():
            rules.append(read_rules(ShownPath(word)))
        else:
            rules.append(RULES.get(word)())
    return Ruleset(rules, labels, chosen)


__all__ = [
    "BUILTIN",
    "OFF",
    "RULES",
    "Candidate",
    "Checking",
    "Hit",
    "Hits",
    "Proof",
    "Rule",
    "RuleTimeoutError",
    "Ruleset",
    "ruleset",
]
