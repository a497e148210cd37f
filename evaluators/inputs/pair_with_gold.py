"""Pairing of predictions with their gold documents, without guessing.

Rows with ids are joined by id. Rows without ids are joined by their prompts: in file order if the
prompt of every row holds the gold text at its place, otherwise by text. An ambiguous row is an
error, and so is a row or a document without a partner.
"""

from __future__ import annotations

import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pii_sft.errors import InputError, Problem, RecordError, UsageError
from pii_sft.evaluators.inputs.prediction_files import PredictedRow, Prediction, read_rows
from pii_sft.files import STANDARD_STREAM, read_documents
from pii_sft.records.prediction_file import (
    made_for_other_texts,
    other_text,
    refuse_other_texts,
)
from pii_sft.spans import Document
from pii_sft.targets import Target, policy_of, read_answer
from pii_sft.targets.base import USUAL
from pii_sft.terminal import counted

STRANGE_LABELS = 0.1
"""Share of expected answers that may name strings their text lacks: trainers cut long ones."""

Numbered = tuple[int, PredictedRow]
Joined = tuple[Document, int, PredictedRow]


def read_pairs(pred: Path, gold: Path, target: Target) -> Iterator[tuple[Document, Prediction]]:
    """Stream the gold documents, each with what was predicted for it, in the order of the gold.

    Rows with ids in the order of the gold need 8 bytes each; others are held until their document
    comes. Rows without ids, and the gold beside them, are held in memory as a whole.

    Args:
        pred: predictions in one of the shapes of `pii_sft.evaluators.inputs.prediction_files`.
        gold: Documents JSONL.
        target: how answers that are still text are to be read.

    Raises:
        InputError: a row can't be read, does not fit its document, or is about another text than
            that; or the two files can't be joined without guessing. Raised when it is known, which
            may be after the last pair.
        UsageError: the rows hold spans, and `target` was told how to align answers.
    """
    rows = read_rows(pred)
    documents = read_documents(gold)
    first = next(rows, None)
    if first is None:
        if next(documents, None) is None:
            return
        raise InputError([Problem("empty file", str(pred), 0, None, "holds no prediction")])
    if first[1].placed and policy_of(target) != USUAL:
        raise UsageError(
            f"The rows of {pred} hold spans: how answers are aligned was decided when they were "
            "predicted. Predict again with --align-by, or leave it out here."
        )
    everything = chain([first], rows)
    if first[1].id is not None:
        joined = _by_id(everything, documents, pred, gold)
    else:
        pairs = list(_by_context(list(everything), list(documents), pred, gold))
        _refuse_shuffled_answers(pairs, target, pred)
        joined = iter(pairs)
    others: list[Problem] = []
    checked = False
    for document, line, row in joined:
        if not checked and row.text_digest is None and row.context is None:
            refuse_other_texts(pred, gold)
            checked = True
        if row.text_digest is not None and row.text_digest != document.text_digest:
            others.append(other_text(gold, document.id))
            continue
        try:
            yield document, row.prediction(document, target)
        except RecordError as error:
            problem = Problem(error.kind, str(pred), line, document.id, error.reason)
            raise InputError([problem]) from None
    if others:
        raise made_for_other_texts(others, pred)


def no_documents(gold: Path) -> InputError:
    """The error that says that there is nothing to score, which is no success."""
    return InputError([Problem("no documents", str(gold), 0, None, "holds no document")])


def _by_id(
    rows: Iterable[Numbered], documents: Iterable[Document], pred: Path, gold: Path
) -> Iterator[Joined]:
    problems: list[Problem] = []
    named = _named(rows, pred, problems)
    waiting: dict[str, Numbered] = {}
    joined = array("q")
    lonely: list[str] = []
    for document in documents:
        row = waiting.pop(document.id, None)
        while row is None and (numbered := next(named, None)) is not None:
            name = str(numbered[1].id)
            if name == document.id:
                row = numbered
            elif waiting.setdefault(name, numbered) is not numbered:
                problems.append(_again(pred, numbered))
        if row is None:
            lonely.append(document.id)
        else:
            joined.append(hash(document.id))
            yield document, *row
    left = [*waiting.values(), *named]
    before = set(joined) if lonely or left else set[int]()
    problems += [_without_row(gold, id, hash(id) in before) for id in lonely]
    for numbered in left:
        known = hash(str(numbered[1].id)) in before
        problems.append(_again(pred, numbered) if known else _unknown(pred, numbered))
    problems += _named_twice(joined, gold)
    if problems:
        raise InputError(
            problems,
            f"{counted(len(problems), 'id')} {'does' if len(problems) == 1 else 'do'} not fit. "
            f"Every document of {gold} needs exactly one row of "
            f"{pred}, and every row a document: predict again with this gold, or name its gold.",
        )


def _named(rows: Iterable[Numbered], pred: Path, problems: list[Problem]) -> Iterator[Numbered]:
    """The rows that have an id; the others go to `problems`."""
    for line, row in rows:
        if row.id is None:
            problems.append(Problem("no id", str(pred), line, None, "has no id, others do"))
        else:
            yield line, row


