"""The model card of a fine-tuned model: what it is, what it is worth, and how to serve it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pii_sft import __version__
from pii_sft.records.dataset_folder import Manifest
from pii_sft.records.run import Run


def model_card(
    name: str,
    run: Run,
    manifest: Manifest | None,
    scores: Mapping[str, Any] | None,
    folder: Path,
) -> str:
    """Markdown with the metadata block that model hubs read.

    Args:
        name: of the model.
        run: the record of its training.
        manifest: of the data set it was trained on; None where it is not at hand.
        scores: what `pii-sft score --json` wrote; None for a model that was not scored.
        folder: of the model, as a server would be told.
    """
    from jinja2 import Environment, StrictUndefined

    source = (resources.files("pii_sft.report") / "page/card.md.jinja").read_text("utf-8")
    environment = Environment(  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    schemes = (scores or {}).get("schemes", {})
    return environment.from_string(source).render(
        name=name,
        version=__version__,
        base=run.settings.get("model_name_or_path"),
        settings=run.settings,
        target=run.target,
        prompt=run.prompt,
        thinking=run.settings.get("enable_thinking"),
        labels=[] if manifest is None else manifest.labels,
        splits={} if manifest is None else manifest.splits,
        micro={scheme: each["micro"] for scheme, each in schemes.items()},
        by_label=schemes.get("strict", {}).get("labels", {}),
        manifest_sha256=run.manifest_sha256,
        versions=run.versions,
        documents=(scores or {}).get("documents"),
        folder=folder,
        messages=run.prompt.messages("DOCUMENT"),
    )
