"""Pushing 200 invoices through the lane: documents per second, and calls against the fewest."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.connected import Connected, connected_company
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import MeterReading

INVOICES = 200
PRICE_MINOR = 12_500


async def rows(folder: Path) -> list[str]:
    """One row for each platform."""
    made: list[str] = []
    for platform in all_platforms():
        async with connected_company(folder, platform, documents=0) as connected:
            await connected.house.settle()
            made.append(await _measure(connected))
    return made


async def _measure(connected: Connected) -> str:
    house = connected.house
    body = await invoice_body(connected)
    await _push(connected, body, 1)
    before = await _writes(connected)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    issue_s = await _push(connected, body, INVOICES)
    push_s = time.perf_counter() - started_s - issue_s
    cpu_s = time.process_time() - cpu_s
    async with house.services.database.read() as session:
        done = await session.scalar(
            select(func.count()).where(Link.object_type == "receivable", Link.sync_status == "done")
        )
    calls = await _writes(connected) - before
    return (
        f"push, {connected.title}: {INVOICES} invoices in {push_s:.2f} s, simulator included = "
        f"{INVOICES / push_s:,.0f}/s; {calls} calls, {calls / INVOICES:.2f} x the fewest; "
        f"{done} of {INVOICES + 1} done; "
        f"{cpu_s / INVOICES * 1000:.0f} ms of processor time for each, from draft to books; "
        f"made and issued over the API at {INVOICES / issue_s:,.0f}/s"
    )


async def invoice_body(connected: Connected) -> dict[str, Any]:
    """What makes an invoice of two hours of a product, taxed at a rate of the books; its customer and product exist."""
    partner = connected.partner
    customer = await _make_customer(connected)
    accounts = (await partner.get("/ledger_accounts")).json()["data"]
    income = next(row["id"] for row in accounts if row["type"] == "Income" and row["status"] == "Active")
    connection = (await partner.get("/accounting_connections")).json()["data"][0]
    currency = connection["business_info"]["base_currency"]
    rates = (await partner.get("/accounting_tax_rates")).json()["data"]
    rate = next(row for row in rates if row["on_sales"] and row["effective_tax_rate"] > 0 and row["status"] == "Active")
    product = {
        "name": "Advisory hour",
        "ledger_account_id": income,
        "price": {"currency": currency, "value": PRICE_MINOR},
    }
    made = (await partner.post("/products", json=product)).json()
    return {
        "type": "invoice",
        "currency": currency,
        "counterpart_id": customer["id"],
        "counterpart_billing_address_id": customer["default_billing_address_id"],
        "line_items": [{"product_id": made["id"], "quantity": 2, "accounting_tax_rate_id": rate["id"]}],
    }


async def _make_customer(connected: Connected) -> dict[str, Any]:
    address = {"country": "US", "city": "Springfield", "postal_code": "12345", "line1": "1 Main Street"}
    organization = {"legal_name": "Bench Customer", "is_customer": True, "is_vendor": False, "address": address}
    body = {"type": "organization", "organization": organization}
    customer: dict[str, Any] = (await connected.partner.post("/counterparts", json=body)).json()
    return customer


async def _push(connected: Connected, body: dict[str, Any], count: int) -> float:
    """Issue invoices over the API, then run the lane; returns the seconds that the API took."""
    started_s = time.perf_counter()
    for _ in range(count):
        invoice = (await connected.partner.post("/receivables", json=body)).json()
        issued = await connected.partner.post(f"/receivables/{invoice['id']}/issue")
        issued.raise_for_status()
    spent_s = time.perf_counter() - started_s
    await connected.house.settle()
    return spent_s


async def _writes(connected: Connected) -> int:
    async with connected.house.services.database.read() as session:
        return int(await session.scalar(select(func.sum(MeterReading.calls)).where(MeterReading.cause == "push")) or 0)
