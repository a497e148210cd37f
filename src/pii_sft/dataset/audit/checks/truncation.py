"""Check of truncation: rows that the trainer cuts, and the entities lost by that.

The cut is that of LLaMA-Factory (`infer_seqlen`): long answers leave room for the prompt by their
share of the row, and both lose their ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pii_sft.dataset.audit.block import Block
from pii_sft.dataset.audit.check import Found, Places, Subject, report
from pii_sft.dataset.audit.places import Seen
from pii_sft.prompt import Prompt, guarded
from pii_sft.spans import Document, Span
from pii_sft.targets import Target

TEMPLATE_BEFORE, TEMPLATE_AFTER = 10, 6
"""Tokens that a chat template adds in front of the document and behind it, about."""

TokenEnds = Callable[[str], Sequence[int]]
"""Gives the end of each token of a text, in characters."""


class Truncation:
    """Counts the tokens of every row.

    Args:
        subject: the data.
        ends: counts tokens.
        target: how answers are written.
        prompt: of every row.
    """

    def __init__(self, subject: Subject, ends: TokenEnds, target: Target, prompt: Prompt) -> None:
        self._subject = subject
        self._cutoff = subject.options.cutoff_len
        self._ends = ends
        self._target = target
        self._prompt = prompt
        self._before = len(ends(prompt.system)) + len(ends(prompt.before)) + TEMPLATE_BEFORE
        self._after = len(ends(prompt.after)) + TEMPLATE_AFTER
        self._lengths: Counter[int] = Counter()
        self._cut = Places(subject)
        self._spans = 0
        self._lost = 0

    def see(self, block: Block) -> None:
        """Count the tokens of rows, and what is lost of them."""
        for seen in block:
            self._count(seen)

    def _count(self, seen: Seen) -> None:
        document = seen.document
        text = self._ends(guarded(document.text))
        answer = guarded(self._target.render(document))
        answered = self._ends(answer)
        source, target = self._before + len(text) + self._after, len(answered) + 1
        self._lengths[source + target] += 1
        self._spans += len(document.spans)
        if source + target <= self._cutoff:
            return
        kept_source, kept_target = kept_lengths(source, target, self._cutoff)
        visible = max(0, min(len(text), kept_source - self._before))
        written = min(len(answered), kept_target)
        sight = text[visible - 1] if visible else 0
        shown = answer[: answered[written - 1]] if written else ""
        lost = self._lost_spans(document, sight, shown)
        self._lost += len(lost)
        self._cut.add(seen, note=f"{source + target} tokens, {len(lost)} entities lost")

    def _lost_spans(self, document: Document, sight: int, answer: str) -> list[Span]:
        """Count the spans that are missing in the rest of the text or of the answer."""
        named = set(self._target.parse(document.text, answer).spans)
        return [span for span in document.spans if span.end > sight or span not in named]

    def figures(self) -> Mapping[str, Any]:
        """Lengths of the rows in tokens, and what is lost."""
        from pii_sft.dataset.audit.checks.texts import spread

        return {
            "tokens": {
                **spread(self._lengths),
                "cutoff_len": self._cutoff,
                "rows_cut": self._cut.count,
                "entities_lost": self._lost,
            }
        }

    def found(self) -> Iterator[Found]:
        """Rows that are cut."""
        if not self._cut.count:
            return
        longest = max(self._lengths)
        yield report(
            "rows-beyond-cutoff",
            "error",
            (
                "Rows that the trainer cuts",
                "{count} of {rows} rows are longer than cutoff_len {cutoff}, the longest has "
                "{longest} tokens: {lost} of {spans} entities are cut out of the text or the "
                "answer, and the answers that are left teach to stop early",
                "cut the documents into windows, or set cutoff_len to {enough}",
            ),
            self._cut,
            command=self._subject.converting(
                f"--max-tokens {max(64, (self._cutoff - self._before - self._after) // 3)} "
                f"--tokenizer {self._subject.options.tokenizer}"
            ),
            gain=round(self._lost / max(1, self._spans), 4),
            rows=self._lengths.total(),
            cutoff=self._cutoff,
            longest=longest,
            lost=self._lost,
            spans=self._spans,
            enough=-(-longest // 8) * 8,
        )


def kept_lengths(source: int, target: int, cutoff: int) -> tuple[int, int]:
    """Tokens of prompt and answer that LLaMA-Factory keeps of a row."""
    if target * 2 < cutoff:
        most = cutoff
    elif source * 2 < cutoff:
        most = cutoff - source
    else:
        most = int(cutoff * (target / (source + target)))
    kept = min(most, target)
    return min(max(cutoff - kept, 0), source), kept
