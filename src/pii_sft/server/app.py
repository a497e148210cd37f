"""The application: its routes, its guard, and what starts and stops with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pii_sft.integrations.presidio_names import presidio_names
from pii_sft.server.guard import FAILED, Guard
from pii_sft.server.label_studio_routes import LabelStudioRoutes
from pii_sft.server.limits import Limits
from pii_sft.server.metrics import CONTENT_TYPE
from pii_sft.server.model import DetectsMany, Model
from pii_sft.server.page_routes import PageRoutes
from pii_sft.server.presidio_routes import PresidioRoutes
from pii_sft.server.requests import TOO_MANY, RefusedError


def create_app(
    detector: DetectsMany, *, token: str | None = None, limits: Limits | None = None
) -> ASGIApp:
    """The ASGI application that serves a detector.

    Args:
        detector: what finds entities; it is called from one thread.
        token: the token that clients have to send; None needs no token and serves this machine
            only.
        limits: of the server; None for the usual ones.
    """
    bounds = limits or Limits()
    model = Model(detector, bounds)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        model.batcher.start()
        yield
        await model.batcher.close()

    async def figures(request: Request) -> Response:
        del request
        return Response(model.metrics.page(), media_type=CONTENT_TYPE)

    async def refused(request: Request, error: Exception) -> Response:
        del request
        if not isinstance(error, RefusedError):
            raise error
        headers = {"retry-after": "1"} if error.status == TOO_MANY else None
        return JSONResponse({"error": error.message}, error.status, headers)

    async def failed(request: Request, error: Exception) -> Response:
        del request, error  # which is raised again, and ends in the guard
        return JSONResponse({"error": FAILED}, 500)

    routes = [
        *PresidioRoutes(model, presidio_names(detector.labels)).routes(),
        *PageRoutes(model).routes(),
        *LabelStudioRoutes(model).routes(),
        Route("/metrics", figures),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={RefusedError: refused, Exception: failed},
    )
    return Guard(
        app,
        token=token,
        body_bytes=bounds.body_bytes,
        body_seconds=bounds.seconds,
        routes=[route.path for route in routes],
        metrics=model.metrics,
    )
