"""`pii-sft predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pii_sft.cli.options import (
    Names,
    aligned,
    backend_names,
    decoded,
    overwrite,
    path_option,
    paths_of,
    quiet,
    sized,
    trusted,
    verified,
)
from pii_sft.terminal import counted

DATA = "data/pii/gold/test.jsonl"


@click.command()
@path_option("--run", default=None, help="Folder of a training run, or one of its checkpoints.")
@click.option(
    "--model",
    default=None,
    help="Model folder or hub name, instead of --run; together with --run, its base model. With "
    "--server, the model's name on the server.",
)
@click.option("--adapter", default="", help="LoRA adapter to apply to --model.")
@click.option("--template", default=None, help="Chat template of --model.")
@path_option("--recipe", default=None, help="Recipe that --run was trained by, if not recorded.")
@click.option(
    "--data",
    multiple=True,
    metavar="PATH",
    help="Documents to predict: any format that is read, rows of id and text, .txt files, or `-`; "
    f"may be given several times.  [default: {DATA}]",
)
@click.option(
    "--from", "source", default="auto", show_default=True, help="Format of the documents."
)
@path_option(
    "--out", default=None, help="File for the predictions.  [default: RUN/predictions.jsonl]"
)
@click.option(
    "--backend",
    type=Names(backend_names),
    default=None,
    help="What generates the answers.  [default: transformers, or openai with --server]",
)
@click.option(
    "--server",
    metavar="URL",
    default="",
    help="OpenAI-compatible server that serves the model; its key is read from PII_SFT_API_KEY.",
)
@click.option(
    "--requests-per-minute",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Limit of requests to the server.  [default: no limit]",
)
@click.option(
    "--allow-http", is_flag=True, help="Send documents to another machine without encryption."
)
@decoded
@click.option(
    "--operating-point",
    metavar="FILE|off",
    default=None,
    help="Dial, thresholds, calibration and rules.  [default: what pii-sft tune wrote]",
)
@click.option(
    "--rules",
    metavar="NAME|FILE|off",
    default=None,
    help="Rule sets and files, see pii-sft rules.  [default: those of the operating point]",
)
@verified
@click.option(
    "--keep-proposals",
    is_flag=True,
    help="Keep in every row the entities that the model would open at other recall biases.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Documents answered together, or requests sent to a server at the same time.",
)
@click.option(
    "--max-new-tokens", default=1024, show_default=True, help="Longest free answer, in tokens."
)
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="Number format of the weights; auto takes the one in which the hardware is fast.",
)
@aligned
@click.option("--shard", default="", metavar="I/N", help="Predict one of N parts of the documents.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where the model runs: in this process, or in several processes of Ray.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    help="Number of Ray processes that run the model.  [default: one on each GPU]",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted call.")
@trusted
@overwrite
@sized
@quiet
def command(
    run: Path | None,
    model: str | None,
    adapter: str,
    template: str | None,
    recipe: Path | None,
    data: tuple[str, ...],
    source: str,
    out: Path | None,
    backend: str | None,
    server: str,
    requests_per_minute: float,
    allow_http: bool,
    decode: str,
    recall_bias: float | None,
    operating_point: str | None,
    rules: str | None,
    verify: bool,
    keep_proposals: bool,
    shard: str,
    resume: bool,
    overwrite: bool,
    **options: Any,
) -> None:
    """Find entities in documents by greedy decoding, with the prompt and template of training."""
    from pii_sft.decoding.proposals import ANCHORED_TARGET
    from pii_sft.inference.backends import Server
    from pii_sft.inference.detector import dial_of, turned
    from pii_sft.inference.finder import finder_settings
    from pii_sft.inference.operating_point import point_at_work, was_retrained
    from pii_sft.inference.predict import Predicting, predict
    from pii_sft.inference.serving import serving_of_model, serving_of_run
    from pii_sft.inference.verifier import EVEN
    from pii_sft.report.console import progress, say

    if run is None and model is None:
        raise click.UsageError("Name a --run, or a --model.")
    if run is not None and (adapter or template):
        raise click.UsageError("--adapter and --template belong to --model without --run.")
    if backend == "transformers" and server:
        raise click.UsageError("--server belongs to --backend openai.")
    if options["workers"] and options["engine"] == "local":
        raise click.UsageError("--workers belongs to --engine ray.")
    paths = paths_of(data or (DATA,))
    if run is not None:
        # A server's name for what it serves is none of the base model.
        base = None if server else model
        serving = serving_of_run(run, paths[0], recipe, base, elsewhere=bool(server))
        name = f"predictions-{shard.replace('/', '-of-')}.jsonl" if shard else "predictions.jsonl"
        out = out or run / name
    else:
        if out is None:
            raise click.UsageError("With --model, name where the rows go: --out.")
        serving = serving_of_model(str(model), adapter, template, paths[0])
    for assumption in serving.assumptions:
        say(f"assumed {assumption}")
    point = point_at_work(run, operating_point, rules)
    if run is not None and was_retrained(point, run):
        say(
            f"Warning: {run} was trained after it was tuned. Tune it again: "
            f"pii-sft tune --run {run} --overwrite"
        )
    dial = turned(dial_of(point), recall_bias, None, None)
    settings = Predicting(
        finder_settings(
            decode,
            dial.recall_bias,
            follow_up=keep_proposals,
            backend=backend or ("openai" if server else "transformers"),
            server=Server(server, model or "", requests_per_minute, allow_http) if server else None,
            **options,
        ),
        dial,
        point,
        (point.verify or EVEN) if verify else point.verify,
        keep_proposals,
        source,
        shard,
        resume,
        overwrite,
    )
    with progress("Predicting") as bar:
        done = predict(serving, paths, out, settings, on_start=bar.expect, on_document=bar.advance)
    if done.decode == "free" and decode == "auto" and serving.target == ANCHORED_TARGET:
        say("The backend gives no probabilities of drafts here, so the model wrote the copies.")
    rate = done.documents / done.seconds if done.seconds else 0.0
    tokens = f", {done.tokens} tokens" if done.tokens else ""
    documents = counted(done.documents, "document")
    say(f"{out}: {documents} in {done.seconds:.0f} s, {rate:.1f} documents/s{tokens}")
