"""Logs without secrets, and metrics."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECRET_NAMES: Final = re.compile(
    r"secret|token|password|authorization|cookie|verifier|api_key|vault|code$", re.IGNORECASE
)
_LONG_OPAQUE: Final = re.compile(r"\b(?:Bearer\s+)?[A-Za-z0-9_\-.]{40,}\b")
_MASK: Final = "…"


def mask_secrets(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide the value of everything whose name sounds secret, and whatever looks like a token."""
    return {name: _masked(name, value) for name, value in entry.items()}


def _masked(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name) and value is not None:
        return _MASK
    if isinstance(value, str):
        return _LONG_OPAQUE.sub(_MASK, value)
    if isinstance(value, Mapping):
        return {key: _masked(str(key), inner) for key, inner in value.items()}
    return value


def configure_logging(level: str) -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_secrets,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


class Metrics:
    """What Prometheus reads at /metrics."""

    def __init__(self) -> None:
        """Register everything anew, so that two apps in one process do not meet."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "tieout_http_requests_total", "Requests served", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "tieout_http_request_seconds", "Time to serve a request", ("method", "route"), registry=self.registry
        )
        self.lanes_due = Gauge("tieout_lanes_due", "Lanes that are due now", registry=self.registry)
        self.intents = Gauge("tieout_intents", "Writes by state", ("state",), registry=self.registry)
        self.connections = Gauge("tieout_connections", "Connections by status", ("status",), registry=self.registry)

    def render(self) -> tuple[bytes, str]:
        """The page, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
