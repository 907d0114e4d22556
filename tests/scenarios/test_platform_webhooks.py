"""Somebody changes the books, the platform's webhook comes, and the partner is told with the fewest calls."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.support.platform_hooks import Hooks, hook_up
from tests.support.trading import PLATFORMS, Trade, shared_trade
from tests.support.two_ways import edit_document

from tieout.platforms.port import Answer, HttpClient
from tieout.storage.tables.sync_history import SyncRun
from tieout.sync.hinting import APART_S

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
HEADERS = {"quickbooks": "intuit-signature", "xero": "x-xero-signature"}
FEWEST = {"quickbooks": 1, "xero": 2}
"""Calls that a changed invoice takes: change data capture, or the invoice and the news of payments."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hooks]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield await hook_up(trade)


@pytest_asyncio.fixture(loop_scope="module")
async def hooks(shared: Hooks) -> AsyncIterator[Hooks]:
    await shared.trade.begin()
    yield shared
    await shared.deliver()
    await shared.trade.settle(seconds=APART_S)


async def invoice_in_the_books(hooks: Hooks) -> tuple[dict[str, Any], str]:
    """An invoice of the partner's, pushed, with its echo come and gone."""
    trade = hooks.trade
    invoice = await trade.issue(await trade.counterpart(trade.named(f"Cobalt {trade.made} Ltd")))
    await trade.settle(seconds=1)
    external_id = await trade.done("receivable", invoice)
    await hooks.deliver()
    await trade.settle(minutes=1)
    return invoice, external_id


async def health(trade: Trade) -> dict[str, Any]:
    return await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/platform_webhooks")


async def runs(trade: Trade, cause: str) -> int:
    return sum(run.cause == cause for run in await trade.rows(SyncRun))


def signed(
    hooks: Hooks, events: list[tuple[str, str]], *, company_id: str | None = None
) -> tuple[bytes, dict[str, str]]:
    """A delivery that tells of invoices, and its headers: computed from the platforms' words alone."""
    company_id, at = company_id or hooks.trade.books.id, hooks.trade.house.clock.now()
    if hooks.trade.platform == "quickbooks":
        told: Any = [
            {"specversion": "1.0", "id": name, "type": f"qbo.invoice.{verb}.v1", "time": at.isoformat(),
             "intuitentityid": name, "intuitaccountid": company_id}
            for name, verb in events
        ]  # fmt: skip
    else:
        told = {"events": [
            {"resourceId": name, "tenantId": company_id, "eventCategory": "INVOICE", "eventType": verb,
             "eventDateUtc": at.replace(tzinfo=None).isoformat()}
            for name, verb in events
        ]}  # fmt: skip
    body = json.dumps(told).encode()
    mac = base64.b64encode(hmac.new(hooks.webhook.key.encode(), body, hashlib.sha256).digest()).decode()
    return body, {HEADERS[hooks.trade.platform]: mac}


@dataclass
class Slow:
    """A network on which each call takes a while; once, something happens while a call is on its way."""

    inner: HttpClient
    trade: Trade
    meanwhile: list[Any] = field(default_factory=list)

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = await self.inner.send(method, url, headers, body)
        self.trade.house.clock.move(timedelta(milliseconds=50))
        if self.meanwhile and method == "GET":
            await self.meanwhile.pop()()
        return answer


@pytest.fixture
def slow(hooks: Hooks) -> Any:
    house = hooks.trade.house
    before = house.services
    network = Slow(before.http, hooks.trade)
    house.services = house.app.state.services = replace(before, http=network)
    yield network
    house.services = house.app.state.services = before


async def test_a_payment_in_the_books_reaches_the_partner_within_a_second(hooks: Hooks) -> None:
    trade = hooks.trade
    invoice, external_id = await invoice_in_the_books(hooks)
    before, pull_due_at = await trade.metered_calls(), (await trade.company()).pull_due_at
    trade.act("pay", document_id=external_id)
    await hooks.deliver()
    assert (await trade.receivable(invoice))["status"] == "paid"
    assert await trade.metered_calls() == before + FEWEST[trade.platform]
    assert hooks.outcomes[-1] == "received"
    assert not await hooks.waiting()
    if trade.platform == "xero":
        assert (await trade.company()).pull_due_at == pull_due_at, "it read a part, and puts nothing off"


async def test_what_both_sides_changed_meets_when_the_webhook_comes(hooks: Hooks) -> None:
    trade = hooks.trade
    invoice, external_id = await invoice_in_the_books(hooks)
    edit_document(trade, external_id, due_date="2026-05-05")
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"memo": "Thank you"}})
    await hooks.deliver()
    await trade.settle(seconds=APART_S)
    await trade.done("receivable", invoice)
    shown, found = await trade.receivable(invoice), trade.document(external_id)
    assert (shown["due_date"], shown["memo"]) == (str(found.due_on), "Thank you") == ("2026-05-05", "Thank you")


@pytest.mark.usefixtures("slow")
async def test_the_echo_of_our_own_writes_costs_no_call(hooks: Hooks) -> None:
    trade = hooks.trade
    await trade.settle(minutes=1)
    invoice = await trade.issue(await trade.counterpart(trade.named("Echo Ltd")))
    await trade.settle(seconds=1)
    await trade.done("receivable", invoice)
    before = await trade.metered_calls()
    assert await hooks.deliver(settle=False)
    assert await hooks.waiting()
    await trade.settle(seconds=1)
    assert not await hooks.waiting()
    assert await trade.metered_calls() == before


