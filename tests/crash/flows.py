"""Flows that a process may die of beside pushes: connecting, pulling, refreshing and disconnecting."""

from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
from sqlalchemy import select, update
from tests.crash.recovering import all_is_pushed, come_after, run_lanes, take_over, use_the_token
from tests.crash.trials import Flow, Scene
from tests.support.house import PUBLIC_URL
from tests.support.person import Person, Sight
from tests.support.trading import Trade, open_trade

from tieout.platforms.registry import all_platforms
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Grant
from tieout.sync.connecting import CONSENT_LIFETIME_S

OTHER = {"quickbooks": "Redwood Supply Co.", "xero": "Demo Company (Global)"}
"""More books of the same person: those that are connected next."""
CONSENTED = {"quickbooks": ["Redwood Supply Co."], "xero": ["Demo Company (Global)", "Harbour Bridge Consulting"]}
"""Where a consent covers many companies, one that is connected already comes along."""
APART: dict[str, tuple[str, str | None]] = {
    "quickbooks": ("Redwood Supply Co.", None),
    "xero": ("Thornbury Garden Supplies", "casey@example.com"),
}
"""Small books that a grant of their own reaches, and who connects them."""
ENDING_ROUNDS_MAX = 50


# Pulling ----------------------------------------------------------------------------------------------------------


async def _people_at_work(scene: Scene) -> None:
    """Documents of ours are paid in the books, others come and go; a pull is due."""
    trade = scene.trade
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    product = await trade.product("Oak table")
    invoices = [await trade.issue(customer, trade.line(product)) for _ in range(2)]
    bill = await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")), number=trade.named("P"))
    await trade.settle_all()
    trade.house.clock.move(timedelta(minutes=5))
    trade.act("pay", document_id=await trade.done("receivable", invoices[0]))
    trade.act("pay", document_id=await trade.done("receivable", invoices[1]), amount="10.01")
    trade.act("pay", document_id=await trade.done("bill", bill))
    scene.kept["paid"] = invoices[0]["id"], bill["id"]
    trade.house.clock.move(timedelta(minutes=1))
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")


async def _payments_count_once(scene: Scene) -> list[str]:
    trade, (invoice_id, bill_id) = scene.trade, scene.kept["paid"]
    invoice, bill = await trade.receivable({"id": invoice_id}), await trade.payable({"id": bill_id})
    paid = await trade.events("receivable.paid", invoice)
    told = [f"{one['document_id']} is {one['status']}" for one in (invoice, bill) if one["status"] != "paid"]
    return told + ([] if paid == 1 else [f"the invoice was told to be paid {paid} times"])


async def _connect_others(scene: Scene) -> None:
    """A second entity connects books that nothing was pulled of yet. One grant may reach both."""
    scene.kept["second"] = await _connect_second(scene, OTHER[scene.trade.platform], None)


async def _connect_others_apart(scene: Scene) -> None:
    """A second entity connects small books, by a grant of their own."""
    scene.kept["second"] = await _connect_second(scene, *APART[scene.trade.platform])


async def _connect_second(scene: Scene, name: str, email: str | None) -> Trade:
    home = scene.trade
    await home.partner.make_entity("Second Ltd")
    return await open_trade(home.house, home.platform, name=name, partner=home.partner, settle=False, email=email)


async def _first_pull_is_done(scene: Scene) -> None:
    await take_over(scene)
    for trade in (scene.kept["second"], scene.trade):
        await use_the_token(trade, pull=False)


# Refreshing -------------------------------------------------------------------------------------------------------


async def _let_the_token_expire(scene: Scene) -> None:
    """The token ends; then a record is wanted in the books, and nothing else is due for a while.

    A day later QuickBooks hands out a new refresh token; an answer that was lost is forgiven for a day.
    """
    trade = scene.trade
    if trade.platform == "quickbooks":
        trade.house.simulators["quickbooks"].state.quickbooks.grants.previous_value_lives = timedelta(days=1)
    trade.house.clock.move(timedelta(hours=26))
    later = trade.house.clock.now() + timedelta(days=2)
    async with trade.house.services.database.write() as session:
        await session.execute(update(Company).values(pull_due_at=later, tie_out_due_at=later))
    await trade.issue(await trade.counterpart(trade.named("Eastwind Traders")))


