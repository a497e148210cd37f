"""Reading of answers that are not exactly our list: damaged, in other shapes, or without a list."""

from __future__ import annotations

from pii_sft.align import Policy
from pii_sft.targets.base import Parsed
from pii_sft.targets.json.entity_shapes import named_in
from pii_sft.targets.json.inline_fallback import elements_in
from pii_sft.targets.json.lenient_reader import read_values
from pii_sft.targets.json.values import Values
from pii_sft.targets.other_lines import in_other_lines
from pii_sft.targets.place import place
from pii_sft.targets.reasoning import answer_in
from pii_sft.targets.refusals_and_loops import loops_in_text, without_entities
from pii_sft.targets.status import Issue
from pii_sft.targets.tagged_words import may_tag, tagged_items, untagged


def read_other(text: str, output: str, policy: Policy) -> Parsed:
    """Read an answer as far as it can be understood.

    Args:
        text: that it is about.
        output: the answer.
        policy: which occurrence a string without a number means, if the text holds several.
    """
    values = read_values(output, text)
    named = named_in(values.found, output, text, strict=values.strict)
    if not (named.items or named.malformed or named.listed):
        return _without_list(text, output, values, policy)
    issues: list[Issue] = []
    tagged = tagged_items(named.items) if may_tag(output) else []
    if tagged:
        named.items, named.shaped = untagged(tagged, text), False
    if not (values.strict and named.shaped):
        issues.append("repaired")
    if values.cut or values.thinking:
        issues.append("truncated")
        done = max((item.output[1] for item in named.items), default=0)
        if loops_in_text(output[done:], text):
            issues.append("looped")
    issues += ["malformed_entity"] * named.malformed
    return place(text, named.items, issues, policy)


def _without_list(text: str, output: str, values: Values, policy: Policy) -> Parsed:
    """Look for inline tags, and for lines, in an answer that holds no list."""
    answer = answer_in(output, text)
    marked = elements_in(output, answer.start, answer.end)
    if marked:
        return place(text, marked, ["repaired"], policy)
    loose = None if values.cut else in_other_lines(output, answer.start, answer.end, text)
    if loose is not None:
        issues: list[Issue] = ["repaired"]
        issues += ["malformed_entity"] * loose.malformed
        return place(text, loose.items, issues, policy)
    body = output[answer.start : answer.end]
    return Parsed((), without_entities(text, body, thinking=values.thinking))
