"""/accounting_tax_mappings: what a tax is in the books is said once, for a side and, if need be, a country."""

from typing import Any
from uuid import uuid4

import pytest
from tests.support.connected import Connected, connect_books
from tests.support.partner import Api, Partner

from tieout.books.statutory_rates import RATES_BY_COUNTRY
from tieout.storage.tables.connections import TaxRate

PATH = "/accounting_tax_mappings"
CHECK = "/internal/validators/line_items"


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


async def mapped(books: Connected, status: int = 201, **more: Any) -> dict[str, Any]:
    body = {"side": "sales", "tax_rate_value": 2000, **more}
    answer = await books.partner.post(PATH, json={name: value for name, value in body.items() if value is not None})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_mapping_ends_an_ambiguity_until_it_is_deleted(books: Connected) -> None:
    account = str(await books.account("Sales"))
    ids = [str(await books.rate(name, "20")) for name in ("Standard", "Reverse charge")]
    lines = [{"ledger_account_id": account, "monite_tax_rate": 2000}]
    body = {"document_type": "receivable", "line_items": lines}
    assert (await books.partner.post(CHECK, json=body)).status_code == 422
    made = await mapped(books, accounting_tax_rate_id=ids[0])
    assert (made["problem"], made["tax_rate_value"], made["country"]) == (None, 2000, None)
    assert (await books.partner.post(CHECK, json=body)).status_code == 204
    assert (await books.partner.get(PATH)).json() == {"data": [made]}
    changed = await books.partner.patch(f"{PATH}/{made['id']}", json={"accounting_tax_rate_id": ids[1]})
    assert changed.json()["accounting_tax_rate_id"] == ids[1]
    assert (await books.partner.get(f"{PATH}/{made['id']}")).json() == changed.json()
    assert (await books.partner.delete(f"{PATH}/{made['id']}")).status_code == 204
    assert (await books.partner.post(CHECK, json=body)).status_code == 422
    assert (await books.partner.get(f"{PATH}/{made['id']}")).status_code == 404


async def test_one_tax_is_mapped_once_for_each_side_and_country(books: Connected) -> None:
    rate_id = str(await books.rate("Standard", "20"))
    vat_rate_id = str(RATES_BY_COUNTRY["DE"][0].id)
    await mapped(books, accounting_tax_rate_id=rate_id)
    for more in ({"country": "DE"}, {"side": "purchases"}, {"tax_rate_value": None, "vat_rate_id": vat_rate_id}):
        await mapped(books, accounting_tax_rate_id=rate_id, **more)
    refused = await mapped(books, 409, accounting_tax_rate_id=rate_id, tax_rate_value=2000.0)
    assert "PATCH" in refused["error"]["message"]


@pytest.mark.parametrize(
    ("more", "place", "type_"),
    [
        ({"accounting_tax_rate_id": str(uuid4())}, "accounting_tax_rate_id", "value_error.unknown_id"),
        ({"rate": "Bought"}, "accounting_tax_rate_id", "value_error.tax_rate_not_usable"),
        ({"rate": "Old"}, "accounting_tax_rate_id", "value_error.tax_rate_not_usable"),
        ({"rate": "Standard", "tax_rate_value": None, "vat_rate_id": str(uuid4())}, "vat_rate_id",
         "value_error.unknown_id"),
        ({"rate": "Standard", "vat_rate_id": str(uuid4())}, "body", "value_error"),
        ({"rate": "Standard", "tax_rate_value": -1}, "tax_rate_value", None),
        ({"rate": "Standard", "country": "XX1"}, "country", None),
        ({"rate": "Standard", "side": "both"}, "side", None),
    ],
)  # fmt: skip
async def test_what_cannot_be_mapped_is_refused_with_its_place(
    books: Connected, more: dict[str, Any], place: str, type_: str | None
) -> None:
    ids = {
        "Standard": await books.rate("Standard", "20"),
        "Bought": await books.rate("Bought", "20", sales=False),
        "Old": await books.rate("Old", "20", status="Archived"),
    }
    wanted = dict(more)
    if name := wanted.pop("rate", None):
        wanted["accounting_tax_rate_id"] = str(ids[name])
    fault = (await mapped(books, 422, **wanted))["detail"][0]
    assert place in fault["loc"]
    assert type_ is None or fault["type"].startswith(type_)


async def test_a_mapping_says_what_became_of_its_rate(api: Api, books: Connected) -> None:
    rate_id = await books.rate("Standard", "20")
    made = await mapped(books, accounting_tax_rate_id=str(rate_id))
    await books.change(TaxRate, rate_id, status="Archived")
    assert (await books.partner.get(f"{PATH}/{made['id']}")).json()["problem"] == "tax_rate_not_usable"
    foreign = await connect_books(api, books.partner, name="Other Ltd")
    theirs = await foreign.rate("Standard", "20")
    assert (await foreign.partner.get(f"{PATH}/{made['id']}")).status_code == 404, "mappings belong to their entity"
    assert (await mapped(foreign, accounting_tax_rate_id=str(theirs)))["problem"] is None
    assert (await mapped(foreign, 422, side="purchases", accounting_tax_rate_id=str(rate_id)))["detail"]
