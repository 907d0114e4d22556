"""The demo's walk: a partner connects an entity's books, and an invoice and a bill land in them. All over real HTTP."""

from typing import Final

import httpx2

from tieout.cli.visiting import Visitor, connect_books
from tieout.cli.walk_documents import approve_bill, issue_invoice, pay_in_the_books
from tieout.cli.walk_parts import Api, ApiError, Case, Json, Printer, WalkError, account_of, until

CUSTOMER: Final = "Northwind Traders"
PRICE_MINOR: Final = 12_500


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


async def reconnect(case: Case, printer: Printer, visitor: Visitor) -> None:
    """A second connection is refused; after a disconnect a new one takes up the links, without a duplicate."""
    api, first = case.api, case.made["connection"]
    async with printer.step("a second connection is refused while one is active"):
        await api.call("POST", "/accounting_connections", expect=409)
    before, asked = await _links(case), await _endings(case)
    async with printer.step("disconnect ends the access at the platform") as told:
        ended = await api.call("POST", f"/accounting_connections/{first['id']}/disconnect")
        if ended["status"] != "disconnected":
            msg = f"the connection is {ended['status']}"
            raise WalkError(msg)

        async def look() -> list[str]:
            return (await _endings(case))[len(asked) :]

        told.detail = f"{ended['status']}; the platform was told by {(await until(look, 'the end of the access'))[0]}"
    await connect(case, printer, visitor)
    async with printer.step("the new connection has taken up the links, without a duplicate") as told:
        after = await _links(case)
        if before != after:
            msg = f"links were {before} and are {after}"
            raise WalkError(msg)
        told.detail = f"{len(after)} links"


async def _endings(case: Case) -> list[str]:
    """What the platform itself logged of granted requests that end an access, oldest first."""
    answer = await case.api.client.get(f"{case.books.origin}/_sandbox/requests?limit=500")
    return [
        f"{one['method']} {one['path']}"
        for one in reversed(answer.raise_for_status().json()["requests"])
        if one["status"].startswith("2") and (one["method"] == "DELETE" or one["path"].endswith("/revoke"))
    ]


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
