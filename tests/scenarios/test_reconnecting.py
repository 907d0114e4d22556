"""Connecting again after the access ended: the same books go on where they stopped, others are asked about first."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Trade, shared_trade

from tieout.platforms.registry import all_platforms

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER = {"quickbooks": "Blank Slate Trading", "xero": "Demo Company (Global)"}
"""Further books that the same person may open, small ones."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


async def lose_access(trade: Trade) -> None:
    trade.act("disconnect")
    await trade.pull()
    assert (await trade.connection())["status"] == "deauthorized"


def standing(trade: Trade) -> set[str]:
    """The companies that anybody's app is connected to, at the platform itself."""
    state = getattr(trade.house.simulators[trade.platform].state, trade.platform)
    companies = trade.house.simulator(trade.platform).companies.values()
    (app,) = trade.house.simulator(trade.platform).apps.by_client_id
    if trade.platform == "xero":
        return {one.name for one in companies if state.grants.app_connected(app, one.id)}
    return {one.name for one in companies if state.rest.grants.connected(app, one.id)}


async def test_the_wrong_company_is_asked_about_and_the_right_one_goes_on_where_it_stopped(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    before = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", before)
    trade.fault_writes("drop_after_commit")
    in_doubt = await trade.issue(customer)
    await trade.settle()
    await lose_access(trade)
    waiting = await trade.issue(customer)
    await trade.settle(minutes=30)
    company, links = await trade.company(), {one.id for one in await trade.links()}
    assert [one.state for one in await trade.open_intents()] == ["uncertain"]

    person, title = trade.house.new_person(), all_platforms()[trade.platform].title
    url = (await trade.connection())["connection_url"]
    sight = await person.connect(url, title, companies=OTHER[trade.platform])
    assert sight.heading == "Another company than before"
    assert trade.books.name in sight.text
    assert OTHER[trade.platform] in sight.text
    await trade.settle()
    assert (await trade.connection())["status"] == "deauthorized", "nothing changes before the person says yes"
    await person.press("No, go back")
    await trade.settle()
    assert standing(trade) == set(), "what the wrong consent brought has ended"

    await trade.reconnect()
    assert (await trade.company()).cursor == company.cursor, "the pull goes on where it stopped"
    assert standing(trade) == {trade.books.name}
    await trade.settle_all(step_s=400)
    seen = await trade.connection()
    assert (seen["id"], seen["status"], seen["errors"]) == (trade.connection_id, "connected", None)
    assert links <= {one.id for one in await trade.links()}
    for invoice in (before, in_doubt, waiting):
        await trade.done("receivable", invoice)
        assert len(trade.documents(number=invoice["document_id"])) == 1
    assert trade.parties(trade.named("Northwind Traders")) == 1


async def test_another_company_after_a_yes_gets_nothing_that_belongs_to_the_first(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Southwind Traders"))
    invoice = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", invoice)
    numbers = {one.number for one in trade.documents()}
    await lose_access(trade)
    title, other = all_platforms()[trade.platform].title, OTHER[trade.platform]
    person = trade.house.new_person()
    await person.connect((await trade.connection())["connection_url"], title, companies=other)
    sight = await person.press(f"Connect {other}")
    assert sight.heading == f"{other} is connected"
    await trade.settle_all(step_s=400)
    books = next(one for one in trade.house.simulator(trade.platform).companies.values() if one.name == other)
    _, found = books.documents(offset=0, limit=10_000, kind=None)
    assert invoice["document_id"] not in {one.number for one in found}
    entries = (await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/timeline"))["data"]
    newest = max(entries, key=lambda one: str(one["created_at"]))
    noted = next(one for one in entries if one["happened"] == "reconnected" and one["details"].get("company_before_id"))
    assert noted["details"]["company_name"] == other, newest

    books.people.act("disconnect", {})
    await trade.pull()
    assert (await trade.connection())["status"] == "deauthorized"
    person = trade.house.new_person()
    await person.connect((await trade.connection())["connection_url"], title, companies=trade.books.name)
    await person.press(f"Connect {trade.books.name}")
    await trade.settle_all(step_s=400)
    assert {one.number for one in trade.documents()} == numbers, "nothing is written a second time"
    await trade.done("receivable", invoice)


async def test_what_was_changed_while_no_books_were_connected_follows_once_they_are_again(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Lakeside Joinery"))
    invoice = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", invoice)
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.settle()
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"due_date": "2031-01-31"}})
    renamed = {"organization": {"legal_name": trade.named("Lakeside Joiners")}}
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", renamed)
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"

    trade.connection_id = (await trade.ask("POST", "/accounting_connections"))["id"]
    await trade.reconnect()
    await trade.settle_all(step_s=400)
    await trade.done("receivable", invoice)
    (document,) = trade.documents(number=invoice["document_id"])
    assert str(document.due_on) == "2031-01-31"
    assert (trade.parties(trade.named("Lakeside Joiners")), trade.parties(trade.named("Lakeside Joinery"))) == (1, 0)
