"""The REST routes of Presidio's analyzer and anonymizer, so that its clients change a URL only.

Requests and answers are those of `presidio-analyzer/app.py` and `presidio-anonymizer/app.py`
(2.2); mistakes in a request end with 400 or 422 instead of Presidio's 500.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pii_sft.inference.detector import Detection
from pii_sft.inference.predicted_span import PredictedSpan
from pii_sft.server.model import Model
from pii_sft.server.requests import (
    BAD_REQUEST,
    TOO_LARGE,
    UNPROCESSABLE,
    RefusedError,
    body_of,
)
from pii_sft.spans import HoldsText

RECOGNIZER = "PiiSftRecognizer"


class AnalyzeRequest(HoldsText, msgspec.Struct):
    """Body of `/analyze`.

    Attributes:
        text: a text, or several.
        language: of the text; the model reads all that it was trained on, so any is taken.
        entities: names to report; None for all.
        score_threshold: least score to report.
        correlation_id: goes unread, as nothing is logged.
        return_decision_process: whether to say what found each entity.
        ad_hoc_recognizers: patterns that are looked for as well.
        context: words that raise the scores of patterns.
        allow_list: strings that are not reported.
        allow_list_match: `exact`, or `regex`.
        regex_flags: of `regex`.
        trace: goes unread, as in Presidio.
    """

    text: str | list[str] | None = None
    language: str | None = None
    entities: list[str] | None = None
    score_threshold: float | None = None
    correlation_id: Any = None
    return_decision_process: Any = False
    ad_hoc_recognizers: list[dict[str, Any]] | None = None
    context: list[str] | None = None
    allow_list: list[str] | None = None
    allow_list_match: str = "exact"
    regex_flags: int | None = None
    trace: Any = None


class AnonymizeRequest(HoldsText, msgspec.Struct):
    """Body of `/anonymize`.

    Attributes:
        text: what to replace in.
        analyzer_results: as `/analyze` gives them.
        anonymizers: operator by name of entity, or under `DEFAULT`.
    """

    text: str | None = None
    analyzer_results: list[dict[str, Any]] | None = None
    anonymizers: dict[str, dict[str, Any]] | None = None


class DeanonymizeRequest(HoldsText, msgspec.Struct):
    """Body of `/deanonymize`.

    Attributes:
        text: what `/anonymize` gave.
        anonymizer_results: its `items`.
        deanonymizers: operator by name of entity, or under `DEFAULT`.
    """

    text: str | None = None
    anonymizer_results: list[dict[str, Any]] | None = None
    deanonymizers: dict[str, dict[str, Any]] | None = None


class PresidioRoutes:
    """Answers as Presidio's two services do.

    Args:
        model: answers texts.
        names: what Presidio calls each label.
    """

    def __init__(self, model: Model, names: Mapping[str, str]) -> None:
        self._model = model
        self._names = names

    def routes(self) -> list[Route]:
        """All routes."""
        return [
            Route("/health", self.health),
            Route("/analyze", self.analyze, methods=["POST"]),
            Route("/supportedentities", self.supported_entities),
            Route("/recognizers", self.recognizers),
            Route("/anonymize", self.anonymize, methods=["POST"]),
            Route("/deanonymize", self.deanonymize, methods=["POST"]),
            Route("/anonymizers", self.anonymizers),
            Route("/deanonymizers", self.deanonymizers),
        ]

    async def health(self, request: Request) -> Response:
        """Say that the server is up."""
        del request
        return PlainTextResponse("Presidio Analyzer service is up")

    async def supported_entities(self, request: Request) -> Response:
        """Name the entities that can be found."""
        del request
        return JSONResponse(sorted(set(self._names.values())))

    async def recognizers(self, request: Request) -> Response:
        """Name what finds them."""
        del request
        return JSONResponse([RECOGNIZER])

    async def analyze(self, request: Request) -> Response:
        """Find the entities of one text or several."""
        body = await body_of(request, AnalyzeRequest)
        if not body.text:
            raise RefusedError(BAD_REQUEST, "No text provided")
        if not body.language:
            raise RefusedError(BAD_REQUEST, "No language provided")
        if body.allow_list_match not in ("exact", "regex"):
            raise RefusedError(BAD_REQUEST, "allow_list_match is exact or regex.")
        texts = [body.text] if isinstance(body.text, str) else body.text
        found = await self._model.detections(texts)
        results = [self._results(body, detection) for detection in found]
        # Presidio and patterns work in a thread, so that other clients are answered meanwhile
        if body.ad_hoc_recognizers:
            results = await run_in_threadpool(_with_patterns, body, texts, results)
        if body.allow_list:
            results = await run_in_threadpool(_without_allowed, body, texts, results)
        return JSONResponse(results[0] if isinstance(body.text, str) else results)

    def _results(self, body: AnalyzeRequest, detection: Detection) -> list[dict[str, Any]]:
        asked = None if body.entities is None else set(body.entities)
        least = body.score_threshold or 0.0
        results = []
        for entity in detection.entities:
            name = self._names.get(entity.label, entity.label)
            if asked is not None and not asked & {name, entity.label}:
                continue
            score = 1.0 if entity.score is None else entity.score
            if score >= least:
                explained = _explained(entity, score) if body.return_decision_process else None
                results.append(
                    {
                        "analysis_explanation": explained,
                        "end": entity.end,
                        "entity_type": name,
                        "score": score,
                        "start": entity.start,
                    }
                )
        return results

    async def anonymize(self, request: Request) -> Response:
        """Replace entities by Presidio's own operators."""
        body = await body_of(request, AnonymizeRequest)
        if body.text is None and body.analyzer_results is None:
            raise RefusedError(BAD_REQUEST, "Invalid request json")
        if any(each.get("type") == "custom" for each in (body.anonymizers or {}).values()):
            raise RefusedError(BAD_REQUEST, "Custom type anonymizer is not supported")
        _check_growth(body)
        done = await run_in_threadpool(_anonymized, body)
        return Response(done, media_type="application/json")

    async def deanonymize(self, request: Request) -> Response:
        """Undo what can be undone, such as `encrypt`."""
        body = await body_of(request, DeanonymizeRequest)
        if body.text is None and body.anonymizer_results is None:
            raise RefusedError(BAD_REQUEST, "Invalid request json")
        done = await run_in_threadpool(_deanonymized, body)
        return Response(done, media_type="application/json")

    async def anonymizers(self, request: Request) -> Response:
        """Name the operators of `/anonymize`."""
        from presidio_anonymizer import AnonymizerEngine

        del request
        return JSONResponse(list(AnonymizerEngine().get_anonymizers()))

    async def deanonymizers(self, request: Request) -> Response:
        """Name the operators of `/deanonymize`."""
        from presidio_anonymizer import DeanonymizeEngine

        del request
        return JSONResponse(list(DeanonymizeEngine().get_deanonymizers()))