def _again(pred: Path, numbered: Numbered) -> Problem:
    line, row = numbered
    return Problem("duplicate prediction", str(pred), line, str(row.id), "was predicted before")


def _unknown(pred: Path, numbered: Numbered) -> Problem:
    line, row = numbered
    return Problem("unknown id", str(pred), line, str(row.id), "is not in the gold")


def _without_row(gold: Path, id: str, repeated: bool) -> Problem:
    if repeated:
        return Problem("duplicate id", str(gold), 0, id, "names two gold documents")
    return Problem("no prediction", str(gold), 0, id, "has no prediction")


def _named_twice(joined: Sequence[int], gold: Path) -> list[Problem]:
    """Ids that both files hold twice, found by their hashes and read again to be sure."""
    import numpy as np

    ordered = np.sort(np.asarray(joined, np.int64))
    suspicious = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if not suspicious:
        return []
    if gold == STANDARD_STREAM:
        return [Problem("duplicate id", str(gold), 0, None, "an id names two gold documents")]
    times = Counter(each.id for each in read_documents(gold) if hash(each.id) in suspicious)
    return [_without_row(gold, id, repeated=True) for id, count in times.items() if count > 1]


def _by_context(
    rows: Sequence[Numbered], documents: Sequence[Document], pred: Path, gold: Path
) -> Iterator[Joined]:
    """Join rows without ids by the texts in them."""
    if len(rows) != len(documents):
        reason = f"has {len(rows)} rows, the gold {len(documents)} documents"
        raise _unjoinable([Problem("counts differ", str(pred), 0, None, reason)])
    contexts = [_squeezed(row.context or "") for _, row in rows]
    texts = [_squeezed(document.text) for document in documents]
    found = _texts_inside(contexts, texts)
    order = list(range(len(rows)))
    if found is None:
        _refuse_other_prompts(contexts, texts, documents, gold)
    elif found != texts:
        _refuse_repetitions(texts, documents, gold)
        row_of = {text: index for index, text in enumerate(found)}
        order = [row_of[text] for text in texts]
    for document, index in zip(documents, order, strict=True):
        yield document, *rows[index]


def _texts_inside(contexts: Sequence[str], texts: Sequence[str]) -> list[str] | None:
    """The texts that the prompts were made of, one each, if all were made from one template.

    A prompt is longer than its text by the length of the template. The part before the text lies
    within the common beginning of all prompts, the part after it within their common end. When
    these parts are found, the rest of the prompts are the texts, in some order.

    Returns:
        The text in each prompt, or None if no template gives back the texts.
    """
    size, rest = divmod(sum(map(len, contexts)) - sum(map(len, texts)), max(1, len(texts)))
    if rest or size < 0 or min(map(len, contexts), default=0) < size:
        return None
    wanted = Counter(texts)
    latest = min(size, _common_beginning(contexts))
    earliest = max(0, size - _common_beginning([context[::-1] for context in contexts]))
    for start in range(earliest, latest + 1):
        after = size - start
        if contexts[0][start : len(contexts[0]) - after] in wanted:
            found = [context[start : len(context) - after] for context in contexts]
            if Counter(found) == wanted:
                return found
    return None


def _refuse_other_prompts(
    contexts: Sequence[str], texts: Sequence[str], documents: Sequence[Document], gold: Path
) -> None:
    """Stop unless every prompt holds the text at its place, and that proves something.

    It proves nothing if the prompt before it holds the text too, since then it is in the template,
    or if another text has the same prompt.
    """
    text_of: dict[str, str] = {}
    problems = []
    for index, (document, text, context) in enumerate(zip(documents, texts, contexts, strict=True)):
        if text not in context:
            reason = "its text is not in its prompt"
            problems.append(Problem("text not found", str(gold), 0, document.id, reason))
        elif text_of.setdefault(context, text) != text:
            reason = "shares its prompt with another document"
            problems.append(Problem("same prompt", str(gold), 0, document.id, reason))
        elif text in contexts[index - 1] and text not in texts[index - 1]:
            reason = "its text is also in the prompt of another document"
            problems.append(Problem("same prompt", str(gold), 0, document.id, reason))
    if problems:
        raise _unjoinable(problems)


def _refuse_shuffled_answers(pairs: Sequence[Joined], target: Target, pred: Path) -> None:
    """Stop if the answers of a file belong to other prompts than those they stand beside.

    LLaMA-Factory writes prompts in the order of the data set and answers in the order of its
    sampler; under `train_sampling_strategy: group_by_length` these differ. The labels it writes are
    shuffled like the answers, so their strings are missing from the texts.
    """
    strange = [
        Problem("shuffled answer", str(pred), line, document.id, "its label is about another text")
        for document, line, row in pairs
        if row.label is not None and read_answer(target, document.text, row.label).unplaced
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


def _common_beginning(texts: Sequence[str]) -> int:
    """Number of characters that all texts begin with: those the first and last in order share."""
    first, last = min(texts, default=""), max(texts, default="")
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
