"""What is wrong with a recipe or a run, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from pii_sft.report.console import results
from pii_sft.training.rules import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def show_findings(title: str, findings: Sequence[Finding], *, mended: bool = False) -> None:
    """Print each finding with its evidence and what to do.

    Args:
        title: name of what was looked at.
        findings: in the order in which they are shown.
        mended: whether the changes were made.
    """
    count = f"{len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}"
    results.print(Text(f"{title}: {count}"))
    for finding in findings:
        head = Text(f"  {finding.severity:<8}", style=_STYLES[finding.severity])
        head.append(f"{finding.id}  ", style="bold").append(finding.evidence, style="default")
        results.print(head, soft_wrap=True)
        done = "mended: " if mended and finding.changes else ""
        results.print(Text(f"          {done}{finding.fix}"), soft_wrap=True)
