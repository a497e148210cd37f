"""Span metrics during training, on a sample of the development split."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from pii_sft.decoding.anchored import anchored
from pii_sft.decoding.answers import answer, decoded
from pii_sft.decoding.chat import Chat
from pii_sft.decoding.proposals import ANCHORED_TARGET, Anchoring
from pii_sft.decoding.tag_tokens import TagWriter
from pii_sft.errors import UsageError
from pii_sft.evaluators import Scorer
from pii_sft.files import read_documents
from pii_sft.prompt import Prompt
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document, Span
from pii_sft.targets import Target, read_answer
from pii_sft.training.loop_settings import LoopSettings

SCHEME = "strict"

Found = tuple[int, list[Span], list[str], bool]
"""Index of a document, its entities, labels of strings not in the text, and True if it was cut."""


class SpanEvaluation:
    """Answers a sample of documents and scores the spans; every process gets the same scores.

    Args:
        documents: the sample.
        target: how answers are read.
        prompt: what every document is asked with.
        labels: of the data set.
        nesting: how deeply entities may nest; 0 if that is not known.
        loop: batch size and longest answer.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        target: Target,
        prompt: Prompt,
        labels: Sequence[str],
        nesting: int,
        loop: LoopSettings,
    ) -> None:
        self._documents = documents
        self._target = target
        self._prompt = prompt
        self._labels = labels
        self._settings = Anchoring(floor=1.0).nested(nesting)
        self._loop = loop

    def measure(
        self, model: Any, chat: Chat, rank: int = 0, processes: int = 1
    ) -> dict[str, float]:
        """Strict micro precision, recall, F1 and F2, and the share of answers that were cut.

        Args:
            model: the model as it is, in evaluation mode.
            chat: tokenizer and template of training.
            rank: number of this process; each answers its share of the documents.
            processes: number of processes.
        """
        found = list(self._answered(model, chat, range(rank, len(self._documents), processes)))
        if processes > 1:
            shares: list[list[Found]] = [[] for _ in range(processes)]
            torch.distributed.all_gather_object(shares, found)
            found = [each for share in shares for each in share]
        return self._scored(sorted(found))

    def _answered(self, model: Any, chat: Chat, indices: Sequence[int]) -> list[Found]:
        ids = {
            index: chat.prompt_ids(self._prompt.messages(self._documents[index].text))
            for index in indices
        }
        order = sorted(indices, key=lambda index: len(ids[index]))
        size = self._loop.eval_batch_size
        ask = self._forced if self._target.name == ANCHORED_TARGET else self._free
        found: list[Found] = []
        for at in range(0, len(order), size):
            batch = order[at : at + size]
            found += ask(model, chat, batch, [ids[index] for index in batch])
        return found

    def _free(
        self, model: Any, chat: Chat, batch: Sequence[int], prompts: list[list[int]]
    ) -> Iterator[Found]:
        written = answer(model, chat, prompts, self._loop.max_new_tokens)
        for index, each in zip(batch, written, strict=True):
            text = decoded(chat.tokenizer, each.ids)
            parsed = read_answer(self._target, self._documents[index].text, text)
            cut = each.finish_reason != "stop"
            yield index, list(parsed.spans), list(parsed.unplaced), cut

    def _forced(
        self, model: Any, chat: Chat, batch: Sequence[int], prompts: list[list[int]]
    ) -> Iterator[Found]:
        writer = TagWriter(chat.tokenizer, self._labels)
        texts = [self._documents[index].text for index in batch]
        answers = anchored(model, writer, prompts, texts, self._settings)
        for index, each in zip(batch, answers, strict=True):
            yield index, [proposal.span for proposal in each.proposals], [], False

    def _scored(self, found: Sequence[Found]) -> dict[str, float]:
        scorer = Scorer()
        for index, spans, unplaced, _ in found:
            scorer.add(self._documents[index].spans, spans, unplaced)
        rates = scorer.result(schemes=(SCHEME,), ci=0.0).schemes[SCHEME].micro.rates
        cut = sum(cut for *_, cut in found) / max(1, len(found))
        named = {f"span_{name}": rates[name] for name in ("precision", "recall", "f1", "f2")}
        return {**named, "span_cut": cut}


def draw(folder: DatasetFolder, loop: LoopSettings) -> list[Document]:
    """The sample of the development split that is answered at each evaluation.

    Args:
        folder: the data set.
        loop: how many documents, and the seed.

    Raises:
        UsageError: the data set has no development split.
    """
    path = folder.gold("dev")
    if not path.exists():
        raise UsageError(
            f"There is no {path}, so no span metrics can be had. Convert with a dev split, or "
            "train with --eval-documents 0 --select-by eval_loss."
        )
    documents = list(read_documents(path))
    if len(documents) <= loop.eval_documents:
        return documents
    return random.Random(loop.seed).sample(documents, loop.eval_documents)  # noqa: S311
