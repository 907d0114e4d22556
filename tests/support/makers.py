"""How to make one of everything that a path of the API can name: a table by the path before the parameter.

A collection that is served and has no maker here fails `tests/api/test_isolation.py` by its name.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.support.partner import ADDRESS
from tests.support.people import permissions
from tests.support.trading import Trade

from tieout.books.records import Company, Kind
from tieout.kit.identifiers import new_id
from tieout.platforms.port import CallKind, Operation, Request, Write
from tieout.storage.tables.conflicts import Conflict
from tieout.storage.tables.connections import Connection, Link, Snapshot
from tieout.storage.tables.matching import MatchProposal
from tieout.sync.intents import intent_for, put_request

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


async def _tax_mappings(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    rate_id = (await trade.ask("GET", "/accounting_tax_rates"))["data"][0]["id"]
    body = {"side": "sales", "tax_rate_value": 1234, "accounting_tax_rate_id": rate_id}
    return [str((await trade.ask("POST", "/accounting_tax_mappings", body))["id"])]


async def _products(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """One with a price in the books' currency, and one without."""
    priceless = await trade.ask("POST", "/products", {"name": "Advisory day", "type": "service"})
    return [(await trade.product("Advisory hour", 12_500))["id"], priceless["id"]]


async def _connections(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    return [trade.connection_id]


async def _writes(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A write that was cancelled before it was sent: of a record that is a link's anyhow, while no lane runs."""
    async with trade.house.services.database.write() as session:
        of_company = select(Link).where(Link.company_id == UUID(str(trade.company_id)))
        link = (await session.scalars(of_company.order_by(Link.id).limit(1))).one()
        request = Request(method="POST", path="/cancelled", body=b"{}", kind=CallKind.WRITE)
        company = Company(external_id="1", name="Books", base_currency="AUD")
        write = Write(operation=Operation.CREATE, kind=Kind.PARTY, record=company, key="cancelled", company=company)
        intent = await intent_for(session, link, Operation.CREATE, 1_000, now=link.created_at)
        put_request(intent, write, request)
        intent.state = "cancelled"
    return [str(intent.id)]


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
    scan = {"file": ("scan.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")}
    attached = await trade.partner.post(f"/payables/{new['id']}/attach_file", files=scan)
    assert attached.status_code == 200, attached.text
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


async def _conflicts(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """Something that awaits a decision, of a record that is a link's anyhow, while no lane runs."""
    async with trade.house.services.database.write() as session:
        of_company = select(Link).where(Link.company_id == UUID(str(trade.company_id)))
        invoices = of_company.where(Link.object_type == "receivable").order_by(Link.id)
        link = (await session.scalars(invoices.limit(1))).one()
        memo = {"name": "memo", "group": "texts", "why": "both_changed", "if_books": "taken_over"}
        said = {"base": None, "ours": "Thank you", "theirs": "Many thanks"}
        row = Conflict(
            partner_id=link.partner_id,
            entity_id=link.entity_id,
            company_id=link.company_id,
            link_id=link.id,
            object_type=link.object_type,
            object_id=link.object_id,
            fields=[memo | {"values": said, "choices": ["books", "partner"]}],
            created_at=link.created_at,
            updated_at=link.created_at,
        )
        session.add(row)
    return [str(row.id)]


async def _matches(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A pair that may be the same, while no lane runs: of anybody, for nothing of either side is looked at."""
    async with trade.house.services.database.write() as session:
        connection = await session.get_one(Connection, UUID(trade.connection_id))
        row = MatchProposal(
            partner_id=connection.partner_id,
            entity_id=connection.entity_id,
            company_id=UUID(str(trade.company_id)),
            object_type="customer",
            object_id=new_id(),
            object_name="Northwind",
            external_kind="customer",
            external_id="no such record",
            external_name="Northwind Traders",
            reason="name_alike",
            score=80,
            created_at=connection.created_at,
            updated_at=connection.created_at,
        )
        session.add(row)
    return [str(row.id)]


async def _untranslated_kinds(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A kind of which the books hold a record that has no meaning here, as a pull would have kept it."""
    async with trade.house.services.database.write() as session:
        seen = (
            await session.scalars(select(Snapshot).where(Snapshot.company_id == UUID(str(trade.company_id))))
        ).first()
        assert seen is not None, "the books have been pulled"
        row = Snapshot(
            company_id=seen.company_id,
            kind=Kind.OTHER.value,
            external_id=str(new_id()),
            raw=b"{}",
            untranslated="a kind that is not known here",
            first_seen_at=seen.first_seen_at,
            seen_at=seen.seen_at,
        )
        session.add(row)
    return [Kind.OTHER.value]


async def _untranslated(trade: Trade, above: tuple[str, ...]) -> list[str]:
    kept = await trade.ask("GET", f"/accounting_connections/{above[0]}/untranslated_records")
    return [str(one["external_id"]) for one in kept["data"]]


def _in_the_books(kind: Kind) -> Maker:
    async def find(trade: Trade, _above: tuple[str, ...]) -> list[str]:
        query = select(Snapshot.external_id).where(
            Snapshot.company_id == UUID(str(trade.company_id)), Snapshot.kind == kind.value
        )
        async with trade.house.services.database.read() as session:
            return list(await session.scalars(query.order_by(Snapshot.external_id).limit(SEEN_MAX)))

    return find


async def _credit_notes(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    """A draft, and one that waits for approval."""
    vendor = await trade.vendor("Office Depot")
    made = []
    for number in ("CN-1", "CN-2"):
        bill = await trade.bill(vendor, number=f"for {number}")
        body = {"document_id": number, "issued_at": "2026-03-01", "currency": trade.books.currency}
        named = {"counterpart_id": vendor["id"], "based_on": bill["id"]}
        made.append(await trade.ask("POST", "/payable_credit_notes", body | named))
    tax = trade.purchase_rate["effective_tax_rate"] if trade.purchase_rate else 0
    line = {"name": "Returned paper", "quantity": 3, "unit_price": 333, "tax": tax}
    for one in made:
        await trade.ask("POST", f"/payable_credit_notes/{one['id']}/line_items", line)
    await trade.ask("POST", f"/payable_credit_notes/{made[1]['id']}/submit_for_approval")
    return [one["id"] for one in made]


async def _replays(trade: Trade, _above: tuple[str, ...]) -> list[str]:
    made = await trade.ask("POST", "/webhook_replays", {"created_at__gte": "2026-01-01T00:00:00Z"})
    return [one["id"] for one in made["data"]]


_ENDPOINT = {"object_type": "product", "url": "https://hooks.example/products"}

MAKERS: dict[str, Maker] = {
    "/entities": _entities,
    "/roles": posted("/roles", {"name": "Clerk", "permissions": permissions(product="read create")}),
    "/entity_users": posted(
        "/entity_users", {"login": "casey", "first_name": "Casey"}, {"login": "kim", "first_name": "Kim"}
    ),
    "/api_clients": posted("/api_clients", {"name": "Nightly export"}),
    "/webhook_subscriptions": posted("/webhook_subscriptions", _ENDPOINT, _ENDPOINT | {"object_type": "receivable"}),
    "/entities/{}/vat_ids": posted("/entities/{}/vat_ids", {"type": "eu_vat", "value": "DE987654321", "country": "DE"}),
    "/measure_units": posted("/measure_units", {"name": "hour"}, {"name": "day", "description": "eight hours"}),
    "/tags": posted("/tags", {"name": "Marketing"}, {"name": "Travel", "category": "cost_center"}),
    "/products": _products,
    "/counterparts": _counterparts,
    "/counterparts/{}/addresses": _addresses,
    "/counterparts/{}/contacts": _contacts,
    "/counterparts/{}/vat_ids": posted(
        "/counterparts/{}/vat_ids", {"type": "eu_vat", "value": "DE123456789", "country": "DE"}
    ),
    "/receivables": _receivables,
    "/payables": _payables,
    "/payables/{}/line_items": listed("/payables/{}/line_items"),
    "/payable_credit_notes": _credit_notes,
    "/payable_credit_notes/{}/line_items": listed("/payable_credit_notes/{}/line_items"),
    "/receivables/{}/history": listed("/receivables/{}/history"),
    "/payment_records": _payment_records,
    "/accounting_connections": _connections,
    "/accounting_connections/{}/sync_runs": listed("/accounting_connections/{}/sync_runs"),
    "/accounting_connections/{}/untranslated_records": _untranslated_kinds,
    "/accounting_connections/{}/untranslated_records/{}": _untranslated,
    "/accounting_writes": _writes,
    "/internal/accounting_connections": _connections,
    "/accounting_synced_records": _synced_records,
    "/accounting_matches": _matches,
    "/accounting_conflicts": _conflicts,
    "/accounting_tax_rates": listed("/accounting_tax_rates"),
    "/accounting_tax_mappings": _tax_mappings,
    "/ledger_accounts": listed("/ledger_accounts"),
    "/accounting/payables": _in_the_books(Kind.BILL),
    "/accounting/receivables": _in_the_books(Kind.INVOICE),
    "/platforms": constant("quickbooks", "xero"),
    "/platforms/{}/keys": constant("simulated"),
    "/events": listed("/events"),
    "/webhook_deliveries": listed("/webhook_deliveries"),
    "/webhook_replays": _replays,
}
"""In the order in which they are made; the path before the parameter, without the names of those in it."""

NO_IDS = frozenset(("/platforms", "/platforms/{}/keys", "/accounting_connections/{}/untranslated_records"))
"""What these paths name is the same for everybody."""

NAMED_BY: dict[str, str | None] = {
    "accounting_tax_rate_id": "/accounting_tax_rates",
    "counterpart_id": "/counterparts",
    "counterpart_address_id": "/counterparts/{}/addresses",
    "counterpart_billing_address_id": "/counterparts/{}/addresses",
    "counterpart_shipping_address_id": "/counterparts/{}/addresses",
    "default_billing_address_id": "/counterparts/{}/addresses",
    "default_shipping_address_id": "/counterparts/{}/addresses",
    "counterpart_vat_id_id": "/counterparts/{}/vat_ids",
    "entity_vat_id_id": "/entities/{}/vat_ids",
    "contact_id": "/counterparts/{}/contacts",
    "based_on": "/receivables",
    "id": "/receivables",
    "ledger_account_id": "/ledger_accounts",
    "products": "/ledger_accounts",
    "payments": "/ledger_accounts",
    "deductions": "/accounting_tax_rates",
    "measure_unit_id": "/measure_units",
    "product_id": "/products",
    "object.id": "/receivables",
    "object_id": "/counterparts",
    "bill_lines": "/ledger_accounts",
    "ids": "/accounting_synced_records",
    "webhook_subscription_id": "/webhook_subscriptions",
    "entity_id": "/entities",
    "role_id": "/roles",
    "tag_ids": "/tags",
    "tag_id": None,
    "project_id": "/projects",
    "purchase_order_id": "/payable_purchase_orders",
    "counterpart_bank_account_id": "/counterparts/{}/bank_accounts",
    "counterpart_einvoicing_credentials_id": "/counterparts/{}/einvoicing_credentials",
    "network_credentials_id": "/counterparts/{}/einvoicing_credentials",
    "entity_bank_account_id": "/bank_accounts",
    "attachments.id": "/files",
    "custom_vat_rate_id": "/custom_vat_rates",
    "vat_rate_id": "/vat_rates",
    "overdue_reminder_id": "/overdue_reminders",
    "payment_reminder_id": "/payment_reminders",
    "payment_terms_id": "/payment_terms",
    "entity_user_id": "/entity_users",
    "payment_intent_id": None,
    "address.id": None,
}
"""Which collection an id in a body or a filter names, by its field.

None: it names nothing that is kept here. What a collection that is not served would hold cannot be named at all.
"""


def collection_named_by(field: str) -> str | None:
    """The collection that an id names, by its field with or without a suffix; None if of none; raises KeyError."""
    name = field.partition("__")[0]
    return NAMED_BY[name if name in NAMED_BY else name.removesuffix("s")]
