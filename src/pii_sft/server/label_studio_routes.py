"""A machine-learning backend of Label Studio: the model pre-annotates tasks.

In Label Studio: Settings, Model, Connect Model, with the URL `http://HOST:PORT/label-studio`.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pii_sft import __version__
from pii_sft.converters.writers.label_studio import FROM, TO, results_of
from pii_sft.inference.detector import Detection
from pii_sft.server.model import Model
from pii_sft.server.requests import BAD_REQUEST, RefusedError, body_of

PREFIX = "/label-studio"


class PredictRequest(msgspec.Struct):
    """Body of `/predict`.

    Attributes:
        tasks: each with its `data`.
        label_config: XML of the labelling interface; says where the text is and how results are
            called.
    """

    tasks: list[dict[str, Any]]
    label_config: str = ""


class LabelStudioRoutes:
    """Answers as Label Studio asks its backends.

    Args:
        model: answers texts.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def routes(self) -> list[Route]:
        """All routes."""
        return [
            Route(f"{PREFIX}/", self.health),
            Route(f"{PREFIX}/health", self.health),
            Route(f"{PREFIX}/setup", self.setup, methods=["POST"]),
            Route(f"{PREFIX}/predict", self.predict, methods=["POST"]),
            Route(f"{PREFIX}/webhook", self.webhook, methods=["POST"]),
        ]

    async def health(self, request: Request) -> Response:
        """Say that the backend is up."""
        del request
        return JSONResponse({"status": "UP", "model_class": "PiiSft", "v2": False})

    async def setup(self, request: Request) -> Response:
        """Name the version of the model."""
        del request
        return JSONResponse({"model_version": f"pii-sft {__version__}"})

    async def webhook(self, request: Request) -> Response:
        """Take note that something was annotated: training is a command of its own."""
        del request
        return JSONResponse({"status": "ignored"}, 201)

    async def predict(self, request: Request) -> Response:
        """Pre-annotate tasks."""
        body = await body_of(request, PredictRequest)
        source, target, key = _interface(body.label_config)
        texts = []
        for task in body.tasks:
            data = task.get("data")
            text = data.get(key) if isinstance(data, dict) else None
            if not isinstance(text, str):
                raise RefusedError(BAD_REQUEST, "A task has no text where the interface reads it.")
            texts.append(text)
        found = await self._model.detections(texts)
        return JSONResponse({"results": [_prediction(each, source, target) for each in found]})


def _prediction(found: Detection, source: str, target: str) -> dict[str, Any]:
    results = results_of(found.document(), source, target)
    scores = [each.score for each in found if each.score is not None]
    return {
        "model_version": f"pii-sft {__version__}",
        "score": min(scores, default=1.0),
        "result": results,
    }


def _interface(config: str) -> tuple[str, str, str]:
    """Names of the labels and of the text in a labelling interface, and the key of the text.

    Raises:
        RefusedError: it is not readable, or labels no text.
    """
    if not config:
        return FROM, TO, TO
    if "<!" in config:
        raise RefusedError(BAD_REQUEST, "A labelling interface has no declarations.")
    try:
        tree = ET.fromstring(config)  # noqa: S314 - declarations, and so entities, are refused
    except ET.ParseError:
        raise RefusedError(BAD_REQUEST, "The labelling interface is not readable XML.") from None
    texts = {each.get("name"): each.get("value", "") for each in tree.iter("Text")}
    for labels in tree.iter("Labels"):
        target = labels.get("toName")
        if target in texts:
            return labels.get("name") or FROM, target or TO, texts[target].lstrip("$")
    raise RefusedError(BAD_REQUEST, "The interface has no <Labels> over a <Text>.")
