"""A list of 250,000 receivables: the first page against the thousandth, which an index enters in its middle."""

import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from tests.support.documents import make_counterpart
from tests.support.partner import AT, Api, Partner, start_api

from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Receivable

ROWS = 250_000
PAGE_ROWS = 100
LATE_PAGE = 1_000
TIMES = 15
SORTS = ("created_at", "due_date")
_STATUSES = ("issued", "paid", "partially_paid", "draft")


async def rows(folder: Path) -> list[str]:
    """A row for each way of sorting: by what every row has, and by what some have not."""
    api = await start_api(folder, requests_per_s=1_000_000, token_lifetime_s=86_400)
    try:
        partner = await api.new_partner()
        await partner.make_entity()
        await _fill(api, partner)
        return [await _measure(partner, sort) for sort in SORTS]
    finally:
        await api.close()


def _alike(pattern: dict[str, Any], number: int) -> dict[str, Any]:
    """One of many that are alike; every tenth has neither number nor due date."""
    made_at = AT + timedelta(seconds=number)
    is_numbered = number % 10 != 0
    return pattern | {
        "id": new_id(),
        "status": _STATUSES[number % len(_STATUSES)],
        "counterpart_name": f"Customer {number * 7_919 % 5_000:04}",
        "document_id": f"INV-{number:06}" if is_numbered else None,
        "due_date": (made_at + timedelta(days=number * 31 % 365)).date() if is_numbered else None,
        "total_amount": number * 104_729 % 1_000_000,
        "created_at": made_at,
        "updated_at": made_at,
    }


async def _fill(api: Api, partner: Partner) -> None:
    """Make an invoice through the API, and then rows that are like it."""
    trader = await make_counterpart(api, partner)
    product = {"name": "Hour", "price": {"currency": "EUR", "value": 9_000}, "measure_unit": {"name": "hour"}}
    line = {"product": product, "quantity": 2, "tax_rate_value": 2000}
    invoice = {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "EUR",
        "line_items": [line],
    }
    (await partner.post("/receivables", json=invoice)).raise_for_status()
    async with api.services.database.write() as session:
        pattern = dict((await session.execute(select(Receivable.__table__))).mappings().one())
        for start in range(0, ROWS, 5_000):
            await session.execute(
                insert(Receivable), [_alike(pattern, number) for number in range(start, start + 5_000)]
            )


async def _measure(partner: Partner, sort: str) -> str:
    first, late = f"/receivables?sort={sort}", ""
    path = first
    for _ in range(LATE_PAGE - 1):
        answer = await partner.http.get(f"/v1{path}", headers=partner.headers())
        path = late = f"/receivables?pagination_token={answer.raise_for_status().json()['next_pagination_token']}"
    took_s: dict[str, list[float]] = {first: [], late: []}
    for _ in range(TIMES):  # in turns, so that other work on the machine slows both
        for page, times in took_s.items():
            started_s = time.process_time()
            (await partner.http.get(f"/v1{page}", headers=partner.headers())).raise_for_status()
            times.append(time.process_time() - started_s)
    first_s, late_s = (statistics.median(times) for times in took_s.values())
    return (
        f"list, {ROWS:,} receivables by {sort}: page {LATE_PAGE:,} takes {late_s / first_s:.2f} x the time of page 1 "
        f"({first_s * 1000:.1f} ms for {PAGE_ROWS} rows)"
    )
