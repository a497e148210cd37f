"""Requests to an OpenAI-compatible server, several at a time, with repetitions after failures.

The error message of a server may quote the request, and with it a document. So only the status of a
failed request is reported.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import httpx
import msgspec
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pii_sft.errors import UsageError
from pii_sft.inference.backends import Server
from pii_sft.spans import HoldsText

T = TypeVar("T")

KEY_VARIABLE = "PII_SFT_API_KEY"
"""Environment variable with the key that is sent. It is not OPENAI_API_KEY, because that is the key
of another server than the one given here."""

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Temporary failures: a repeated request may succeed."""

_CONNECT_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_LONGEST_WAIT = 900.0
"""Longest wait in seconds that a server may ask for; if it asks for more, it is given up."""

_REASONS = {
    400: "prompt and answer together may be longer than its context, see --max-new-tokens",
    401: f"it wants a key: set {KEY_VARIABLE}",
    403: f"it does not take the key in {KEY_VARIABLE}",
    404: "it has no such route, or no model of that name (--model)",
    413: "the document is too long for it",
    422: "the request is not one that it understands",
}


class RefusedError(UsageError):
    """The server answered, but not with what was asked for."""


class Request(HoldsText, msgspec.Struct, frozen=True):
    """A request: its route below `/v1`, and its body."""

    route: str
    body: dict[str, Any]


@contextmanager
def connected(server: Server, concurrency: int) -> Iterator[Connection]:
    """Open connections to a server; when the block ends early, unanswered requests are abandoned.

    Args:
        server: the server.
        concurrency: most requests at the same time.

    Raises:
        UsageError: texts may not be sent to that address.
    """
    url = _base(server)
    key = os.environ.get(KEY_VARIABLE)
    client = httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx.Timeout(server.timeout, connect=_CONNECT_SECONDS, pool=None),
        limits=httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency),
        trust_env=not _on_this_machine(urlsplit(url)),  # no proxy takes part in what stays here
    )
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(client):
        yield Connection(portal, client, server, concurrency)


class Connection:
    """Sends requests until one fails for good; made by `connected`.

    Args:
        portal: to the event loop.
        client: of httpx.
        server: the server.
        concurrency: most requests at the same time.
    """

    def __init__(
        self, portal: BlockingPortal, client: httpx.AsyncClient, server: Server, concurrency: int
    ) -> None:
        self._portal = portal
        self._client = client
        self._server = server
        self._free = asyncio.Semaphore(concurrency)
        per_minute = server.requests_per_minute
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._failed: UsageError | None = None

    def get(self, route: str, type: type[T]) -> T:
        """Ask for the content of a route.

        Raises:
            UsageError: the server does not give it.
        """
        found: T = self._portal.call(self._asked, "GET", route, None, type)
        return found

    def post(self, requests: Sequence[Request], type: type[T]) -> Iterator[tuple[int, T]]:
        """Send requests; yield answers with the indices of their requests, as they come.

        Raises:
            UsageError: the server does not answer one of them.
        """
        futures = {
            self._portal.start_task_soon(self._asked, "POST", each.route, each.body, type): index
            for index, each in enumerate(requests)
        }
        for future in as_completed(list(futures)):
            if future in futures and future.exception() is None:
                yield futures.pop(future), future.result()
                continue
            # What was answered before a failure is not lost by it, in whatever order both are seen.
            answered = [each for each in futures if each.done() and each.exception() is None]
            for each in answered:
                yield futures.pop(each), each.result()
            if future in futures:
                future.result()  # raises

    async def _asked(
        self, method: str, route: str, body: dict[str, Any] | None, type: type[T]
    ) -> T:
        async with self._free:
            try:
                response = await self._answered(method, route, body)
                return msgspec.json.decode(response.content, type=type)
            except (msgspec.DecodeError, UnicodeDecodeError):
                reason = "its answer is not that of an OpenAI-compatible server"
                self._failed = self._failure(reason, RefusedError)
                raise self._failed from None
            except UsageError as error:
                self._failed = error
                raise

    async def _answered(
        self, method: str, route: str, body: dict[str, Any] | None
    ) -> httpx.Response:
        """The answer to a request, after repeated attempts if necessary."""
        reason = ""
        for attempt in range(self._server.attempts):
            if attempt:
                await asyncio.sleep(_pause(attempt))
            await self._turn()
            if self._failed is not None:
                raise self._failed  # what waits behind a failure is of no use any more
            try:
                response = await self._client.request(method, route, json=body)
            except httpx.TimeoutException:
                reason = f"no answer within {self._server.timeout:g} s"
                continue
            except httpx.TransportError as error:
                reason = f"the connection fails ({type(error).__name__})"
                continue
            if response.is_success:
                return response
            status = response.status_code
            reason = f"it answers {status}"
            if status not in _PASSING:
                reason = f"{reason}: {_REASONS[status]}" if status in _REASONS else reason
                raise self._failure(reason, RefusedError)
            wait = _retry_after(response)
            if wait > _LONGEST_WAIT:
                raise self._failure(f"{reason}, and asks to wait {wait:.0f} s")
            # whoever is told to wait is one of many that ask: all of them do
            self._next = max(self._next, time.monotonic() + wait)
        raise self._failure(f"{reason}, {self._server.attempts} times")

    async def _turn(self) -> None:
        """Wait until the limit of requests allows another one."""
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self._interval
        if at > now:
            await asyncio.sleep(at - now)

    def _failure(self, reason: str, kind: type[UsageError] = UsageError) -> UsageError:
        return kind(
            f"Asking {self._server.url} fails: {reason}. What was answered before is kept, and "
            "--resume goes on with it."
        )


def _pause(attempt: int) -> float:
    """Seconds before another attempt; random, so that not all failed requests are sent together."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
    return longest * random.uniform(0.5, 1)  # noqa: S311 (no secret hangs on it)


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait, RFC 9110 section 10.2.3; 0 where it does not."""
    value = response.headers.get("Retry-After", "")
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def _base(server: Server) -> str:
    """The address to which routes are relative.

    Raises:
        UsageError: it is not an address, or texts may not be sent there.
    """
    try:
        parts = urlsplit(server.url)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named:
        raise UsageError("--server takes an address such as http://127.0.0.1:8000.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            f"--server takes an address and nothing else; put a key into {KEY_VARIABLE}."
        )
    if parts.scheme == "http" and not (_on_this_machine(parts) or server.allow_http):
        raise UsageError(
            f"{parts.hostname} is another machine, and http shows the documents to every machine "
            "between. Use https, or --allow-http in a network that you trust."
        )
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.scheme}://{parts.netloc}{path}/v1/"


def _on_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
