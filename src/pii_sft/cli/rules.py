"""`pii-sft rules`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import overwrite, path_option, printed_as, quiet, sized, source_format
from pii_sft.terminal import counted


@click.command()
@click.option(
    "--rules",
    "wanted",
    metavar="NAME|FILE,...",
    default="builtin",
    show_default=True,
    help="Rule sets and rule files (YAML).",
)
@path_option("--data", default=None, help="Documents, in any format.")
@source_format("Format of --data.")
@click.option(
    "--proof",
    type=click.Choice(["form", "likely", "certain"]),
    default="likely",
    show_default=True,
    help="Lowest level of proof with which an entity counts.",
)
@path_option(
    "--out", default=None, help="Write the entities found as predictions, instead of scores."
)
@click.option(
    "--labels",
    default="",
    help="Labels of the predictions.  [default: of the data set around --data, else the kinds]",
)
@printed_as
@path_option("--json", "json_file", default=None, help="Write the scores as JSON.")
@overwrite
@sized
@quiet
def command(
    wanted: str,
    data: Path | None,
    source: str,
    proof: str,
    out: Path | None,
    labels: str,
    shape: str,
    json_file: Path | None,
    overwrite: bool,
) -> None:
    """List rules, or score them on annotated documents, without a model."""
    from pii_sft.files import STANDARD_STREAM, write_json
    from pii_sft.inference.rules_alone import measure_rules, predict_by_rules
    from pii_sft.report.console import messages, say
    from pii_sft.report.rules import show_kinds, show_rules_report
    from pii_sft.rules import Proof, ruleset

    least = Proof[proof.upper()]
    if data is None:
        show_kinds(ruleset(wanted, ()))
        return
    if out is not None:
        named = [word for word in labels.split(",") if word]
        count = predict_by_rules(wanted, named, data, out, source, least=least, overwrite=overwrite)
        say(f"{out}: {counted(count, 'document')}")
        return
    with messages.status("Looking"):
        found = measure_rules(wanted, data, source, least=least)
    if json_file is not None:
        write_json(json_file, {**found.report.to_dict(), "labelling": found.labelling}, overwrite)
    if json_file != STANDARD_STREAM:
        show_rules_report(found, f"{wanted} on {data}", shape)
