"""Faults that a test, or a person at the switchboard, asks a simulated platform to have.

A fault says what goes wrong, for which requests, and how often. `fault_kinds` is the table of what there is; the plan
picks; `doorway` carries out what befalls a request, and `webhooks` what befalls a notification.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any
from urllib.parse import parse_qs

from tieout.sandbox.faults.kinds import GENERAL, KINDS, FaultKind
from tieout.sandbox.traffic import Classified

FAULTS_MAX = 200
"""How many faults may be set at once."""
DELAY_S_MAX = Decimal(180)
"""The longest an answer may be held back, seconds; longer than any gateway waits."""
LATER_S_MAX = Decimal(30 * 24 * 3600)
"""The longest a commit or a notification may come later, seconds of the simulator's clock."""
STATUS_MIN, STATUS_MAX = 400, 599
COUNT_MAX = 1_000_000


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
    company_id: str | None = None
    app_id: str | None = None
    count: int = 1
    skip: int = 0
    after: int = 0
    """How many requests of any kind pass before it begins, from when it was set."""
    probability: Decimal = Decimal(1)
    status: int = 503
    delay_s: Decimal = Decimal(0)
    retry_after_s: int | None = None
    limit: str | None = None
    """Which of the platform's limits a refusal speaks of."""
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault is for, as far as its line says."""
        return self.count > 0 and self.method in (None, method) and path.startswith(self.path_prefix)

    def concerns(self, of: Classified) -> bool:
        """Whether it is for this company and app."""
        return self.company_id in (None, of.company_id) and self.app_id in (None, of.app_id)

    def told(self) -> dict[str, object]:
        """For the control surface."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "method": self.method,
            "path_prefix": self.path_prefix,
            "company_id": self.company_id,
            "app_id": self.app_id,
            "count": self.count,
            "skip": self.skip,
            "after": self.after,
            "probability": self.probability,
            "status": self.status,
            "delay_s": self.delay_s,
            "retry_after_s": self.retry_after_s,
            "limit": self.limit,
            "hits": self.hits,
        }


_FIELDS = {
    "kind", "method", "path_prefix", "path", "company_id", "app_id", "count", "skip", "after", "probability", "status",
    "delay_s", "retry_after_s", "limit", *FaultKind,
}  # fmt: skip


