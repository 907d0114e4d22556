"""What those do who come after a death, and what must be true then."""

from datetime import timedelta

from tests.crash.trials import Scene
from tests.support.trading import Trade

from tieout.engine.port import LEASE_S
from tieout.platforms.port import Cause
from tieout.sync.open_books import open_books
from tieout.sync.refreshing import OWNED_S

ROUNDS_MAX = 6


async def run_lanes(scene: Scene) -> None:
    """Run whatever is due."""
    await scene.mortal.work()


async def come_after(scene: Scene) -> None:
    """Another worker takes over as the lease is over, or when every key is forgotten. Then the token is used."""
    trade, rules = scene.trade, scene.trade.rules
    await take_over(scene)
    for _ in range(ROUNDS_MAX):
        if await _is_at_rest(trade):
            break
        trade.house.clock.move(timedelta(seconds=rules.absence_counts_after_s + OWNED_S))
        await trade.house.settle()
    await use_the_token(trade, pull=scene.late)


async def come_after_and_pull(scene: Scene) -> None:
    """The same, and a pull: a record that is looked for and found voided is kept as gone until then."""
    await come_after(scene)
    await use_the_token(scene.trade, pull=True)


async def _is_at_rest(trade: Trade) -> bool:
    """Whether nothing is open, nothing wanted, and nobody thought to be refreshing."""
    links, grant = await trade.links(), await trade.grant()
    is_wanted = any(link.push_wanted_at is not None for link in links)
    return not is_wanted and grant.refresh_owner is None and not await trade.open_intents()


async def take_over(scene: Scene) -> None:
    """Another worker runs the lanes, soon or late."""
    rules = scene.trade.rules
    later_s = max(rules.absence_counts_after_s, rules.key_lifetime_s) if scene.late else LEASE_S
    await scene.mortal.bury()
    scene.trade.house.clock.move(timedelta(seconds=later_s + 1))
    await scene.mortal.work()


async def use_the_token(trade: Trade, *, pull: bool) -> None:
    """Pull once more, or ask for the trial balance: neither is answered without a token that works."""
    if pull:
        await trade.pull()
    else:
        services = trade.house.services
        books = await open_books(services, trade.company_id, None)
        assert books is not None, "no grant reaches the books any more"
        found = await books.platform.fetch_trial_balance(books.transport(Cause.PERSON), books.company.external_id)
        assert found, "the trial balance is empty"
    connection = await trade.connection()
    assert (connection["status"], connection["errors"]) == ("connected", None), connection


async def all_is_pushed(scene: Scene) -> list[str]:
    """Everything that was wanted is in the books."""
    return [
        f"{link.object_type} is {link.sync_status}: {link.errors}"
        for link in await scene.trade.links()
        if link.sync_status != "done" or link.push_wanted_at is not None
    ]
