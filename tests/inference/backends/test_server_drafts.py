"""Drafts that a server reads, in vLLM's form, give what the model in this process gives."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pii_sft.decoding.proposals import Anchored, Anchoring
from pii_sft.inference.backends import BACKENDS, AnchoringBackend, Question, Server, Settings
from pii_sft.prompt import Prompt
from tests.inference.backends.openai_server import serving
from tests.tiny_models import Tiny

pytestmark = pytest.mark.train

PROMPT = Prompt("short-1", "Mark PERSON.", "", "")
TEXTS = ["Ann met", "王小明住。", "<b>A</b>"]


class Vllm:
    """Log-probabilities of prompts, in the form of vLLM's completions.

    Args:
        model: of transformers.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.lock = threading.Lock()

    def __call__(self, prompt: list[int], likeliest: int) -> list[Any]:
        import torch

        with self.lock, torch.no_grad():
            logits = self.model(torch.tensor([prompt])).logits[0, :-1].float()
            best = logits.topk(likeliest)
            own = logits.gather(1, torch.tensor(prompt[1:])[:, None])
            total = logits.logsumexp(-1, keepdim=True)
        ids = torch.cat([best.indices, torch.tensor(prompt[1:])[:, None]], 1).tolist()
        logprobs = (torch.cat([best.values, own], 1) - total).tolist()
        return [
            None,
            *(
                {str(token): {"logprob": each} for token, each in zip(*place, strict=True)}
                for place in zip(ids, logprobs, strict=True)
            ),
        ]


@pytest.mark.parametrize("sure", [False, True])
def test_the_same_entities_from_a_server(sure: bool, tiny_model: Tiny) -> None:
    model = str(tiny_model("Qwen3"))
    settings = Settings(model, "", "qwen3", batch_size=4, dtype="float32", drafts=True)
    # A model that is not sure is asked about nearly every tag by itself.
    texts = TEXTS if sure else TEXTS[:1]
    questions = [Question(PROMPT.messages(text), text) for text in texts]
    labels = ("PERSON", "PLACE")
    anchoring = Anchoring(floor=0.3 if sure else 1, depth=1, chunk=48, end_chunk=24)
    here = BACKENDS.get("transformers")(settings)
    network = here._model  # type: ignore[attr-defined]
    for name, weight in network.named_parameters():
        if sure and weight.dim() == 2:
            weight.data.mul_(3 if "embed" in name else 12)
    assert isinstance(here, AnchoringBackend)
    known = dict(here.anchor(questions, labels, anchoring))
    vllm = Vllm(network)
    with serving(lambda body: "") as server:
        server.prompt_logprobs = vllm
        asked = Settings(
            model,
            "",
            "qwen3",
            batch_size=4,
            dtype="float32",
            drafts=True,
            server=Server(server.url),
        )
        there = BACKENDS.get("openai")(asked)
        assert isinstance(there, AnchoringBackend)
        found = dict(there.anchor(questions, labels, anchoring))
    assert any(each.proposals for each in known.values())
    for at in range(len(texts)):
        assert entities(found[at]) == entities(known[at])
        for one, other in zip(found[at].proposals, known[at].proposals, strict=True):
            assert one.open == pytest.approx(other.open, abs=0.02)
            assert one.score == pytest.approx(other.score, abs=0.01)


def entities(found: Anchored) -> list[tuple[Any, ...]]:
    return [(each.span, each.taken) for each in found.proposals]


def test_a_server_that_reads_no_drafts_answers_freely(tiny_model: Tiny) -> None:
    with serving(lambda body: "") as server:
        asked = Settings("base", "", "qwen3", drafts=True, server=Server(server.url))
        assert not isinstance(BACKENDS.get("openai")(asked), AnchoringBackend)
        server.prompt_logprobs = lambda prompt, likeliest: []
        assert not isinstance(BACKENDS.get("openai")(asked), AnchoringBackend)