async def test_what_is_told_while_it_is_read_is_read_once_more(hooks: Hooks, slow: Slow) -> None:
    trade = hooks.trade
    invoice, external_id = await invoice_in_the_books(hooks)

    async def pay() -> None:
        trade.act("pay", document_id=external_id)
        await hooks.deliver(settle=False)

    slow.meanwhile.append(pay)
    await post(hooks, [(external_id, "updated")])
    await trade.settle(seconds=1)
    [*left] = await hooks.waiting()
    assert left
    await trade.settle(seconds=APART_S)
    assert (await trade.receivable(invoice))["status"] == "paid"
    assert not await hooks.waiting()


async def post(hooks: Hooks, events: list[tuple[str, str]], **more: Any) -> int:
    body, headers = signed(hooks, events, **more)
    return (await hooks.post.send(hooks.webhook.url, headers, body)).status


async def test_a_storm_makes_one_pull(hooks: Hooks) -> None:
    trade = hooks.trade
    await trade.settle(minutes=1)
    pulls, before = await runs(trade, "webhook"), await trade.metered_calls()
    for start in range(0, 500, 100):
        assert await post(hooks, [(f"{number}", "updated") for number in range(start, start + 100)]) == 200
    await trade.settle(seconds=1)
    assert await runs(trade, "webhook") == pulls + 1
    assert await trade.metered_calls() == before + FEWEST[trade.platform]
    assert not await hooks.waiting()


async def test_copies_replays_and_another_order_change_nothing(hooks: Hooks) -> None:
    trade = hooks.trade
    invoice, external_id = await invoice_in_the_books(hooks)
    plan = trade.house.simulator(trade.platform).faults
    for kind in ("webhook_duplicated", "webhook_reordered"):
        plan.add({"kind": kind, "count": 2})
    trade.act("pay", document_id=external_id)
    for _ in range(3):
        await hooks.deliver()
        await trade.settle(minutes=1)
    plan.remove()
    payments = await trade.snapshots("payment")
    body = hooks.webhook.history[-1].body.encode()
    mac = base64.b64encode(hmac.new(hooks.webhook.key.encode(), body, hashlib.sha256).digest()).decode()
    for _ in range(3):
        reply = await hooks.post.send(hooks.webhook.url, {HEADERS[trade.platform]: mac}, body)
        assert reply.status == 200
        await trade.settle(seconds=APART_S)
    assert (await trade.receivable(invoice))["status"] == "paid"
    assert len(await trade.snapshots("payment")) == len(payments)
    assert await trade.events("receivable.paid", invoice) == 1


async def test_what_was_told_survives_a_death_before_it_is_read(hooks: Hooks) -> None:
    trade = hooks.trade
    invoice, external_id = await invoice_in_the_books(hooks)
    trade.act("pay", document_id=external_id)
    await hooks.deliver(settle=False)
    trade.fault("drop_before_commit", count=1, path_prefix="/")
    await trade.settle(seconds=1)
    assert await hooks.waiting(), "the pull failed, and nothing that it was to read is forgotten"
    trade.no_more_faults()
    await trade.settle(minutes=2)
    assert (await trade.receivable(invoice))["status"] == "paid"
    assert not await hooks.waiting()


async def test_nobody_is_polled_while_webhooks_work_and_more_often_once_one_was_missed(hooks: Hooks) -> None:
    trade = hooks.trade
    assert await post(hooks, [("1", "updated")]) == 200
    await trade.pull()
    before = await trade.metered_calls(but="tie_out")
    for _ in range(3):
        await trade.settle(hours=1)
    assert await trade.metered_calls(but="tie_out") == before, "webhooks are healthy, and nothing happened"

    invoice, external_id = await invoice_in_the_books(hooks)
    hooks.post.webhooks.clear()
    trade.act("pay", document_id=external_id)
    await trade.settle(hours=5)
    assert (await trade.receivable(invoice))["status"] == "paid"
    timeline = (await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/timeline?limit=100"))["data"]
    [missed] = [entry for entry in timeline if entry["happened"] == "webhooks_missed"]
    assert missed["details"]["records"][0]["external_id"] == external_id
    company, shown = await trade.company(), await health(trade)
    assert company.pull_due_at is not None
    assert company.last_pulled_at is not None
    assert timedelta(minutes=30) <= company.pull_due_at - company.last_pulled_at <= timedelta(minutes=33)
    assert (shown["status"], shown["address"]) == ("silent", hooks.webhook.url)

    hooks.post.webhooks[hooks.webhook.client_id] = hooks.webhook
    await trade.settle(seconds=1)
    assert await post(hooks, [(external_id, "updated")]) == 200
    await trade.settle(seconds=1)
    assert (await health(trade))["status"] == "doubted"
    await trade.settle(hours=25)
    timeline = (await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/timeline?limit=100"))["data"]
    assert [entry["happened"] for entry in timeline].count("webhooks_missed") == 1
    assert timeline[-1]["happened"] == "webhooks_work_again"
    assert (await health(trade))["status"] == "healthy"