@dataclass(slots=True)
class FaultPlan:
    """The faults that are set. Draws are seeded, so that a run can be repeated.

    `kinds` are those that the platform knows how to have, `limits` the words for its limits.
    """

    random: Random
    faults: list[Fault] = field(default_factory=list)
    made: int = 0
    kinds: frozenset[FaultKind] = GENERAL
    limits: tuple[str, ...] = ()

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Set a fault from what the control surface was sent. Raises `FaultRefusedError`.

        `{"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/", "count": 1}`; also `company_id`,
        `app_id`, `skip` (let so many matching requests pass first), `after` (so many of any kind), `probability`,
        `status`, `delay_s`, `retry_after_s`, `limit`.
        """
        if len(self.faults) >= FAULTS_MAX:
            raise FaultRefusedError(f"at most {FAULTS_MAX} faults at once")
        fault = plan_fault(wish, f"fault-{self.made + 1}")
        if fault.kind not in self.kinds:
            raise FaultRefusedError(f"this platform has no {fault.kind.value}")
        if fault.limit is not None and fault.limit not in self.limits:
            raise FaultRefusedError(f"limit is one of {', '.join(self.limits) or '(none here)'}")
        self.made += 1
        self.faults.append(fault)
        return fault

    def remove(self, fault_id: str | None = None) -> int:
        """Take one fault away, or all of them; answers how many went."""
        kept = [] if fault_id is None else [fault for fault in self.faults if fault.id != fault_id]
        gone = len(self.faults) - len(kept)
        self.faults = kept
        return gone

    def draw(
        self, method: str, path: str, *, of: Callable[[], Classified] | None = None, body: bytes = b""
    ) -> Sequence[Fault]:
        """The faults that befall this request: at most one of each kind, each counted down.

        `of` tells whose request it is, and is asked only when a fault depends on it.
        """
        if not self.faults:
            return ()
        drawn: dict[FaultKind, Fault] = {}
        for place, fault in enumerate(self.faults):
            if KINDS[fault.kind].befalls_notifications:
                continue
            if fault.after > 0:
                self.faults[place] = replace(fault, after=fault.after - 1)
                continue
            if fault.kind in drawn or not fault.matches(method, path):
                continue
            if fault.kind is FaultKind.REFRESH_ANSWER_LOST and not _is_refresh(body):
                continue
            if not _is_whose(fault, method, of):
                continue
            self._befall(place, drawn)
        return tuple(drawn.values())

    def draw_notification(self, of: Sequence[Classified]) -> Sequence[Fault]:
        """The faults that befall a notification about these companies: at most one of each kind."""
        drawn: dict[FaultKind, Fault] = {}
        for place, fault in enumerate(self.faults):
            if not KINDS[fault.kind].befalls_notifications or fault.count < 1 or fault.kind in drawn:
                continue
            if any(fault.concerns(one) for one in of):
                self._befall(place, drawn)
        return tuple(drawn.values())

    def _befall(self, place: int, drawn: dict[FaultKind, Fault]) -> None:
        """Count a match: it is let pass, spared by chance, or befallen."""
        fault = self.faults[place]
        if fault.skip > 0:
            self.faults[place] = replace(fault, skip=fault.skip - 1)
            return
        if fault.probability < 1 and Decimal(self.random.random()) >= fault.probability:
            return
        self.faults[place] = replace(fault, count=fault.count - 1, hits=fault.hits + 1)
        drawn[fault.kind] = fault


_OF_A_TOKEN = frozenset({FaultKind.TOKEN_EXPIRED, FaultKind.TOKEN_REVOKED})


def _is_whose(fault: Fault, method: str, of: Callable[[], Classified] | None) -> bool:
    """Whether the request comes from those the fault is for, and is of the sort that can meet it."""
    writes_only = KINDS[fault.kind].writes_only
    if writes_only and method in ("GET", "HEAD"):
        return False
    if not (writes_only or fault.company_id or fault.app_id or fault.kind in _OF_A_TOKEN):
        return True
    whose = Classified(None, None, "") if of is None else of()
    if (writes_only and whose.company_id is None) or (fault.kind in _OF_A_TOKEN and whose.app_id is None):
        return False
    return fault.concerns(whose)


def _is_refresh(body: bytes) -> bool:
    """Whether a form asks for new tokens in exchange for a refresh token."""
    return parse_qs(body.decode(errors="replace")).get("grant_type") == ["refresh_token"]


def plan_fault(wish: Mapping[str, Any], fault_id: str) -> Fault:
    """Read a fault, strictly: what is not understood is refused with `FaultRefusedError`."""
    unknown = set(wish) - _FIELDS
    if unknown:
        raise FaultRefusedError(f"unknown: {', '.join(sorted(unknown))}")
    kind = _kind(wish)
    later = KINDS[kind].later
    delay_s = _figure(wish, "delay_s", KINDS[kind].delay_s)
    status = int(_figure(wish, "status", Decimal(503)))
    probability = _figure(wish, "probability", Decimal(1))
    if not STATUS_MIN <= status <= STATUS_MAX:
        raise FaultRefusedError(f"status is from {STATUS_MIN} to {STATUS_MAX}")
    if not 0 <= delay_s <= (LATER_S_MAX if later else DELAY_S_MAX):
        raise FaultRefusedError(f"delay_s is from 0 to {LATER_S_MAX if later else DELAY_S_MAX}")
    if not 0 < probability <= 1:
        raise FaultRefusedError("probability is above 0 and at most 1")
    method = _text(wish, "method")
    return Fault(
        id=fault_id,
        kind=kind,
        method=method.upper() if method else None,
        path_prefix=_text(wish, "path_prefix") or _text(wish, "path") or "",
        company_id=_text(wish, "company_id"),
        app_id=_text(wish, "app_id"),
        count=_whole(wish, "count", 1, least=1),
        skip=_whole(wish, "skip", 0),
        after=_whole(wish, "after", 0),
        probability=probability,
        status=status,
        delay_s=delay_s,
        retry_after_s=_whole(wish, "retry_after_s", 0) if "retry_after_s" in wish else None,
        limit=_text(wish, "limit"),
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


def _text(wish: Mapping[str, Any], name: str) -> str | None:
    value = wish.get(name)
    if value is not None and not isinstance(value, str):
        raise FaultRefusedError(f"{name} is text")
    return value or None


def _whole(wish: Mapping[str, Any], name: str, otherwise: int, *, least: int = 0) -> int:
    figure = _figure(wish, name, Decimal(otherwise))
    if figure != int(figure) or not least <= figure <= COUNT_MAX:
        raise FaultRefusedError(f"{name} is a whole number from {least} to {COUNT_MAX}")
    return int(figure)


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
