"""The page in a real browser: sliders move, marks change, nothing else is asked of any server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pii_sft.server.app import create_app
from tests.server.detecting import PatternDetector

TEXT = "\U0001f600 Ann, perhaps, has ann@example.org"


class Served:
    """A server in a thread."""

    def __init__(self, token: str | None = None) -> None:
        import uvicorn

        self.detector = PatternDetector()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = uvicorn.Config(
            create_app(self.detector, token=token), port=self.port, log_level="warning"
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served()
    wait(lambda: server.server.started)
    yield server
    server.stop()


def wait(condition: Callable[[], object]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def marks(browser: Any) -> list[str]:
    script = "return [...document.querySelectorAll('#document mark')].map(m => m.firstChild.data)"
    found: list[str] = browser.execute_script(script)
    return found


def slide(browser: Any, selector: str, value: float) -> None:
    browser.execute_script(
        "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
        "s.dispatchEvent(new Event('input'))",
        selector,
        value,
    )


def test_the_page_at_work(browser: Any, served: Served) -> None:
    here = f"http://127.0.0.1:{served.port}"
    browser.get(here)
    wait(lambda: browser.execute_script("return document.querySelectorAll('[data-label]').length"))
    browser.execute_script("document.getElementById('text').value = arguments[0]", TEXT)
    browser.execute_script("document.getElementById('ask').requestSubmit()")
    wait(lambda: marks(browser) == ["Ann", "ann@example.org"])

    slide(browser, "#bias", 4)
    wait(lambda: marks(browser) == ["Ann", "perhaps", "ann@example.org"])
    slide(browser, "[data-label=PERSON]", 0.5)
    wait(lambda: marks(browser) == ["Ann", "ann@example.org"])
    browser.execute_script("document.querySelector('[data-on=EMAIL]').click()")
    wait(lambda: marks(browser) == ["Ann"])
    clean = "return document.getElementById('clean').textContent"
    wait(
        lambda: browser.execute_script(clean) == "\U0001f600 [PERSON], perhaps, has ann@example.org"
    )
    assert served.detector.batches == [1]

    browser.execute_script("document.getElementById('language').click()")
    assert browser.execute_script("return document.documentElement.lang") == "zh"
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = browser.execute_script(paper)
    browser.execute_script("document.getElementById('theme').click()")
    assert browser.execute_script(paper) != before
    browser.set_window_size(500, 900)
    assert browser.execute_script("return document.body.scrollWidth <= window.innerWidth")

    assert browser.get_log("browser") == []
    asked = [
        entry["message"].split('"url":"')[1].split('"')[0]
        for entry in browser.get_log("performance")
        if 'Network.requestWillBeSent"' in entry["message"]
    ]
    assert asked
    assert all(url.startswith((here, "data:")) for url in asked)


def test_a_token_is_asked_for(browser: Any) -> None:
    server = Served(token="correct-horse-battery")
    wait(lambda: server.server.started)
    try:
        browser.get(f"http://127.0.0.1:{server.port}")
        wait(lambda: browser.execute_script("return !document.getElementById('access').hidden"))
        browser.execute_script(
            "document.getElementById('token').value = 'correct-horse-battery';"
            "document.getElementById('access').requestSubmit()"
        )
        rows = "return document.querySelectorAll('[data-label]').length"
        wait(lambda: browser.execute_script(rows) == 2)
    finally:
        server.stop()
