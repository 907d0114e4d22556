"""The flows that a process may die of."""

from decimal import Decimal

from tests.crash.trials import Flow, Scene

from tieout.engine.port import LEASE_S
from tieout.platforms.port import Cause
from tieout.sync.open_books import open_books

ROUNDS_MAX = 6


async def run_lanes(scene: Scene) -> None:
    """Run whatever is due."""
    await scene.trade.house.settle()


async def come_after(scene: Scene) -> None:
    """Another worker takes over: as the lease is over, or when every key is forgotten. Then the token is used."""
    trade, rules = scene.trade, scene.trade.rules
    later_s = rules.absence_counts_after_s if scene.late else LEASE_S
    await trade.settle(seconds=later_s + 1)
    for _ in range(ROUNDS_MAX):
        if not await trade.open_intents():
            break
        await trade.settle(seconds=rules.absence_counts_after_s + 1)
    await use_the_token(scene)


async def use_the_token(scene: Scene) -> None:
    """Pull once more, or ask for the trial balance, which must be what the books say."""
    trade = scene.trade
    if scene.late:
        await trade.pull()
        return
    services = trade.house.services
    books = await open_books(services, trade.company_id, None)
    assert books is not None, "no grant reaches the books any more"
    found = await books.platform.fetch_trial_balance(books.transport(Cause.PERSON), books.company.external_id)
    expected = {row.account.id: row.debit - row.credit for row in trade.books.ledger.trial_balance()}
    told = {account_id: Decimal(amount) for account_id, amount in found.items() if Decimal(amount)}
    assert told == {account_id: net for account_id, net in expected.items() if net}


async def all_is_pushed(scene: Scene) -> list[str]:
    """Everything that was wanted is in the books."""
    return [
        f"{link.object_type} is {link.sync_status}: {link.errors}"
        for link in await scene.trade.links()
        if link.sync_status != "done" or link.push_wanted_at is not None
    ]


async def _invoice_and_bill(scene: Scene) -> None:
    trade = scene.trade
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    await trade.issue(customer, trade.line(await trade.product("Oak table")))
    await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")), number=trade.named("P"))


PUSH = Flow(
    name="push",
    points_min=30,
    prepare=_invoice_and_bill,
    work=run_lanes,
    recover=come_after,
    check=all_is_pushed,
)

FLOWS = (PUSH,)
