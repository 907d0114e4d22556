"""The part of the demo's walk that is about documents: an invoice, a bill, and a payment made in the books."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tieout.cli.walk_parts import Case, Json, Printer, WalkError, account_of, rate_for, told_money, until
from tieout.kit.clock import SystemClock

HOURS: Final = 3
BILL_MINOR: Final = 8_000


async def issue_invoice(case: Case, printer: Printer) -> None:
    """An invoice, issued, and seen in the books by asking the platform."""
    api, rate = case.api, rate_for(case, "on_sales")
    async with printer.step("an invoice is created and issued") as told:
        customer = case.made["customer"]
        line: Json = {"product_id": case.made["product"]["id"], "quantity": HOURS}
        line |= (
            {"tax_rate_value": 0}
            if rate is None
            else {"accounting_tax_rate_id": rate["id"], "tax_rate_value": rate["effective_tax_rate"]}
        )
        invoice = await api.call(
            "POST",
            "/receivables",
            {
                "type": "invoice",
                "currency": case.currency,
                "counterpart_id": customer["id"],
                "counterpart_billing_address_id": customer["default_billing_address_id"],
                "line_items": [line],
            },
            expect=201,
        )
        invoice = await api.call("POST", f"/receivables/{invoice['id']}/issue")
        case.made["invoice"] = invoice
        told.detail = f"{invoice['document_id']}, {told_money(invoice['total_amount'], case.currency)}"
    await _in_the_books(case, printer, "receivable", invoice)


async def approve_bill(case: Case, printer: Printer) -> None:
    """A bill with a line, approved, and seen in the books by asking the platform."""
    api, rate = case.api, rate_for(case, "on_purchases")
    tax = 0 if rate is None else rate["effective_tax_rate"]
    tax_amount = (BILL_MINOR * tax + 5_000) // 10_000
    today = SystemClock().now().date()
    async with printer.step("a bill is created, lined and approved") as told:
        bill = await api.call(
            "POST",
            "/payables",
            {
                "document_id": f"SUP-{case.made['entity']['id'][:8]}",
                "counterpart_id": case.made["vendor"]["id"],
                "currency": case.currency,
                "issued_at": today.isoformat(),
                "due_date": (today + timedelta(days=14)).isoformat(),
                "subtotal": BILL_MINOR,
                "tax_amount": tax_amount,
                "total_amount": BILL_MINOR + tax_amount,
            },
        )
        line = {
            "name": "Printer paper",
            "quantity": 1,
            "unit_price": BILL_MINOR,
            "tax": tax,
            "ledger_account_id": account_of(case, "Expense")["id"],
        } | ({} if rate is None else {"accounting_tax_rate_id": rate["id"]})
        await api.call("POST", f"/payables/{bill['id']}/line_items", line, expect=201)
        bill = await api.call("POST", f"/payables/{bill['id']}/submit_for_approval")
        bill = await api.call("POST", f"/payables/{bill['id']}/approve_payment_operation")
        case.made["bill"] = bill
        told.detail = f"{bill['document_id']}, {told_money(bill['total_amount'], case.currency)}, {bill['status']}"
    await _in_the_books(case, printer, "bill", bill)


async def _in_the_books(case: Case, printer: Printer, object_type: str, document: Json) -> None:
    number, total = document["document_id"], document["total_amount"]
    async with printer.step(f"{number} is in the books, as the platform itself says") as told:

        async def look() -> Json | None:
            path = f"/accounting_synced_records?object_type={object_type}&object_id={document['id']}"
            records = (await case.api.call("GET", path))["data"]
            if records and records[0]["sync_status"] == "error":
                msg = f"it was refused: {records[0]['errors']}"
                raise WalkError(msg)
            return records[0] if records and records[0]["sync_status"] == "done" else None

        record = await until(look, f"{number} in the books")
        entries = (await case.at_platform("GET", f"/journal?document_id={record['platform_object_id']}"))["entries"]
        debits = sum((Decimal(line["debit"]) for entry in entries for line in entry["lines"]), Decimal(0))
        if len(entries) != 1 or debits * 100 != total or entries[0]["document"]["number"] != number:
            msg = f"the books hold {entries} instead of one entry over {total}"
            raise WalkError(msg)
        case.made[object_type] = record
        told.detail = ", ".join(_posted(line) for line in entries[0]["lines"])


def _posted(line: Json) -> str:
    is_debit = Decimal(line["debit"]) != 0
    return f"{line['account']} {'Dr' if is_debit else 'Cr'} {line['debit'] if is_debit else line['credit']}"


async def pay_in_the_books(case: Case, printer: Printer) -> None:
    """Somebody at the company records the payment there; the platform's webhook tells, and it arrives here."""
    api, invoice = case.api, case.made["invoice"]
    async with printer.step("somebody records a payment in the books, the platform tells, and it arrives") as told:
        await case.at_platform("POST", "/people/pay", {"document_id": case.made["receivable"]["platform_object_id"]})
        delivered = await api.client.post(f"{case.books.origin}/_sandbox/webhooks", json={"deliver": "now"})
        delivered.raise_for_status()
        told_s = time.monotonic()

        async def look() -> Json | None:
            seen: Json = await api.call("GET", f"/receivables/{invoice['id']}")
            return seen if seen["status"] == "paid" else None

        paid = await until(look, "the payment")
        if paid["amount_due"] != 0:
            msg = f"{paid['amount_due']} is still due"
            raise WalkError(msg)
        await _told_by_webhook(case)
        told.detail = (
            f"The invoice is {paid['status']}, {time.monotonic() - told_s:.1f} s after the platform's webhook."
        )


async def _told_by_webhook(case: Case) -> None:
    """It was a webhook that made the pull begin; raises WalkError."""
    path = f"/accounting_connections/{case.made['connection']['id']}/sync_runs?cause=webhook"
    if not (await case.api.call("GET", path))["data"]:
        raise WalkError("no webhook led to a pull")
