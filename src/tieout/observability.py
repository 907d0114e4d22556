"""Logs without secrets, and metrics."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECRET_NAMES: Final = re.compile(
    r"secret|token|password|authorization|cookie|verifier|api_key|vault|signature|^code$", re.IGNORECASE
)
_CREDENTIAL: Final = re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;]+", re.IGNORECASE)
_SECRET_PARAMETER: Final = re.compile(
    r"(\b\w*(?:secret|token|password|verifier|api_key|signature)|(?<=[?&])(?:code|state))=[^&\s\"'#]+", re.IGNORECASE
)
_LONG_OPAQUE: Final = re.compile(r"\beyJ[\w\-.]{20,}|\b[A-Za-z0-9_\-]{40,}\b|\b[A-Za-z0-9+/]{40,}={1,2}")
_MASK: Final = "…"
_DEPTH_MAX: Final = 6
"""What lies deeper in an entry is not looked through, and so not shown."""


def mask_secrets(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Hide the value of everything whose name sounds secret, and whatever looks like a token, at any depth."""
    return {name: _masked(name, value, 0) for name, value in entry.items()}


def masked_text(text: str) -> str:
    """A text without what looks like a token: a header's credentials, secret parameters of a URL, long opaque words."""
    text = _CREDENTIAL.sub(rf"\1 {_MASK}", text)
    return _LONG_OPAQUE.sub(_MASK, _SECRET_PARAMETER.sub(rf"\1={_MASK}", text))


def _masked(name: str, value: Any, depth: int) -> Any:
    hidden = depth > _DEPTH_MAX or _SECRET_NAMES.search(name)
    return _MASK if hidden and value is not None else _shown(value, depth)


def _shown(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return masked_text(value)
        case Mapping():
            return {str(key): _masked(str(key), inner, depth + 1) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked("", inner, depth + 1) for inner in value]
        case bytes() | bytearray():
            return f"{len(value)} bytes"
        case _:
            return str(value) if isinstance(value, UUID | date | Decimal) else masked_text(repr(value))


def configure_logging(level: str) -> None:
    """One JSON object a line on standard error, from libraries too."""
    named: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        mask_secrets,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*named, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=named,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    """Libraries say little: at `info` an HTTP client tells whole addresses. The server sets its own loggers' level."""


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
        self.lanes_due = Gauge("tieout_lanes_due", "Lanes that wait for a worker now", registry=self.registry)
        self.lanes_running = Gauge("tieout_lanes_running", "Lanes that a worker owns", registry=self.registry)
        self.lanes_paused = Gauge("tieout_lanes_paused", "Lanes that were paused by hand", registry=self.registry)
        self.lanes_failing = Gauge("tieout_lanes_failing", "Lanes with something that fails", registry=self.registry)
        self.units_parked = Gauge("tieout_units_parked", "Units of work set aside for good", registry=self.registry)
        self.oldest_lane_due_seconds = Gauge(
            "tieout_oldest_lane_due_seconds",
            "How long the lane has waited that waits longest",
            registry=self.registry,
        )
        self.webhooks_waiting = Gauge("tieout_webhooks_waiting", "Webhooks to be delivered", registry=self.registry)
        self.platform_webhooks = Counter(
            "tieout_platform_webhooks_total",
            "Webhooks of platforms by what they were answered",
            ("platform", "status"),
            registry=self.registry,
        )
        self.intents = Gauge("tieout_intents", "Writes by state", ("state",), registry=self.registry)
        self.platform_calls = Gauge(
            "tieout_platform_calls_today",
            "Calls to platforms since midnight UTC, of all processes",
            ("platform", "cause", "kind", "outcome"),
            registry=self.registry,
        )
        self.platform_bytes = Gauge(
            "tieout_platform_bytes_today",
            "Bytes of bodies to and from platforms since midnight UTC, of all processes",
            ("platform", "direction"),
            registry=self.registry,
        )
        self.connections = Gauge("tieout_connections", "Connections by status", ("status",), registry=self.registry)

    def render(self) -> tuple[bytes, str]:
        """The page, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