# Disconnecting ----------------------------------------------------------------------------------------------------


async def _a_write_waits(scene: Scene) -> None:
    """A write of the company waits, and another entity's books are connected as well."""
    await _connect_others(scene)
    await _ask_for_a_bill(scene)


async def _ask_for_a_bill(scene: Scene) -> None:
    trade = scene.trade
    await trade.house.settle()
    scene.kept["vendor"] = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.settle_all()
    await trade.bill(scene.kept["vendor"], number=trade.named("D"))


async def _a_write_is_in_doubt(scene: Scene) -> None:
    """The connection has ended, the last of its grant, while of one write nobody knows whether it is in the books."""
    await _connect_others_apart(scene)
    await _ask_for_a_bill(scene)
    trade = scene.trade
    trade.fault_writes("drop_after_commit", count=1)
    await trade.settle()
    trade.no_more_faults()
    await trade.bill(scene.kept["vendor"], number=trade.named("E"))
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.settle()
    trade.house.clock.move(timedelta(seconds=60))


async def _disconnect(scene: Scene) -> None:
    await scene.trade.ask("POST", f"/accounting_connections/{scene.trade.connection_id}/disconnect")
    await scene.mortal.work()


async def _disconnect_again(scene: Scene) -> None:
    """The partner, who got no answer, asks again; then lanes run until the platform has been told."""
    trade = scene.trade
    await scene.mortal.bury()
    await scene.trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await take_over(scene)
    for _ in range(ENDING_ROUNDS_MAX):
        if (await trade.company()).grant_id is None:
            break
        trade.house.clock.move(timedelta(seconds=20))
        await trade.house.settle()
    await use_the_token(scene.kept["second"], pull=scene.late)


async def _only_this_company_is_ended(scene: Scene) -> list[str]:
    trade, second = scene.trade, scene.kept["second"]
    told = []
    if (await trade.company()).grant_id is not None:
        told.append("the company keeps its grant")
    if reached := await reached_at_platform(trade) ^ {second.books.id}:
        told.append(f"at the platform these are connected or ended wrongly: {reached}")
    return told


async def reached_at_platform(trade: Trade) -> set[str]:
    """The companies that the partner's app reaches, as the platform sees it."""
    async with trade.house.services.database.read() as session:
        app = select(PlatformApp.client_id).where(PlatformApp.platform == trade.platform)
        client_id = (await session.scalars(app)).one()
    state = trade.house.simulators[trade.platform].state
    companies = trade.house.simulator(trade.platform).companies
    if trade.platform == "xero":
        return {one for one in companies if state.xero.grants.app_connected(client_id, one)}
    return {one for one in companies if state.quickbooks.grants.connected(client_id, one)}


# Connecting -------------------------------------------------------------------------------------------------------


