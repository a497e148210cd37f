"""`pii-sft serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pii_sft.cli.options import path_option, quiet, verified

if TYPE_CHECKING:
    from pii_sft.inference.detector import Detector


@click.command()
@path_option("--run", required=True, help="Folder of the training run.")
@click.option("--model", default=None, help="Base model, where it is not to be looked for.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@path_option(
    "--token-file",
    default=None,
    help="File with the bearer token of clients; required to listen on addresses that other "
    "machines reach.",
)
@click.option("--batch-size", default=16, show_default=True, help="Texts answered together.")
@click.option(
    "--waiting",
    default=1024,
    show_default=True,
    help="Number of texts that may wait; further requests get status 429.",
)
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    help="Seconds until a request ends with status 503.",
)
@click.option(
    "--max-body",
    default=2_000_000,
    show_default=True,
    help="Largest request in bytes; larger ones get status 413.",
)
@verified
@click.option("--trust-remote-code", is_flag=True, help="Let code of the model's repository run.")
@quiet
def command(
    run: Path,
    model: str | None,
    host: str,
    port: int,
    token_file: Path | None,
    batch_size: int,
    waiting: int,
    timeout: float,
    max_body: int,
    verify: bool,
    trust_remote_code: bool,
) -> None:
    """Serve a trained model over HTTP, as Presidio's containers do, with a page to try it.

    Routes: /analyze, /anonymize, /supportedentities, /health, as Presidio's clients send them;
    /metrics for Prometheus; / is the page. No text is logged.
    """
    from pii_sft.report.console import say
    from pii_sft.server.limits import Limits
    from pii_sft.server.run import read_token, serve

    limits = Limits(batch_size, waiting, timeout, max_body)

    def load() -> Detector:
        from pii_sft.inference.detector import Detector

        detector = Detector.load(
            run,
            model=model,
            verify=verify,
            batch_size=batch_size,
            trust_remote_code=trust_remote_code,
        )
        say(f"listening on http://{host}:{port}, until TERM or Ctrl-C")
        return detector

    serve(load, host=host, port=port, token=read_token(token_file), limits=limits)
