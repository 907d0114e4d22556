"""Documents from before a connection: in the books once when somebody asked for them, and never otherwise."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.house import House
from tests.support.partner import ADDRESS, Partner
from tests.support.trading import PLATFORMS, Json, Trade, open_trade, unhurried

from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.business import PayableLine

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
CURRENCY = {"quickbooks": "GBP", "xero": "AUD"}
VALUE = {"GBP": 2_000, "AUD": 1_000}
"""A tax value that only one rate for sales has."""
ISSUED_ON = "2026-03-02"


async def made(partner: Partner, path: str, body: Json | None = None) -> Json:
    answer = await partner.post(path, **({} if body is None else {"json": body}))
    assert answer.status_code < 300, answer.text
    found: Json = answer.json()
    return found


async def counterpart(partner: Partner, name: str, *, is_customer: bool) -> Json:
    organization = {"legal_name": name, "is_customer": is_customer, "is_vendor": not is_customer, "address": ADDRESS}
    return await made(partner, "/counterparts", {"type": "organization", "organization": organization})


async def old_invoice(partner: Partner, currency: str, customer: Json, product: Json) -> Json:
    body = {
        "type": "invoice",
        "currency": currency,
        "counterpart_id": customer["id"],
        "counterpart_billing_address_id": customer["default_billing_address_id"],
        "line_items": [{"product_id": product["id"], "quantity": 2, "tax_rate_value": VALUE[currency]}],
    }
    drafted = await made(partner, "/receivables", body)
    return await made(partner, f"/receivables/{drafted['id']}/issue")


async def old_bill(partner: Partner, currency: str, vendor: Json) -> Json:
    body = {
        "document_id": "SUP-OLD",
        "counterpart_id": vendor["id"],
        "currency": currency,
        "issued_at": "2026-02-10",
        "due_date": "2026-03-31",
        "subtotal": 5_000,
        "tax_amount": 0,
        "total_amount": 5_000,
    }
    bill = await made(partner, "/payables", body)
    await made(
        partner, f"/payables/{bill['id']}/line_items", {"name": "Paper", "quantity": 1, "unit_price": 5_000, "tax": 0}
    )
    return await made(partner, f"/payables/{bill['id']}/approve_payment_operation")


async def backfill(trade: Trade, **body: Any) -> dict[str, Json]:
    asked = {"object_types": ["receivable", "bill"], "issued_from": "2026-01-01", **body}
    answer = await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/backfill", asked)
    return {one.pop("object_type"): one for one in answer["data"]}


def counts(wanted: int = 0, *, known: int = 0, settled: int = 0, remaining: int = 0) -> Json:
    return {
        "wanted": wanted,
        "known_already": known,
        "left_out_as_settled": settled,
        "remaining": remaining,
    }


async def in_the_books(trade: Trade, number: str) -> int:
    return len(trade.documents(number=number))


async def test_old_documents_reach_the_books_once_when_they_are_asked_for_and_never_otherwise(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    partner, currency = await house.new_partner(), CURRENCY[platform]
    customer = await counterpart(partner, "Northwind Traders", is_customer=True)
    price = {"currency": currency, "value": 10_000}
    product = await made(partner, "/products", {"name": "Advisory hour", "price": price})
    owed, paid = [await old_invoice(partner, currency, customer, product) for _ in range(2)]
    await made(partner, f"/receivables/{paid['id']}/mark_as_paid")
    bill = await old_bill(partner, currency, await counterpart(partner, "Paper & Ink", is_customer=False))

    trade = await open_trade(house, platform, partner=partner)
    await give_account(trade, bill)
    await trade.pull()
    assert [await in_the_books(trade, one["document_id"]) for one in (owed, paid, bill)] == [0, 0, 0]
    assert (await trade.ask("GET", "/accounting_synced_records?object_type=receivable"))["data"] == []

    rehearsed = await backfill(trade, dry_run=True)
    assert rehearsed == {"receivable": counts(1, settled=1), "bill": counts(1)}
    none = {"receivable": counts(), "bill": counts()}
    assert await backfill(trade, issued_to="2026-02-09") == none
    assert await backfill(trade, object_types=["bill"], issued_from=ISSUED_ON) == {"bill": counts()}
    await trade.settle()
    assert [await in_the_books(trade, one["document_id"]) for one in (owed, paid, bill)] == [0, 0, 0]

    assert await backfill(trade, issued_to=ISSUED_ON) == {"receivable": counts(1, settled=1), "bill": counts(1)}
    await trade.settle_all()
    for kind, document in (("receivable", owed), ("bill", bill)):
        external_id = await trade.done(kind, document)
        assert trade.document(external_id).total * 100 == document["total_amount"]
    assert await backfill(trade) == {"receivable": counts(known=1, settled=1), "bill": counts(known=1)}
    assert await backfill(trade, include_settled=True) == {"receivable": counts(1, known=1), "bill": counts(known=1)}
    await trade.settle_all()
    await trade.pull()
    assert [await in_the_books(trade, one["document_id"]) for one in (owed, paid, bill)] == [1, 1, 1]
    await told(trade)


async def give_account(trade: Trade, bill: Json) -> None:
    """The line of an old bill names no account, for there were none: it gets one, as from an entity's default."""
    rates = (await trade.ask("GET", "/accounting_tax_rates"))["data"]
    zero = next((r["id"] for r in rates if not r["effective_tax_rate"] and r["on_purchases"]), None)
    async with trade.house.services.database.write() as session:
        line = (await session.scalars(select(PayableLine).where(PayableLine.payable_id == UUID(bill["id"])))).one()
        line.ledger_account_id = UUID(trade.expense_id)
        line.accounting_tax_rate_id = UUID(zero) if zero else None


async def told(trade: Trade) -> None:
    """The timeline and the audit trail both say who asked for what."""
    path = f"/accounting_connections/{trade.connection_id}/timeline?happened=backfill_requested"
    entries = (await trade.ask("GET", path))["data"]
    assert [entry["details"]["wanted"] for entry in entries][-1] == {"receivable": 1, "bill": 0}
    assert entries[0]["actor"] == f"api_client:{trade.partner.client_id}"
    async with trade.house.services.database.read() as session:
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.action.contains("backfill")))).all()
    assert len(audited) == len(entries)
