"""Bodies of requests, and how a request that can't be answered is refused."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

T = TypeVar("T")

BAD_REQUEST, TOO_SLOW, TOO_LARGE, UNPROCESSABLE = 400, 408, 413, 422
TOO_MANY, NO_ANSWER, UNAVAILABLE = 429, 502, 503


class RefusedError(Exception):
    """A request that is answered with an error.

    Args:
        status: of the answer.
        message: what is wrong; of the request it holds only names of keys.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def body_of(request: Request, type: type[T]) -> T:
    """The JSON body of a request.

    Raises:
        RefusedError: it is no JSON, or not of that shape.
    """
    try:
        return msgspec.json.decode(await request.body(), type=type)
    except msgspec.ValidationError as error:
        # Names keys and types, never a value.
        raise RefusedError(BAD_REQUEST, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(BAD_REQUEST, "The body is not readable JSON.") from None
