"""Readers of prediction files, one for each of the shapes that predictions come in.

The first row of a file says which shape it is:

| columns | what it is | entities |
|---|---|---|
| `text`, `spans` | Documents JSONL | `spans`, verified against the text |
| `id`, `spans` | rows of `pii-sft predict` | `spans` |
| `id`, `output` | answers of any program | parsed from `output` |
| `prompt`, `predict` | `generated_predictions.jsonl` of LLaMA-Factory | parsed from `predict` |
| `custom_id`, `response` | output of the OpenAI batch API, and of servers that follow it | parsed |

`do_predict` of LLaMA-Factory writes prompts with the markers of the chat template, its vLLM script
without; both are joined by their prompts. Requests of a batch that failed stay in all denominators.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec

from pii_sft.errors import InputError, Problem, RecordError
from pii_sft.evaluators.inputs.offset_units import code_points
from pii_sft.files import read_lines
from pii_sft.spans import Document, HoldsText, Span
from pii_sft.targets import Target, read_answer


class Prediction(msgspec.Struct, frozen=True):
    """The spans that a model found in one document.

    Attributes:
        spans: what it found, as it came: in any order, repetitions kept.
        scores: how sure it was of each span; None where it did not say.
        issues: what was wrong with its answer, names from `pii_sft.targets.ISSUES`.
        finish_reason: why it stopped (`"stop"`, `"length"`, `"loop"`); None where unknown.
        unplaced: labels of entities it named that the text does not hold.
    """

    spans: tuple[Span, ...] = ()
    scores: tuple[float | None, ...] = ()
    issues: tuple[str, ...] = ()
    finish_reason: str | None = None
    unplaced: tuple[str, ...] = ()


class PredictedRow(Protocol):
    """A row of a prediction file, before it is joined with its document."""

    placed: ClassVar[bool]
    """True if the row holds spans, so that no answer has to be parsed."""

    @property
    def id(self) -> str | int | None:
        """Id of the document, or None if the row does not say."""

    @property
    def context(self) -> str | None:
        """The text of the document or what holds it, or None if the row has neither."""

    @property
    def text_digest(self) -> str | None:
        """`Document.text_digest` of the text it is about, or None if the row does not say."""

    @property
    def label(self) -> str | None:
        """The answer that training asked for, or None if the row has none; never used as gold."""

    def prediction(self, document: Document, target: Target) -> Prediction:
        """The prediction of the row for `document`.

        Raises:
            RecordError: the row does not fit the document.
        """


class _ScoredSpan(HoldsText, msgspec.Struct, gc=False):
    start: int
    end: int
    label: str
    score: float | None = None
    surface: str | None = None
    text: str | None = None
    value: str | None = None
    word: str | None = None

    @property
    def string(self) -> str | None:
        """The string beside the offsets."""
        for each in (self.surface, self.text, self.value, self.word):
            if each is not None:
                return each
        return None


class _SpansRow(HoldsText, msgspec.Struct):
    placed: ClassVar = True
    id: str | int
    spans: list[_ScoredSpan]
    issues: list[str] = []
    finish_reason: str | None = None
    unplaced: list[str] = []
    output: str = ""
    text_digest: str | None = None

    @property
    def context(self) -> str | None:
        return None

    @property
    def label(self) -> str | None:
        return None

    def prediction(self, document: Document, target: Target) -> Prediction:  # noqa: ARG002
        issues = _with_truncation(self.issues, self.finish_reason)
        if self.text_digest is None and self.output:
            _refuse_other_answers(self.spans, self.output, document)
        return _placed(self.spans, document, issues, self.finish_reason, tuple(self.unplaced))


class _DocumentRow(HoldsText, msgspec.Struct):
    placed: ClassVar = True
    text: str
    spans: list[_ScoredSpan]
    id: str | int | None = None

    @property
    def context(self) -> str | None:
        return self.text

    @property
    def text_digest(self) -> None:
        return None

    @property
    def label(self) -> str | None:
        return None

    def prediction(self, document: Document, target: Target) -> Prediction:  # noqa: ARG002
        if self.text != document.text:
            raise RecordError(
                "other text", "its offsets count in another text than the gold", document.id
            )
        return _placed(self.spans, document, (), None)


class _OutputRow(HoldsText, msgspec.Struct):
    placed: ClassVar = False
    id: str | int
    output: str
    finish_reason: str | None = None
    text_digest: str | None = None

    @property
    def context(self) -> str | None:
        return None

    @property
    def label(self) -> str | None:
        return None

    def prediction(self, document: Document, target: Target) -> Prediction:
        return _parsed(self.output, document, target, self.finish_reason)


class _GeneratedRow(HoldsText, msgspec.Struct):
    placed: ClassVar = False
    prompt: str
    predict: str
    label: str | None = None

    @property
    def id(self) -> None:
        return None

    @property
    def context(self) -> str | None:
        return self.prompt

    @property
    def text_digest(self) -> None:
        return None

    def prediction(self, document: Document, target: Target) -> Prediction:
        return _parsed(self.predict, document, target, None)


class _Function(msgspec.Struct):
    arguments: str | dict[str, Any] | list[Any] | None = None


class _ToolCall(msgspec.Struct):
    function: _Function | None = None


class _Part(HoldsText, msgspec.Struct):
    text: str | None = None


class _Message(HoldsText, msgspec.Struct):
    content: str | list[_Part] | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None

    @property
    def answer(self) -> str:
        """The answer of the model: its text, the arguments of the tools it called, or a refusal."""
        parts = self.content if isinstance(self.content, list) else []
        said = "".join(part.text or "" for part in parts) or (
            self.content if isinstance(self.content, str) else ""
        )
        calls = [call.function for call in self.tool_calls or () if call.function is not None]
        if self.function_call is not None:
            calls.append(self.function_call)
        arguments = [_written(call.arguments) for call in calls if call.arguments]
        return "\n".join([*([said] if said else []), *arguments]) or self.refusal or ""


def _written(arguments: str | dict[str, Any] | list[Any] | None) -> str:
    return arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()


class _Choice(HoldsText, msgspec.Struct):
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None

    @property
    def answer(self) -> str:
        if self.message is None:
            return self.text or ""
        return self.message.answer


class _Body(msgspec.Struct):
    choices: list[_Choice] | None = None


class _Response(HoldsText, msgspec.Struct):
    status_code: int = HTTPStatus.OK
    body: _Body | str | None = None


class _BatchRow(msgspec.Struct):
    placed: ClassVar = False
    custom_id: str
    response: _Response | None
    error: Any = None

    @property
    def id(self) -> str:
        return self.custom_id

    @property
    def context(self) -> str | None:
        return None

    @property
    def text_digest(self) -> None:
        return None

    @property
    def label(self) -> str | None:
        return None

    def prediction(self, document: Document, target: Target) -> Prediction:
        if self.error is not None or self.response is None or not _succeeded(self.response):
            return Prediction(issues=("failed",), finish_reason="error")
        body = self.response.body
        choices = (body.choices if isinstance(body, _Body) else None) or []
        if len(choices) != 1:
            raise RecordError(
                "wrong shape",
                f"the response holds {len(choices)} choices; one of a chat or text completion is "
                "needed",
                document.id,
            )
        return _parsed(choices[0].answer, document, target, choices[0].finish_reason)


def _succeeded(response: _Response) -> bool:
    return response.status_code // 100 == HTTPStatus.OK // 100


_SHAPES: tuple[tuple[frozenset[str], type[PredictedRow]], ...] = (
    (frozenset({"text", "spans"}), _DocumentRow),
    (frozenset({"id", "spans"}), _SpansRow),
    (frozenset({"id", "output"}), _OutputRow),
    (frozenset({"prompt", "predict"}), _GeneratedRow),
    (frozenset({"custom_id", "response"}), _BatchRow),
)


def read_rows(path: Path) -> Iterator[tuple[int, PredictedRow]]:
    """Stream the rows of a prediction file with their line numbers.

    Raises:
        InputError: the first row has none of the known shapes, or a later one another shape.
    """
    decode = None
    for number, line in read_lines(path):
        try:
            if decode is None:
                decode = msgspec.json.Decoder(_shape_of(line)).decode
            yield number, decode(line)
        except msgspec.ValidationError as error:
            raise _refused(path, number, "wrong shape", str(error)) from None
        except (msgspec.DecodeError, RecursionError) as error:
            reason = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise _refused(path, number, "broken line", reason) from None
        except UnicodeDecodeError:
            raise _refused(path, number, "broken line", "is not UTF-8") from None


def _shape_of(line: bytes) -> type[PredictedRow]:
    columns = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).keys()
    for wanted, shape in _SHAPES:
        if wanted <= columns:
            return shape
    known = "; ".join(", ".join(sorted(wanted)) for wanted, _ in _SHAPES)
    raise msgspec.ValidationError(f"the row has none of the known sets of columns ({known})")


def _refused(path: Path, line: int, kind: str, reason: str) -> InputError:
    return InputError([Problem(kind, str(path), line, None, reason)])


def _placed(
    spans: list[_ScoredSpan],
    document: Document,
    issues: tuple[str, ...],
    finish_reason: str | None,
    unplaced: tuple[str, ...] = (),
) -> Prediction:
    length = len(document.text)
    if any(span.string is not None for span in spans):
        given = [(span.start, span.end, span.string) for span in spans]
        places, counted = code_points(given, document.text, document.id)
        if counted is not None:
            issues = (*issues, counted)
            spans = [
                msgspec.structs.replace(span, start=start, end=end)
                for span, (start, end) in zip(spans, places, strict=True)
            ]
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            raise RecordError(
                "offsets",
                f"span {span.start}-{span.end} does not fit a text of {length} characters",
                document.id,
            )
        if not span.label:
            reason = f"span {span.start}-{span.end} has no label"
            raise RecordError("no label", reason, document.id)
    return Prediction(
        tuple([Span(span.start, span.end, span.label) for span in spans]),
        tuple([span.score for span in spans]),
        issues,
        finish_reason,
        unplaced,
    )


def _refuse_other_answers(spans: list[_ScoredSpan], output: str, document: Document) -> None:
    """Stop if an answer holds none of the strings at its spans: the offsets count something else.

    Raises:
        RecordError: it does not.
    """
    answer = _bare(output)
    covered = (_bare(document.text[span.start : span.end]) for span in spans)
    if spans and any(map(str.isalnum, answer)) and not any(each in answer for each in covered):
        reason = "its answer does not name what its spans cover, so they count in another text"
        raise RecordError("other text", reason, document.id)


def _bare(text: str) -> str:
    """A text without case, white space, and the backslashes of JSON."""
    return "".join(text.replace("\\", "").casefold().split())


def _parsed(
    output: str, document: Document, target: Target, finish_reason: str | None
) -> Prediction:
    parsed = read_answer(target, document.text, output)
    issues = _with_truncation(parsed.issues, finish_reason)
    scores = (None,) * len(parsed.found)
    return Prediction(parsed.spans, scores, issues, finish_reason, parsed.unplaced)


def _with_truncation(issues: Iterable[str], finish_reason: str | None) -> tuple[str, ...]:
    """An answer that ended at the length limit is truncated, even if what is there is complete."""
    if finish_reason == "length" and "truncated" not in issues:
        return (*issues, "truncated")
    return tuple(issues)
