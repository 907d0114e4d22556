"""A simulated platform as the shared room sees it, and the application that serves it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tieout.sandbox.agenda import Agenda, MovableClock
from tieout.sandbox.apps import Apps
from tieout.sandbox.companies import Company
from tieout.sandbox.control.surface import control_routes
from tieout.sandbox.doorway import Doorway
from tieout.sandbox.faults.kinds import GENERAL, FaultKind
from tieout.sandbox.faults.plan import ConnectionCutError, Fault, FaultPlan
from tieout.sandbox.replaying.journal import Journal
from tieout.sandbox.traffic import Classified, Meter, RequestLog
from tieout.sandbox.visitors import User, Visitors
from tieout.sandbox.webhooks.deliveries import PostOffice
from tieout.sandbox.webhooks.notices import WebhookRules
from tieout.sandbox.wire import BODY_BYTES_MAX

STEPS_MAX = 100_000
"""In how many steps the clock is moved at most; each is something that happens on the way."""


@dataclass(frozen=True, slots=True)
class Keepsake:
    """A text that is drawn once by the machine's chance, such as a key: how it is read and put back."""

    read: Callable[[], str]
    write: Callable[[str], None]


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
    body_bytes_max: Callable[[str], int] = lambda _path: BODY_BYTES_MAX
    """The largest request body at a path; more is answered 413."""
    apps: Apps = field(init=False)
    faults: FaultPlan = field(init=False)
    visitors: Visitors = field(init=False)
    requests: RequestLog = field(init=False, default_factory=RequestLog)
    meter: Meter = field(init=False, default_factory=Meter)
    agenda: Agenda = field(init=False, default_factory=Agenda)
    post: PostOffice | None = field(init=False, default=None)
    """Notifies programs; None where the platform has no webhooks."""
    fault_answers: dict[FaultKind, Callable[[Request, Fault], Response]] = field(init=False, default_factory=dict)
    """What the platform answers when a fault asks for a refusal of its own."""
    fault_effects: dict[FaultKind, Callable[[Request], None]] = field(init=False, default_factory=dict)
    """What a fault does to the platform before it sees the request."""
    billed_kinds: frozenset[str] = field(init=False, default=frozenset())
    """The kinds of call that the platform bills for."""
    app_gone: list[Callable[[str], None]] = field(init=False, default_factory=list)
    """Told the client id of a program whose registration ends."""
    streams: dict[str, Random] = field(init=False, default_factory=dict)
    """Draws that do not follow from what the journal remembers, by name."""
    keepsakes: dict[str, Keepsake] = field(init=False, default_factory=dict)
    """What else has to be the same when the simulator starts again."""
    started_at: datetime = field(init=False)
    journal: Journal | None = field(init=False, default=None)
    """Remembers what was done, when the state is kept in a file."""
    save: Callable[[], Mapping[str, object]] | None = field(init=False, default=None)
    """Saves the state and tells where; None when nobody asked for a file."""
    cut_error: Callable[[], Exception] = field(init=False)
    """Makes what an in-process caller sees when its connection is cut; a test may set its HTTP client's own error."""

    def __post_init__(self) -> None:
        """Seed what is drawn."""
        self.started_at = self.clock.now()
        self.apps = Apps(self.random("apps"))
        self.faults = FaultPlan(self.random("faults"))
        self.visitors = Visitors(f"tieout_sandbox_{self.slug}", tuple(self.users), self.random("visitors"))
        self.cut_error = _cut_error
        self.streams = {"faults": self.faults.random, "visitors": self.visitors.random}

    def notify_by(self, rules: WebhookRules) -> PostOffice:
        """Let programs have webhooks, by the platform's rules."""
        self.post = PostOffice(rules, self.clock, self.faults, self.random("webhooks"))
        self.streams["webhooks"] = self.post.random
        return self.post

    def know_faults(
        self,
        answers: Mapping[FaultKind, Callable[[Request, Fault], Response]],
        effects: Mapping[FaultKind, Callable[[Request], None]],
        limits: Sequence[str],
    ) -> None:
        """Let the platform have faults of its own, in its own words."""
        self.fault_answers.update(answers)
        self.fault_effects.update(effects)
        own = frozenset((*answers, *effects, FaultKind.REFRESH_ANSWER_LOST))
        self.faults.kinds, self.faults.limits = GENERAL | own, tuple(limits)

    def begin(self) -> None:
        """Something begins that counts as one: a request, or an act of a person."""
        if self.post is not None:
            self.post.operation += 1

    async def settle(self) -> None:
        """Do what is due in the books by now."""
        await self.agenda.settle(self.clock.now())

    async def run_due(self) -> None:
        """Do everything that is due by now: in the books, and in the post."""
        await self.settle()
        if self.post is not None:
            await self.post.run()

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock, stopping on the way at every moment at which something happens."""
        target = self.clock.now() + by
        for _ in range(STEPS_MAX):
            times = (self.agenda.next_at(), self.post.next_at() if self.post is not None else None)
            due = min((at for at in times if at is not None), default=None)
            now = self.clock.now()
            if by < timedelta() or due is None or due > target:
                break
            if due > now:
                self.clock.move(due - now)
            await self.run_due()
        left = target - self.clock.now()
        if by < timedelta() or left > timedelta():
            self.clock.move(left)

    def random(self, purpose: str) -> Random:
        """A stream of draws for one purpose, repeatable from the seed."""
        return seeded(self.seed, f"{self.slug}:{purpose}")


def seeded(seed: int, purpose: str) -> Random:
    """A stream of draws that the same seed and purpose repeat."""
    return Random(f"{seed}:{purpose}")  # noqa: S311 - a simulation has to be repeatable; nothing here guards anything real


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
