"""How to make one of everything that a path of the API can name: a table by the path before the parameter.

A collection that is served and has no maker here fails `tests/api/test_isolation.py` by its name.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.support.partner import ADDRESS
from tests.support.trading import Trade

from tieout.books.records import Kind
from tieout.storage.tables.connections import Snapshot

Json = dict[str, Any]
Maker = Callable[[Trade, tuple[str, ...]], Awaitable[list[str]]]
"""Makes a few for the entity of the trade, below the objects with the given ids, and tells their ids."""

SEEN_MAX = 3


def posted(path: str, *bodies: Json) -> Maker:
    """One object for each body, sent to the path."""

    async def make(trade: Trade, above: tuple[str, ...]) -> list[str]:
        return [str((await trade.ask("POST", path.format(*above), body))["id"]) for body in bodies]

    return make


def listed(path: str) -> Maker:
    """What is there anyhow: the first of a list."""

    async def find(trade: Trade, above: tuple[str, ...]) -> list[str]:
        return [str(one["id"]) for one in (await trade.ask("GET", path.format(*above)))["data"][:SEEN_MAX]]

    return find


def constant(*words: str) -> Maker:
    """Words that are no ids of anybody."""

    async def tell(_trade: Trade, _above: tuple[str, ...]) -> list[str]:
        return list(words)

    return tell


async def _entities(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    return [trade.entity_id]


async def _connections(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    return [trade.connection_id]


async def _counterparts(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    made = await trade.counterpart("Northwind Traders", is_vendor=True)
    individual = {
        "first_name": "Amy",
        "last_name": "Lauterbach",
        "is_customer": True,
        "is_vendor": True,
        "address": ADDRESS,
    }
    other = await trade.ask("POST", "/counterparts", {"type": "individual", "individual": individual})
    return [made["id"], other["id"]]


async def _addresses(trade: Trade, above: tuple[str, ...]) -> list[str]:
    made = await trade.ask("POST", f"/counterparts/{above[0]}/addresses", ADDRESS)
    return [made["id"]]


async def _contacts(trade: Trade, above: tuple[str, ...]) -> list[str]:
    counterpart = await trade.ask("GET", f"/counterparts/{above[0]}")
    if counterpart["type"] != "organization":
        return []
    body = {"first_name": "Mary", "last_name": "O'Brien", "address": ADDRESS}
    return [(await trade.ask("POST", f"/counterparts/{above[0]}/contacts", body))["id"]]


async def _receivables(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A draft, an issued one, one that is paid in part, and a credit note."""
    customer = await trade.counterpart("Fabrikam")
    draft = await trade.draft(customer)
    issued, begun = await trade.issue(customer), await trade.issue(customer)
    record = {"amount": 100, "currency": begun["currency"], "object": {"id": begun["id"], "type": "receivable"}}
    await trade.ask("POST", "/payment_records", record | {"payment_intent_status": "succeeded"})
    credit = await trade.ask("POST", "/receivables", {"type": "credit_note", "based_on": issued["id"]})
    return [draft["id"], issued["id"], begun["id"], credit["id"]]


async def _payables(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A draft, a new one, one that waits for approval, and an approved one."""
    vendor = await trade.vendor("Paper & Ink Supplies")
    draft = await trade.ask("POST", "/payables", {"currency": trade.books.currency})
    new = await trade.bill(vendor, number="V-1", approve=False)
    waiting = await trade.bill(vendor, number="V-2", approve=False)
    await trade.ask("POST", f"/payables/{waiting['id']}/submit_for_approval")
    approved = await trade.bill(vendor, number="V-3")
    return [draft["id"], new["id"], waiting["id"], approved["id"]]


async def _payment_records(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    invoice = await trade.issue(await trade.counterpart("Contoso"))
    body = {"amount": 100, "currency": invoice["currency"], "object": {"id": invoice["id"], "type": "receivable"}}
    made = [
        await trade.ask("POST", "/payment_records", body | {"status": status}) for status in ("succeeded", "created")
    ]
    return [one["id"] for one in made]


async def _synced_records(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for object_type in ("receivable", "bill", "product"):
        answer = await trade.ask("GET", f"/accounting_synced_records?object_type={object_type}")
        found += [one["id"] for one in answer["data"][:1]]
    return found


def _in_the_books(kind: Kind) -> Maker:
    async def find(trade: Trade, _above: tuple[str, ...]) -> list[str]:
        query = select(Snapshot.external_id).where(
            Snapshot.company_id == UUID(str(trade.company_id)), Snapshot.kind == kind.value
        )
        async with trade.house.services.database.read() as session:
            return list(await session.scalars(query.order_by(Snapshot.external_id).limit(SEEN_MAX)))

    return find


MAKERS: dict[str, Maker] = {
    "/entities": _entities,
    "/entities/{}/vat_ids": posted("/entities/{}/vat_ids", {"type": "eu_vat", "value": "DE987654321", "country": "DE"}),
    "/measure_units": posted("/measure_units", {"name": "hour"}, {"name": "day", "description": "eight hours"}),
    "/products": posted(
        "/products",
        {"name": "Advisory hour", "price": {"currency": "USD", "value": 12_500}},
        {"name": "Advisory day", "type": "service"},
    ),
    "/counterparts": _counterparts,
    "/counterparts/{}/addresses": _addresses,
    "/counterparts/{}/contacts": _contacts,
    "/counterparts/{}/vat_ids": posted(
        "/counterparts/{}/vat_ids", {"type": "eu_vat", "value": "DE123456789", "country": "DE"}
    ),
    "/receivables": _receivables,
    "/payables": _payables,
    "/payables/{}/line_items": listed("/payables/{}/line_items"),
    "/payment_records": _payment_records,
    "/accounting_connections": _connections,
    "/accounting_synced_records": _synced_records,
    "/accounting_tax_rates": listed("/accounting_tax_rates"),
    "/ledger_accounts": listed("/ledger_accounts"),
    "/accounting/payables": _in_the_books(Kind.BILL),
    "/accounting/receivables": _in_the_books(Kind.INVOICE),
    "/platforms": constant("quickbooks", "xero"),
    "/platforms/{}/keys": constant("simulated"),
    "/events": listed("/events"),
}
"""In the order in which they are made; the path before the parameter, without the names of those in it."""

NO_IDS = frozenset(("/platforms", "/platforms/{}/keys"))
"""What these paths name is the same for everybody."""
