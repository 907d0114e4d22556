"""GET /accounting_connections/{id}/problems: what is named and cannot be used, by what, and until when."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tests.support.connected import Connected, connect_books
from tests.support.partner import AT, Api, Partner

from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Payable, PayableLine
from tieout.storage.tables.connections import LedgerAccount, TaxRate
from tieout.storage.tables.drift import InactiveReference


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


async def problems(books: Connected) -> list[dict[str, Any]]:
    answer = await books.partner.get(f"/accounting_connections/{books.connection_id}/problems")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def named(found: list[dict[str, Any]]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        (one["name"], one["code"]): sorted((use["object_type"], use["field"]) for use in one["used_by"])
        for one in found
    }


async def everything_named(books: Connected) -> dict[str, UUID]:
    """A product, an unapproved bill, settings, defaults and a mapping that name accounts and rates of the books."""
    sales, costs = await books.account("Sales"), await books.account("Costs", type="Expense")
    rate = await books.rate("Standard", "20")
    entity = f"/entities/{books.partner.entity_id}"
    settings = {"ledger_account_ids": {"products": str(sales)}, "tax_ids": {"deductions": str(rate)}}
    assert (await books.partner.patch(f"{entity}/settings", json={"accounting": settings})).status_code == 200
    defaults = {"ledger_account_ids": {"bill_lines": str(costs)}}
    assert (await books.partner.put(f"{entity}/accounting_defaults", json=defaults)).status_code == 200
    unit = (await books.partner.post("/measure_units", json={"name": "hour"})).json()["id"]
    product = {"name": "Hour", "price": {"currency": "GBP", "value": 100}, "measure_unit_id": unit}
    made = await books.partner.post("/products", json={**product, "ledger_account_id": str(sales)})
    assert made.status_code == 201, made.text
    mapping = {"side": "sales", "tax_rate_value": 2000, "accounting_tax_rate_id": str(rate)}
    assert (await books.partner.post("/accounting_tax_mappings", json=mapping)).status_code == 201
    bill_id, times = new_id(), {"created_at": AT, "updated_at": AT}
    await books.add(Payable(id=bill_id, status="new", content={}, issued_at=date(2026, 11, 1), **books.owner, **times))
    line = {"ledger_account_id": costs, "accounting_tax_rate_id": rate, "position": 0}
    await books.add(PayableLine(id=new_id(), payable_id=bill_id, **line, **books.owner, **times))
    return {"sales": sales, "costs": costs, "rate": rate}


async def test_nothing_is_wrong_until_something_that_is_used_is_archived_and_once_it_is_mended(
    books: Connected,
) -> None:
    ids = await everything_named(books)
    await books.account("Unused", status="Archived")
    assert await problems(books) == []
    await books.change(LedgerAccount, ids["sales"], status="Archived")
    await books.change(LedgerAccount, ids["costs"], status="Archived")
    await books.change(TaxRate, ids["rate"], status="Archived")
    await books.add(
        InactiveReference(company_id=books.company_id, kind="account", external_id="Sales", name="Sales", since_at=AT)
    )
    found = await problems(books)
    assert named(found) == {
        ("Sales", "ledger_account_inactive"): [
            ("entity_settings", "accounting.ledger_account_ids.products"),
            ("product", "ledger_account_id"),
        ],
        ("Costs", "ledger_account_inactive"): [
            ("accounting_defaults", "ledger_account_ids.bill_lines"),
            ("payable", "ledger_account_id"),
        ],
        ("Standard", "tax_rate_not_usable"): [
            ("accounting_tax_mapping", "accounting_tax_rate_id"),
            ("entity_settings", "accounting.tax_ids.deductions"),
            ("payable", "accounting_tax_rate_id"),
        ],
    }
    assert {one["name"]: one["since"] is not None for one in found} == {
        "Sales": True,
        "Costs": False,
        "Standard": False,
    }
    for table, name in ((LedgerAccount, "sales"), (LedgerAccount, "costs"), (TaxRate, "rate")):
        await books.change(table, ids[name], status="Active")
    assert await problems(books) == []


async def test_what_was_named_of_other_books_is_listed_for_mapping_anew(books: Connected) -> None:
    ids = await everything_named(books)
    for table, name in ((LedgerAccount, "sales"), (LedgerAccount, "costs"), (TaxRate, "rate")):
        await books.change(table, ids[name], company_id=await another_company(books))
    found = await problems(books)
    assert {one["code"] for one in found} == {"belongs_to_another_company"}
    assert {one["id"] for one in found} == {str(one) for one in ids.values()}


async def another_company(books: Connected) -> UUID:
    """The books that the entity had before."""
    entity_id = books.partner.entity_id
    other = await connect_books(books.api, books.partner, name=f"Before {new_id()}")
    books.partner.entity_id = entity_id
    return other.company_id


async def test_a_customer_or_product_that_was_archived_while_it_was_linked_is_listed(books: Connected) -> None:
    object_id = new_id()
    await books.link("customer", object_id=object_id, external_kind="customer", external_id="77")
    for external_id in ("77", "78"):
        row = {"kind": "customer", "external_id": external_id, "name": f"Customer {external_id}", "since_at": AT}
        await books.add(InactiveReference(company_id=books.company_id, **row))
    (problem,) = await problems(books)
    assert (problem["code"], problem["name"], problem["kind"]) == ("reference_inactive", "Customer 77", "customer")
    assert problem["used_by"] == [{"object_type": "counterpart", "object_id": str(object_id), "field": "customer"}]
