"""`pii-sft compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import (
    PATH,
    in_language,
    overwrite,
    path_option,
    printed_as,
    quiet,
    recorded_target,
    sized,
)

if TYPE_CHECKING:
    from pii_sft.report.language import Code


@click.command()
@click.argument("first", metavar="A", type=PATH)
@click.argument("second", metavar="B", type=PATH)
@path_option("--gold", default=None, help="Documents to compare with.  [default: as recorded by A]")
@recorded_target
@path_option("--labels", "label_file", default=None, help="Label file that maps labels.")
@click.option(
    "--map",
    "label_pairs",
    multiple=True,
    metavar="FROM=TO",
    help="Treat the label FROM as TO, everywhere.",
)
@click.option(
    "--scheme",
    "schemes",
    multiple=True,
    type=click.Choice(["strict", "exact", "partial", "type"]),
    help="Scheme of the figures; may be given several times. Labels are shown for the first one.  "
    "[default: all]",
)
@click.option("--ci", default=0.95, show_default=True, help="Level of the intervals; 0 for none.")
@click.option(
    "--resamples", default=1000, show_default=True, help="Number of resamples for the intervals."
)
@click.option(
    "--randomisations",
    default=10_000,
    show_default=True,
    help="Number of randomisations for each p-value.",
)
@click.option(
    "--correction",
    type=click.Choice(["holm", "bh"]),
    default="holm",
    show_default=True,
    help="Correction of the p-values of labels: Holm, or Benjamini and Hochberg.",
)
@click.option("--seed", default=42, show_default=True, help="Seed of resamples and randomisations.")
@click.option(
    "--documents",
    "changed",
    default=10,
    show_default=True,
    help="Number of changed documents to name.",
)
@printed_as
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@path_option("--html", "html_file", default=None, help="Write an HTML page, in one file.")
@in_language
@click.option("--no-text", is_flag=True, help="Leave the texts of documents out of the page.")
@overwrite
@sized
@quiet
def command(
    first: Path,
    second: Path,
    gold: Path | None,
    target: str | None,
    label_file: Path | None,
    label_pairs: tuple[str, ...],
    schemes: tuple[str, ...],
    ci: float,
    resamples: int,
    randomisations: int,
    correction: str,
    seed: int,
    changed: int,
    shape: str,
    json_file: Path | None,
    html_file: Path | None,
    language: Code,
    no_text: bool,
    overwrite: bool,
) -> None:
    """Say whether the predictions B are better than the predictions A, and where.

    Both are joined to the same gold, in any of the shapes that score reads.
    """
    from pii_sft.evaluators.comparison.compare import (
        compare_files,
        read_triples,
        sources_of_both,
    )
    from pii_sft.evaluators.inputs.label_map import label_map
    from pii_sft.evaluators.schemes import SCHEMES
    from pii_sft.files import STANDARD_STREAM, Staging, indented
    from pii_sft.labels import read_labels
    from pii_sft.report.comparison import print_comparison
    from pii_sft.report.comparison_page import comparison_page, found_by_one
    from pii_sft.report.console import messages
    from pii_sft.report.score_findings import origin_of_both
    from pii_sft.targets import TARGETS

    source, other = sources_of_both(first, second, gold, target)
    inputs = [first, second, source.gold, *([label_file] if label_file else [])]
    files = ((first, TARGETS.get(source.target)), (second, TARGETS.get(other.target)))
    labels = label_map(read_labels(label_file) if label_file else None, label_pairs)
    with Staging(overwrite, inputs) as staging:
        json_to, html_to = staging.open_wanted(json_file, html_file)
        with messages.status("Comparing"):
            found = compare_files(
                *files,
                source.gold,
                labels=labels,
                known=source.labels,
                schemes=schemes or tuple(SCHEMES),
                ci=ci,
                resamples=resamples,
                randomisations=randomisations,
                correction=correction,
                seed=seed,
                changed=changed,
            )
        if json_to is not None:
            json_to.write(indented(found.to_dict()))
        if html_to is not None:
            seen = found_by_one(
                read_triples(*files, source.gold),
                texts=not no_text,
                labels=labels,
                known=frozenset(source.labels).union(*found.labels.values()),
            )
            names = (str(first), str(second))
            facts = origin_of_both(first, second, source.gold, ci)
            html = comparison_page(found, seen, names, facts=facts, language=language)
            html_to.write(html.encode())
    if json_file != STANDARD_STREAM:
        print_comparison(found, str(first), str(second), shape)
