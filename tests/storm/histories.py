"""A history: actions drawn from a seed, then calm, then judgement.

Every action has a stream of draws of its own, so that a history from which actions were left out is still the same
history for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, or_, select
from tests.storm import partner_calls, people_at_work, weather
from tests.storm.world import Action, World
from tests.support.trading import PLATFORMS

from tieout.sandbox.simulator import seeded
from tieout.storage.tables.connections import Company, Link
from tieout.storage.tables.work import Intent, Lane
from tieout.sync.intents import OPEN_STATES

ACTIONS_MIN, ACTIONS_MAX = 12, 28
SHORT_SEEDS = 50
"""The first seeds, run with every change of the code, have shorter histories, and every action between them."""
SHORT_ACTIONS_MIN, SHORT_ACTIONS_MAX = 6, 14
CALM_STEPS_MAX = 60
"""How often the clock is moved at most until nothing is open."""
STEP_S_MIN, STEP_S_MAX = 1.0, 1_800.0

ACTIONS: tuple[tuple[int, Action], ...] = (
    (3, partner_calls.new_counterpart),
    (2, partner_calls.edit_counterpart),
    (3, partner_calls.new_product),
    (1, partner_calls.edit_product),
    (14, partner_calls.issue_invoice),
    (3, partner_calls.edit_invoice),
    (9, partner_calls.approve_bill),
    (3, partner_calls.edit_bill),
    (4, partner_calls.pay),
    (3, partner_calls.cancel),
    (1, partner_calls.approve_again),
    (2, partner_calls.credit_invoice),
    (1, partner_calls.credit_bill),
    (2, partner_calls.attach_file),
    (3, partner_calls.push_again),
    (2, partner_calls.synchronise),
    (1, partner_calls.disconnect),
    (3, partner_calls.reconnect),
    (5, people_at_work.pay),
    (2, people_at_work.take_payment_back),
    (3, people_at_work.void),
    (3, people_at_work.edit),
    (2, people_at_work.rename),
    (1, people_at_work.put_away),
    (1, people_at_work.bring_back),
    (2, people_at_work.close_period),
    (2, people_at_work.enter_twin),
    (2, people_at_work.enter_namesake),
    (1, people_at_work.merge),
    (12, weather.fault),
    (12, weather.pass_time),
    (14, weather.work),
    (7, weather.die),
    (7, weather.hold),
)
"""A new operation is a line here, with how often it comes."""


@dataclass(frozen=True)
class Step:
    """An action of a history, and its own draws."""

    seed: int
    place: int
    action: Action

    def draw(self) -> Random:
        """A fresh stream of its draws."""
        return seeded(self.seed, f"action {self.place}")


def name_of(action: Action) -> str:
    """Whose action it is, and what."""
    return f"{action.__module__.rpartition('.')[2]} {action.__name__}"


def plan_history(seed: int) -> Sequence[Step]:
    """The actions of a seed."""
    draw = seeded(seed, "actions")
    is_short = seed <= SHORT_SEEDS
    bounds = (SHORT_ACTIONS_MIN, SHORT_ACTIONS_MAX) if is_short else (ACTIONS_MIN, ACTIONS_MAX)
    actions = draw.choices(
        [action for _, action in ACTIONS], [weight for weight, _ in ACTIONS], k=draw.randrange(*bounds)
    )
    for action in _in_turn(seed) if is_short else ():
        actions.insert(draw.randrange(len(actions) // 2, len(actions) + 1), action)
    return [Step(seed, place, action) for place, action in enumerate(actions)]


def _in_turn(seed: int) -> tuple[Action, Action]:
    """Two actions whose turn it is, so that the short histories of one platform have all of them, rare ones too."""
    first = seed // len(PLATFORMS) * 2
    return ACTIONS[first % len(ACTIONS)][1], ACTIONS[(first + 1) % len(ACTIONS)][1]


async def live(world: World, steps: Sequence[Step]) -> None:
    """Let it all happen, then let the storm pass."""
    for step in steps:
        told = len(world.history)
        await step.action(world, step.draw())
        if len(world.history) > told:
            world.met[f"done: {name_of(step.action)}"] += 1
    await calm(world)


async def calm(world: World) -> None:
    """Faults are over and the books open and connected; time passes until nothing is open; then a day more."""
    plan = world.trade.house.simulator(world.trade.platform).faults
    for fault in plan.faults:
        world.met[f"fault {fault.kind.value}"] += fault.hits
    plan.remove()
    world.act("lock_period" if world.trade.platform == "xero" else "open_books")
    world.tell("calm: the storm is over")
    await settle(world)
    if not await _is_live(world):
        world.tell(f"calm: the books are connected again: {await world.connect()}")
        await settle(world)
    await world.pass_time(timedelta(hours=25))
    await settle(world)
    world.tell("calm: a day later")


async def settle(world: World) -> None:
    """Let workers work and time pass until nothing is open, however often that takes within a bound.

    Books that nobody may call are left for now.
    """
    for _ in range(CALM_STEPS_MAX):
        await world.work()
        if not await _is_live(world):
            return
        due = await _next_due(world)
        if due is None:
            return
        ahead_s = (due - world.trade.house.clock.now()).total_seconds()
        await world.pass_time(timedelta(seconds=min(max(ahead_s, STEP_S_MIN), STEP_S_MAX)))
    world.wrong.append(f"still not settled after {CALM_STEPS_MAX} steps of time: {await _open_work(world)}")


async def _is_live(world: World) -> bool:
    connection = await world.read(f"/accounting_connections/{world.trade.connection_id}")
    return connection.get("status") == "connected"


async def _next_due(world: World) -> datetime | None:
    """When something is due that is still open; None when nothing is."""
    if not await _open_work(world):
        return None
    async with world.trade.house.services.database.read() as session:
        due: datetime | None = await session.scalar(
            select(func.min(func.coalesce(Lane.due_at, Lane.lease_until))).where(Lane.kind == "company")
        )
    return due or world.trade.house.clock.now()


async def _open_work(world: World) -> list[str]:
    """Writes that are not settled, wishes that are not planned, a pull that is not finished."""
    company_id = world.trade.company_id
    async with world.trade.house.services.database.read() as session:
        company = await session.get_one(Company, company_id)
        intents = await session.scalars(
            select(Intent).where(Intent.company_id == company_id, Intent.state.in_(OPEN_STATES)).order_by(Intent.id)
        )
        is_pulling = company.pull_started_at is not None
        found = [f"{one.operation} of {one.object_type} {one.state}" for one in intents]
        wanted = await session.scalars(
            select(Link).where(
                Link.company_id == company_id, or_(Link.push_wanted_at.is_not(None), Link.sync_status == "pending")
            )
        )
        found += [f"{link.object_type} is {link.sync_status}" for link in wanted]
        now = world.trade.house.clock.now()
        due = {"pull": company.pull_due_at, "comparison": company.tie_out_due_at}
    found += [f"a {what} is due" for what, at in due.items() if at is not None and at <= now]
    return found + (["a pull is under way"] if is_pulling else [])
