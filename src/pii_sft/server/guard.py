"""The guard around every request: access, size of the body, and the answer to a failure."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pii_sft.server.metrics import Metrics
from pii_sft.server.requests import TOO_LARGE, TOO_SLOW, RefusedError

OPEN_ROUTES = ("/", "/favicon.ico", "/health", "/page.css", "/page.js")
"""Routes that show no figure and answer no text: the page asks for the token itself."""

FAILED = "Internal server error"
"""The only message about a failure, since the message of an exception may quote a text."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)


class Guard:
    """The outermost layer of the application.

    Without a token, only requests to a name of this machine are served, so that no web page can
    reach the server by pointing its own name at this machine (DNS rebinding).

    Args:
        app: what it guards.
        token: what clients have to send as `Authorization: Bearer`; None asks nobody.
        body_bytes: longest body.
        body_seconds: how long a body may take to arrive.
        routes: known paths, by which requests are counted.
        metrics: where they are counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None,
        body_bytes: int,
        body_seconds: float,
        routes: Collection[str],
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._token = token
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds
        self._too_long = f"A request may have {body_bytes} bytes."
        self._routes = frozenset(routes)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 500
        started = False

        async def answer(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            refused = self._refused(scope)
            if refused is not None:
                await refused(scope, receive, answer)
            else:
                await self._app(scope, self._bounded(receive), answer)
        except Exception as error:  # noqa: BLE001 - its message may quote a text, so it ends here
            self._metrics.failure(error)
            if not started:
                await _error(500, FAILED)(scope, receive, answer)
        finally:
            route = scope["path"] if scope["path"] in self._routes else "other"
            self._metrics.request(route, status, time.monotonic() - began)

    def _refused(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if self._token is None:
            host = headers.get("host", "")
            name = host if host.endswith("]") else host.rsplit(":", 1)[0]
            if name not in LOOPBACK_HOSTS:
                return _error(421, "This server answers to names of its own machine only.")
        elif scope["path"] not in OPEN_ROUTES:
            kind, _, given = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), self._token.encode())
            if kind.lower() != "bearer" or not right:
                return _error(401, "A bearer token is needed.", {"www-authenticate": "Bearer"})
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return _error(400, "The length of the body can't be read.")
        if length > self._body_bytes:
            return _error(TOO_LARGE, self._too_long)
        return None

    def _bounded(self, receive: Receive) -> Receive:
        read = 0
        more = True
        until = time.monotonic() + self._body_seconds

        async def bounded() -> Message:
            nonlocal read, more
            if not more:
                return await receive()  # waits for the client to go
            try:
                message = await asyncio.wait_for(receive(), until - time.monotonic())
            except TimeoutError:
                raise RefusedError(TOO_SLOW, "The body took too long to arrive.") from None
            more = bool(message.get("more_body"))
            read += len(message.get("body", b""))
            if read > self._body_bytes:
                raise RefusedError(TOO_LARGE, self._too_long)
            return message

        return bounded


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers)
