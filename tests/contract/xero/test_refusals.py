"""A refused write leaves everything as it was: records, indexes, sequences, stock and the journal."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from random import Random
from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Row

TABLES = (
    "accounts", "tax_rates", "items", "contacts", "invoices", "credit_notes", "overpayments", "prepayments", "payments",
    "batch_payments", "bank_transactions", "bank_transfers", "manual_journals", "currencies", "quotes",
    "purchase_orders",
)  # fmt: skip
NAMES = ("_contact_by_name", "_contact_by_number")
LISTS = ("_document_by_number", "payments_of", "credits_of", "documents_of", "history")
ODD: list[Any] = [
    None, "", "x" * 5_000, 0, -1, "1e17", "NaN", True, [], {}, [1], {"a": 1}, "9999-12-31", "2019-01-01", "DELETED",
    "VOIDED", "PAID", "ARCHIVED", "5a1b0000-0000-4000-8000-000000000000", "EUR", "0.001", "NoTax", "610", "090",
]  # fmt: skip
MORE = ("Reference", "Url", "Status", "CurrencyRate", "Total", "TaxAmount", "DiscountRate", "ItemCode", "Date", "Zzz")
TRIES = 250
_NOT_STATE = {"shapes", "table", "watch"}


def standing(organisation: Organisation) -> dict[str, Any]:
    """Everything that a write can change."""
    told: dict[str, Any] = {name: dict(_rows(getattr(organisation, name))) for name in TABLES}
    told["sequences"] = repr(organisation.sequences)
    told["entries"] = len(organisation.ledger.entries)
    told |= {name: dict(getattr(organisation, name)) for name in NAMES}
    for name in LISTS:
        told[name] = {key: len(rows) for key, rows in getattr(organisation, name).items() if rows}
    return told


def _rows(table: dict[str, Row]) -> Iterator[tuple[str, Any]]:
    for row_id, row in table.items():
        yield row_id, [repr(getattr(row, one.name)) for one in fields(row) if one.name not in _NOT_STATE]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a body."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in inner for place in ((*at, key), *places(one, (*at, key)))]


def spoil(random: Random, body: Any) -> Any:
    """A body with something odd in one place."""
    body = deepcopy(body)
    *way, last = random.choice(places(body))
    inner = body
    for key in way:
        inner = inner[key]
    if isinstance(inner, dict) and random.random() < 0.3:
        last = random.choice(MORE)
    inner[last] = deepcopy(random.choice(ODD))
    return body


async def trade(world: World) -> list[tuple[str, str, Any]]:
    """Something of every kind, and writes that would all be good."""
    contact_id = (await world.contact())["ContactID"]
    line = {"Description": "Work", "Quantity": "2", "UnitAmount": "10.00", "AccountCode": "200"}
    sale = sale_of(contact_id)
    credit = {key: value for key, value in sale.items() if key != "DueDate"} | {"Type": "ACCRECCREDIT"}
    invoice = {"InvoiceID": (await world.sale(contact_id))["InvoiceID"]}
    note = (await world.write("PUT", "CreditNotes", credit))["CreditNoteID"]
    bank = {"Code": "090"}
    spent: dict[str, Any] = {"Type": "SPEND", "Contact": {"ContactID": contact_id}, "BankAccount": bank}
    spent["LineItems"] = [line | {"AccountCode": "400"}]
    journal = {
        "Narration": "N", "Status": "POSTED",
        "JournalLines": [{"LineAmount": "10", "AccountCode": "400"}, {"LineAmount": "-10", "AccountCode": "200"}],
    }  # fmt: skip
    spent_id = (await world.write("PUT", "BankTransactions", spent))["BankTransactionID"]
    journal_id = (await world.write("PUT", "ManualJournals", journal))["ManualJournalID"]
    paid = {"Invoice": invoice, "Amount": "1"}
    change = {"InvoiceNumber": "N-1", "Reference": "R", "Url": "http://a.test/", "Contact": {"Name": "New"}}
    return [
        ("PUT", "Invoices", sale),
        ("PUT", "Invoices", sale | {"Type": "ACCPAY", "InvoiceNumber": "B-1"}),
        ("PUT", "CreditNotes", credit),
        ("PUT", "Quotes", {"Contact": {"ContactID": contact_id}, "LineItems": [line]}),
        ("PUT", "PurchaseOrders", {"Contact": {"ContactID": contact_id}, "LineItems": [line]}),
        ("PUT", "Contacts", {"Name": "Somebody", "ContactNumber": "C-1", "Phones": [{"PhoneType": "DDI"}]}),
        ("PUT", "Items", {"Code": "I-1", "SalesDetails": {"UnitPrice": "5", "AccountCode": "200"}}),
        ("PUT", "Accounts", {"Code": "999", "Name": "Odds", "Type": "EXPENSE"}),
        ("PUT", "Payments", {"Invoice": invoice, "Account": bank, "Amount": "1", "Date": "2026-09-12"}),
        ("PUT", "BatchPayments", {"Account": bank, "Date": "2026-09-12", "Payments": [paid, paid]}),
        ("PUT", f"CreditNotes/{note}/Allocations", {"Invoice": invoice, "Amount": "1"}),
        ("PUT", "BankTransactions", spent),
        ("PUT", "BankTransactions", spent | {"Type": "SPEND-PREPAYMENT"}),
        ("PUT", "BankTransfers", {"FromBankAccount": bank, "ToBankAccount": {"Code": "091"}, "Amount": "5"}),
        ("PUT", "ManualJournals", journal),
        ("POST", f"Invoices/{invoice['InvoiceID']}", change | {"LineItems": [line], "DueDate": "2026-10-01"}),
        ("POST", f"CreditNotes/{note}", {"CreditNoteNumber": "N-1", "Reference": "R", "LineItems": [line]}),
        ("POST", f"BankTransactions/{spent_id}", {"Reference": "R", "Url": "u", "LineItems": spent["LineItems"]}),
        ("POST", f"ManualJournals/{journal_id}", journal | {"Url": "u"}),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_a_refused_write_leaves_everything_as_it_was(demo: World, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a test that can be repeated
    good, refused = await trade(demo), 0
    for _ in range(TRIES):
        demo.move(milliseconds=5)
        method, path, body = random.choice(good)
        odd = spoil(random, body)
        before = standing(demo.organisation)
        answer = await demo.call(method, path, content=json.dumps(odd), headers={"content-type": "application/json"})
        assert answer.status_code in {200, 400, 404, 501}, (path, odd)
        if answer.status_code != 200:
            refused += 1
            assert standing(demo.organisation) == before, (path, odd, answer.text)
    demo.organisation.ledger.assert_balanced()
    assert refused > TRIES // 4
