"""Routes of the page for trying texts, and of its script."""

from __future__ import annotations

from importlib import resources

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pii_sft.decoding.proposals import Proposal
from pii_sft.inference.detector import Dial
from pii_sft.redaction.named_styles import style_named
from pii_sft.redaction.redact import redact
from pii_sft.redaction.styles import STYLES
from pii_sft.server.model import Model
from pii_sft.server.requests import BAD_REQUEST, RefusedError, body_of
from pii_sft.spans import Document, HoldsText, Span

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}


class DetectRequest(HoldsText, msgspec.Struct):
    """Body of `/detect`."""

    text: str


class ChooseRequest(HoldsText, msgspec.Struct):
    """Body of `/choose`: what `/detect` gave, and another dial."""

    text: str
    proposals: tuple[Proposal, ...]
    recall_bias: float = 0.0
    threshold: float = 0.0
    thresholds: dict[str, float] = {}


class Region(msgspec.Struct):
    """An entity to redact."""

    start: int
    end: int
    label: str


class RedactRequest(HoldsText, msgspec.Struct):
    """Body of `/redact`."""

    text: str
    entities: list[Region]
    style: str = "label"


class PageRoutes:
    """Serves the page.

    Args:
        model: answers texts.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def routes(self) -> list[Route]:
        """All routes."""
        return [
            *(Route(path, self.file) for path in _FILES),
            Route("/favicon.ico", self.no_icon),
            Route("/about", self.about),
            Route("/detect", self.detect, methods=["POST"]),
            Route("/choose", self.choose, methods=["POST"]),
            Route("/redact", self.redact, methods=["POST"]),
        ]

    async def file(self, request: Request) -> Response:
        """A file of the page."""
        name, kind = _FILES[request.url.path]
        content = (resources.files("pii_sft.server") / "page" / name).read_bytes()
        return Response(content, media_type=kind)

    async def no_icon(self, request: Request) -> Response:
        """Answer without an icon: browsers ask for one, and report an error without an answer."""
        del request
        return Response(status_code=204)

    async def about(self, request: Request) -> Response:
        """Facts for the page: labels, styles, and whether there is a dial."""
        del request
        detector = self._model.detector
        return JSONResponse(
            {
                "labels": list(detector.labels),
                "anchored": detector.anchored,
                "styles": list(STYLES),
                "dial": msgspec.to_builtins(detector.dial),
            }
        )

    async def detect(self, request: Request) -> Response:
        """Entities of a text at the usual dial, and all proposals behind them."""
        body = await body_of(request, DetectRequest)
        [found] = await self._model.detections([body.text], follow_up=True)
        return JSONResponse(
            {**found.to_dict(), "proposals": msgspec.to_builtins([*map(_finite, found.proposals)])}
        )

    async def choose(self, request: Request) -> Response:
        """The entities at another dial, without asking the model again."""
        body = await body_of(request, ChooseRequest)
        if any(not 0 <= p.start < p.end <= len(body.text) for p in body.proposals):
            raise RefusedError(BAD_REQUEST, "A proposal lies outside the text.")
        dial = Dial(body.recall_bias, body.threshold, body.thresholds)
        found = self._model.detector.select(body.text, body.proposals, dial)
        return JSONResponse({"entities": [msgspec.to_builtins(each) for each in found]})

    async def redact(self, request: Request) -> Response:
        """The text with entities replaced."""
        body = await body_of(request, RedactRequest)
        if body.style not in STYLES:
            raise RefusedError(BAD_REQUEST, f"The style is one of {', '.join(STYLES)}.")
        if any(not 0 <= e.start < e.end <= len(body.text) for e in body.entities):
            raise RefusedError(BAD_REQUEST, "An entity lies outside the text.")
        spans = [Span(each.start, each.end, each.label) for each in body.entities]
        done = redact(Document("text", body.text), spans, style_named(body.style))
        return JSONResponse({"text": done.document.text})


def _finite(proposal: Proposal) -> Proposal:
    """Make a proposal fit for JSON: free decoding gives infinite log-odds of opening."""
    return msgspec.structs.replace(proposal, open=min(proposal.open, _BEYOND_DOUBT))


_BEYOND_DOUBT = 1e6
