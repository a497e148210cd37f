"""Model cards of runs and merged models: training, scores, and how to serve them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pii_sft import __version__
from pii_sft.errors import MissingExtraError
from pii_sft.files import write_bytes
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.records.run import CARD, Run, read_run


def write_run_card(folder: Path) -> None:
    """Write a card into the folder of a run, in place of the short one of the trainer."""
    run = read_run(folder)
    if run is not None:
        adapter = (folder / "adapter_config.json").is_file()
        card = model_card(folder.name, run, None, folder, adapter=adapter)
        write_bytes(folder / CARD, card.encode(), overwrite=True)


def model_card(
    name: str, run: Run, scores: Mapping[str, Any] | None, folder: Path, *, adapter: bool = False
) -> str:
    """Markdown with the metadata block that model hubs read.

    Args:
        name: of the model.
        run: the record of its training.
        scores: what `pii-sft score --json` wrote; None for a model that was not scored.
        folder: of the model, as a server would be told.
        adapter: whether the folder holds an adapter alone.

    Raises:
        MissingExtraError: `huggingface_hub` is not installed.
    """
    from jinja2 import Environment, StrictUndefined

    try:
        from huggingface_hub import ModelCard, ModelCardData
    except ImportError:
        raise MissingExtraError("huggingface_hub", "train") from None
    base = run.settings.get("model_name_or_path")
    metadata = ModelCardData(
        base_model=base,
        library_name="peft" if adapter else "transformers",
        pipeline_tag="text-generation",
        tags=["pii", "named-entity-recognition", "pii-sft"],
    )
    data = DatasetFolder(Path(run.dataset))
    is_same = data.exists and data.digest() == run.manifest_sha256
    manifest = data.manifest if is_same else None
    source = (resources.files("pii_sft.report") / "page/card.md.jinja").read_text("utf-8")
    environment = Environment(  # noqa: S701 - Markdown, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    schemes = (scores or {}).get("schemes", {})
    card = environment.from_string(source).render(
        metadata=metadata.to_yaml(),
        adapter=adapter,
        name=name,
        version=__version__,
        base=base,
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
    return str(ModelCard(card))
