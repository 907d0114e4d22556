"""What was asked of a simulated platform, and what it would have cost there."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

REQUESTS_KEPT = 2_000
"""How many requests the log of one company remembers."""
BODY_CHARACTERS_KEPT = 8_000
"""How much of a request's body the log keeps."""


@dataclass(frozen=True, slots=True)
class Classified:
    """How the platform counts a request: whose company, which app, what kind (the platform's own words)."""

    company_id: str | None
    app_id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request and its answer, without any secret."""

    at: datetime
    method: str
    path: str
    query: str
    status: int
    classified: Classified
    bytes_in: int
    bytes_out: int
    faults: tuple[str, ...]
    body: str

    def told(self) -> dict[str, object]:
        """For the control surface. `status` is what the platform answered, even if it never arrived; 0 is no answer."""
        return {
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "company_id": self.classified.company_id,
            "app_id": self.classified.app_id,
            "kind": self.classified.kind,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "faults": self.faults,
            "body": self.body,
        }


@dataclass(slots=True)
class RequestLog:
    """The last requests of each company, in rings of `REQUESTS_KEPT`."""

    rings: dict[str | None, deque[SeenRequest]] = field(default_factory=dict)

    def add(self, seen: SeenRequest) -> None:
        """Remember a request; the oldest of the same company may go."""
        self.rings.setdefault(seen.classified.company_id, deque(maxlen=REQUESTS_KEPT)).append(seen)

    def listed(self, company_id: str | None = None, *, limit: int = 200) -> Sequence[SeenRequest]:
        """The last requests, newest first, of one company or of all."""
        rings: Iterable[Iterable[SeenRequest]]
        rings = self.rings.values() if company_id is None else [self.rings.get(company_id, ())]
        return sorted((seen for ring in rings for seen in ring), key=lambda seen: seen.at, reverse=True)[:limit]

    def clear(self) -> None:
        """Forget everything."""
        self.rings.clear()


@dataclass(slots=True)
class Count:
    """Calls and bytes."""

    calls: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    refused: int = 0

    def add(self, other: "Count") -> None:
        """Count what another counted, too."""
        self.calls += other.calls
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.refused += other.refused

    def told(self) -> dict[str, object]:
        """For the control surface."""
        return {
            "calls": self.calls,
            "refused": self.refused,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
        }


@dataclass(frozen=True, slots=True)
class MeterKey:
    """What is counted apart."""

    company_id: str | None
    app_id: str | None
    kind: str
    day: str
    """YYYY-MM-DD in UTC; its first seven characters are the month."""


@dataclass(slots=True)
class Meter:
    """Calls and bytes by company, app, kind and calendar day; `calls` are those that the platform answered well."""

    counts: dict[MeterKey, Count] = field(default_factory=dict)

    def add(self, seen: SeenRequest) -> None:
        """Count a request. What failed counts as refused and costs bytes, but is no call that is billed."""
        of = seen.classified
        key = MeterKey(of.company_id, of.app_id, of.kind, f"{seen.at:%Y-%m-%d}")
        count = self.counts.setdefault(key, Count())
        if seen.status and seen.status < 400:  # noqa: PLR2004 - where HTTP's refusals begin
            count.calls += 1
        else:
            count.refused += 1
        count.bytes_in += seen.bytes_in
        count.bytes_out += seen.bytes_out

    def calls(
        self,
        *,
        kind: str | None = None,
        company_id: str | None = None,
        app_id: str | None = None,
        month: str | None = None,
    ) -> int:
        """The calls that match; what is not given is not asked."""
        return sum(
            count.calls
            for key, count in self.counts.items()
            if kind in (None, key.kind)
            and company_id in (None, key.company_id)
            and app_id in (None, key.app_id)
            and (month is None or key.day.startswith(month))
        )

    def told(self, *, by_day: bool = False) -> list[dict[str, object]]:
        """For the control surface, by `month` or by `day`."""
        length, name = (10, "day") if by_day else (7, "month")
        rows: dict[tuple[str | None, str | None, str, str], Count] = {}
        for key, count in self.counts.items():
            row = rows.setdefault((key.company_id, key.app_id, key.kind, key.day[:length]), Count())
            row.add(count)
        return [
            {"company_id": company_id, "app_id": app_id, "kind": kind, name: period, **count.told()}
            for (company_id, app_id, kind, period), count in rows.items()
        ]

    def restore(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Go on from rows by day, as `told` gave them."""
        for row in rows:
            key = MeterKey(row["company_id"], row["app_id"], str(row["kind"]), str(row["day"]))
            self.counts[key] = Count(**{name: int(row[name]) for name in ("calls", "bytes_in", "bytes_out", "refused")})

    def clear(self) -> None:
        """Start counting again."""
        self.counts.clear()
