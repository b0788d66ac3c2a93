"""Figures for Prometheus: requests of this process, and what the database tells of all."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from prometheus_client.metrics import MetricWrapperBase

_REGISTRY: Final = CollectorRegistry()
_REQUESTS: Final = Counter(
    "pltpack_server_requests", "Requests by route and status", ["route", "status"], registry=_REGISTRY
)
_SECONDS: Final = Histogram("pltpack_server_request_seconds", "Seconds of a request", ["route"], registry=_REGISTRY)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database tells: packages, those that wait to be published, jobs by state, when was published last and
    since when a job waits (seconds since 1970), and sources that fail."""

    packages: int
    waiting: int
    jobs: Mapping[str, int]
    published: int | None
    oldest: float | None
    failing: int


def count_request(route: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    requests, times = _counters(route, status)
    requests.inc()
    times.observe(seconds)


@functools.cache
def _counters(route: str, status: int) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(route, str(status)), _SECONDS.labels(route)


def figures_text(figures: Figures, now: float) -> tuple[bytes, str]:
    """All figures in Prometheus' format, and the type of that."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> MetricWrapperBase:
        made = Gauge(f"pltpack_server_{name}", text, registry=registry)
        made.set(value)
        return made

    gauge("packages", "Packages", figures.packages)
    gauge("unpublished", "Packages that wait to be published", figures.waiting)
    gauge("published_time", "When was published last", figures.published or 0)
    waited = 0.0 if figures.oldest is None else max(0.0, now - figures.oldest)
    gauge("queue_seconds", "For how long the oldest job has been due", waited)
    gauge("failing_sources", "Sources that fail", figures.failing)
    jobs = Gauge("pltpack_server_jobs", "Jobs by state", ["state"], registry=registry)
    for state in ("queued", "running", "failed"):
        jobs.labels(state).set(figures.jobs.get(state, 0))
    return generate_latest(_REGISTRY) + generate_latest(registry), CONTENT_TYPE_LATEST