_LONGEST_ANSWER = 20_000_000
"""Most characters of an answer to `/anonymize`: long replacements of many entities could fill
memory."""


def _check_growth(body: AnonymizeRequest) -> None:
    replacements = [
        len(value)
        for operator in (body.anonymizers or {}).values()
        for value in operator.values()
        if isinstance(value, str)
    ]
    entities = len(body.analyzer_results or ())
    if len(body.text or "") + entities * max(replacements, default=0) > _LONGEST_ANSWER:
        raise RefusedError(TOO_LARGE, "The replacements would make the text too long.")


def _anonymized(body: AnonymizeRequest) -> str:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import InvalidParamError
    from presidio_anonymizer.services.app_entities_convertor import AppEntitiesConvertor

    try:
        done: Any = AnonymizerEngine().anonymize(
            text=body.text,
            analyzer_results=AppEntitiesConvertor.analyzer_results_from_json(body.analyzer_results),
            operators=AppEntitiesConvertor.operators_config_from_json(body.anonymizers),
        )
    except InvalidParamError as error:
        raise RefusedError(UNPROCESSABLE, error.err_msg) from None
    return str(done.to_json())


def _deanonymized(body: DeanonymizeRequest) -> str:
    from presidio_anonymizer import DeanonymizeEngine
    from presidio_anonymizer.entities import InvalidParamError
    from presidio_anonymizer.services.app_entities_convertor import AppEntitiesConvertor

    given = msgspec.to_builtins(body)
    try:
        done: Any = DeanonymizeEngine().deanonymize(
            text=body.text,
            entities=AppEntitiesConvertor.deanonymize_entities_from_json(given),
            operators=AppEntitiesConvertor.operators_config_from_json(body.deanonymizers),
        )
    except InvalidParamError as error:
        raise RefusedError(UNPROCESSABLE, error.err_msg) from None
    return str(done.to_json())


