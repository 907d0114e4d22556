"""A simulated platform as the shared room sees it, and the application that serves it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Protocol, runtime_checkable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tieout.kit.clock import Clock, OffsetClock
from tieout.sandbox.apps import Apps
from tieout.sandbox.companies import Company
from tieout.sandbox.control import control_routes
from tieout.sandbox.doorway import Doorway
from tieout.sandbox.faults import ConnectionCutError, FaultPlan
from tieout.sandbox.traffic import Classified, Meter, RequestLog
from tieout.sandbox.visitors import User, Visitors


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that the control surface can move."""

    def move(self, by: timedelta) -> None:
        """Move the clock."""
        ...


@dataclass(slots=True)
class Simulator:
    """One simulated platform: its companies, programs, people, faults and counts.

    `classify` says how the platform counts a request; `refuse` makes its own answer for a status that a fault asks for
    (429 and 4xx/5xx).
    """

    title: str
    slug: str
    origin: str
    clock: MovableClock
    seed: int
    companies: dict[str, Company]
    classify: Callable[[Request], Classified]
    refuse: Callable[[Request, int], Response]
    addresses: Sequence[tuple[str, str]]
    """What there is at which path, told on the first page: (what, path)."""
    users: Sequence[User]
    apps: Apps = field(init=False)
    faults: FaultPlan = field(init=False)
    visitors: Visitors = field(init=False)
    requests: RequestLog = field(init=False, default_factory=RequestLog)
    meter: Meter = field(init=False, default_factory=Meter)
    cut_error: Callable[[], Exception] = field(init=False)
    """Makes what an in-process caller sees when its connection is cut; a test may set its HTTP client's own error."""

    def __post_init__(self) -> None:
        """Seed what is drawn."""
        self.apps = Apps(self.random("apps"))
        self.faults = FaultPlan(self.random("faults"))
        self.visitors = Visitors(f"tieout_sandbox_{self.slug}", tuple(self.users), self.random("visitors"))
        self.cut_error = _cut_error

    def random(self, purpose: str) -> Random:
        """A stream of draws for one purpose, repeatable from the seed."""
        return seeded(self.seed, f"{self.slug}:{purpose}")


def seeded(seed: int, purpose: str) -> Random:
    """A stream of draws that the same seed and purpose repeat."""
    return Random(f"{seed}:{purpose}")  # noqa: S311 - a simulation has to be repeatable; nothing here guards anything real


def movable(clock: Clock) -> MovableClock:
    """The clock itself if it can be moved, else a clock in step with it that can."""
    return clock if isinstance(clock, MovableClock) else OffsetClock(clock)


def build_application(simulator: Simulator, routes: Sequence[BaseRoute]) -> Starlette:
    """Serve the platform's own `routes` and the control surface behind one door; `app.state.simulator` is it."""
    app = Starlette(
        routes=[*control_routes(simulator), *routes],
        middleware=[Middleware(Doorway, simulator=simulator)],
    )
    app.state.simulator = simulator
    return app


def _cut_error() -> Exception:
    return ConnectionCutError("the connection was cut")
