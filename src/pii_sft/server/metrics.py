"""Counts and latencies in Prometheus form; nothing of any text."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one server.

    Args:
        waiting: gives the number of texts that wait.
    """

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pii_sft_requests_total", "Requests.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "pii_sft_request_seconds",
            "Seconds until a request was answered.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._texts = Counter(
            "pii_sft_texts_total", "Texts given to the model.", registry=self._registry
        )
        self._entities = Counter(
            "pii_sft_entities_total", "Entities found.", ["label"], registry=self._registry
        )
        self._failures = Counter(
            "pii_sft_failures_total",
            "Exceptions nobody foresaw, by their kind.",
            ["kind"],
            registry=self._registry,
        )
        Gauge(
            "pii_sft_waiting_texts", "Texts that wait for the model.", registry=self._registry
        ).set_function(waiting)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self, labels: list[str]) -> None:
        """Count a text and its entities, by labels of the model's own list."""
        self._texts.inc()
        for label in labels:
            self._entities.labels(label).inc()

    def failure(self, error: BaseException) -> None:
        """Count an exception."""
        self._failures.labels(type(error).__name__).inc()

    def page(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)
