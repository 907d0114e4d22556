"""What comes over everybody: faults of the platform, time, and the deaths of workers."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from tests.storm import partner_calls, people_at_work
from tests.storm.fates import Fate
from tests.storm.world import Action, World
from tests.support.trading import TOKENS, WRITES

POINTS_MAX = 40
"""At the latest at this commit or request does a worker meet its fate."""
LEASE_OVER_S = 7

Fault = Callable[[Random], dict[str, Any]]
FAULTS: tuple[tuple[int, Fault], ...] = (
    (4, lambda _: {"kind": "drop_before_commit"}),
    (6, lambda _: {"kind": "drop_after_commit"}),
    (4, lambda draw: {"kind": "commit_later", "delay_s": draw.choice((2, 20, 45, 90, 300, 600))}),
    (3, lambda draw: {"kind": "status_before_commit", "status": draw.choice((500, 502, 503, 504))}),
    (5, lambda draw: {"kind": "status_after_commit", "status": draw.choice((500, 502, 503, 504))}),
    (3, lambda draw: {"kind": "rate_limited", "retry_after_s": draw.choice((1, 5, 60))}),
    (4, lambda _: {"kind": "cut_body"}),
    (1, lambda _: {"kind": "delay", "delay_s": "0.01"}),
    (2, lambda _: {"kind": "stale_version"}),
    (2, lambda _: {"kind": "token_expired"}),
    (1, lambda _: {"kind": "token_revoked"}),
    (2, lambda _: {"kind": "refresh_answer_lost"}),
    (1, lambda _: {"kind": "period_closed"}),
    (1, lambda _: {"kind": "account_archived"}),
    (1, lambda _: {"kind": "feature_missing"}),
)
MOVES: tuple[tuple[int, timedelta], ...] = (
    (4, timedelta(seconds=1)),
    (4, timedelta(seconds=LEASE_OVER_S)),
    (4, timedelta(seconds=40)),
    (3, timedelta(minutes=3)),
    (3, timedelta(minutes=16)),
    (2, timedelta(hours=1, seconds=5)),
    (2, timedelta(hours=5)),
    (1, timedelta(hours=26)),
    (1, timedelta(days=4)),
)


async def fault(world: World, draw: Random) -> None:
    """Let something go wrong at the platform, soon and a few times."""
    plan = world.trade.house.simulator(world.trade.platform).faults
    told = draw.choices([wish for _, wish in FAULTS], [weight for weight, _ in FAULTS])[0](draw)
    if told["kind"] not in plan.kinds:
        told = {"kind": "status_after_commit"}
    if told["kind"] == "refresh_answer_lost":
        told |= {"path_prefix": TOKENS[world.trade.platform]}
    else:
        told |= {"path_prefix": WRITES[world.trade.platform]}
        if draw.random() < 0.6:
            told |= {"method": "POST" if world.trade.platform == "quickbooks" else draw.choice(("PUT", "POST"))}
    told |= {"count": draw.choice((1, 1, 1, 2, 3)), "skip": draw.choice((0, 0, 0, 1, 2))}
    plan.add(told)
    world.tell("fault: " + " ".join(f"{name}={value}" for name, value in told.items() if name != "path_prefix"))


async def pass_time(world: World, draw: Random) -> None:
    (by,) = draw.choices([by for _, by in MOVES], [weight for weight, _ in MOVES])
    await world.pass_time(by)
    world.tell(f"time: {by} later")


async def work(world: World, _draw: Random) -> None:
    """A worker does all that is due."""
    fate = await world.work()
    world.tell(f"worker: works, {fate.passed} points")


async def die(world: World, draw: Random) -> None:
    """A worker dies in the middle of its work; its lease may run out at once."""
    fate = await world.work(Fate(draw.randrange(1, POINTS_MAX)))
    world.tell(f"worker: dies {fate.met}" if fate.met else f"worker: works, {fate.passed} points")
    if fate.met and draw.random() < 0.7:
        await world.pass_time(timedelta(seconds=LEASE_OVER_S))
        world.tell("time: the dead worker's lease is over")


MEANWHILE: tuple[tuple[int, Action], ...] = (
    (3, partner_calls.issue_invoice),
    (2, partner_calls.approve_bill),
    (2, partner_calls.edit_counterpart),
    (2, partner_calls.cancel),
    (2, partner_calls.pay),
    (2, partner_calls.synchronise),
    (1, partner_calls.disconnect),
    (2, people_at_work.pay),
    (2, people_at_work.void),
    (2, people_at_work.edit),
    (1, people_at_work.enter_namesake),
    (3, fault),
)
"""What happens while a worker is held."""


async def hold(world: World, draw: Random) -> None:
    """A worker is stopped at some point, the world goes on, and it goes on too, perhaps after its lease."""
    at, outlives = draw.randrange(1, POINTS_MAX), draw.random() < 0.6
    deeds = draw.choices([deed for _, deed in MEANWHILE], [weight for weight, _ in MEANWHILE], k=draw.choice((0, 1, 2)))

    async def meanwhile() -> None:
        world.tell(f"worker: is held {fate.met}")
        world.depth += 1
        for deed in deeds:
            await deed(world, draw)
        if outlives:
            await world.pass_time(timedelta(seconds=LEASE_OVER_S))
            other = await world.work()
            world.tell(f"another worker, past the lease: works, {other.passed} points")
        world.depth -= 1

    fate = Fate(at, meanwhile)
    await world.work(fate)
    world.tell(f"worker: goes on, {fate.passed} points in all")