class _ArrivedError(Exception):
    """A person was sent back to us."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass
class Returning(Person):
    """A person who stops on the way back, before our page is opened."""

    stops: bool = True

    async def _send(self, method: str, url: str, fields: list[tuple[str, str]] | None) -> httpx2.Response:
        if self.stops and url.startswith(f"{PUBLIC_URL}/connect/callback/"):
            raise _ArrivedError(url)
        return await super()._send(method, url, fields)


async def _consent(scene: Scene) -> None:
    """Somebody consents for other books than those that are connected, and is on the way back."""
    home = scene.trade
    await home.partner.make_entity("Third Ltd")
    answer = await home.partner.post("/accounting_connections")
    url = answer.json()["connection_url"]
    person = Returning(home.house.new_person().http)
    try:
        await person.connect(url, all_platforms()[home.platform].title, companies=CONSENTED[home.platform])
    except _ArrivedError as arrived:
        scene.kept.update(person=person, url=url, back=arrived.url, connection=answer.json()["id"])
        scene.kept["entity"] = home.partner.entity_id
        person.stops = False
        return
    raise AssertionError("the platform did not send the person back")


async def _come_back(scene: Scene) -> None:
    """The platform sends the person back, who chooses where there is a choice; their books are attached and woken."""
    await _choose(scene, await scene.kept["person"].open(scene.kept["back"]))


async def _choose(scene: Scene, sight: Sight) -> Sight:
    if sight.heading == "Which company?":
        return await scene.kept["person"].press("Connect this company", choose=OTHER[scene.trade.platform])  # type: ignore[no-any-return]  # it is a Sight
    return sight


async def _start_again(scene: Scene) -> None:
    """The person opens the link again, at once or when the visit is long over, and goes on if it is not connected."""
    trade, person = scene.trade, scene.kept["person"]
    await scene.mortal.bury()
    if scene.late:
        trade.house.clock.move(timedelta(seconds=CONSENT_LIFETIME_S + 60))
        await trade.house.settle()
    sight = await _choose(scene, await person.open(scene.kept["url"]))
    if not sight.heading.endswith("is connected"):
        title = all_platforms()[trade.platform].title
        sight = await _choose(scene, await person.go_through(title, companies=CONSENTED[trade.platform]))
    assert sight.heading == f"{OTHER[trade.platform]} is connected", sight.text
    trade.house.clock.move(timedelta(seconds=CONSENT_LIFETIME_S + 60))
    await trade.house.settle()
    async with trade.house.services.database.read() as session:
        found = select(Company).where(Company.name == OTHER[trade.platform])
        company = (await session.scalars(found)).one()
    books = trade.house.simulator(trade.platform).companies[company.external_id]
    connected = replace(
        trade,
        books=books,
        company_id=company.id,
        connection_id=scene.kept["connection"],
        entity_id=scene.kept["entity"],
    )
    scene.kept["books"] = books.id
    for one in (connected, trade):
        await use_the_token(one, pull=scene.late)


async def _no_access_is_left_over(scene: Scene) -> list[str]:
    """The platform gives access to the two companies that are connected, and to no other."""
    trade = scene.trade
    told = []
    if reached := await reached_at_platform(trade) ^ {trade.books.id, scene.kept["books"]}:
        told.append(f"at the platform these are connected or ended wrongly: {reached}")
    async with trade.house.services.database.read() as session:
        living = (await session.scalars(select(Grant.id).where(Grant.ended_at.is_(None)))).all()
    if len(living) != len({*living}) or len(living) > 2:
        told.append(f"{len(living)} grants live on for two companies")
    return told


FLOWS: tuple[Flow, ...] = (
    Flow(
        name="connect",
        points_min=12,
        prepare=_consent,
        work=_come_back,
        recover=_start_again,
        check=_no_access_is_left_over,
        rehearsed=False,
    ),
    Flow(
        name="first pull",
        points_min=20,
        prepare=_connect_others_apart,
        work=run_lanes,
        recover=_first_pull_is_done,
        rehearsed=False,
    ),
    Flow(
        name="pull",
        points_min=8,
        prepare=_people_at_work,
        work=run_lanes,
        recover=come_after,
        check=_payments_count_once,
    ),
    Flow(
        name="refresh",
        points_min=20,
        prepare=_let_the_token_expire,
        work=run_lanes,
        recover=come_after,
        check=all_is_pushed,
    ),
    *(
        Flow(
            name=name,
            points_min=10,
            prepare=prepare,
            work=work,
            recover=_disconnect_again,
            check=_only_this_company_is_ended,
            rehearsed=False,
        )
        for name, prepare, work in (
            ("disconnect", _a_write_waits, _disconnect),
            ("disconnect with a write in doubt", _a_write_is_in_doubt, run_lanes),
        )
    ),
)
