"""What connected books ask of payables, and the account of bill lines that name none."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.support.documents import ConnectedBooks, Trader, connect_books, make_counterpart
from tests.support.partner import Api, Partner

from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.connections import Company, LedgerAccount, TaxRate

COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
LINE = {"name": "Paper", "quantity": 1, "unit_price": 10_000}


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner, "Books by Bessie")


async def new_bill(partner: Partner, vendor: Trader, **line: Any) -> str:
    payable_id = str((await partner.post("/payables", json={**COMPLETE, "counterpart_id": vendor.id})).json()["id"])
    answer = await partner.post(f"/payables/{payable_id}/line_items", json={**LINE, **line})
    assert answer.status_code == 201, answer.text
    return payable_id


async def status_of(partner: Partner, payable_id: str) -> str:
    return str((await partner.get(f"/payables/{payable_id}")).json()["status"])


async def problems(partner: Partner, payable_id: str) -> list[str]:
    answer = await partner.post(f"/payables/{payable_id}/validate")
    assert answer.status_code == 200, answer.text
    return [".".join(str(part) for part in problem["loc"]) for problem in answer.json()["validation_errors"]]


async def set_default(partner: Partner, account_id: str | None) -> None:
    path = f"/entities/{partner.entity_id}/accounting_defaults"
    answer = await partner.put(path, json={"ledger_account_ids": {"bill_lines": account_id}})
    assert answer.status_code == 200, answer.text
    assert answer.json() == (await partner.get(path)).json() == {"ledger_account_ids": {"bill_lines": account_id}}


async def archive(api: Api, row_id: str, model: type[LedgerAccount | TaxRate] = LedgerAccount) -> None:
    async with api.services.database.write() as session:
        row: LedgerAccount | TaxRate = await session.get_one(model, UUID(row_id))
        row.status = "Archived"


async def test_a_line_without_account_passes_once_there_is_a_default(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor)
    assert await status_of(partner, payable_id) == "draft"
    assert await problems(partner, payable_id) == ["line_items.0.ledger_account_id"]
    await set_default(partner, books.account_id)
    assert await status_of(partner, payable_id) == "draft"
    assert await problems(partner, payable_id) == []
    assert await status_of(partner, payable_id) == "new"


@pytest.mark.parametrize("action", ["submit_for_approval", "approve_payment_operation", "mark_as_paid"])
async def test_a_draft_that_has_become_complete_can_be_handed_in_at_once(
    api: Api, partner: Partner, vendor: Trader, action: str
) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor)
    assert (await partner.post(f"/payables/{payable_id}/{action}")).status_code == 409
    await set_default(partner, books.account_id)
    answer = await partner.post(f"/payables/{payable_id}/{action}")
    assert answer.status_code == 200, answer.text
    events = (await partner.get(f"/payables/{payable_id}/history?event_type__in=status_changed")).json()["data"]
    assert [event["event_data"]["new_status"] for event in events] == ["new", answer.json()["status"]]


async def test_a_default_that_was_archived_in_the_books_counts_for_nothing(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    books = await connect_books(api, partner)
    await set_default(partner, books.account_id)
    payable_id = await new_bill(partner, vendor)
    assert await status_of(partner, payable_id) == "new"
    await archive(api, books.account_id)
    assert await problems(partner, payable_id) == ["line_items.0.ledger_account_id"]
    refused = await partner.post(f"/payables/{payable_id}/approve_payment_operation")
    assert refused.status_code == 409
    assert "line_items.0.ledger_account_id" in refused.json()["error"]["message"]


async def test_a_default_can_be_taken_back(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    await set_default(partner, books.account_id)
    await set_default(partner, None)
    assert await problems(partner, await new_bill(partner, vendor)) == ["line_items.0.ledger_account_id"]


async def test_a_partner_that_requires_an_account_on_the_line_itself_gets_it(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    books = await connect_books(api, partner)
    await set_default(partner, books.account_id)
    await partner.put("/payables/validations", json={"required_fields": ["line_items.ledger_account_id"]})
    assert await problems(partner, await new_bill(partner, vendor)) == ["line_items.0.ledger_account_id"]


async def test_what_is_archived_in_the_books_cannot_be_posted_to(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    rate_id = books.rates["2000"]
    line = {"ledger_account_id": books.account_id, "accounting_tax_rate_id": rate_id}
    payable_id = await new_bill(partner, vendor, **line)
    assert await status_of(partner, payable_id) == "new"
    await archive(api, books.account_id)
    await archive(api, rate_id, TaxRate)
    expected = ["line_items.0.ledger_account_id", "line_items.0.accounting_tax_rate_id"]
    assert await problems(partner, payable_id) == expected


async def test_books_without_taxes_on_purchases_take_any_tax(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor, ledger_account_id=books.account_id, tax=1_111)
    assert await problems(partner, payable_id) == ["line_items.0.tax"]
    async with api.services.database.write() as session:
        company = await session.get_one(Company, books.company_id)
        company.facts = {**(company.facts or {}), "taxes_purchases": False}
    assert await problems(partner, payable_id) == []


async def test_without_books_no_account_is_asked_for(partner: Partner, vendor: Trader) -> None:
    assert await status_of(partner, await new_bill(partner, vendor, tax=1_111)) == "new"
    path = f"/entities/{partner.entity_id}/accounting_defaults"
    assert (await partner.get(path)).json() == {"ledger_account_ids": {"bill_lines": None}}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"ledger_account_ids": {"bill_lines": str(UUID(int=5))}}, ["body", "ledger_account_ids", "bill_lines"]),
        ({"ledger_account_ids": {"bill_lines": "x"}}, ["body", "ledger_account_ids", "bill_lines"]),
        ({"ledger_account_ids": {"bills": None}}, ["body", "ledger_account_ids", "bills"]),
        ({}, ["body", "ledger_account_ids"]),
    ],
)
async def test_a_wrong_default_is_refused(partner: Partner, vendor: Trader, body: Any, place: list[str]) -> None:
    del vendor
    answer = await partner.put(f"/entities/{partner.entity_id}/accounting_defaults", json=body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, place)


async def test_defaults_of_others_do_not_exist(
    api: Api, partner: Partner, vendor: Trader, other_partner: Partner
) -> None:
    del vendor
    books: ConnectedBooks = await connect_books(api, partner)
    await other_partner.make_entity()
    other_path = f"/entities/{other_partner.entity_id}/accounting_defaults"
    body = {"ledger_account_ids": {"bill_lines": books.account_id}}
    assert (await other_partner.put(other_path, json=body)).status_code == 422
    for path in (f"/entities/{partner.entity_id}/accounting_defaults", f"/entities/{uuid4()}/accounting_defaults"):
        assert (await other_partner.get(path)).status_code == 404
        assert (await other_partner.put(path, json=body)).status_code == 404


async def test_settings_and_defaults_leave_each_other_alone(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    books = await connect_books(api, partner)
    await set_default(partner, books.account_id)
    settings = f"/entities/{partner.entity_id}/settings"
    changed = await partner.patch(settings, json={"payables_skip_approval_flow": True})
    assert "accounting_defaults" not in changed.json()
    path = f"/entities/{partner.entity_id}/accounting_defaults"
    assert (await partner.get(path)).json() == {"ledger_account_ids": {"bill_lines": books.account_id}}
    async with api.services.database.read() as session:
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == partner.entity_id))
        noted = [(entry.action, entry.details) for entry in entries]
    assert ("entity.accounting_defaults_changed", {"bill_lines": books.account_id}) in noted
