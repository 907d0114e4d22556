"""The demo's walk.

A partner connects an entity's books, and an invoice and a bill land in them. Real HTTP, step by step.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx2

from tieout.cli.visiting import Visitor, connect_books

VERSION: Final = "2024-05-25"
WAIT_S_MAX: Final = 30.0
LOOK_EVERY_S: Final = 0.1
CUSTOMER: Final = "Northwind Traders"
PRICE_MINOR: Final = 12_500
HOURS: Final = 3
BILL_MINOR: Final = 8_000

Json = dict[str, Any]


class WalkError(Exception):
    """A step did not come out as it must."""


@dataclass(slots=True)
class Told:
    """What a step has to say when it is done."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Printer:
    """Says each step, with what came of it and how long it took."""

    say: Callable[[str], None]

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[Told]:
        """Time one step; a failure names it."""
        told, started_s = Told(), time.perf_counter()
        try:
            yield told
        except Exception as error:
            self.say(f"[bold red]✗[/] {name}: {type(error).__name__}: {error}")
            raise
        spent_s = time.perf_counter() - started_s
        detail = f"  [dim]{told.detail}[/]" if told.detail else ""
        self.say(f"[green]✓[/] {name}{detail}  [dim]({spent_s:.2f} s)[/]")


class ApiError(WalkError):
    """The API answered with another status than expected."""


