"""Runs the application until it is told to end."""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from pii_sft.errors import MissingExtraError, UsageError
from pii_sft.server.limits import Limits
from pii_sft.server.model import DetectsMany

SHORTEST_TOKEN = 16
_IDLE_SECONDS = 75
"""Seconds an idle connection stays open: longer than in proxies, which otherwise could send a
request just as it closes.
"""

_GRACE_SECONDS = 30
"""Seconds that open requests may take after the signal to stop."""


def read_token(path: Path | None) -> str | None:
    """The token in a file; None without a file.

    Raises:
        UsageError: the file can't be read, or its token is too short to protect anything.
    """
    if path is None:
        return None
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"The token file {path} can't be read.") from None
    if len(token) < SHORTEST_TOKEN or not token.isascii():
        raise UsageError(f"The token in {path} needs {SHORTEST_TOKEN} ASCII characters or more.")
    return token


def check_exposure(host: str, token: str | None) -> None:
    """Refuse to listen to other machines without a token.

    Raises:
        UsageError: `host` is no address of this machine alone, and there is no token.
    """
    if token is None and not _is_loopback(host):
        raise UsageError(
            f"Listening on {host} lets other machines in: name a --token-file, whose content "
            "clients send as a bearer token."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    load: Callable[[], DetectsMany],
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str | None = None,
    limits: Limits | None = None,
) -> None:
    """Serve a detector until TERM or INT; open requests are still answered.

    Args:
        load: loads the detector, after everything else has been checked.
        host: address to listen on.
        port: to listen on.
        token: what clients have to send; None asks nobody.
        limits: of the server; None for the usual ones.

    Raises:
        UsageError: the address is not of this machine alone and there is no token, or it can't be
            listened on.
        MissingExtraError: what the server needs is not installed.
    """
    check_exposure(host, token)
    try:
        import uvicorn

        from pii_sft.server.app import create_app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pii_sft"):
            raise
        raise MissingExtraError(error.name or "uvicorn", "serve") from None
    config = uvicorn.Config(
        create_app(load(), token=token, limits=limits),
        host=host,
        port=port,
        access_log=False,  # paths are few, but a query may hold anything
        log_level="warning",
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )

    class Server(uvicorn.Server):
        """Ends with 0 after TERM: uvicorn would raise the signal anew when all is answered."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if sig == signal.SIGTERM:
                self.should_exit = True
            else:
                super().handle_exit(sig, frame)

    try:
        Server(config).run()
    except OSError as error:
        raise UsageError(f"Can't listen on {host}:{port}: {error.strerror}.") from None
