"""Training rows of the verifier: gold spans, and candidates that are not.

Negatives are those that a model proposed (`pii-sft mine`). Where there are too few, made-up
mistakes of the kinds that models make are added: other bounds, another label, another word. As many
negatives as gold spans are kept of each document, so that the answer can't be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from pii_sft.converters.writers.llamafactory import CONVERSATIONS
from pii_sft.errors import InputError, Problem, UsageError
from pii_sft.files import Staging, digest, encode, indented, read_json, read_lines
from pii_sft.prompt import Message
from pii_sft.records.dataset_folder import DatasetFolder
from pii_sft.spans import Document, Span
from pii_sft.verify_prompt import NO, YES, question

DATASET = "pii_verify"
"""Name of the data set for LLaMA-Factory."""

_SPLIT = "verify"
_DIGEST = "sha256"
"""Key of an entry; LLaMA-Factory passes over those that it does not know."""

_WORD = re.compile(r"\w+")


class Mined(msgspec.Struct, frozen=True):
    """A candidate of a model; a row of `pii-sft mine`. Holds no text.

    Attributes:
        id: of the document.
        start: first code point.
        end: code point after the last one.
        label: of the candidate.
        score: that the model gave it.
        text_digest: of the text that it is in.
    """

    id: str
    start: int
    end: int
    label: str
    score: float
    text_digest: str = ""


class VerifyCounts(msgspec.Struct):
    """The files and rows that were written.

    Attributes:
        yes: rows of gold spans.
        mined: rows of candidates of a model.
        made: rows of candidates that were made up.
    """

    yes: int = 0
    mined: int = 0
    made: int = 0


def convert_verify(
    documents: Iterable[Document],
    out: Path,
    mined: Path | None = None,
    *,
    beside: Path | None = None,
    seed: int = 42,
    overwrite: bool = False,
    inputs: Iterable[Path] = (),
) -> VerifyCounts:
    """Write a data set that teaches a model to judge one candidate at a time.

    Args:
        documents: annotated.
        out: folder of the data set.
        mined: candidates of a model, as `pii-sft mine` writes them.
        beside: a data set whose splits are added to the index too, under their names, so that one
            model can learn both tasks (`dataset: pii_train,pii_verify`).
        seed: of the random choices.
        overwrite: replace a data set that an earlier call wrote.
        inputs: files that are never replaced.

    Raises:
        UsageError: `out` holds files that this function did not write.
        InputError: a mined row can't be read, or does not fit its document.
    """
    candidates = {} if mined is None else read_mined(mined)
    folder = DatasetFolder(out)
    if folder.exists:
        raise UsageError(f"{out} holds another data set, which may be one for --beside.")
    given = list(documents)
    labels = sorted({span.label for document in given for span in document.spans})
    counts = VerifyCounts()
    protected = [*inputs, *([] if mined is None else [mined])]
    with Staging(overwrite, protected) as staging:
        staging.take(out)
        staging.succeed(_written_earlier(folder))
        rows = staging.open(folder.rows(_SPLIT))
        for document in given:
            for span, answer in _judged(document, candidates, labels, seed, counts):
                messages = [*question(document.text, span), Message("assistant", answer)]
                rows.write(encode({"messages": messages}) + b"\n")
        entries = _entries(beside)
        entries[DATASET][_DIGEST] = staging.digests(out)[folder.rows(_SPLIT).name]
        staging.open(folder.info_path, index=True).write(indented(entries))
    return counts


def _written_earlier(folder: DatasetFolder) -> list[Path]:
    """The files of an earlier call, whose index has the digest of its rows.

    Raises:
        UsageError: they were changed since.
    """
    if not folder.info_path.is_file():
        return []
    entries = read_json(folder.info_path, dict[str, dict[str, Any]])
    if DATASET not in entries:
        return []
    rows = folder.rows(_SPLIT)
    others = [name for name in entries if not name.startswith("pii_")]
    changed = rows.is_file() and digest(rows) != entries[DATASET].get(_DIGEST)
    if others or changed:
        raise UsageError(
            f"{folder.info_path if others else rows} changed since an earlier call wrote it. Move "
            "it away, or name another folder."
        )
    return [path for path in (folder.info_path, rows) if path.is_file()]


def read_mined(path: Path) -> dict[str, list[Mined]]:
    """Candidates by document.

    Raises:
        InputError: a row can't be read.
    """
    found: dict[str, list[Mined]] = {}
    for number, line in read_lines(path):
        try:
            row = msgspec.json.decode(line, type=Mined)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problem = Problem("unreadable row", str(path), number, None, str(error))
            raise InputError([problem]) from None
        found.setdefault(row.id, []).append(row)
    return found


def _entries(beside: Path | None) -> dict[str, Any]:
    entries: dict[str, Any] = {DATASET: {"file_name": f"{_SPLIT}.jsonl", **CONVERSATIONS}}
    if beside is not None:
        folder = DatasetFolder(beside)
        for split in folder.check().splits:
            rows = folder.rows(split).resolve()
            entries[f"pii_{split}"] = {"file_name": str(rows), **CONVERSATIONS}
    return entries


def _judged(
    document: Document,
    mined: Mapping[str, Sequence[Mined]],
    labels: Sequence[str],
    seed: int,
    counts: VerifyCounts,
) -> Iterator[tuple[Span, str]]:
    gold = set(document.spans)
    proposed = []
    for each in sorted(mined.get(document.id, ()), key=lambda each: -each.score):
        span = Span(each.start, each.end, each.label)
        if each.text_digest not in ("", document.text_digest):
            reason = "was mined in another text; mine these documents"
            raise InputError([Problem("other text", document.id, 0, document.id, reason)])
        if not 0 <= span.start < span.end <= len(document.text):
            reason = f"mined span {span.start}-{span.end} does not fit the text"
            raise InputError([Problem("offsets", document.id, 0, document.id, reason)])
        if span not in gold:
            proposed.append(span)
    wanted = max(1, len(gold))
    hard = list(dict.fromkeys(proposed))[: 2 * wanted]
    made = _made(document, labels, Random(f"{seed} {document.id}"))  # noqa: S311 - no secret
    soft = [span for span in dict.fromkeys(made) if span not in gold and span not in hard]
    rows = [(span, YES) for span in document.spans]
    rows += [(span, NO) for span in hard]
    rows += [(span, NO) for span in soft[: max(0, wanted - len(hard))]]
    counts.yes += len(gold)
    counts.mined += len(hard)
    counts.made += len(rows) - len(gold) - len(hard)
    yield from sorted(rows)


def _made(document: Document, labels: Sequence[str], random: Random) -> list[Span]:
    """Made-up candidates with the mistakes that models make, in a random order."""
    text = document.text
    words = [match.span() for match in _WORD.finditer(text)]
    found = []
    for span in document.spans:
        inside = [word for word in words if span.start <= word[0] and word[1] <= span.end]
        behind = next((word for word in words if word[0] >= span.end), None)
        if behind is not None:
            found.append(Span(span.start, behind[1], span.label))
        if len(inside) > 1:
            found.append(Span(inside[1][0], span.end, span.label))
        others = [label for label in labels if label != span.label]
        if others:
            found.append(Span(span.start, span.end, random.choice(others)))
    free = [
        word
        for word in words
        if not any(span.start < word[1] and word[0] < span.end for span in document.spans)
    ]
    if free and labels:
        found += [
            Span(*word, random.choice(labels)) for word in random.sample(free, min(2, len(free)))
        ]
    random.shuffle(found)
    return found
