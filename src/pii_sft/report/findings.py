"""Findings about a recipe, a data set, a run or its scores, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from pii_sft.findings import Finding
from pii_sft.report.console import results
from pii_sft.terminal import printable

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_INDENT = " " * 10


def show_findings(title: str, findings: Sequence[Finding], *, mended: bool = False) -> None:
    """Print each finding with its evidence and what to do.

    Args:
        title: name of what was looked at.
        findings: in the order in which they are shown.
        mended: whether the changes were made.
    """
    count = f"{len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}"
    results.print(Text(f"{printable(title)}: {count}"))
    for finding in findings:
        head = Text(f"  {finding.severity:<8}", style=_STYLES[finding.severity])
        head.append(f"{finding.id}  ", style="bold")
        head.append(printable(finding.title or finding.evidence), style="default")
        results.print(head, soft_wrap=True)
        for line in _body(finding, mended):
            results.print(Text(f"{_INDENT}{printable(line)}"), soft_wrap=True)


def _body(finding: Finding, mended: bool) -> Iterator[str]:
    if finding.title:
        yield finding.evidence
    done = "mended: " if mended and finding.changes else ""
    yield f"{done}{finding.fix}"
    if finding.examples:
        yield f"for example {', '.join(map(repr, finding.examples))}"
    if finding.command:
        yield f"$ {finding.command}"
