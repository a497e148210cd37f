"""Which prediction belongs to which gold document; never guessed.

Rows with ids are joined by id. Rows without are joined by their prompts: in file order if every
gold text stands in the prompt of its row, otherwise by text. What is ambiguous is an error.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.evaluators.predictions import PredictedRow, Prediction, read_rows
from pii_sft.files import read_documents
from pii_sft.spans import Document
from pii_sft.targets import Target

STRANGE_LABELS = 0.1
"""Share of labels that may name strings their text lacks, since trainers cut long labels."""

Numbered = tuple[int, PredictedRow]
Joined = tuple[Document, int, PredictedRow]


def read_pairs(pred: Path, gold: Path, target: Target) -> Iterator[tuple[Document, Prediction]]:
    """Stream the gold documents, each with what was predicted for it, in the order of the gold.

    Rows with ids in the order of the gold need flat memory; others are held until their document
    comes. Rows without ids, and the gold beside them, are held in memory as a whole.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.predictions`.
        gold: Documents JSONL.
        target: how answers that are still text are to be read.

    Raises:
        InputError: a row can't be read, does not fit its document, or the two files can't be
            joined without guessing. Raised when it is known, which may be after the last pair.
    """
    rows = read_rows(pred)
    documents = read_documents(gold)
    first = next(rows, None)
    everything = chain([first] if first else [], rows)
    if first is None or first[1].id is not None:
        joined = _by_id(everything, documents, pred, gold)
    else:
        pairs = list(_by_context(list(everything), list(documents), pred, gold))
        _refuse_shuffled_answers(pairs, target, pred)
        joined = iter(pairs)
    for document, line, row in joined:
        try:
            yield document, row.prediction(document, target)
        except RecordError as error:
            problem = Problem(error.kind, str(pred), line, document.id, error.reason)
            raise InputError([problem]) from None


def _by_id(
    rows: Iterable[Numbered], documents: Iterable[Document], pred: Path, gold: Path
) -> Iterator[Joined]:
    problems: list[Problem] = []
    named = _named(rows, pred, problems)
    waiting: dict[str, Numbered] = {}
    asked: set[str] = set()
    for document in documents:
        id = document.id
        if id in asked:
            problems.append(Problem("duplicate id", str(gold), 0, id, "names two gold documents"))
            continue
        asked.add(id)
        while id not in waiting and (numbered := next(named, None)) is not None:
            waiting[str(numbered[1].id)] = numbered
        if id in waiting:
            yield document, *waiting.pop(id)
        else:
            problems.append(Problem("no prediction", str(gold), 0, id, "has no prediction"))
    for line, row in chain(waiting.values(), named):
        reason = "is not in the gold"
        problems.append(Problem("unknown id", str(pred), line, str(row.id), reason))
    if problems:
        raise InputError(
            problems,
            f"{len(problems)} ids do not fit. Every document of {gold} needs exactly one row of "
            f"{pred}, and every row a document: predict again with this gold, or name its gold.",
        )


def _named(rows: Iterable[Numbered], pred: Path, problems: list[Problem]) -> Iterator[Numbered]:
    """The rows that have an id of their own; the others go to `problems`."""
    read: set[str] = set()
    for line, row in rows:
        name = None if row.id is None else str(row.id)
        if name is None:
            problems.append(Problem("no id", str(pred), line, None, "has no id, others do"))
        elif name in read:
            reason = "was predicted before"
            problems.append(Problem("duplicate prediction", str(pred), line, name, reason))
        else:
            read.add(name)
            yield line, row


def _by_context(
    rows: Sequence[Numbered], documents: Sequence[Document], pred: Path, gold: Path
) -> Iterator[Joined]:
    """Join rows without ids by the texts in them.

    All prompts of a file are made from one template. What is left of the prompts without their
    common beginning and end is then the same as what is left of the texts without theirs, which
    finds the row of a text in one look, even if the text also stands inside a longer one.
    """
    if len(rows) != len(documents):
        reason = f"has {len(rows)} rows, the gold {len(documents)} documents"
        raise _unjoinable([Problem("counts differ", str(pred), 0, None, reason)])
    contexts = [_squeezed(row.context or "") for _, row in rows]
    texts = [_squeezed(document.text) for document in documents]
    keys, wanted = _without_common_ends(contexts), _without_common_ends(texts)
    order = list(range(len(rows)))
    if keys != wanted and Counter(keys) == Counter(wanted):
        _refuse_repetitions(wanted, documents, gold)
        row_of = {key: index for index, key in enumerate(keys)}
        order = [row_of[key] for key in wanted]
    problems = [
        Problem("text not found", str(gold), 0, document.id, "its text is not in its prompt")
        for document, text, index in zip(documents, texts, order, strict=True)
        if text not in contexts[index]
    ]
    if problems:
        raise _unjoinable(problems)
    for document, index in zip(documents, order, strict=True):
        yield document, *rows[index]


def _refuse_shuffled_answers(pairs: Sequence[Joined], target: Target, pred: Path) -> None:
    """Stop if the answers of a file belong to other prompts than those they stand beside.

    LLaMA-Factory writes prompts in the order of the data set and answers in the order of its
    sampler; under `train_sampling_strategy: group_by_length` these differ. The labels it writes are
    shuffled like the answers, so their strings are missing from the texts.
    """
    strange = [
        Problem("shuffled answer", str(pred), line, document.id, "its label is about another text")
        for document, line, row in pairs
        if row.label is not None and target.parse(document.text, row.label).unplaced
    ]
    if len(strange) > STRANGE_LABELS * len(pairs):
        raise InputError(
            strange,
            f"The answers of {len(strange)} rows stand beside prompts that they do not belong to. "
            "LLaMA-Factory does this under train_sampling_strategy: group_by_length. Predict again "
            "with train_sampling_strategy=sequential, or with `pii-sft predict`.",
        )


def _squeezed(text: str) -> str:
    """A text as it comes back from a tokenizer, without white space.

    Tokenizers compose characters (NFC), some lose white space, and `pii_sft.prompt.guarded` adds
    some.
    """
    return "".join(unicodedata.normalize("NFC", text).split())


def _without_common_ends(texts: Sequence[str]) -> list[str]:
    """What tells the texts apart. Never loses more than the shortest text has."""
    start = _common_beginning(texts)
    end = _common_beginning([text[::-1] for text in texts])
    end = min(end, min(map(len, texts)) - start)
    return [text[start : len(text) - end] for text in texts]


def _common_beginning(texts: Sequence[str]) -> int:
    """How many characters all texts begin with: those that the first and last in order share."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return next((index for index, (one, other) in pairs if one != other), len(first))


def _refuse_repetitions(keys: Sequence[str], documents: Sequence[Document], gold: Path) -> None:
    times = Counter(keys)
    problems = [
        Problem("same text", str(gold), 0, document.id, "shares its text with another document")
        for key, document in zip(keys, documents, strict=True)
        if times[key] > 1
    ]
    if problems:
        raise _unjoinable(problems)


def _unjoinable(problems: Sequence[Problem]) -> InputError:
    return InputError(
        problems,
        "The predictions have no ids and can't be joined with the gold by order or by text. Use "
        "`pii-sft predict`, which writes ids, or predict exactly the gold documents, in their "
        "order, uncut.",
    )