@dataclass(slots=True)
class Api:
    """A partner's program, calling Tieout's API."""

    client: httpx2.AsyncClient
    base_url: str
    token: str | None = None
    entity_id: str | None = None

    async def call(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        """One call; returns the decoded answer. Raises ApiError for another status than `expect`."""
        headers = {"X-Monite-Version": VERSION}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.entity_id:
            headers["X-Monite-Entity-Id"] = self.entity_id
        response = await self.client.request(method, f"{self.base_url}/v1{path}", json=body, headers=headers)
        if response.status_code != expect:
            msg = f"{method} {path} answered {response.status_code} instead of {expect}: {response.text[:500]}"
            raise ApiError(msg)
        return response.json() if response.content else None


@dataclass(frozen=True, slots=True)
class Books:
    """A simulated company at a simulated platform."""

    platform: str
    title: str
    origin: str
    company: Json


@dataclass(slots=True)
class Case:
    """One entity on its way through the walk."""

    api: Api
    books: Books
    made: Json = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency of the books."""
        return str(self.books.company["currency"])

    async def at_platform(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the simulated platform itself."""
        url = f"{self.books.origin}/_sandbox/companies/{self.books.company['id']}{path}"
        response = await self.api.client.request(method, url, json=body)
        if response.is_error:
            msg = f"the simulated platform answered {response.status_code} to {path}: {response.text[:300]}"
            raise WalkError(msg)
        return response.json()


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look again and again until there is something; raises WalkError after half a minute."""
    deadline_s = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline_s:
        if found := await look():
            return found
        await asyncio.sleep(LOOK_EVERY_S)
    msg = f"{what} did not come about within {WAIT_S_MAX:.0f} s"
    raise WalkError(msg)


async def prepare(case: Case, printer: Printer) -> None:
    """The entity, its catalogue, a customer and a vendor."""
    api, country = case.api, str(case.books.company["country"])
    async with printer.step("an entity with a catalogue, a customer and a vendor") as told:
        address = {"country": country, "city": "Springfield", "postal_code": "12345", "line1": "1 Main Street"}
        entity = await api.call(
            "POST",
            "/entities",
            {
                "type": "organization",
                "email": "owner@example.com",
                "address": address,
                "organization": {"legal_name": case.books.company["name"]},
            },
            expect=201,
        )
        api.entity_id = entity["id"]
        unit = await api.call("POST", "/measure_units", {"name": "hour"}, expect=201)
        product = await api.call(
            "POST",
            "/products",
            {
                "name": "Advisory hour",
                "type": "service",
                "measure_unit_id": unit["id"],
                "price": {"currency": case.currency, "value": PRICE_MINOR},
            },
            expect=201,
        )
        case.made = {"entity": entity, "product": product}
        await case.at_platform("POST", "/people/create_customer", {"name": CUSTOMER})
        case.made["customer"] = await _counterpart(api, CUSTOMER, address, is_customer=True)
        case.made["vendor"] = await _counterpart(api, "Paper & Ink Supplies", address, is_customer=False)
        told.detail = f"{entity['organization']['legal_name']}, {case.currency}; {CUSTOMER} is in the books already"


async def _counterpart(api: Api, name: str, address: Json, *, is_customer: bool) -> Json:
    made: Json = await api.call(
        "POST",
        "/counterparts",
        {
            "type": "organization",
            "organization": {
                "legal_name": name,
                "email": f"{name.split(maxsplit=1)[0].lower()}@example.com",
                "is_customer": is_customer,
                "is_vendor": not is_customer,
                "address": address,
            },
        },
        expect=201,
    )
    return made


async def connect(case: Case, printer: Printer, visitor: Visitor) -> None:
    """From no connection to books that are connected and pulled."""
    api = case.api
    async with printer.step("no connection yet") as told:
        if (await api.call("GET", "/accounting_connections")) != {"data": []}:
            raise WalkError("there is a connection already")
        connection = await api.call("POST", "/accounting_connections", expect=201)
        case.made["connection"] = connection
        told.detail = f"a new one is {connection['status']}"
    async with printer.step(f"the connection link: pick {case.books.title}, sign in, consent, choose") as told:
        pages: list[str] = []
        await connect_books(
            visitor,
            connection["connection_url"],
            platform=case.books.platform,
            company=case.books.company["name"],
            note=pages.append,
        )
        told.detail = f"{len(pages)} pages"
    await pulled(case, printer)


async def pulled(case: Case, printer: Printer) -> None:
    """Wait until the first synchronisation is through."""
    api, connection = case.api, case.made["connection"]
    async with printer.step("the first synchronisation") as told:

        async def look() -> Json | None:
            seen: Json = await api.call("GET", f"/accounting_connections/{connection['id']}")
            return seen if seen.get("last_pull") not in (None, case.made.get("last_pull")) else None

        seen = await until(look, "the first synchronisation")
        if seen["status"] != "connected" or not seen.get("business_info"):
            msg = f"the connection is {seen['status']}: {seen.get('errors')}"
            raise WalkError(msg)
        accounts = (await api.call("GET", "/ledger_accounts"))["data"]
        rates = (await api.call("GET", "/accounting_tax_rates"))["data"]
        case.made |= {"accounts": accounts, "rates": rates, "last_pull": seen["last_pull"]}
        told.detail = (
            f"{seen['business_info']['name']} at {seen['platform']}: {len(accounts)} accounts, {len(rates)} tax rates"
        )


async def matched(case: Case, printer: Printer) -> None:
    """The customer that is in the books already was found there, and will not be made again."""
    async with printer.step("the customer was matched with the one in the books") as told:
        customer = case.made["customer"]["id"]
        path = f"/accounting_synced_records?object_type=customer&object_id={customer}"
        records = (await case.api.call("GET", path))["data"]
        if [record["sync_status"] for record in records] != ["done"]:
            msg = f"it was not: {records}"
            raise WalkError(msg)
        told.detail = f"{CUSTOMER} is {records[0]['platform_object_id']} there"


async def tied_out(case: Case, printer: Printer) -> None:
    """The books' own control accounts agree with the documents, to the cent."""
    async with printer.step("the books tie out, to the cent") as told:
        path = f"/accounting_connections/{case.made['connection']['id']}/tie_out"

        async def look() -> Json | None:
            try:
                seen: Json = await case.api.call("GET", path)
            except ApiError:
                return None
            return seen

        seen = await until(look, "the comparison with the books' own trial balance")
        told.detail = ", ".join(
            f"{row['control']} {row['in_the_books']} = {row['in_the_documents']} {seen['currency']}"
            for row in seen["controls"]
        )
        if not seen["ties_out"]:
            msg = f"the books differ from the documents: {seen['controls']}"
            raise WalkError(msg)


def account_of(case: Case, type_: str) -> Json:
    """An active account of a type, of the books' own chart."""
    found = [row for row in case.made["accounts"] if row["type"] == type_ and row["status"] == "Active"]
    if not found:
        msg = f"the chart has no active account of type {type_}"
        raise WalkError(msg)
    sales = [row for row in found if "sales" in str(row["subtype"]).lower() or "sales" in row["name"].lower()]
    return dict((sales or found)[0])


def rate_for(case: Case, side: str) -> Json | None:
    """An active tax rate above zero for `on_sales` or `on_purchases`, if the books have one."""
    found = [
        row for row in case.made["rates"] if row["status"] == "Active" and row[side] and row["effective_tax_rate"] > 0
    ]
    return dict(found[0]) if found else None


async def set_defaults(case: Case, printer: Printer) -> None:
    """The entity's default ledger account for what it sells."""
    async with printer.step("defaults in the entity's settings") as told:
        account = account_of(case, "Income")
        await case.api.call(
            "PATCH",
            f"/entities/{case.made['entity']['id']}/settings",
            {"accounting": {"ledger_account_ids": {"products": account["id"]}}},
        )
        told.detail = f"products are booked to {account['name']}"


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
        told.detail = f"{invoice['document_id']}, {_money(invoice['total_amount'], case.currency)}"
    await _in_the_books(case, printer, "receivable", invoice)


async def approve_bill(case: Case, printer: Printer) -> None:
    """A bill with a line, approved, and seen in the books by asking the platform."""
    api, rate = case.api, rate_for(case, "on_purchases")
    tax = 0 if rate is None else rate["effective_tax_rate"]
    tax_amount = (BILL_MINOR * tax + 5_000) // 10_000
    today = datetime.now(UTC).date()
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
        told.detail = f"{bill['document_id']}, {_money(bill['total_amount'], case.currency)}, {bill['status']}"
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
    """Somebody at the company records the payment there; it arrives here."""
    api, invoice = case.api, case.made["invoice"]
    async with printer.step("somebody records a payment in the books, and it arrives") as told:
        await case.at_platform("POST", "/people/pay", {"document_id": case.made["receivable"]["platform_object_id"]})
        message = await api.call("POST", f"/accounting_connections/{case.made['connection']['id']}/sync", expect=202)

        async def look() -> Json | None:
            seen: Json = await api.call("GET", f"/receivables/{invoice['id']}")
            return seen if seen["status"] == "paid" else None

        paid = await until(look, "the payment")
        if paid["amount_due"] != 0:
            msg = f"{paid['amount_due']} is still due"
            raise WalkError(msg)
        told.detail = f"{message['message']} The invoice is {paid['status']}."


async def reconnect(case: Case, printer: Printer, visitor: Visitor) -> None:
    """A second connection is refused; after a disconnect a new one takes up the links, without a duplicate."""
    api, first = case.api, case.made["connection"]
    async with printer.step("a second connection is refused while one is active"):
        await api.call("POST", "/accounting_connections", expect=409)
    before = await _links(case)
    async with printer.step("disconnect ends the access at the platform") as told:
        ended = await api.call("POST", f"/accounting_connections/{first['id']}/disconnect")
        told.detail = ended["status"]
        if ended["status"] != "disconnected":
            msg = f"the connection is {ended['status']}"
            raise WalkError(msg)
    await connect(case, printer, visitor)
    async with printer.step("the new connection has taken up the links, without a duplicate") as told:
        after = await _links(case)
        if before != after:
            msg = f"links were {before} and are {after}"
            raise WalkError(msg)
        told.detail = f"{len(after)} links"


async def _links(case: Case) -> dict[str, str]:
    links: dict[str, str] = {}
    for object_type in ("customer", "vendor", "product", "receivable", "bill"):
        rows = (await case.api.call("GET", f"/accounting_synced_records?object_type={object_type}"))["data"]
        links |= {row["object_id"]: row["platform_object_id"] for row in rows}
    return links


async def check_balance(case: Case, printer: Printer) -> None:
    """The books balance, as the platform itself says."""
    async with printer.step("the books balance") as told:
        sheet = await case.at_platform("GET", "/trial-balance")
        if sheet["total_debit"] != sheet["total_credit"]:
            msg = f"debits are {sheet['total_debit']}, credits {sheet['total_credit']}"
            raise WalkError(msg)
        told.detail = f"debits = credits = {sheet['total_debit']} {sheet['currency']}"


async def walk_entity(case: Case, printer: Printer) -> None:
    """The whole flow for one entity."""
    async with httpx2.AsyncClient(timeout=30.0) as browser:
        visitor = Visitor(browser)
        await prepare(case, printer)
        await connect(case, printer, visitor)
        await matched(case, printer)
        await tied_out(case, printer)
        await set_defaults(case, printer)
        await issue_invoice(case, printer)
        await approve_bill(case, printer)
        await pay_in_the_books(case, printer)
        await reconnect(case, printer, visitor)
        await check_balance(case, printer)


def _money(amount_minor: int, currency: str) -> str:
    return f"{Decimal(amount_minor) / 100:,.2f} {currency}"
