r"""One entity a line, `PERSON: Ann Lee`, in text order, and a line with `-` at the end.

The last line shows that the list is complete; alone, it means that there is no entity. For the
format of a line see `line_format`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pii_sft.align import Policy
from pii_sft.spans import Document
from pii_sft.targets.base import Parsed
from pii_sft.targets.json import JsonList
from pii_sft.targets.line_format import LINE, written
from pii_sft.targets.line_reading import END, LineReading, lines_of
from pii_sft.targets.occurrence_numbers import occurrences_of
from pii_sft.targets.other_lines import in_tagged_words
from pii_sft.targets.place import place
from pii_sft.targets.reasoning import answer_in
from pii_sft.targets.refusals_and_loops import loops_in_text, without_entities
from pii_sft.targets.status import Issue
from pii_sft.targets.token_roles import Stretch


@dataclass(frozen=True)
class Lines:
    """`PERSON: Ann Lee`, `CITY: Rome`, and `-` at the end, each on a line of its own.

    Attributes:
        policy: which occurrence a string without a number means, if the text holds several.
    """

    policy: Policy = "next"

    name = "lines"
    instruction = "Answer with one line LABEL: string for each entity in text order, then a line -."

    def render(self, document: Document) -> str:
        """A line for each mention of a document, and the line that ends the list."""
        pairs = zip(document.spans, occurrences_of(document), strict=True)
        lines = [written(span.label, document.surface(span), number) for span, number in pairs]
        return "\n".join([*lines, END])

    def parse(self, text: str, output: str) -> Parsed:
        """Read line by line; a last line that is neither the end nor ended is dropped."""
        answer = answer_in(output, text)
        body = output[answer.start : answer.end]
        tagged = in_tagged_words(output, answer.start, answer.end, text)
        if tagged is not None:
            end: list[Issue] = ["truncated"] if answer.thinking else []
            return place(text, tagged.items, ["repaired", *end], self.policy)
        reading = LineReading(text)
        for start, line, whole in lines_of(output, answer.start, answer.end):
            reading.read(start, line, whole=whole)
        reading.finish()
        if reading.prose and not (reading.items or reading.fragment or reading.names_cut):
            other = JsonList(self.policy).parse(text, output)
            if other.found or other.unplaced or "malformed_entity" in other.issues:
                return other
        cut = answer.thinking or not reading.ended
        if not (reading.items or reading.ended or reading.fragment or reading.malformed):
            return Parsed((), without_entities(text, body, thinking=answer.thinking))
        issues: list[Issue] = []
        if reading.loose:
            issues.append("repaired")
        if cut:
            issues.append("truncated")
        if cut and loops_in_text(output[reading.done : answer.end], text):
            issues.append("looped")
        issues += ["malformed_entity"] * reading.malformed
        return place(text, reading.items, issues, self.policy)

    def ended(self, output: str) -> str:
        """The answer with a line break at its end, so that its last line is whole."""
        return f"{output}\n"

    def read_by(self, policy: Policy) -> Lines:
        """The same lines, read by another policy."""
        return Lines(policy)

    def stretches(self, answer: str) -> list[Stretch]:
        """Parts of a list of lines: `PERSON: Ann Lee`, `CITY#2: Rome`, and `-` at the end.

        Whether the list goes on is decided by the first character of a line: `-` ends it, any other
        is `more`, and only the rest of the label is `label`.

        Raises:
            ValueError: the answer is not such a list.
        """
        body = answer_in(answer)
        at = body.start
        found: list[Stretch] = []
        for line in answer[body.start : body.end].split("\n"):
            start, at = at, at + len(line) + 1
            if line == END:
                return [*found, Stretch(start, start + len(END), "end")]
            parts = LINE.fullmatch(line)
            if parts is not None:
                found.append(Stretch(start, start + 1, "more"))
                if parts.end("label") > 1:
                    found.append(Stretch(start + 1, start + parts.end("label"), "label"))
                found.append(Stretch(start + parts.start("surface"), start + len(line), "surface"))
            elif line:
                raise ValueError("a line that is no entity")
        raise ValueError("a list without an end")


TARGET = Lines()
