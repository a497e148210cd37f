"""A small server of OpenAI's protocol in this process, which fails as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
Answer = Callable[[Body], str]


class Reply:
    """A response: its status, its body, and how it goes wrong.

    Args:
        status: of HTTP.
        body: what it holds.
        headers: beside the usual ones.
        cut: whether the connection ends before the body does.
    """

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        cut: bool = False,
    ) -> None:
        self.status, self.body, self.headers, self.cut = status, body, headers or {}, cut


class StandIn(ThreadingHTTPServer):
    """Answers by a function of the user's turn; what is in `failures` comes first, in order.

    Attributes:
        asked: the bodies of all requests.
        keys: their Authorization headers.
        failures: replies instead of the next answers.
        models: names that it lists.
        root: the folder that vLLM says it has loaded.
        prompt_logprobs: what vLLM says of a prompt, and so many tokens in each place; or None.
        before: called with each body, in the thread that answers it.
        most: how many requests it had at once.
    """

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[Body] = []
        self.keys: list[str | None] = []
        self.failures: list[Reply] = []
        self.models = ["m"]
        self.root: str | None = None
        self.prompt_logprobs: Callable[[list[int], int], list[Any]] | None = None
        self.before: Callable[[Body], object] = lambda body: None
        self.most = self._now = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reply(self, body: Body, key: str | None) -> Reply:
        with self._lock:
            self.asked.append(body)
            self.keys.append(key)
            self._now += 1
            self.most = max(self.most, self._now)
            failure = self.failures.pop(0) if self.failures else None
        try:
            self.before(body)
        finally:
            with self._lock:
                self._now -= 1
        return failure or Reply(200, completion(self.answer(body)))

    def drafted(self, body: Body) -> Reply:
        """Log-probabilities of a prompt; by most servers, none."""
        if self.prompt_logprobs is None:
            return Reply(404)
        places = self.prompt_logprobs(body["prompt"], body["prompt_logprobs"])
        return Reply(200, json.dumps({"choices": [{"prompt_logprobs": places}]}).encode())

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert self.path == "/v1/models"
        listed = [{"id": name, "root": self.server.root} for name in self.server.models]
        self._send(Reply(200, json.dumps({"data": listed}).encode()))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/completions":
            self._send(self.server.drafted(body))
            return
        assert self.path == "/v1/chat/completions"
        self._send(self.server.reply(body, self.headers.get("Authorization")))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) + 100 * reply.cut))
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = self.close_connection or reply.cut

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def completion(
    text: str | None, finish_reason: str = "stop", pieces: list[Body] | None = None
) -> bytes:
    """The body of an answer."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": finish_reason,
        "logprobs": None if pieces is None else {"content": pieces},
    }
    return json.dumps({"object": "chat.completion", "choices": [choice]}).encode()


@contextmanager
def serving(answer: Answer) -> Iterator[StandIn]:
    """The server, for a while."""
    with StandIn(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
