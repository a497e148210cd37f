"""Amazon Comprehend: `{"Entities": [{"Type", "BeginOffset", "EndOffset", "Score"}]}`, without text.

Jobs add `File` and `Line` (counted from 0), batches put their answers into `ResultList`. Entities
have a `Text` unless they are of PII. The entities were found by a service and not reviewed by a
person; the texts are in other files (`converters/entities/companion_texts.py`).

Documented shape: https://docs.aws.amazon.com/comprehend/latest/dg/how-pii.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pii_sft.converters.entities.companion_texts import Result, ResultsReader
from pii_sft.converters.entities.json_fields import name_of, whole_number
from pii_sft.converters.entities.mentions import read_marks
from pii_sft.errors import RecordError


class ComprehendReader(ResultsReader):
    """Reads answers and job results of Comprehend, and the texts beside them."""

    name = "comprehend"

    def looks(self, value: Any) -> bool:
        """True for entities with `BeginOffset`."""
        match value:
            case {"Entities": [{"BeginOffset": _, "Type": _}, *_]} | {"Entities": []}:
                return True
            case {"ResultList": [{"Entities": list()}, *_]} | {"File": _, "ErrorCode": _}:
                return True
        return False

    def parse(self, value: Any) -> Iterator[Result]:
        """Read one answer, a batch of them, or the result of a job."""
        return _parsed(value)


def _parsed(value: Any) -> Iterator[Result]:
    match value:
        case {"ResultList": list(answers)}:
            _refuse_errors(value.get("ErrorList"))
            for answer in answers:
                yield from _parsed(answer)
        case {"Entities": list(entities)}:
            line = value.get("Line")
            number = None if line is None else whole_number(line, "`Line`")
            yield Result(read_marks(entities), name_of(value, ("File",), ""), number)
        case {"ErrorCode": _}:
            name = name_of(value, ("File",), "") or None
            raise RecordError("not annotated", "the service failed on this text", name)
        case _:
            raise RecordError("wrong shape", "has no list of `Entities`")


def _refuse_errors(errors: Any) -> None:
    if errors:
        raise RecordError("not annotated", "the service failed on some texts of the batch")


READER = ComprehendReader()
