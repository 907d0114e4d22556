"""Invoices for the tests of receivables: made, issued and looked at through the API."""

from typing import Any

from tests.support.documents import Trader
from tests.support.partner import Partner

Json = dict[str, Any]


def line(price: int = 10_000, *, name: str = "Work", currency: str = "USD", **more: Any) -> Json:
    """A line with an inline product, one unit of it, without tax unless told."""
    product = {"name": name, "price": {"currency": currency, "value": price}}
    taxed = {} if {"vat_rate_id", "accounting_tax_rate_id"} & more.keys() else {"tax_rate_value": 0}
    return {"product": product, "quantity": 1, **taxed, **more}


def invoice(trader: Trader, *lines: Json, **more: Any) -> Json:
    """The body of a new invoice."""
    return {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "line_items": list(lines) or [line()],
        **more,
    }


async def draft(partner: Partner, trader: Trader, *lines: Json, **more: Any) -> Json:
    """A new draft."""
    answer = await partner.post("/receivables", json=invoice(trader, *lines, **more))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def issued(partner: Partner, trader: Trader, *lines: Json, **more: Any) -> Json:
    """A new invoice that was issued."""
    made = await draft(partner, trader, *lines, **more)
    answer = await partner.post(f"/receivables/{made['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def seen(partner: Partner, receivable: Json) -> Json:
    """A receivable as it is now."""
    answer = await partner.get(f"/receivables/{receivable['id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def credit(partner: Partner, of: Json) -> Json:
    """The draft of a credit note over what is left of an invoice."""
    answer = await partner.post("/receivables", json={"type": "credit_note", "based_on": of["id"]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def credit_lines(partner: Partner, note: Json, **by_name: Json) -> Json:
    """Say which lines a draft credits, by the names of their products."""
    ids = {item["product"]["name"]: item["product"]["id"] for item in note["line_items"]}
    change = {"credit_note": {"line_items": {ids[name]: said for name, said in by_name.items()}}}
    answer = await partner.patch(f"/receivables/{note['id']}", json=change)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def issue(partner: Partner, receivable: Json) -> Json:
    """Issue a draft."""
    answer = await partner.post(f"/receivables/{receivable['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def story(partner: Partner, receivable: Json) -> list[tuple[str, Json]]:
    """What happened to a receivable, oldest first."""
    answer = await partner.get(f"/receivables/{receivable['id']}/history")
    assert answer.status_code == 200, answer.text
    return [(entry["event_type"], entry["event_data"]) for entry in answer.json()["data"]]
