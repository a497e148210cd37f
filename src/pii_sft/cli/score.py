"""`pii-sft score`."""

from __future__ import annotations

from pathlib import Path

import click

from pii_sft.cli.options import overwrite, path_option, quiet

MISSED = 1


@click.command()
@path_option("--pred", required=True, help="Predictions, in any of the shapes of the guide.")
@path_option("--gold", default=None, help="Documents to compare with.  [default: as recorded]")
@click.option("--target", default=None, help="How answers are written.  [default: as recorded]")
@click.option("--schemes", default="strict,exact,partial,type", show_default=True)
@click.option("--beta", default="1,2", show_default=True, help="F scores, with commas.")
@click.option("--by", default="", help="Breakdowns: label, length, language.")
@click.option("--ci", default=0.95, show_default=True, help="Level of the intervals; 0 for none.")
@path_option("--json", "json_file", default=None, help="Write everything as JSON.")
@click.option(
    "--fail-under",
    multiple=True,
    metavar="METRIC=VALUE",
    help="End with 1 below this: recall=0.9, strict.PERSON.f1=0.8.",
)
@overwrite
@quiet
@click.pass_context
def command(
    ctx: click.Context,
    pred: Path,
    gold: Path | None,
    target: str | None,
    schemes: str,
    beta: str,
    by: str,
    ci: float,
    json_file: Path | None,
    fail_under: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Compare predicted spans with the gold annotation, with confidence intervals."""
    from pii_sft.evaluators import score_files
    from pii_sft.evaluators.gates import missed
    from pii_sft.files import STANDARD_STREAM, write_json
    from pii_sft.report.console import messages, say
    from pii_sft.report.scores import show_scores
    from pii_sft.sources import source_of
    from pii_sft.targets import TARGETS

    source = source_of(pred, gold, target)
    with messages.status("Scoring"):
        report = score_files(
            pred,
            source.gold,
            TARGETS.get(source.target),
            schemes=_words(schemes),
            beta=tuple(_number(each) for each in _words(beta)),
            by=_words(by),
            ci=ci,
        )
        failed = missed(report, fail_under)
    if json_file is not None:
        write_json(json_file, report.to_dict(), overwrite)
    if json_file != STANDARD_STREAM:
        show_scores(report, str(pred))
    for each in failed:
        say(f"missed: {each}")
    if failed:
        ctx.exit(MISSED)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"--beta takes numbers, not {text!r}.") from None
