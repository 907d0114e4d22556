"""Faults that a test, or a person at the switchboard, asks a simulated platform to have.

A fault says what goes wrong, for which requests, and how often. The plan picks; `doorway` carries out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from random import Random
from typing import Any

FAULTS_MAX = 200
"""How many faults may be set at once."""
DELAY_S_MAX = Decimal(180)
"""The longest an answer may be held back, seconds; longer than any gateway waits."""
STATUS_MIN, STATUS_MAX = 400, 599


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_BEFORE_COMMIT = "drop_before_commit"
    """The connection is cut and nothing was done."""
    DROP_AFTER_COMMIT = "drop_after_commit"
    """The work is done, and the connection is cut instead of answering."""
    STATUS_BEFORE_COMMIT = "status_before_commit"
    """A failure is answered and nothing was done."""
    STATUS_AFTER_COMMIT = "status_after_commit"
    """The work is done, and a failure is answered."""
    DELAY = "delay"
    """The work is done, and the answer held back."""
    RATE_LIMITED = "rate_limited"
    """The platform's own refusal of too many calls, and nothing was done."""


class FaultRefusedError(ValueError):
    """The fault asked for makes no sense; the message says why."""


class ConnectionCutError(ConnectionError):
    """In one process there is no connection to cut: this is what the caller sees instead."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `None` and an empty prefix match everything."""

    id: str
    kind: FaultKind
    method: str | None = None
    path_prefix: str = ""
    count: int = 1
    skip: int = 0
    probability: Decimal = Decimal(1)
    status: int = 503
    delay_s: Decimal = Decimal(0)
    retry_after_s: int | None = None
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is for."""
        return self.count > 0 and self.method in (None, method) and path.startswith(self.path_prefix)


_FIELDS = {
    "kind", "drop_after_commit", "drop_before_commit", "status_before_commit", "status_after_commit",
    "delay_s", "rate_limited", "method", "path_prefix", "path", "count", "skip", "probability", "status",
    "retry_after_s",
}  # fmt: skip


@dataclass(slots=True)
class FaultPlan:
    """The faults that are set. Draws are seeded, so that a run can be repeated."""

    random: Random
    faults: list[Fault] = field(default_factory=list)
    made: int = 0

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Set a fault from what the control surface was sent.

        `{"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/", "count": 1}`; also `skip` (let so many
        matching requests pass first), `probability`, `status`, `delay_s`, `retry_after_s`.
        Raises `FaultRefusedError`.
        """
        if len(self.faults) >= FAULTS_MAX:
            raise FaultRefusedError(f"at most {FAULTS_MAX} faults at once")
        fault = plan_fault(wish, f"fault-{self.made + 1}")
        self.made += 1
        self.faults.append(fault)
        return fault

    def remove(self, fault_id: str | None = None) -> int:
        """Take one fault away, or all of them; answers how many went."""
        kept = [] if fault_id is None else [fault for fault in self.faults if fault.id != fault_id]
        gone = len(self.faults) - len(kept)
        self.faults = kept
        return gone

    def draw(self, method: str, path: str) -> Sequence[Fault]:
        """The faults that befall this request: at most one of each kind, each counted down."""
        drawn: dict[FaultKind, Fault] = {}
        for place, fault in enumerate(self.faults):
            if fault.kind in drawn or not fault.matches(method, path):
                continue
            if fault.skip > 0:
                self.faults[place] = replace(fault, skip=fault.skip - 1)
                continue
            if fault.probability < 1 and Decimal(self.random.random()) >= fault.probability:
                continue
            self.faults[place] = replace(fault, count=fault.count - 1, hits=fault.hits + 1)
            drawn[fault.kind] = fault
        return tuple(drawn.values())


def plan_fault(wish: Mapping[str, Any], fault_id: str) -> Fault:
    """Read a fault, strictly: what is not understood is refused with `FaultRefusedError`."""
    unknown = set(wish) - _FIELDS
    if unknown:
        raise FaultRefusedError(f"unknown: {', '.join(sorted(unknown))}")
    kind = _kind(wish)
    delay_s = _figure(wish, "delay_s", Decimal(0))
    status = int(_figure(wish, "status", Decimal(503)))
    count, skip = int(_figure(wish, "count", Decimal(1))), int(_figure(wish, "skip", Decimal(0)))
    probability = _figure(wish, "probability", Decimal(1))
    method = wish.get("method")
    path_prefix = wish.get("path_prefix", wish.get("path", ""))
    if not STATUS_MIN <= status <= STATUS_MAX:
        raise FaultRefusedError(f"status is from {STATUS_MIN} to {STATUS_MAX}")
    if not 0 <= delay_s <= DELAY_S_MAX:
        raise FaultRefusedError(f"delay_s is from 0 to {DELAY_S_MAX}")
    if count < 1 or skip < 0 or not 0 < probability <= 1:
        raise FaultRefusedError("count is at least 1, skip at least 0, probability above 0 and at most 1")
    if method is not None and not isinstance(method, str):
        raise FaultRefusedError("method is text")
    if not isinstance(path_prefix, str):
        raise FaultRefusedError("path_prefix is text")
    return Fault(
        id=fault_id,
        kind=kind,
        method=method.upper() if method else None,
        path_prefix=path_prefix,
        count=count,
        skip=skip,
        probability=probability,
        status=status,
        delay_s=delay_s,
        retry_after_s=int(_figure(wish, "retry_after_s", Decimal(0))) if "retry_after_s" in wish else None,
    )


def _kind(wish: Mapping[str, Any]) -> FaultKind:
    """The kind by name, or by the short form `{"drop_after_commit": true}`; a bare `delay_s` is a delay."""
    named = wish.get("kind")
    if named == "delay_s":
        return FaultKind.DELAY
    if named is not None:
        try:
            return FaultKind(named)
        except ValueError:
            raise FaultRefusedError(f"kind is one of {', '.join(FaultKind)}") from None
    short = [kind for kind in FaultKind if wish.get(kind.value)]
    if len(short) == 1:
        return short[0]
    if not short and "delay_s" in wish:
        return FaultKind.DELAY
    raise FaultRefusedError(f"say one kind: {', '.join(FaultKind)}")


def _figure(wish: Mapping[str, Any], name: str, otherwise: Decimal) -> Decimal:
    value = wish.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise FaultRefusedError(f"{name} is a number")
    try:
        figure = Decimal(value)
    except InvalidOperation:
        raise FaultRefusedError(f"{name} is a number") from None
    if not figure.is_finite():
        raise FaultRefusedError(f"{name} is a number")
    return figure
