"""Test cases of detectors, such as those of argus-redact: annotation only in part, if at all.

A case is `{"input", "pii_values": [...]}`, values without labels, or `{"input", "type",
"expected_text", "should_match"}`, which is about one entity and says nothing of the rest of its
text.

Format: https://github.com/wan9yu/argus-redact/tree/main/tests/fixtures
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pii_sft.converters.entities.mentions import Mention
from pii_sft.errors import RecordError

Partial = Literal["refuse", "keep"]


def is_case(record: Mapping[str, Any]) -> bool:
    """True if a record is such a test case."""
    own = "pii_values" in record or {"should_match", "type"} <= record.keys()
    return own and isinstance(record.get("input"), str)


def case_mentions(case: Mapping[str, Any], partial: Partial) -> list[Mention]:
    """The annotation of a test case.

    Args:
        case: a test case.
        partial: whether cases about one entity are refused, or taken as a whole annotation.

    Raises:
        RecordError: it lists values without labels, or is refused.
    """
    if "pii_values" in case:
        if case["pii_values"] != []:
            raise RecordError("no label", "values have no label, so nothing can be learned of them")
        return []
    if partial == "refuse":
        reason = (
            "the case is about one entity of its text; to take it as a whole annotation: "
            "--option partial=keep"
        )
        raise RecordError("partial gold", reason)
    match case:
        case {"should_match": True, "type": str(label), "expected_text": str(surface)} if (
            label and surface
        ):
            return [Mention(label, surface)]
        case {"should_match": False}:
            return []
    raise RecordError("wrong shape", "the case does not say what should match")