def _explained(entity: PredictedSpan, score: float) -> dict[str, Any]:
    """The origin of an entity, in the shape of Presidio's `AnalysisExplanation`."""
    return {
        "recognizer": RECOGNIZER,
        "pattern_name": None,
        "pattern": None,
        "original_score": score,
        "score": score,
        "textual_explanation": f"Found by {entity.source}",
        "score_context_improvement": 0,
        "supportive_context_word": "",
        "validation_result": None,
    }


def _with_patterns(
    body: AnalyzeRequest, texts: Sequence[str], results: Sequence[list[dict[str, Any]]]
) -> list[list[dict[str, Any]]]:
    """Entities that Presidio's own pattern recognizers find besides."""
    try:
        from presidio_analyzer import PatternRecognizer
    except ModuleNotFoundError:
        raise RefusedError(
            UNPROCESSABLE, "ad_hoc_recognizers need pip install 'pii-sft[presidio]'"
        ) from None
    try:
        recognizers = [PatternRecognizer.from_dict(dict(e)) for e in body.ad_hoc_recognizers or ()]
    except Exception:  # noqa: BLE001 - Presidio raises what it likes; its message may quote
        raise RefusedError(
            BAD_REQUEST, "Failed to parse /analyze request: ad_hoc_recognizers can't be read."
        ) from None
    _try_patterns([p for each in recognizers for p in each.patterns], texts)
    least = body.score_threshold or 0.0
    joined = []
    for text, found in zip(texts, results, strict=True):
        more = [
            {
                "analysis_explanation": each.analysis_explanation.to_dict()
                if body.return_decision_process and each.analysis_explanation
                else None,
                "end": each.end,
                "entity_type": each.entity_type,
                "score": each.score,
                "start": each.start,
            }
            for recognizer in recognizers
            for each in recognizer.analyze(text, recognizer.supported_entities, None)
            if each.score >= least and (body.entities is None or each.entity_type in body.entities)
        ]
        joined.append(sorted([*found, *more], key=lambda each: (each["start"], each["end"])))
    return joined


def _try_patterns(patterns: Sequence[Any], texts: Sequence[str]) -> None:
    """Refuse patterns that take too long; Presidio waits a minute for each, then skips it."""
    import regex

    until = time.monotonic() + _PATTERN_SECONDS
    try:
        for pattern in patterns:
            compiled = regex.compile(pattern.regex)
            for text in texts:
                deque(compiled.finditer(text, timeout=_left(until)), maxlen=0)
    except regex.error:
        raise RefusedError(BAD_REQUEST, "A pattern is not readable.") from None
    except TimeoutError:
        raise RefusedError(BAD_REQUEST, "The patterns take too long to match.") from None


def _left(until: float) -> float:
    """Seconds up to a time.

    Raises:
        TimeoutError: there are none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _without_allowed(
    body: AnalyzeRequest, texts: Sequence[str], results: Sequence[list[dict[str, Any]]]
) -> list[list[dict[str, Any]]]:
    allowed = body.allow_list or []
    if body.allow_list_match == "exact":
        words = frozenset(allowed)
        return [
            [each for each in found if text[each["start"] : each["end"]] not in words]
            for text, found in zip(texts, results, strict=True)
        ]
    import regex

    try:
        pattern = regex.compile("|".join(allowed), body.regex_flags or 0)
        until = time.monotonic() + _PATTERN_SECONDS
        return [
            [
                each
                for each in found
                if not pattern.fullmatch(text, each["start"], each["end"], timeout=_left(until))
            ]
            for text, found in zip(texts, results, strict=True)
        ]
    except (regex.error, ValueError):
        raise RefusedError(BAD_REQUEST, "allow_list is no readable pattern.") from None
    except TimeoutError:
        raise RefusedError(BAD_REQUEST, "allow_list takes too long to match.") from None


_PATTERN_SECONDS = 1.0
"""Seconds that the patterns of a request may take together, so that no client blocks the server."""
