"""Generation by an OpenAI-compatible server: vLLM, SGLang, llama.cpp, `llamafactory-cli api`."""

from __future__ import annotations

from importlib.util import find_spec

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Backend, Settings
from pii_sft.inference.backends.server import ServerBackend


def openai_backend(settings: Settings) -> Backend:
    """Make a backend for the server of the settings; it also reads drafts if the server can.

    Raises:
        UsageError: there is no server, or it does not serve the model.
    """
    if settings.server is None:
        raise UsageError("The backend openai asks a server: name it with --server.")
    free = ServerBackend(settings, settings.server)
    # Drafts are tokens of the training, which LLaMA-Factory's template makes.
    if not settings.drafts or find_spec("llamafactory") is None:
        return free
    from pii_sft.inference.backends.server_drafts import DraftingBackend, reads_drafts

    return DraftingBackend(free) if reads_drafts(free) else free
