"""Rules in the terminal: the kinds they know, and their scores."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from pii_sft.inference.rules_alone import RulesReport
from pii_sft.report.console import results, say
from pii_sft.report.scores import print_scores
from pii_sft.rules import Ruleset
from pii_sft.terminal import counted, printable


def show_kinds(rules: Ruleset | None) -> None:
    """Print the kinds of entities that rules know, and the labels they go by."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("kind")
    table.add_column("goes by the first of these labels that a data set has", overflow="fold")
    for kind, labels in ({} if rules is None else rules.kinds).items():
        table.add_row(Text(printable(kind)), Text(printable(", ".join(dict.fromkeys(labels)))))
    results.print(table)


def show_rules_report(found: RulesReport, title: str, shape: str) -> None:
    """Print scores of rules, and which labels they do not concern."""
    print_scores(found.report, title, shape)
    if found.unruled:
        left = ", ".join(f"{printable(label)} ({count})" for label, count in found.unruled.items())
        say(f"Labels that no rule is for, left out above: {left}")
    for kind, count in found.stopped.items():
        documents = counted(count, "document")
        say(f"Warning: the rule for {kind} took too long on {documents} and was stopped.")
