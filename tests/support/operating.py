"""Operating: what a partner does to documents that are in the books already, and what the books hold of them then."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.trading import Json, Trade, shared_trade

from tieout.storage.tables.connections import LedgerAccount
from tieout.storage.tables.work import Intent

PDF = base64.b64encode(b"%PDF-1.4 a bill").decode()


@asynccontextmanager
async def open_operations(folder: Path, platform: str) -> AsyncIterator[Trade]:
    """Books with a bank account for payments and a default account for bills; in the end they tie out to the cent."""
    async with shared_trade(folder, platform) as trade:
        (bank, *_) = [one for one in await trade.rows(LedgerAccount) if one.is_bank_account and one.status == "Active"]
        await use_account(trade, str(bank.id))
        defaults = {"ledger_account_ids": {"bill_lines": trade.expense_id}}
        await trade.ask("PUT", f"/entities/{trade.entity_id}/accounting_defaults", defaults)
        yield trade
        await ties_out(trade)


async def use_account(trade: Trade, account_id: str | None) -> None:
    """Choose the account that payments go through."""
    settings = {"accounting": {"ledger_account_ids": {"payments": account_id}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", settings)


async def ties_out(trade: Trade) -> None:
    """The books agree with our snapshots to the cent, and their entries balance."""
    await trade.settle(days=1, minutes=1)
    assert (await trade.tie_out())["ties_out"], await trade.tie_out()
    for entry in trade.books.ledger.entries:
        assert sum((line.net for line in entry.lines), Decimal(0)) == 0


async def pushed_invoice(trade: Trade) -> tuple[Json, str]:
    """An issued invoice that is in the books, and its id there."""
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    return invoice, await trade.done("receivable", invoice)


async def pushed_bill(trade: Trade, number: str = "V-1", **more: Any) -> tuple[Json, str]:
    """An approved bill that is in the books, and its id there."""
    vendor = await trade.vendor(trade.named(f"Paper & Ink {number}"))
    bill = await trade.bill(vendor, number=trade.named(number), **more)
    await trade.settle()
    return bill, await trade.done("bill", bill)


async def payments_of(trade: Trade, thing: Json) -> list[Json]:
    """The payment records of a document."""
    found: list[Json] = (await trade.ask("GET", f"/payment_records?object_id={thing['id']}"))["data"]
    return found


async def pay(trade: Trade, kind: str, thing: Json) -> Json:
    """Mark all of a document as paid; answers the payment record."""
    await trade.ask("POST", f"/{kind}/{thing['id']}/mark_as_paid", {})
    (record,) = await payments_of(trade, thing)
    return record


async def credit(trade: Trade, invoice: Json) -> Json:
    """Issue a credit note over all of an invoice."""
    note = await trade.ask("POST", "/receivables", {"type": "credit_note", "based_on": invoice["id"]})
    return await trade.ask("POST", f"/receivables/{note['id']}/issue")


async def attach(trade: Trade, bill: Json, name: str = "scan.pdf", content: bytes = b"%PDF-1.4 another") -> None:
    """Attach a file to a bill afterwards."""
    files = {"file": (name, content, "application/octet-stream")}
    answer = await trade.partner.call("POST", f"/payables/{bill['id']}/attach_file", files=files)
    assert answer.status_code < 300, answer.text


async def intents_of(trade: Trade, object_type: str, operation: str = "create") -> list[Intent]:
    """The entries of the write ledger of a type and operation, the oldest first."""
    found = [one for one in await trade.rows(Intent) if (one.object_type, one.operation) == (object_type, operation)]
    return sorted(found, key=lambda one: one.created_at)


def open_of(trade: Trade, external_id: str) -> Decimal:
    """What is open of a document in the books, whichever way."""
    balance = trade.document(external_id).balance
    assert balance is not None
    return abs(balance)
